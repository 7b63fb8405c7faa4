//! What proves the audit trail, and how long values of plans and documents are kept.

use crate::settings::kind::ValueKind;
use crate::settings::setting::{MergeRule, Setting, SettingGroup};

pub(super) const AUDIT: SettingGroup = SettingGroup {
    title: "The audit trail",
    about: "Where it is, is `audit_path`. What proves it is best kept where whoever can write the \
            trail cannot: the key, and the heads.",
    settings: &[
        Setting::new(
            "audit.key_file",
            ValueKind::Path,
            "The file of the key that seals each line; made where it is not there",
        )
        .variables(&["SOUK_AUDIT_KEY_FILE"])
        .merge(MergeRule::FileFirst)
        .computed("`audit.key` in the state directory")
        .example("\"/etc/souk/audit.key\""),
        Setting::new(
            "audit.anchor",
            ValueKind::Text,
            "Where the trail's head is noted at intervals: a file that a line is appended to, or \
             after `|` a command of the shell that gets the line on its standard input",
        )
        .variables(&["SOUK_AUDIT_ANCHOR"])
        .unset("nowhere")
        .example("\"|logger -t souk-audit\""),
        Setting::new(
            "audit.anchor_s",
            ValueKind::Whole,
            "How often the head is noted, where it has changed",
        )
        .default("60")
        .unit("seconds")
        .lowest(),
    ],
};

pub(super) const STATE: SettingGroup = SettingGroup {
    title: "What is kept",
    about: "Plans and documents hold values of the store; the audit trail holds none. What a plan \
            may take is limited in bytes, each limit by its name in the refusal.",
    settings: &[
        Setting::new(
            "state.keep_days",
            ValueKind::Whole,
            "How long values of ended plans and of documents are kept; after that the values go, and \
             the digest stays until `plans.keep_days`",
        )
        .variables(&["SOUK_STATE_KEEP_DAYS"])
        .default("30")
        .unit("days")
        .lowest(),
        Setting::limit(
            "state.item_bytes",
            "4194304",
            "bytes",
            "What one change of a plan may take, with what is sent and what stood there before",
        ),
        Setting::limit(
            "state.draft_bytes",
            "67108864",
            "bytes",
            "What a draft, and the plan made of it, may take",
        ),
        Setting::limit(
            "state.principal_bytes",
            "268435456",
            "bytes",
            "What all drafts and plans of one principal may take",
        ),
        Setting::limit("state.principal_plans", "10000", "plans", "Drafts and plans of one principal"),
    ],
};
