//! The host's side of one run of a plugin: what a guest can call, what it may use, and what it hands
//! over, in the model's words.

pub(crate) mod bindings;
pub(crate) mod call_context;
pub(crate) mod call_effects;
pub(crate) mod conversions;
pub(crate) mod cpu_time;
pub(crate) mod decision_prompt;
pub(crate) mod documents;
pub(crate) mod engine;
pub(crate) mod guest_log;
mod handles;
mod host_result;
mod imports;
pub(crate) mod limit_overrides;
pub(crate) mod limits;
mod plan_conversions;
mod proposals;
mod purges;
pub(crate) mod run_end;
pub(crate) mod sessions;
pub(crate) mod state;
pub(crate) mod turns;
pub(crate) mod usage;
mod wall_clock;
