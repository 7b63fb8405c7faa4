//! The `forger` action group, for tests alone: it hands the host whatever proposal a test has forged,
//! from an action of every effect, and closes it in either way. What the SDK would not let an honest
//! plugin say is said here past the SDK, in the contract's own types.

mod aftermath;
mod forged;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use souk_sdk::bindings::souk::plugin::plans::Draft;
use souk_sdk::core::{
    Action, ActionInfo, Bound, Changes, CommitTool, Context, Failure, Group, GroupDetails,
    PURGE_URL, Route,
};

use aftermath::{answer, purge};
use forged::{Change, Intent};

const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");
/// The same by another name for its parameter.
const PRODUCT_X: Route<1> = Route::new("/V1/products/{x}");
const PRODUCTS: Route<0> = Route::new("/V1/products");
const BASE_PRICES: Route<0> = Route::new("/V1/products/base-prices");
const SPECIAL_PRICE: Route<0> = Route::new("/V1/products/special-price");
const TIER_PRICES: Route<0> = Route::new("/V1/products/tier-prices");
const BULK_PRODUCTS: Route<0> = Route::new("/async/bulk/V1/products/bySku");
const BULK_NEW_PRODUCTS: Route<0> = Route::new("/async/bulk/V1/products");
const LATER_PRODUCT: Route<1> = Route::new("/async/V1/products/{sku}");
const SOURCE_ITEMS: Route<0> = Route::new("/V1/inventory/source-items");
const BLOCK: Route<1> = Route::new("/V1/cmsBlock/{blockId}");
const BLOCKS: Route<0> = Route::new("/V1/cmsBlock/search");
const NEW_BLOCK: Route<0> = Route::new("/V1/cmsBlock");
const PUT_BLOCK: Route<1> = Route::new("/V1/cmsBlock/{id}");
const NEW_PAGE: Route<0> = Route::new("/V1/cmsPage");
const PAGES: Route<0> = Route::new("/V1/cmsPage/search");
const NEW_RULE: Route<0> = Route::new("/V1/salesRules");
const RULES: Route<0> = Route::new("/V1/salesRules/search");
const RULE: Route<1> = Route::new("/V1/salesRules/{ruleId}");
const COUPON: Route<0> = Route::new("/V1/coupons");
const COUPONS: Route<0> = Route::new("/V1/coupons/search");
const GENERATE: Route<0> = Route::new("/V1/coupons/generate");
const ORDER: Route<1> = Route::new("/V1/orders/{id}");
const ORDERS: Route<0> = Route::new("/V1/orders");
const INVOICE: Route<1> = Route::new("/V1/invoices/{id}");
const COMMENT: Route<1> = Route::new("/V1/orders/{id}/comments");
const EMAIL: Route<1> = Route::new("/V1/orders/{id}/emails");
const CANCEL: Route<1> = Route::new("/V1/orders/{id}/cancel");
const INVOICE_ORDER: Route<1> = Route::new("/V1/order/{orderId}/invoice");
const SHIP: Route<1> = Route::new("/V1/order/{orderId}/ship");
const REFUND: Route<1> = Route::new("/V1/order/{orderId}/refund");
const REFUND_INVOICE: Route<1> = Route::new("/V1/invoice/{invoiceId}/refund");
/// What this is, its values say.
const ANYTHING: Route<3> = Route::new("/V1/{a}/{b}/{c}");
/// What no store that is known has.
const UNKNOWN: Route<1> = Route::new("/V1/acme-gifts/{id}/give");

/// How a draft is closed, whatever the action's effect allows.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Close {
    #[default]
    Propose,
    Apply,
}

/// A forged proposal, in the contract's words with the dashes left out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// What the draft is for.
    #[schemars(with = "Value")]
    intent: Intent,
    /// Its changes.
    #[schemars(with = "Vec<Value>")]
    changes: Vec<Change>,
    /// Adds all changes so often in all, under subjects `ID-0`, `ID-1`, …
    #[serde(default)]
    copies: Option<u32>,
    /// Puts so many characters into every `{stuffing}` of a body.
    #[serde(default)]
    stuffing: u32,
    /// How the draft is closed.
    #[serde(default)]
    close: Close,
    /// Goes on with the draft when it is closed: `add`, `propose`, `apply`.
    #[serde(default)]
    then: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Forged {
    /// The plan that came of it.
    plan_id: String,
    /// How many changes it holds, or how many were done.
    count: u32,
}

/// The draft of a forged proposal, with its changes.
fn draft(asked: &Asked) -> Result<Draft, Failure> {
    let draft = Draft::new(&asked.intent.contract());
    let stuffing = "x".repeat(asked.stuffing as usize);
    let changes = |suffix: &str| {
        asked.changes.iter().map(|change| change.contract(suffix, &stuffing)).collect::<Vec<_>>()
    };
    match asked.copies {
        None => draft.add(&changes(""))?,
        Some(copies) => {
            let all: Vec<_> = (0..copies).flat_map(|copy| changes(&format!("-{copy}"))).collect();
            for chunk in all.chunks(100) {
                draft.add(chunk)?;
            }
        }
    }
    Ok(draft)
}

fn forge<C>(asked: &Asked, _: &C) -> Result<Forged, Failure> {
    let draft = draft(asked)?;
    let forged = match asked.close {
        Close::Propose => {
            let plan = draft.propose()?;
            Forged { plan_id: plan.id, count: plan.count }
        }
        Close::Apply => {
            let outcome = draft.apply()?;
            Forged { plan_id: outcome.plan_id, count: outcome.done }
        }
    };
    match asked.then.as_deref() {
        Some("add") => {
            let more = asked.changes.iter().map(|change| change.contract("-more", ""));
            draft.add(&more.collect::<Vec<_>>())?;
        }
        Some("propose") => drop(draft.propose()?),
        Some("apply") => drop(draft.apply()?),
        Some(end) => aftermath::end(end)?,
        None => {}
    }
    Ok(forged)
}

fn about(name: &'static str) -> ActionInfo {
    ActionInfo { name, title: name, description: "Proposes what a test has forged." }
}

/// What those that propose may write: much, and less than the store offers.
const PRODUCT_CHANGES: Changes<1> = Changes::of("product", PRODUCT)
    .search(PRODUCTS)
    .put(PRODUCT)
    .put(PRODUCT_X)
    .post(PRODUCTS)
    .post(BASE_PRICES)
    .post(SPECIAL_PRICE)
    .post(TIER_PRICES)
    .put(BULK_PRODUCTS)
    .post(BULK_NEW_PRODUCTS)
    .put(LATER_PRODUCT)
    .post(SOURCE_ITEMS);
const CONTENT_CHANGES: Changes<1> = Changes::of("cms-block", BLOCK)
    .search(BLOCKS)
    .post(NEW_BLOCK)
    .put(PUT_BLOCK)
    .delete(BLOCK)
    .post(NEW_PAGE);
const RULE_CHANGES: Changes<1> = Changes::of("cart-rule", RULE)
    .search(RULES)
    .post(NEW_RULE)
    .put(RULE)
    .delete(RULE)
    .post(COUPON)
    .post(GENERATE);
const ORDER_CHANGES: Changes<1> = Changes::of("order", ORDER)
    .search(ORDERS)
    .post(COMMENT)
    .post(EMAIL)
    .post(CANCEL)
    .post(INVOICE_ORDER)
    .post(SHIP)
    .post(REFUND)
    .post(REFUND_INVOICE)
    .post(ANYTHING)
    .post(UNKNOWN);
/// A grant that names what it sets.
const NAMES: Changes<1> =
    Changes::of("product", PRODUCT).put(PRODUCT).only(&["/product/name", "/product/status"]);

/// What every one of its actions may read.
fn reading(action: Action) -> Action {
    action.reads(PRODUCT).reads(PRODUCT_X).reads(PAGES).reads(COUPONS).reads(INVOICE)
}

/// With those changes.
fn writing(action: Action) -> Action {
    reading(action)
        .changes(PRODUCT_CHANGES)
        .changes(CONTENT_CHANGES)
        .changes(RULE_CHANGES)
        .changes(ORDER_CHANGES)
}

fn forger() -> Group {
    let commit = CommitTool::new("commit").described("commit", "Commits what a test has forged.");
    let commit_names = CommitTool::new("commit_names")
        .described("commit names", "Commits what a test has forged.");
    Group {
        name: "forger",
        version: env!("CARGO_PKG_VERSION"),
        title: "Forger",
        description: "For tests.",
        actions: vec![
            reading(Action::query(forge::<Context>, about("query"))),
            writing(Action::prepare(forge, about("prepare"), commit)),
            writing(Action::apply(forge, about("apply"), Bound::AtMost(1))),
            writing(Action::apply(answer, about("answer"), Bound::AtMost(100))),
            Action::apply(purge, about("purge"), Bound::AtMost(10)).purges(PURGE_URL),
            reading(Action::prepare(forge, about("prepare_names"), commit_names)).changes(NAMES),
        ],
        details: GroupDetails::default(),
    }
}

souk_sdk::export!(forger);
