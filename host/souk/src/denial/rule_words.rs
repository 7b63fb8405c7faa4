//! What a refusal is about that no grant would change, by its rule.

/// Who decides about a rule.
enum RuleOwner {
    /// The operator, by rules about who may call what.
    Rules,
    /// The operator, by limits of what a change may do.
    Guards,
    /// The operator, who has not approved it.
    Approval,
    /// The store's own administrator.
    Store,
    /// The plugin's author: the request itself is at fault. What to do about it.
    Author(&'static str),
}

fn owner(rule: &str) -> Option<RuleOwner> {
    use RuleOwner::{Approval, Author, Guards, Rules, Store};
    Some(match rule {
        "tier-ceiling" | "read-only" | "deny-list" | "allow-list" | "session-effect" | "caller"
        | "operators" => Rules,
        "bulk-cap"
        | "discount-cap"
        | "discount-amount-cap"
        | "field-list"
        | "coupon-cap"
        | "cart-price-rule"
        | "refund-per-call"
        | "refund-per-day"
        | "cancel-per-day"
        | "money"
        | "unknown-write"
        | "plans-commit-max" => Guards,
        "plugin-trust" | "plan-frozen" => Approval,
        "store-acl" => Store,
        "effect" => Author(
            "an action does what its effect says: declare it as `prepare` to propose a plan, as `apply` \
             to change the store in the same call",
        ),
        "grant-route" => Author("name the route as the store's API spells it, from `/V1/` on"),
        "describe" => Author("a plugin describes itself without asking anybody anything"),
        "parameters" | "path-segment" | "query" | "batch" => {
            Author("the values of the request do not fit its route")
        }
        "store-view" | "write-scope" => {
            Author("a request names the view that it is for, and a write always does")
        }
        "from-response" => {
            Author("the store's answer to the first step is not as it was taken to be")
        }
        "write-query" => Author("what a write sends belongs into its body"),
        "unreadable" | "never-written" => Author("the change itself has to be another"),
        _ => return None,
    })
}

/// Whose a refusal is, and what its owner can do.
pub(super) fn explain(rule: Option<&str>, tool: Option<&str>) -> String {
    let Some(rule) = rule else {
        return "no grant was lacking: the plugin or the store refused it, for the reason that stands \
                there\n"
            .to_owned();
    };
    let tool = tool.unwrap_or("TOOL");
    let what = match owner(rule) {
        Some(RuleOwner::Rules) => format!(
            "it is the operator's, who says which tools may be called:\n  souk policy explain local {tool}"
        ),
        Some(RuleOwner::Guards) => {
            "it is the operator's, who says what a change may do at most, under \
                                    `[guards]` and `[[routes]]`:\n  souk config show"
                .to_owned()
        }
        Some(RuleOwner::Approval) => {
            "it is the operator's, who has not approved it yet:\n  souk plugins".to_owned()
        }
        Some(RuleOwner::Store) => "it is the store's: the account that Souk logs in with lacks a \
                                   permission there:\n  souk doctor"
            .to_owned(),
        Some(RuleOwner::Author(what)) => format!("it is for the plugin's author: {what}"),
        None => "what was refused, and what to do, stands beside it".to_owned(),
    };
    format!("no grant would change that: it is the rule `{rule}`; {what}\n")
}
