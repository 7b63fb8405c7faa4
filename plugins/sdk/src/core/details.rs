//! What most groups and actions leave out.

use super::{ActionDetails, Completion, CompletionSource, GroupDetails};

impl Default for ActionDetails {
    /// Nothing of it.
    fn default() -> Self {
        Self {
            completions: Vec::new(),
            untrusted: Vec::new(),
            keywords: Vec::new(),
            deprecated: None,
            extensions: Vec::new(),
        }
    }
}

impl Default for GroupDetails {
    /// Nothing of it.
    fn default() -> Self {
        Self {
            prompts: Vec::new(),
            resource_templates: Vec::new(),
            settings_schema: None,
            least_contract: None,
            homepage: None,
            extensions: Vec::new(),
        }
    }
}

impl ActionDetails {
    /// Suggestions for this argument.
    pub(super) fn complete(&mut self, argument: &str, source: CompletionSource) {
        self.completions.push(Completion { argument: argument.to_owned(), source });
    }
}
