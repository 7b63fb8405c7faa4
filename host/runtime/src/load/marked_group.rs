//! A group without what is held back of it. Of one that nobody has approved the texts are marked as its
//! own, so that no surface can show them as anybody else's.

use std::collections::BTreeSet;
use std::sync::Arc;

use souk_model::{Action, Effect, Group};

/// What stands before a text that nobody has approved.
const MARK: &str = "[Not approved by the operator; in the plugin's own words:]";

/// The group without these tools.
pub(super) fn partial_group(group: &Group, held: &BTreeSet<String>) -> Group {
    let mut partial = group.clone();
    partial.actions.retain(|action| !held.contains(&action.tool));
    partial
}

/// The group without these tools, its texts marked.
pub(super) fn marked_group(group: &Group, held: &BTreeSet<String>) -> Group {
    let served = group.actions.iter().filter(|action| !held.contains(&action.tool));
    let mut marked = Group {
        name: group.name.clone(),
        version: group.version.clone(),
        title: marked_title(&group.title),
        description: marked_text(&group.description),
        actions: served.map(|action| Arc::new(marked_action(action))).collect(),
        details: group.details.clone(),
    };
    for prompt in &mut marked.details.prompts {
        prompt.title = marked_title(&prompt.title);
        prompt.description = marked_text(&prompt.description);
        // What a client puts before its model; braces are the text's own.
        prompt.text = marked_text(&prompt.text);
        for argument in &mut prompt.arguments {
            argument.description = marked_text(&argument.description);
        }
    }
    for template in &mut marked.details.resource_templates {
        template.title = marked_title(&template.title);
        template.description = marked_text(&template.description);
    }
    marked
}

fn marked_action(action: &Action) -> Action {
    let mut marked = action.clone();
    marked.title = marked_title(&action.title);
    marked.description = marked_text(&action.description);
    marked.details.deprecated = action.details.deprecated.as_deref().map(marked_text);
    if let Effect::Prepare(commit) = &mut marked.effect {
        commit.title = marked_title(&commit.title);
        commit.description = marked_text(&commit.description);
    }
    marked
}

fn marked_title(title: &str) -> String {
    format!("{title} (not approved)")
}

fn marked_text(text: &str) -> String {
    format!("{MARK} {text}")
}
