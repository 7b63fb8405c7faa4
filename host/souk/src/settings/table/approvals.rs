//! Who has to decide before a plan is carried out.

use crate::settings::kind::{NEEDS, ValueKind};
use crate::settings::setting::{MergeRule, Setting, SettingGroup};

/// Up to which tier, the strictest first.
const ELICITATION: &[&str] = &["never", "safe", "risk", "critical"];

pub(super) const APPROVALS: SettingGroup = SettingGroup {
    title: "Who decides",
    about: "Who has to decide before a plan is carried out: `none`, `confirm` (whoever calls), `person` \
            (anybody who was set up, on the console or in the terminal), `other` (a person who is not \
            behind the caller), `two` (two persons). Of all rules about a plan the strictest counts; \
            none makes less of what counts without it. [approvals.md](approvals.md) has the whole of it.",
    settings: &[
        Setting::new(
            "approvals.critical",
            ValueKind::Choice(NEEDS),
            "Who decides of what is critical",
        )
        .narrows_from("\"person\"")
        .variables(&["SOUK_APPROVALS_CRITICAL"])
        .unset("`person` once somebody is set up, else `confirm`")
        .lowest()
        .reloads()
        .example("\"person\""),
        Setting::new(
            "approvals.production",
            ValueKind::Choice(NEEDS),
            "Who decides, at the least, of any change of a store whose environment is `production`",
        )
        .adds_locally()
        .variables(&["SOUK_APPROVALS_PRODUCTION"])
        .unset("as elsewhere")
        .lowest()
        .reloads()
        .example("\"person\""),
        Setting::new(
            "approvals.elicitation",
            ValueKind::Choice(ELICITATION),
            "Up to which tier an answer that came through the caller's own client counts as a \
             person's: clients may answer for themselves, and an agent is one",
        )
        .unset("`never` once somebody is set up, else `risk`")
        .narrows_from("\"never\"")
        .lowest()
        .reloads()
        .example("\"risk\""),
        Setting::limit(
            "approvals.wait_max_s",
            "600",
            "seconds",
            "How long a call may wait for a person with `wait_s`",
        )
        .narrows_locally()
        .reloads(),
        Setting::new(
            "approvals.notify.command",
            ValueKind::Names,
            "Run this when a plan waits for a person, expires or fails: a program and its arguments, \
             without a shell; it is given one line of JSON",
        )
        .unset("nothing")
        .example("[\"/usr/local/bin/tell\", \"ops\"]"),
        Setting::new(
            "approvals.notify.url",
            ValueKind::Url,
            "Post the same there: https, or an address on this machine",
        )
        .unset("nowhere")
        .example("\"https://example.com/souk\""),
        Setting::new(
            "approvals.notify.secret",
            ValueKind::Secret,
            "What signs it: `X-Souk-Signature: sha256=` and the HMAC-SHA256 of the body; needed with \
             `approvals.notify.url`",
        )
        .variables(&["SOUK_NOTIFY_SECRET"]),
        Setting::new(
            "approvals.rules",
            ValueKind::DecisionRules,
            "Rules about plans: each names who decides, and of what; whatever it leaves out is any",
        )
        .narrows_locally()
        .default("[]")
        .merge(MergeRule::Union)
        .reloads(),
        Setting::new("approvals.rules[].need", ValueKind::Choice(NEEDS), "Who decides").adds_locally()
            .lowest()
            .reloads()
            .example("\"person\""),
        Setting::new("approvals.rules[].tiers", ValueKind::Names, "Of plans of these tiers").adds_locally()
            .unset("all")
            .merge(MergeRule::Union)
            .reloads()
            .example("[\"critical\"]"),
        Setting::new(
            "approvals.rules[].effects",
            ValueKind::Names,
            "Of plans carried out by `commit`, or by `apply`",
        )
        .adds_locally()
        .unset("both")
        .merge(MergeRule::Union)
        .reloads()
        .example("[\"commit\", \"apply\"]"),
        Setting::new("approvals.rules[].groups", ValueKind::Names, "Of plans of these plugins").adds_locally()
            .unset("all")
            .merge(MergeRule::Union)
            .reloads()
            .example("[\"orders\"]"),
        Setting::new(
            "approvals.rules[].tools",
            ValueKind::Tools,
            "Of plans that these tools propose or carry out: names, or `group_*`",
        )
        .adds_locally()
        .unset("all")
        .merge(MergeRule::Union)
        .reloads()
        .example("[\"orders_refund\"]"),
        Setting::new("approvals.rules[].stores", ValueKind::Names, "Of plans for these stores").adds_locally()
            .unset("all")
            .merge(MergeRule::Union)
            .reloads()
            .example("[\"main\"]"),
        Setting::new(
            "approvals.rules[].environments",
            ValueKind::Names,
            "Of plans for stores of these environments",
        )
        .adds_locally()
        .unset("all")
        .merge(MergeRule::Union)
        .reloads()
        .example("[\"production\"]"),
        Setting::new(
            "approvals.rules[].principals",
            ValueKind::Names,
            "Of plans of these callers: names, or `agent-*`",
        )
        .adds_locally()
        .unset("all")
        .merge(MergeRule::Union)
        .reloads()
        .example("[\"agent-*\"]"),
        Setting::new(
            "approvals.rules[].money_above",
            ValueKind::Text,
            "Of plans that move more money than this, refunds and cancellations together; what cannot be \
             compared or added up counts as more",
        )
        .adds_locally()
        .unset("any, or none")
        .lowest()
        .reloads()
        .example("\"100 EUR\""),
        Setting::new(
            "approvals.rules[].subjects_above",
            ValueKind::Whole,
            "Of plans that change more subjects, or rows of them, than this",
        )
        .adds_locally()
        .unset("any number")
        .lowest()
        .reloads()
        .example("50"),
        Setting::new(
            "approvals.rules[].allow_example",
            ValueKind::Examples,
            "Plans that this rule may not be about, else the file is refused: \
             `TOOL [TIER] [EFFECT] [store=NAME] [environment=NAME] [refund=10EUR] [subjects=N] \
             [principal=NAME]`",
        )
        .adds_locally()
        .merge(MergeRule::Union)
        .reloads()
        .example("[\"orders_refund critical apply refund=10EUR\"]"),
        Setting::new(
            "approvals.rules[].deny_example",
            ValueKind::Examples,
            "Plans that this rule has to hold up, else the file is refused",
        )
        .adds_locally()
        .merge(MergeRule::Union)
        .reloads()
        .example(
            "[\"orders_refund critical apply store=main environment=production principal=agent-1 \
             refund=500EUR subjects=51\"]",
        ),
    ],
};
