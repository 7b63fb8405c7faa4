//! `catalog_prepare_bulk_update`: the same values for many products.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value};
use souk_sdk::{
    ATTRIBUTE, About, Action, BulkUpdate, CATEGORIES, CommitTool, Failure, Match, PrepareContext,
    Prepared, ProductField, ProductUpdates, Scope, Tier,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Which products; all that is given has to hold.
    r#match: Match,
    /// Field → value.
    updates: Updates,
    /// Where to write: a store view, a website, or "global". At least one.
    scope: Scope,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Updates(Map<String, Value>);

impl JsonSchema for Updates {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Updates".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        ProductField::schema(&ProductField::ALL)
    }
}

/// The actions about many products.
pub(crate) fn actions() -> [Action; 1] {
    let about = About {
        name: "prepare_bulk_update",
        title: "Plan a change of many products",
        description: "Plans to set the same values for every product that fits the match, and \
            changes nothing yet: answers a plan_id, how many products change, samples of before \
            and after, and warnings. Commit it with catalog_commit_bulk_update. Values are \
            checked, categories are replaced, sales keep their beginning, URL keys redirect. A \
            field that Magento does not keep at the named scope is refused, with the reason.",
    };
    let commit = CommitTool {
        name: "commit_bulk_update",
        title: "Commit a planned change of products",
        description: "Carries out a plan of catalog_prepare_bulk_update: writes each product as \
            the plan shows it, leaves out those that changed since, and reads every one back.",
        tier: Tier::Risk,
        subject_as: None,
    };
    [Action::prepare(prepare, about, commit)
        .tier(Tier::Risk)
        .updates_products()
        .reads(ATTRIBUTE)
        .reads(CATEGORIES)]
}

fn prepare(asked: &Asked, context: &PrepareContext) -> Result<Prepared, Failure> {
    let updates = ProductUpdates::read(&asked.updates.0, &ProductField::ALL, "updates")?;
    BulkUpdate { matching: &asked.r#match, scope: &asked.scope, updates: &updates }
        .prepare(context, "catalog_commit_bulk_update")
}
