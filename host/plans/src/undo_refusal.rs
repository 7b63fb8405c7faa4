//! Whether a change could be taken back by what the operator allows: its undo is judged beforehand, by what it
//! would find. What stood in the store before is nobody's proposal; putting it back is.

use souk_model::Failure;
use souk_model::plan::{Edit, FieldAfter, FieldReview, PlanItem, StoreSet};

use crate::guards::{Guards, PlanScope};
use crate::observed::ObservedState;
use crate::reverse::reverse;

/// The guards of discounts: what else an undo sends, its change had to be allowed to send, too.
const DISCOUNT_CAPS: [&str; 2] = ["discount-cap", "discount-amount-cap"];

/// Why taking the item back would be refused, if it would.
pub(crate) fn undo_refusal(
    guards: &Guards,
    scope: &PlanScope<'_>,
    item: &PlanItem,
    observed: &ObservedState,
) -> Option<Failure> {
    if scope.takes_back {
        return None;
    }
    let scope = PlanScope { takes_back: true, ..*scope };
    // What its answer has to tell is made new, and taking it back takes nothing off.
    let undo = reverse(item, None).ok()?;
    let found = as_written(item, observed);
    let judged = guards.check_requests(&scope, &undo).ok()?;
    let refused = guards.check_values_read(&scope, &undo, &judged, &found).err()?;
    DISCOUNT_CAPS.contains(&refused.rule.as_deref()?).then_some(refused)
}

/// What a read will show once the item is written, as far as what it shows now has a place for it.
fn as_written(item: &PlanItem, observed: &ObservedState) -> ObservedState {
    let mut here = observed.here.clone();
    let put = |document: &mut serde_json::Value, edit: &Edit, reviewed: &FieldReview| {
        if let FieldAfter::AsSent(value) | FieldAfter::SetByStore(StoreSet { value, .. }) =
            &reviewed.after
        {
            // A field that the subject lacks has no part in what it costs.
            let _ = edit.at.put(document, value.clone());
        }
    };
    if let Some(document) = &mut here {
        let readable = item.change.edits.iter().zip(&item.review);
        for (edit, reviewed) in readable.filter(|(edit, _)| edit.is_readable()) {
            put(document, edit, reviewed);
        }
    }
    let ObservedState { global, inherits, .. } = observed;
    ObservedState { here, global: global.clone(), inherits: *inherits, own_memo: None }
}
