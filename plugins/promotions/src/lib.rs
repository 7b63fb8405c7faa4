//! The `promotions` action group: cart price rules and their coupons.
//!
//! It owns what Magento makes of writes to them: conditions that it drops without a word, coupons
//! that are kept apart from their rule or deleted with a change of type, codes that grow longer than
//! was asked, and rules that are known by nothing but their name until they have an id.

mod answer;
mod changed;
mod conditions;
mod coupon;
mod create;
mod csv;
mod export;
mod field;
mod generate;
mod new_rule;
mod overlap;
mod read;
mod rule;
mod store;
mod update;
mod wanted;

use souk_sdk::{
    ATTRIBUTE, Action, ActionInfo, Bound, CommitTool, Group, Method, STORE_VIEWS, Tier, WEBSITES,
};

use crate::coupon::COUPON_SEARCH;
use crate::rule::{RULE, RULE_SEARCH, RULES};
use crate::store::GROUPS;

fn promotions() -> Group {
    Group {
        name: "promotions",
        version: env!("CARGO_PKG_VERSION"),
        title: "Promotions",
        description: "Find, create and change cart price rules; generate and export their coupons.",
        actions: [reads(), vec![creation()], changes()].into_iter().flatten().collect(),
    }
}

fn reads() -> Vec<Action> {
    vec![
        Action::query(
            read::search,
            ActionInfo {
                name: "search_rules",
                title: "Search cart price rules",
                description: "Finds cart price rules by their name, by the website in which they \
                    apply and by whether they are enabled, sorted by id, a page at a time. Answers \
                    items, and total_count over all pages.",
            },
        )
        .reads(RULE_SEARCH)
        .reads(WEBSITES),
        Action::query(
            read::get,
            ActionInfo {
                name: "get_rule",
                title: "Get a cart price rule",
                description: "Reads everything about a cart price rule: where and for whom it \
                    applies, when, its conditions, its discount, and whether it needs a coupon.",
            },
        )
        .reads(RULE),
        Action::query(
            export::export,
            ActionInfo {
                name: "export_coupons",
                title: "Export coupons",
                description: "Answers all coupons of a rule as CSV (RFC 4180): coupon_id, code, \
                    usage_limit, usage_per_customer, times_used, created_at, expiration_date, type \
                    (generated or manual). An apostrophe stands before cells that a spreadsheet \
                    would take for a formula: those that begin with = + - @. Above 64 KiB csv holds \
                    the first lines and truncated is true; the whole document is the resource whose \
                    uri, size and expires_at stand in resource.",
            },
        )
        .reads(RULE)
        .reads(COUPON_SEARCH),
    ]
}

fn creation() -> Action {
    let about = ActionInfo {
        name: "prepare_cart_price_rule_create",
        title: "Plan a new cart price rule",
        description: "Plans a cart price rule and changes nothing yet: checks websites, customer \
            groups, days, attributes and conditions against the store, and answers a plan_id, \
            rule_preview, and warnings, also of active rules that would apply beside it. Commit it \
            with promotions_commit_cart_price_rule_create. With coupon_type specific_coupon give \
            its coupon_code; with auto generate coupons once the rule is there.",
    };
    let commit = CommitTool::new(create::COMMIT)
        .described(
            "Commit a planned cart price rule",
            "Carries out a plan of promotions_prepare_cart_price_rule_create: creates the \
            rule, and its coupon where it has one, reads it back and compares it with the plan, \
            conditions included. Answers the rule.",
        )
        .subject_as("rule");
    Action::prepare(create::prepare, about, commit)
        .tier(Tier::Risk)
        .reads(RULE_SEARCH)
        .reads(COUPON_SEARCH)
        .reads(WEBSITES)
        .reads(STORE_VIEWS)
        .reads(GROUPS)
        .reads(ATTRIBUTE)
        .writes(Method::Post, RULES)
        .writes(Method::Put, RULE)
        .writes(Method::Delete, RULE)
        .writes(Method::Post, create::COUPONS)
}

fn changes() -> Vec<Action> {
    vec![
        Action::apply(
            update::update,
            ActionInfo {
                name: "update_rule",
                title: "Change a cart price rule",
                description: "Sets fields of a cart price rule and leaves the others as they are. \
                    The patch may hold name, description, website_ids, customer_group_ids, \
                    from_date, to_date, is_active, simple_action, discount_amount, discount_qty, \
                    discount_step, apply_to_shipping, stop_rules_processing, sort_order, \
                    coupon_type, uses_per_customer, uses_per_coupon, conditions, \
                    action_conditions, store_labels. With coupon_type no_coupon Magento deletes the \
                    rule's coupons for good. Answers the rule as read back.",
            },
            Bound::AtMost(1),
        )
        .tier(Tier::Risk)
        .reads(RULE)
        .reads(RULE_SEARCH)
        .reads(COUPON_SEARCH)
        .reads(WEBSITES)
        .reads(STORE_VIEWS)
        .reads(GROUPS)
        .reads(ATTRIBUTE)
        .writes(Method::Put, RULE),
        Action::apply(
            update::enable,
            ActionInfo {
                name: "enable_rule",
                title: "Enable a cart price rule",
                description: "Makes a cart price rule apply: customers get its discount at once, \
                    on the days it is for. Warns of active rules that apply beside it. Answers the \
                    rule as read back.",
            },
            Bound::AtMost(1),
        )
        .tier(Tier::Risk)
        .reads(RULE)
        .reads(RULE_SEARCH)
        .writes(Method::Put, RULE),
        Action::apply(
            update::disable,
            ActionInfo {
                name: "disable_rule",
                title: "Disable a cart price rule",
                description: "Makes a cart price rule no longer apply. Its settings and coupons \
                    stay. Answers the rule as read back.",
            },
            Bound::AtMost(1),
        )
        .reads(RULE)
        .reads(RULE_SEARCH)
        .writes(Method::Put, RULE),
        Action::apply(
            generate::generate,
            ActionInfo {
                name: "generate_coupons",
                title: "Generate coupons",
                description: "Generates coupons for a rule of coupon_type auto and answers their \
                    codes as read back from the store. How often a coupon can be used is the \
                    rule's uses_per_coupon. Asked for the same again within ten minutes it answers \
                    the coupons made first; for another batch give another idempotency_key. \
                    plans_undo deletes them.",
            },
            Bound::AtMost(1),
        )
        .tier(Tier::Risk)
        .reads(RULE)
        .reads(COUPON_SEARCH)
        .writes(Method::Post, generate::GENERATE)
        .writes(Method::Post, generate::DELETE_CODES),
    ]
}

souk_sdk::export!(promotions);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
