//! Meta data of many products: as a plan, and in one call.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value};
use souk_sdk::{
    Action, ActionInfo, AppliedResult, ApplyContext, Bound, BulkUpdate, CommitTool, Failure,
    PrepareContext, PreparedResult, ProductField, ProductMatch, ProductUpdates, Scope, Tier,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Which products; all that is given has to hold.
    r#match: ProductMatch,
    /// What to set.
    meta_updates: MetaUpdates,
    /// Where to write: a store view, or "global". At least one.
    scope: Scope,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct MetaUpdates(Map<String, Value>);

impl JsonSchema for MetaUpdates {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "MetaUpdates".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        ProductField::schema(&ProductField::META)
    }
}

impl Asked {
    fn updates(&self) -> Result<ProductUpdates, Failure> {
        ProductUpdates::read(&self.meta_updates.0, &ProductField::META, "meta_updates")
    }
}

/// The actions about meta data.
pub(crate) fn actions() -> [Action; 2] {
    let apply = ActionInfo {
        name: "bulk_update_meta",
        title: "Change meta data of many products",
        description: "Sets meta_title, meta_description or meta_keyword of every product that fits \
            the match, at once, and reads each back. To see the changes before they are made use \
            seo_prepare_bulk_update_meta.",
    };
    let prepare = ActionInfo {
        name: "prepare_bulk_update_meta",
        title: "Plan new meta data for many products",
        description: "Plans to set meta_title, meta_description or meta_keyword of every product \
            that fits the match, and changes nothing yet: answers a plan_id, how many products \
            change, and samples of before and after. Commit it with seo_commit_bulk_update_meta.",
    };
    let commit = CommitTool::new("commit_bulk_update_meta").described(
        "Commit planned meta data",
        "Carries out a plan of seo_prepare_bulk_update_meta: writes each product as \
            the plan shows it, leaves out those that changed since, and reads every one back.",
    );
    [
        Action::apply(applied, apply, Bound::Bulk)
            .tier(Tier::Risk)
            .reads(souk_sdk::SCOPES)
            .changes(souk_sdk::PRODUCT_CHANGES),
        Action::prepare(prepared, prepare, commit)
            .tier(Tier::Risk)
            .reads(souk_sdk::SCOPES)
            .changes(souk_sdk::PRODUCT_CHANGES),
    ]
}

fn applied(asked: &Asked, context: &ApplyContext) -> Result<AppliedResult, Failure> {
    let updates = asked.updates()?;
    BulkUpdate { matching: &asked.r#match, scope: &asked.scope, updates: &updates }.apply(context)
}

fn prepared(asked: &Asked, context: &PrepareContext) -> Result<PreparedResult, Failure> {
    let updates = asked.updates()?;
    BulkUpdate { matching: &asked.r#match, scope: &asked.scope, updates: &updates }.prepare(context)
}
