//! Failures as plugins make them.

use crate::core::{Failure, FailureCode};

impl Failure {
    /// A failure that says only what went wrong: a lower-case phrase, names in backticks, no full
    /// stop.
    #[must_use]
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            remedy: None,
            argument: None,
            upstream: None,
            status: None,
        }
    }

    /// An argument is not what it must be. See [`at`](Self::at).
    #[must_use]
    pub fn argument(argument: &str, message: impl Into<String>) -> Self {
        Self::new(FailureCode::ValidationError, message).at(argument)
    }

    /// Says which argument is at fault: its name, or a JSON pointer into the arguments. `sku`,
    /// `/filters/price`.
    #[must_use]
    pub fn at(mut self, argument: &str) -> Self {
        let slash = if argument.is_empty() || argument.starts_with('/') { "" } else { "/" };
        self.argument = Some([slash, argument].concat());
        self
    }

    /// The subject does not exist in the store.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(FailureCode::NotFound, message)
    }

    /// The store, its edition or its configuration cannot do this.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(FailureCode::Unavailable, message)
    }

    /// The plugin is at fault, not the caller.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FailureCode::InternalError, message)
    }

    /// Adds what the caller can do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// In the words of `say` where a back end answered that there is no such thing; which one it was
    /// and its status stay. Any other failure is left as it is.
    #[must_use]
    pub fn or_missing(self, say: impl FnOnce() -> Self) -> Self {
        if !self.is_not_found() {
            return self;
        }
        Self { upstream: self.upstream, status: self.status, ..say() }
    }

    /// Whether a back end answered that there is no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.code == FailureCode::NotFound || self.status == Some(404)
    }
}
