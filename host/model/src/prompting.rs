//! Prompts as a client sees them, and suggestions for what a person types.

use serde_json::{Map, Value};

use crate::ContentBlock;

/// A prompt, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptInfo {
    /// `GROUP_NAME`.
    pub name: String,
    /// For people.
    pub title: String,
    /// For people.
    pub description: String,
    /// What goes into it.
    pub arguments: Vec<PromptParameter>,
}

/// What goes into a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptParameter {
    /// `[a-z0-9_]+`.
    pub name: String,
    /// For people.
    pub description: String,
    /// Whether it cannot be left out.
    pub required: bool,
}

/// Who says a message of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptRole {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// One message of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptMessage {
    /// Whose it is.
    pub role: PromptRole,
    /// What it says.
    pub content: ContentBlock,
}

/// What a completion is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompletionTarget {
    /// An argument of this prompt.
    Prompt(String),
    /// The variable of this URI template.
    Resource(String),
}

/// What a person has typed so far.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletionRequest {
    /// What it is for.
    pub target: CompletionTarget,
    /// Which argument or variable.
    pub argument: String,
    /// What is typed of it.
    pub typed: String,
    /// The other arguments that are known already.
    pub others: Map<String, Value>,
}

/// Suggestions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suggestions {
    /// The best first.
    pub values: Vec<String>,
    /// How many there are in all, where that is known.
    pub total: Option<u32>,
}
