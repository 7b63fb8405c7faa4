//! Calls, from the transport to their result: may it, with these arguments, run it, write it down.

pub(crate) mod admission;
mod arguments;
mod audit_guard;
mod call_answer;
mod call_end;
mod content;
pub(crate) mod dispatch;
mod documents;
mod host_arg_values;
mod masked_content;
mod masked_outcome;
mod masked_progress;
mod masks;
pub(crate) mod operator_config;
mod outcome_members;
mod plan_policy;
mod plans_tools;
mod plugin_run;
mod prompts;
mod refusals;
mod resource_families;
mod response;
pub(crate) mod run_cost;
pub(crate) mod tool;
pub(crate) mod tool_table;
mod write_authority;
