//! What the tools over plans take.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use souk_model::Failure;
use souk_model::plan::{ItemState, PlanId, PlanState};

/// Of every tool that is about one plan.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PlanArgs {
    /// From the tool that proposed it.
    plan_id: String,
}

impl PlanArgs {
    /// The plan that is meant.
    pub(super) fn plan(&self) -> Result<PlanId, Failure> {
        plan_id(&self.plan_id)
    }
}

/// Of `plans_list`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ListPlansArgs {
    /// Only plans in this state.
    #[serde(default)]
    #[schemars(schema_with = "plan_state")]
    pub(super) state: Option<PlanState>,
    #[serde(default = "list_page")]
    #[schemars(range(min = 1, max = 200))]
    pub(super) page_size: u32,
    /// Only plans older than this: `next_before` of the page before.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1))]
    pub(super) before: Option<i64>,
}

/// Of `plans_get`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ShowPlanArgs {
    /// From the tool that proposed it.
    plan_id: String,
    /// Only items in these states.
    #[serde(default)]
    #[schemars(schema_with = "item_states")]
    pub(super) states: Vec<ItemState>,
    #[serde(default = "items_page")]
    #[schemars(range(min = 1, max = 200))]
    pub(super) page_size: u32,
    /// Only items after this number: `next_after` of the page before.
    #[serde(default)]
    #[schemars(with = "u32")]
    pub(super) after: Option<u32>,
}

impl ShowPlanArgs {
    /// The plan that is meant.
    pub(super) fn plan(&self) -> Result<PlanId, Failure> {
        plan_id(&self.plan_id)
    }
}

const fn list_page() -> u32 {
    20
}

const fn items_page() -> u32 {
    20
}

/// Every state that somebody can see a plan in.
fn plan_state(_: &mut SchemaGenerator) -> Schema {
    let states: Vec<&str> = PlanState::ALL
        .into_iter()
        .filter(|state| *state != PlanState::Draft)
        .map(PlanState::as_str)
        .collect();
    json_schema!({"type": "string", "enum": states})
}

fn item_states(_: &mut SchemaGenerator) -> Schema {
    let states = ItemState::ALL.map(ItemState::as_str);
    json_schema!({"type": "array", "items": {"type": "string", "enum": states}})
}

/// A plan's id as a caller wrote it.
pub(crate) fn plan_id(text: &str) -> Result<PlanId, Failure> {
    text.parse().map_err(|error| {
        Failure::argument("plan_id", format!("{error}")).remedy("`plans_list` shows your plans")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::native_args::{read, schema_of};
    use serde_json::{Map, Value, json};

    fn published<T: JsonSchema>() -> Value {
        Value::Object(schema_of::<T>())
    }

    #[test]
    fn the_published_schemas_are_those_that_callers_know() {
        let plan_id = json!({"type": "string", "description": "From the tool that proposed it."});
        assert_eq!(
            published::<PlanArgs>(),
            json!({"type": "object", "properties": {"plan_id": plan_id}, "required": ["plan_id"]})
        );
        assert_eq!(
            published::<ListPlansArgs>(),
            json!({"type": "object", "properties": {
                "state": {"type": "string", "enum": ["proposed", "running", "done", "partly_done", "failed", "stopped", "discarded"], "description": "Only plans in this state."},
                "page_size": {"type": "integer", "minimum": 1, "maximum": 200, "default": 20},
                "before": {"type": "integer", "minimum": 1, "description": "Only plans older than this: `next_before` of the page before."},
            }})
        );
        assert_eq!(
            published::<ShowPlanArgs>(),
            json!({"type": "object", "properties": {
                "plan_id": plan_id,
                "states": {"type": "array", "items": {"type": "string", "enum": ["pending", "sending", "done", "failed", "drifted", "skipped", "unknown"]}, "description": "Only items in these states."},
                "page_size": {"type": "integer", "minimum": 1, "maximum": 200, "default": 20},
                "after": {"type": "integer", "minimum": 0, "description": "Only items after this number: `next_after` of the page before."},
            }, "required": ["plan_id"]})
        );
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let given = json!({"states": ["done"], "plan_id": "x"});
        let args: ShowPlanArgs = read(given.as_object().unwrap()).unwrap();
        assert_eq!((args.page_size, args.after), (20, None));
        assert_eq!(args.states, [ItemState::Done]);
        assert!(args.plan().unwrap_err().argument.as_deref() == Some("plan_id"));
        let args: ListPlansArgs = read(&Map::new()).unwrap();
        assert_eq!((args.page_size, args.state, args.before), (20, None, None));
        assert!(read::<ListPlansArgs>(json!({"before": 2.5}).as_object().unwrap()).is_err());
    }
}
