//! What a change may do, and how plans are carried out.

use crate::settings::kind::ValueKind;
use crate::settings::setting::{MergeRule, Setting, SettingGroup};

pub(super) const ROUTES: SettingGroup = SettingGroup {
    title: "Writes of modules",
    about: "A write that the host's catalogue does not know is critical, and refused where a limit \
            could not be held. An entry for each describes it, in the catalogue's words \
            (`docs/catalogue.md`); one for a route that the catalogue has can only tighten it.",
    settings: &[Setting::new(
        "routes",
        ValueKind::Routes,
        "Writes that modules of the store offer",
    )
    .example(
        "[{ route = \"PUT /V1/acme/labels/{id}\", does = \"change a label\", id = [\"{id}\"], \
             tier = \"risk\", body = { label = \"text\" } }]",
    )],
};

pub(super) const GUARDS: SettingGroup = SettingGroup {
    title: "What a change may do",
    about: "Guards look at what is sent. An amount is one number for every currency, or some by \
            currency: `{ EUR = 500, \"*\" = 100 }` in a file, `EUR=500,*=100` in a variable; a \
            currency that is not named, where there is no `*`, moves nothing.",
    settings: &[
        Setting::new(
            "guards.bulk_cap",
            ValueKind::Whole,
            "Rows that one plan writes, over all of its subjects",
        )
        .narrows_locally()
        .variables(&["MCP_MAX_SKUS_PER_BULK"])
        .default("500")
        .unit("rows")
        .lowest(),
        Setting::new("guards.coupon_cap", ValueKind::Whole, "Coupons in one request")
            .narrows_locally()
            .variables(&["MCP_MAX_COUPON_QTY"])
            .default("1000")
            .unit("coupons")
            .lowest(),
        Setting::new(
            "guards.price_threshold_pct",
            ValueKind::Number,
            "A price that changes by more is warned of in the review",
        )
        .narrows_locally()
        .variables(&["MCP_PRICE_THRESHOLD_PCT"])
        .default("50.0")
        .unit("per cent")
        .lowest(),
        Setting::new(
            "guards.max_discount_pct",
            ValueKind::Number,
            "A discount by more per cent is refused: of a rule, of a sale against the price, of a \
             group price",
        )
        .narrows_locally()
        .variables(&["MCP_MAX_DISCOUNT_PCT"])
        .default("50.0")
        .unit("per cent")
        .lowest(),
        Setting::new(
            "guards.max_discount_amount",
            ValueKind::Caps,
            "A rule that takes a larger amount off is refused: of each item, or of a cart",
        )
        .narrows_locally()
        .variables(&["SOUK_MAX_DISCOUNT_AMOUNT"])
        .default("100")
        .unit("the base currency of its websites")
        .lowest(),
        Setting::new("guards.max_refund", ValueKind::Caps, "What one refund may move")
            .narrows_locally()
            .variables(&["SOUK_MAX_REFUND"])
            .default("1000")
            .unit("the order's currency")
            .lowest(),
        Setting::new(
            "guards.max_refund_per_day",
            ValueKind::Caps,
            "What may be refunded on a day (UTC), over all hosts of a state directory",
        )
        .narrows_locally()
        .variables(&["SOUK_MAX_REFUND_PER_DAY"])
        .default("5000")
        .unit("the order's currency")
        .lowest(),
        Setting::new(
            "guards.max_cancel_per_day",
            ValueKind::Caps,
            "What canceled orders may come to on a day (UTC), over all hosts of a state directory",
        )
        .narrows_locally()
        .variables(&["SOUK_MAX_CANCEL_PER_DAY"])
        .default("5000")
        .unit("the order's currency")
        .lowest(),
        Setting::new(
            "guards.product_fields",
            ValueKind::Names,
            "Fields of products that may be set at all",
        )
        .narrows_locally()
        .default(
            "[\"name\", \"description\", \"short_description\", \"meta_title\", \
             \"meta_description\", \"meta_keyword\", \"url_key\", \"status\", \"visibility\", \
             \"price\", \"special_price\", \"special_from_date\", \"special_to_date\", \"weight\", \
             \"category_ids\"]",
        )
        .merge(MergeRule::Intersection),
        Setting::new(
            "guards.page_fields",
            ValueKind::Names,
            "Fields of CMS pages that may be set at all",
        )
        .narrows_locally()
        .default(
            "[\"title\", \"content\", \"content_heading\", \"meta_title\", \"meta_description\", \
             \"meta_keywords\", \"active\"]",
        )
        .merge(MergeRule::Intersection),
        Setting::new(
            "guards.block_fields",
            ValueKind::Names,
            "Fields of CMS blocks that may be set at all",
        )
        .narrows_locally()
        .default("[\"title\", \"content\", \"active\"]")
        .merge(MergeRule::Intersection),
    ],
};

pub(super) const PLANS: SettingGroup = SettingGroup {
    title: "Plans",
    about: "How plans are kept and carried out.",
    settings: &[
        Setting::new(
            "plans.expiry_min",
            ValueKind::Whole,
            "How long after it was proposed a plan may be started",
        )
        .narrows_locally()
        .variables(&["MCP_PLAN_EXPIRY_MIN"])
        .default("30")
        .unit("minutes")
        .lowest(),
        Setting::new(
            "plans.chunk",
            ValueKind::Whole,
            "Items that are read, written and read back together",
        )
        .default("200")
        .unit("items"),
        Setting::new(
            "plans.concurrency",
            ValueKind::Whole,
            "Items of a chunk that are written at once; the store's own limit counts too",
        )
        .narrows_locally()
        .default("16")
        .unit("items")
        .lowest(),
        Setting::new(
            "plans.repeats",
            ValueKind::Whole,
            "How often a harmless step of unknown outcome is sent again",
        )
        .narrows_locally()
        .default("3")
        .unit("times")
        .lowest(),
        Setting::new(
            "plans.lease_s",
            ValueKind::Whole,
            "After how long a host that does not renew its lease is taken for dead",
        )
        .default("30")
        .unit("seconds"),
        Setting::new(
            "plans.repeat_window_min",
            ValueKind::Whole,
            "How long an identical change without a key answers the first outcome",
        )
        .default("10")
        .unit("minutes"),
        Setting::new(
            "plans.keep_days",
            ValueKind::Whole,
            "How long ended plans are kept, for looking up and undoing",
        )
        .default("90")
        .unit("days"),
        Setting::limit(
            "plans.commit_max_s",
            "3600",
            "seconds",
            "How long one run of a plan may take; what is left then can be resumed",
        )
        .narrows_locally(),
        Setting::new(
            "plans.cancel_stops",
            ValueKind::Switch,
            "Whether a commit stops when the call that waits for it is cancelled or its client leaves",
        )
        .default("false"),
    ],
};
