//! What may be called, by everybody and by some.

use crate::settings::kind::{TIERS, ValueKind};
use crate::settings::setting::{MergeRule, Setting, SettingGroup};

pub(super) const POLICY: SettingGroup = SettingGroup {
    title: "What may be called",
    about: "What is refused is neither listed nor callable, and the refusal names the rule and where \
            it was set. All of it is in force as soon as the file is rewritten.",
    settings: &[
        Setting::new(
            "policy.max_tier",
            ValueKind::Choice(TIERS),
            "Offer nothing above this tier: safe, risk or critical",
        )
        .narrows_locally()
        .flag("--max-tier", "TIER")
        .variables(&["SOUK_MAX_TIER"])
        .default("\"risk\"")
        .lowest()
        .reloads(),
        Setting::new("policy.read_only", ValueKind::Switch, "Offer nothing that changes the store")
            .narrows_locally()
            .flag("--read-only", "")
            .variables(&["SOUK_READ_ONLY"])
            .default("false")
            .merge(MergeRule::On)
            .reloads(),
        Setting::new(
            "policy.allow",
            ValueKind::Tools,
            "Offer only these tools: names, or `group_*`; a tool has to be on every such list",
        )
        .adds_locally()
        .flag("--allow", "TOOLS")
        .variables(&["SOUK_ALLOW"])
        .unset("all")
        .merge(MergeRule::Intersection)
        .reloads()
        .example("[\"auth_*\", \"catalog_*\"]"),
        Setting::new("policy.deny", ValueKind::Tools, "Never offer these tools")
            .adds_locally()
            .flag("--deny", "TOOLS")
            .variables(&["SOUK_DENY"])
            .merge(MergeRule::Union)
            .reloads()
            .example("[\"cache_*\"]"),
        Setting::new(
            "policy.confirm",
            ValueKind::Switch,
            "Writes from tier risk up need `confirm` and a `reason`",
        )
        .narrows_locally()
        .variables(&["MCP_TIER2_CONFIRM"])
        .default("true")
        .merge(MergeRule::On)
        .reloads(),
        Setting::new(
            "policy.accept_credentials",
            ValueKind::Switch,
            "Let callers log in with credentials of their own",
        )
        .narrows_locally()
        .flag("--accept-credentials", "")
        .variables(&["SOUK_ACCEPT_CREDENTIALS"])
        .default("false")
        .merge(MergeRule::Off)
        .reloads(),
        Setting::new(
            "policy.session_plugins",
            ValueKind::Names,
            "The only plugins that may touch a session",
        )
        .narrows_locally()
        .default("[\"auth\", \"scope\"]")
        .merge(MergeRule::Intersection)
        .reloads(),
        Setting::new(
            "policy.operators",
            ValueKind::Names,
            "Let these callers read the audit trail as resources: names, or `ops-*`",
        )
        .narrows_from("[]")
        .variables(&["SOUK_OPERATORS"])
        .unset("nobody")
        .merge(MergeRule::Intersection)
        .reloads()
        .example("[\"ops\"]"),
        Setting::new(
            "policy.mask_pii",
            ValueKind::MaskRules,
            "Mask personal data in what callers are answered; in a file also by caller and plugin",
        )
        .narrows_locally()
        .flag("--mask-pii", "")
        .variables(&["SOUK_MASK_PII"])
        .default("false")
        .merge(MergeRule::Union)
        .reloads(),
        Setting::new(
            "policy.mask_pii[].principals",
            ValueKind::Names,
            "Mask for these callers: names, or `support-*`",
        )
        .adds_locally()
        .unset("all")
        .merge(MergeRule::Union)
        .reloads()
        .example("[\"support-*\"]"),
        Setting::new(
            "policy.mask_pii[].plugins",
            ValueKind::Names,
            "Mask in what these plugins answer",
        )
        .adds_locally()
        .unset("all")
        .merge(MergeRule::Union)
        .reloads()
        .example("[\"orders\"]"),
        Setting::new(
            "policy.allow_example",
            ValueKind::Examples,
            "Calls that everybody has to be allowed, else the file is refused: \
             `TOOL [TIER] [EFFECT]`",
        )
        .default("[]")
        .merge(MergeRule::Union)
        .reloads()
        .example("[\"catalog_get_product\"]"),
        Setting::new(
            "policy.deny_example",
            ValueKind::Examples,
            "Calls that everybody has to be refused, else the file is refused",
        )
        .default("[]")
        .merge(MergeRule::Union)
        .reloads()
        .example("[\"cache_flush critical apply\"]"),
    ],
};
