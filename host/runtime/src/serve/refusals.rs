//! What is told of a call that cannot run.

use souk_model::{Code, Failure};

use crate::text::printable;
use crate::tool_search::nearest;
use crate::tool_sets::ToolSelection;

/// What is told where the operator's settings for a plugin are not what it takes.
pub(super) fn wrong_settings(group: &str, why: &str) -> Failure {
    Failure::new(
        Code::Unavailable,
        format!("the operator's settings for the plugin `{group}` are not what it takes: {why}"),
    )
    .rule("plugin-settings")
    .remedy(format!("the operator corrects `[plugins.{group}.settings]`"))
}

/// What is told where a set of tools is named that has none.
pub(super) fn no_such_group(group: &str, selection: &ToolSelection, known: &[&str]) -> String {
    let near = nearest(group, known.iter().copied());
    let meant = near.first().map(|near| format!("; is `{near}` meant?")).unwrap_or_default();
    format!("{selection}: no plugin `{group}` is loaded{meant}")
}

/// What is told of a tool that is not there.
pub(super) fn no_such(tool: &str) -> Failure {
    let tool = printable(tool, 80);
    Failure::new(Code::ActionNotFound, format!("no plugin has the action `{tool}`"))
        .remedy("list the tools again; a plugin may have been removed")
}

/// What is told beside the outcome of a write whose call has no line on the trail.
pub(super) const NO_LINE_OF_CALL: &str = "the audit trail could not be written after this call: its requests were announced there, its end was not. The operator must make it writable again";
