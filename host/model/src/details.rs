//! What groups and actions may say beside what every one of them says.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Pointer, PointerPattern};

/// A query of the same group that knows what an argument may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CompletionQuery {
    /// The action, by its name without the group's.
    pub action: String,
    /// Its argument that takes what was typed so far.
    pub argument: String,
    /// Where its result has the list.
    pub items: Pointer,
    /// Where an element of the list has the value.
    pub value: Pointer,
}

/// Where suggestions for an argument come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletionSource {
    /// One of these.
    Values(Vec<String>),
    /// The codes of the store's views.
    StoreViews,
    /// What this query answers.
    Query(CompletionQuery),
    /// A source that this host does not know, by its name; nothing is suggested.
    Other(String),
}

/// Suggestions for one argument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// The argument's name.
    pub argument: String,
    /// Where they come from.
    pub source: CompletionSource,
}

/// Something that the contract has no field for and that this host may not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Extension {
    /// `[a-z0-9-]+`.
    pub name: String,
    /// What it says.
    pub value: Value,
}

/// What most actions leave out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ActionDetails {
    /// Suggestions, by argument; each argument at most once.
    pub completions: Vec<Completion>,
    /// Where the result holds texts that strangers wrote.
    pub untrusted: Vec<PointerPattern>,
    /// Words by which a person would look for it.
    pub keywords: Vec<String>,
    /// Why it should no longer be used, and what to use instead.
    pub deprecated: Option<String>,
    /// What newer hosts may know.
    pub extensions: Vec<Extension>,
}

/// An argument of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptArgument {
    /// `[a-z0-9_]+`, unique in its prompt.
    pub name: String,
    /// For people.
    pub description: String,
    /// Whether it cannot be left out.
    pub required: bool,
    /// Suggestions for it.
    pub completion: Option<CompletionSource>,
}

/// A task that a person can pick in a client, put into words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prompt {
    /// The name within the group; callers see `GROUP_NAME`.
    pub name: String,
    /// For people.
    pub title: String,
    /// For people.
    pub description: String,
    /// What goes into the text.
    pub arguments: Vec<PromptArgument>,
    /// The text, with each argument as `{name}` and each brace of its own written twice.
    pub text: String,
}

/// A family of resources, each of which one query answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceTemplate {
    /// `souk://GROUP/…` with one `{argument}`: `souk://orders/{increment_id}`.
    pub uri: String,
    /// For people.
    pub title: String,
    /// For people.
    pub description: String,
    /// The query action, by its name without the group's, whose result it is.
    pub action: String,
    /// The argument of that action that the URI holds.
    pub argument: String,
}

/// What most groups leave out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct GroupDetails {
    /// Tasks that people can pick.
    pub prompts: Vec<Prompt>,
    /// Results that can be read as resources.
    pub resource_templates: Vec<ResourceTemplate>,
    /// JSON Schema 2020-12 of an object: what the operator's settings for the plugin may hold.
    pub settings_schema: Option<Arc<Map<String, Value>>>,
    /// The least version of the contract that it needs.
    pub least_contract: Option<String>,
    /// Where people find out more: an https address.
    pub homepage: Option<String>,
    /// What newer hosts may know.
    pub extensions: Vec<Extension>,
}
