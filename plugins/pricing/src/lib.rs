//! The `pricing` action group: prices and sales of many products at once.
//!
//! It owns the words of its tools; how prices are written is the SDK's knowledge, and how far a
//! price may move is the operator's.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value};
use souk_sdk::{
    ATTRIBUTE, Action, ActionInfo, BulkUpdate, CommitTool, Failure, Group, PrepareContext,
    PreparedResult, ProductField, ProductMatch, ProductUpdates, Scope, Tier,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Which products; all that is given has to hold.
    r#match: ProductMatch,
    /// Which prices and dates to set.
    price_updates: PriceUpdates,
    /// Where to write: a website or a store view where the store keeps prices per website, else
    /// "global". At least one.
    scope: Scope,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct PriceUpdates(Map<String, Value>);

impl JsonSchema for PriceUpdates {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PriceUpdates".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        ProductField::schema(&ProductField::PRICES)
    }
}

fn pricing() -> Group {
    let about = ActionInfo {
        name: "prepare_bulk_price_update",
        title: "Plan new prices for many products",
        description: "Plans to set price, special_price and the dates of the sale for every \
            product that fits the match, and changes nothing yet: answers a plan_id, how many \
            products change, samples of before and after, and warnings, among them prices that \
            move further than the operator's threshold. Commit it with \
            pricing_commit_bulk_price_update. Configurable, grouped and bundle products have no \
            price of their own and are left out.",
    };
    let commit = CommitTool::new("commit_bulk_price_update").described(
        "Commit planned prices",
        "Carries out a plan of pricing_prepare_bulk_price_update: writes each price \
            as the plan shows it, leaves out products that changed since, and reads every one \
            back.",
    );
    Group {
        name: "pricing",
        version: env!("CARGO_PKG_VERSION"),
        title: "Prices",
        description: "Change prices and sales of many products at once.",
        actions: vec![
            Action::prepare(prepare, about, commit)
                .tier(Tier::Risk)
                .reads(souk_sdk::SCOPES)
                .changes(souk_sdk::PRODUCT_CHANGES)
                .reads(ATTRIBUTE),
        ],
    }
}

fn prepare(asked: &Asked, context: &PrepareContext) -> Result<PreparedResult, Failure> {
    let updates =
        ProductUpdates::read(&asked.price_updates.0, &ProductField::PRICES, "price_updates")?;
    BulkUpdate { matching: &asked.r#match, scope: &asked.scope, updates: &updates }.prepare(context)
}

souk_sdk::export!(pricing);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
