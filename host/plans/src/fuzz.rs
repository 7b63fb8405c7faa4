//! The review by itself, for the tests that give it any change: see `tests/fuzz`. No part of what
//! this crate is for.

use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{Change, PlanItem, Step};

use crate::observed::ObservedState;
use crate::{body, review};

/// Reviews a change against what a read showed.
///
/// # Errors
/// As a plan's review.
pub fn review(
    change: Change,
    here: Option<Value>,
    global: Option<Value>,
) -> Result<Option<PlanItem>, Failure> {
    let inherits = global.is_some();
    review::review(0, change, &ObservedState { here, global, inherits, own_memo: None })
}

/// A step's body as it would be sent after this response to the first.
///
/// # Errors
/// The response has not what the body wants of it.
pub fn sent_body(item: &PlanItem, step: &Step, response: &Value) -> Result<Option<Value>, Failure> {
    body::render_body(item, step, Some(response))
}
