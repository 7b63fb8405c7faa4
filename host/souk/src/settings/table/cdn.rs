//! The cache before a store.

use crate::settings::kind::ValueKind;
use crate::settings::setting::{Setting, SettingGroup};

/// The caches that can be purged.
const PROVIDERS: &[&str] = &["fastly", "varnish"];

pub(super) const CDN: SettingGroup = SettingGroup {
    title: "The cache before a store",
    about: "`[cdn]` and the variables are for the only store, or for the one that the variables \
            describe; of several stores each has its own `[stores.cdn]`.",
    settings: &[
        Setting::new("cdn.provider", ValueKind::Choice(PROVIDERS), "Which cache it is")
            .variables(&["SOUK_CDN"])
            .unset("fastly, where its service and token are given"),
        Setting::new(
            "cdn.url",
            ValueKind::Url,
            "Of Varnish, where it takes PURGE; of Fastly, its API",
        )
        .variables(&["SOUK_CDN_URL"])
        .unset("Fastly's own")
        .example("\"http://varnish.internal:6081/\""),
        Setting::new("cdn.service_id", ValueKind::Text, "Fastly's service")
            .variables(&["FASTLY_SERVICE_ID"])
            .example("\"SU1Z0isxPaozGVKXdv0eY\""),
        Setting::new(
            "cdn.token",
            ValueKind::Secret,
            "A token of Fastly's that may purge (`purge_select`)",
        )
        .variables(&["FASTLY_API_TOKEN"]),
        Setting::new(
            "cdn.soft",
            ValueKind::Switch,
            "Fastly marks what is purged as stale, in place of dropping it at once",
        )
        .default("false"),
        Setting::new(
            "cdn.purges_per_minute",
            ValueKind::Whole,
            "Calls that may purge, for each store",
        )
        .narrows_locally()
        .variables(&["MCP_CACHE_RATE_LIMIT"])
        .default("10")
        .unit("calls a minute")
        .lowest(),
        Setting::new("stores[].cdn.provider", ValueKind::Choice(PROVIDERS), "As `cdn.provider`"),
        Setting::new("stores[].cdn.url", ValueKind::Url, "As `cdn.url`")
            .example("\"http://varnish.internal:6081/\""),
        Setting::new("stores[].cdn.service_id", ValueKind::Text, "As `cdn.service_id`")
            .example("\"SU1Z0isxPaozGVKXdv0eY\""),
        Setting::new("stores[].cdn.token", ValueKind::Secret, "As `cdn.token`"),
        Setting::new("stores[].cdn.soft", ValueKind::Switch, "As `cdn.soft`").default("false"),
        Setting::new(
            "stores[].cdn.purges_per_minute",
            ValueKind::Whole,
            "As `cdn.purges_per_minute`; the lower of both counts",
        )
        .unset("`cdn.purges_per_minute`")
        .unit("calls a minute")
        .lowest(),
    ],
};
