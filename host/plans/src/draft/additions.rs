//! Changes that were judged, as items of a plan.

use souk_model::Failure;
use souk_model::plan::{Change, PlanItem, Retry, WriteSummary};

use crate::observed::ObservedState;
use crate::review;

/// A change that the guards let pass, and what is known of it.
pub(super) struct CheckedChange {
    pub(super) observed: ObservedState,
    /// By how many per cent it moves a price, where that is past the threshold.
    pub(super) jump: Option<f64>,
    /// What is to be said of an amount that it takes off.
    pub(super) amount_off: Option<String>,
    /// What it takes off that a person should look at.
    pub(super) reductions: Vec<String>,
    pub(super) rows: u64,
    pub(super) retry: Retry,
    /// What the catalogue says of its requests.
    pub(super) writes: Vec<WriteSummary>,
}

/// What an addition comes to.
#[derive(Default)]
pub(super) struct Additions {
    pub(super) items: Vec<PlanItem>,
    /// The price jumps of the items, one by one.
    pub(super) jumps: Vec<Option<f64>>,
    /// What is to be said of amounts that they take off.
    pub(super) amounts_off: Vec<String>,
    pub(super) warnings: Vec<String>,
    /// The host's own, of what is taken off.
    pub(super) reductions: Vec<String>,
    /// How many of the items could not be taken back as the operator's caps are, and why the first.
    pub(super) kept_by_caps: Option<(u32, String)>,
    pub(super) rows: u64,
    pub(super) left_out: u32,
}

/// Reviews changes; those that already have their values are left out.
pub(super) fn review_all(
    first: u32,
    changes: Vec<Change>,
    checked: Vec<CheckedChange>,
    judge_undo: impl Fn(&PlanItem, &ObservedState) -> Option<Failure>,
) -> Result<Additions, Failure> {
    let mut additions = Additions::default();
    for (mut change, checked) in changes.into_iter().zip(checked) {
        // What the request is decides, whatever its plugin declares; the review shows it.
        change.retry = checked.retry;
        additions.warnings.extend(change.warnings.iter().cloned());
        let n = first.saturating_add(u32::try_from(additions.items.len()).unwrap_or(u32::MAX));
        match review::review(n, change, &checked.observed)? {
            Some(mut item) => {
                if let Some(jump) = checked.jump {
                    item.warnings.push(format!("a price changes by {jump:.0} %"));
                }
                item.writes = checked.writes;
                additions.amounts_off.extend(checked.amount_off.clone());
                item.warnings.extend(checked.amount_off);
                let subject = &item.change.subject.id;
                let named = checked.reductions.iter().map(|told| format!("{subject}: {told}"));
                additions.reductions.extend(named);
                item.warnings.extend(checked.reductions);
                if let Some(refused) = judge_undo(&item, &checked.observed) {
                    let why = refused.message;
                    item.warnings.push(format!("`plans_undo` would be refused: {why}"));
                    additions.kept_by_caps.get_or_insert((0, why)).0 += 1;
                }
                additions.items.push(item);
                additions.jumps.push(checked.jump);
                additions.rows = additions.rows.saturating_add(checked.rows);
            }
            None => additions.left_out += 1,
        }
    }
    Ok(additions)
}
