//! The host's own tools over plans: list, show, commit, undo, resume, stop, discard.

mod args;
mod call;
mod item_page;
mod json;
mod tool;

pub(crate) use args::plan_id;
pub(crate) use call::PlansCall;
pub(crate) use json::{outcome_json, outcome_schema};
pub(crate) use tool::{PlansTool, plan_id_schema};
