//! What the tools that find and run others take.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Of `tools_search`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SearchToolsArgs {
    /// What you want to do, in plain words: `edit homepage text`, `why is an order late`.
    #[schemars(length(min = 1, max = 500))]
    pub(super) query: String,
    /// How many tools to answer at most.
    #[serde(default = "found")]
    #[schemars(range(min = 1, max = 20))]
    pub(super) limit: usize,
}

/// Of `tools_describe`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct DescribeToolsArgs {
    /// Names of tools, at most ten: `["orders_get"]`.
    #[schemars(length(min = 1, max = 10))]
    pub(super) names: Vec<String>,
}

/// Of `tools_read` and `tools_write`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct RunToolArgs {
    /// The tool's name.
    pub(crate) name: String,
    /// The tool's own arguments; its `confirm`, `reason`, `preview` and `idempotency_key` are among
    /// them.
    #[serde(default)]
    #[schemars(schema_with = "any_object")]
    pub(crate) arguments: Map<String, Value>,
}

const fn found() -> usize {
    8
}

fn any_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object"})
}
