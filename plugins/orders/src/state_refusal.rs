//! Why something cannot be done with an order, in plain words.

use souk_sdk::prelude::*;

use crate::order::Order;

/// Why something cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateRefusal {
    /// In plain words, about the order: `it is on hold`.
    pub(crate) why: String,
    /// What would make it possible.
    pub(crate) remedy: Option<&'static str>,
}

impl StateRefusal {
    /// A refusal without a remedy.
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: None }
    }

    /// Says what would make it possible.
    pub(crate) const fn remedy(mut self, remedy: &'static str) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// As the failure of an action on this order.
    pub(crate) fn failure(self, order: &Order, verb: &str) -> Failure {
        let message = format!("cannot {verb} {}: {}", order.name(), self.why);
        Failure::new(FailureCode::ValidationError, message)
            .remedy(self.remedy.unwrap_or("`orders_why` lists what can be done with it now"))
    }
}
