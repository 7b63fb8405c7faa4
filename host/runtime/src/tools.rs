//! An action as clients see it.

use souk_model::{Action, Hints, Tool};

/// The tool that an action becomes.
pub(crate) fn published(action: &Action) -> Tool {
    Tool {
        name: action.tool.clone(),
        title: action.title.clone(),
        description: action.description.clone(),
        input: action.input.clone(),
        output: action.output.clone(),
        tier: action.tier,
        hints: Hints::of(action),
    }
}
