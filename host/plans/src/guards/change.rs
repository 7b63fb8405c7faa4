//! Judging a change: all of its bodies, and how far its prices jump.

use souk_model::plan::{
    Change, Edit, Expectation, FieldAfter, FieldBefore, PlanItem, Step, StoreSet,
};
use souk_model::{Code, Failure, WriteMethod};

use super::amounts::{check_bindings, is_money, name_at};
use super::bodies::{each_body, with_bindings};
use super::limits::Guards;
use crate::magento::values::approximately;
use crate::money::money_request;
use crate::refusals::refuse;

impl Guards {
    /// Judges the bodies of a change, before anything is read for it.
    ///
    /// # Errors
    /// FORBIDDEN, VALIDATION_ERROR or BULK_CAP_EXCEEDED with the guard's name.
    pub(crate) fn check_bodies(&self, change: &Change) -> Result<(), Failure> {
        money_request(change)?;
        change.steps.iter().try_for_each(|step| {
            check_query(change, step)?;
            check_bindings(change, step)?;
            let body = with_bindings(step);
            each_body(body.as_ref()).try_for_each(|body| {
                self.check_amounts(change, body, None)?;
                let Some(members) = body.as_object() else { return Ok(()) };
                self.check_fields(change, members)?;
                self.check_coupons(change, members)
            })
        })
    }

    /// By how many per cent the item changes its prices at most, where that is past the threshold.
    pub(crate) fn price_jump(&self, item: &PlanItem) -> Option<f64> {
        item.change
            .edits
            .iter()
            .zip(&item.review)
            .filter(|(edit, _)| sets_money(&item.change, edit))
            .filter_map(|(_, reviewed)| {
                let before = match &reviewed.before {
                    FieldBefore::Value(value) | FieldBefore::Inherited(value) => {
                        approximately(value)?
                    }
                    FieldBefore::Nothing => return None,
                };
                let after = match &reviewed.after {
                    FieldAfter::AsSent(value) | FieldAfter::SetByStore(StoreSet { value, .. }) => {
                        approximately(value)?
                    }
                    FieldAfter::Removed | FieldAfter::Unverifiable(_) => return None,
                };
                (before > 0.0).then(|| (after - before).abs() / before * 100.0)
            })
            .filter(|jump| *jump > self.price_threshold_pct)
            .max_by(f64::total_cmp)
    }
}

/// Whether an edit sets a price, told by the body's own names and not by the edit's.
fn sets_money(change: &Change, edit: &Edit) -> bool {
    let Expectation::AsSent(pointers) = &edit.after else { return is_money(&edit.field) };
    pointers.iter().any(|pointer| {
        let body = change.steps.get(pointer.step).and_then(|step| step.body.as_ref());
        is_money(name_at(body, &pointer.at))
    })
}

/// Magento takes the query of a write for a part of its body, where no guard and no review looks.
fn check_query(change: &Change, step: &Step) -> Result<(), Failure> {
    if step.query.is_empty() || step.method == WriteMethod::Delete {
        return Ok(());
    }
    Err(refuse(
        "write-query",
        Code::Forbidden,
        format!(
            "a request of {} has a query, which Magento would take for a part of its body",
            change.subject
        ),
        "this is a fault of the plugin: what it writes belongs into the body".into(),
    ))
}
