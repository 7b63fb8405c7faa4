//! The `forger` action group, for tests alone: it hands the host whatever proposal a test has forged,
//! from an action of every effect, and closes it in either way. What the SDK would not let an honest
//! plugin say is said here past the SDK, in the contract's own types.

mod forged;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use souk_sdk::bindings::souk::plugin::plans::Draft;
use souk_sdk::core::{
    Action, ActionInfo, Bound, Changes, CommitTool, Context, Failure, Group, GroupDetails, Route,
};

use forged::{Change, Intent};

const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");
const BLOCK: Route<1> = Route::new("/V1/cmsBlock/{blockId}");
const BLOCKS: Route<0> = Route::new("/V1/cmsBlock/search");
const NEW_BLOCK: Route<0> = Route::new("/V1/cmsBlock");
const NEW_RULE: Route<0> = Route::new("/V1/salesRules");
const RULES: Route<0> = Route::new("/V1/salesRules/search");
const BASE_PRICES: Route<0> = Route::new("/V1/products/base-prices");

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

fn forge<C>(asked: &Asked, _: &C) -> Result<Forged, Failure> {
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
        Some("add") => draft.add(&changes("-more"))?,
        Some("propose") => drop(draft.propose()?),
        Some("apply") => drop(draft.apply()?),
        _ => {}
    }
    Ok(forged)
}

fn about(name: &'static str) -> ActionInfo {
    ActionInfo { name, title: name, description: "Proposes what a test has forged." }
}

/// What those that propose may write: less than the store offers.
const FORGED: Changes<1> = Changes::of("product", PRODUCT)
    .put(PRODUCT)
    .post(BASE_PRICES)
    .post(NEW_BLOCK)
    .delete(BLOCK)
    .post(NEW_RULE);

/// What every one of its actions may read.
fn reading(action: Action) -> Action {
    action.reads(PRODUCT).reads(BLOCKS).reads(RULES)
}

/// With those changes.
fn writing(action: Action) -> Action {
    reading(action).changes(FORGED)
}

fn forger() -> Group {
    let commit = CommitTool::new("commit").described("commit", "Commits what a test has forged.");
    Group {
        name: "forger",
        version: env!("CARGO_PKG_VERSION"),
        title: "Forger",
        description: "For tests.",
        actions: vec![
            reading(Action::query(forge::<Context>, about("query"))),
            writing(Action::prepare(forge, about("prepare"), commit)),
            writing(Action::apply(forge, about("apply"), Bound::AtMost(1))),
        ],
        details: GroupDetails::default(),
    }
}

souk_sdk::export!(forger);
