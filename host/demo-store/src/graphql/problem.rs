//! An error as GraphQL tells it.

use serde_json::{Value, json};

use super::parse::Location;

/// An error as GraphQL tells it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GraphqlError {
    pub(super) message: String,
    pub(super) at: Option<Location>,
    pub(super) path: Option<&'static str>,
    pub(super) category: Option<&'static str>,
}

impl GraphqlError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), at: None, path: None, category: None }
    }

    pub(super) fn at(self, at: Location) -> Self {
        Self { at: Some(at), ..self }
    }

    /// What the caller gave is not what it must be.
    pub(super) fn of_input(self) -> Self {
        Self { category: Some("graphql-input"), ..self }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut told = json!({ "message": self.message });
        if let Some(Location { line, column }) = self.at {
            told["locations"] = json!([{ "line": line, "column": column }]);
        }
        if let Some(path) = self.path {
            told["path"] = json!([path]);
        }
        if let Some(category) = self.category {
            told["extensions"] = json!({ "category": category });
        }
        told
    }
}
