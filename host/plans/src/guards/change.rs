//! Judging a whole change: before anything is read for it, and with what was read.

use std::collections::BTreeMap;

use souk_model::plan::{BodySource, Change, Expectation, Retry, Step, Undo, WriteSummary};
use souk_model::{Decimal, Failure, Tier, WriteMethod};
use souk_policy::writes::{IdPlace, JudgedWrite};

use super::bodies::ChangeBodies;
use super::discounts::AmountOff;
use super::limits::Guards;
use super::scope::PlanScope;
use super::{discounts, identity, judges, prices, readings, repetition, writes};
use crate::body::with_known_values;
use crate::magento::names::same_name;
use crate::money::money_request;
use crate::observed::ObservedState;
use crate::refusals::{plugin_fault, unjudgeable};

/// Places of one kind of value that a review names.
const PLACES: usize = 10;

/// A change whose requests were judged.
#[derive(Debug)]
pub(crate) struct JudgedChange<'g, 'c> {
    /// Its requests, in order.
    writes: Vec<JudgedWrite<'g, 'c>>,
    /// How many rows it writes.
    pub(crate) rows: u64,
    /// How it may be repeated.
    pub(crate) retry: Retry,
}

/// What is to be said of a change that passed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckedValues {
    /// By how many per cent it moves a price at most, where that is past the threshold.
    pub(crate) jump: Option<f64>,
    /// What a rule that it writes takes off as an amount.
    pub(crate) amount_off: Option<AmountOff>,
}

impl JudgedChange<'_, '_> {
    /// What the catalogue says of its requests, for the review.
    pub(crate) fn summaries(&self) -> Vec<WriteSummary> {
        self.writes.iter().map(summary).collect()
    }

    /// That of the worst of its requests.
    pub(crate) fn tier(&self) -> Tier {
        self.writes.iter().map(JudgedWrite::tier).max().unwrap_or(Tier::Safe)
    }

    /// Whether it reduces a price, or moves the days of a reduced one.
    pub(crate) fn reduces_price(&self) -> bool {
        self.writes.iter().flat_map(JudgedWrite::fields).any(prices::is_reduction)
    }

    /// Whether it holds a request that the catalogue does not know: what that does with money, nobody
    /// has worked out.
    pub(crate) fn may_move_money(&self) -> bool {
        self.writes.iter().any(|write| write.route().is_none())
    }

    /// Whether it writes a cart price rule.
    pub(crate) fn writes_rule(&self) -> bool {
        self.writes.iter().any(discounts::is_rule)
    }
}

impl<'g, 'c> JudgedChange<'g, 'c> {
    /// Its requests, in order.
    pub(super) fn writes(&self) -> &[JudgedWrite<'g, 'c>] {
        &self.writes
    }
}

impl Guards {
    /// Judges a change by its requests alone, and says what it is.
    ///
    /// # Errors
    /// FORBIDDEN, VALIDATION_ERROR or BULK_CAP_EXCEEDED with the guard's name; INTERNAL_ERROR where
    /// the plugin is at fault.
    pub(crate) fn check_requests<'g, 'c>(
        &'g self,
        scope: &PlanScope<'_>,
        change: &'c Change,
    ) -> Result<JudgedChange<'g, 'c>, Failure> {
        money_request(change)?;
        let judge = |step| self.catalogue.judge(step, &change.subject.id);
        let judged: Vec<_> = change.steps.iter().map(judge).collect();
        let mut rows = 1;
        for (step, write) in change.steps.iter().zip(&judged) {
            writes::check_address(scope, change, step, write)?;
            self.check_fields(change, step, write)?;
            // Several requests of one change are about the same rows: all name its subject.
            rows = rows.max(self.check_rows(scope, write)?);
            check_bindings(change, step, write)?;
            check_deletion(change, step, write)?;
            identity::check_filled_path(change, step, write)?;
        }
        // Rows are counted first, so that too many are told as that.
        self.check_count(rows)?;
        for (index, write) in judged.iter().enumerate() {
            identity::check_ids(scope, change, index, &judged)?;
            if !identity::hangs_on_new(index, &judged) {
                judges::check_lookup(scope, change, write)?;
            }
        }
        self.check_undo(scope, change, &judged)?;
        let retry = repetition::allowed_retry(scope, change, &judged);
        Ok(JudgedChange { writes: judged, rows, retry })
    }

    /// How many rows a request writes. Coupons have a cap of their own.
    fn check_rows(
        &self,
        scope: &PlanScope<'_>,
        write: &JudgedWrite<'_, '_>,
    ) -> Result<u64, Failure> {
        let rows = u64::try_from(write.rows()).unwrap_or(u64::MAX);
        let of_coupons = write.route().is_some_and(|route| route.subject().kind == "coupon");
        if !of_coupons {
            return Ok(rows);
        }
        self.check_coupons(Decimal::from(rows))?;
        Ok(if scope.takes_back { 1 } else { rows })
    }

    /// What would take a change back goes to the same view, and is known.
    fn check_undo(
        &self,
        scope: &PlanScope<'_>,
        change: &Change,
        judged: &[JudgedWrite<'_, '_>],
    ) -> Result<(), Failure> {
        let Undo::Steps(steps) = &change.undo else { return Ok(()) };
        for step in steps {
            let write = self.catalogue.judge(step, &change.subject.id);
            writes::check_address(scope, change, step, &write)?;
            identity::check_filled_path(change, step, &write)?;
            identity::check_undo_ids(change, step, &write, &judged[0])?;
        }
        Ok(())
    }

    /// Judges a change with what its lookup showed.
    ///
    /// # Errors
    /// As [`check_requests`](Self::check_requests).
    pub(crate) fn check_values_read(
        &self,
        scope: &PlanScope<'_>,
        change: &Change,
        judged: &JudgedChange<'_, '_>,
        observed: &ObservedState,
    ) -> Result<CheckedValues, Failure> {
        let whole = |steps: &[Step], judged: &[JudgedWrite<'_, '_>]| {
            self.check_bodies(&ChangeBodies { scope, change, observed, steps, judged })
        };
        if change.steps.iter().all(|step| step.body_bindings.is_empty()) {
            return whole(&change.steps, &judged.writes);
        }
        let steps: Vec<Step> = change
            .steps
            .iter()
            .map(|step| with_known_values(change, step, observed))
            .collect::<Result<_, _>>()?;
        let judge = |step| self.catalogue.judge(step, &change.subject.id);
        let writes: Vec<_> = steps.iter().map(judge).collect();
        whole(&steps, &writes)
    }

    /// Judges bodies as they will be sent.
    fn check_bodies(&self, bodies: &ChangeBodies<'_>) -> Result<CheckedValues, Failure> {
        let ChangeBodies { change, steps, judged, .. } = *bodies;
        for (step, write) in steps.iter().zip(judged) {
            self.check_fields(change, step, write)?;
            self.check_values(change, write)?;
            self.check_coupon_count(change, write)?;
        }
        readings::check_readings(bodies)?;
        self.check_identifiers(bodies)?;
        self.check_sale_beginnings(bodies)?;
        self.check_prices(bodies)?;
        let amount_off = self.check_rules(bodies)?;
        self.check_coupons_rules(bodies)?;
        Ok(CheckedValues { jump: self.price_jump(bodies), amount_off })
    }

    /// What kind of write a request is, where no other of it may be on its way to the store.
    pub(crate) fn serial_kind(&self, step: &Step, subject: &str) -> Option<String> {
        // Most writes are of a method that no such route has.
        if !self.catalogue.routes().any(|route| route.is_serial() && route.method() == step.method)
        {
            return None;
        }
        let write = self.catalogue.judge(step, subject);
        write.route().filter(|route| route.is_serial()).map(ToString::to_string)
    }

    fn check_coupon_count(
        &self,
        change: &Change,
        write: &JudgedWrite<'_, '_>,
    ) -> Result<(), Failure> {
        let generates = write
            .route()
            .is_some_and(|route| route.route().as_str().ends_with("/coupons/generate"));
        if !generates {
            return Ok(());
        }
        for field in write.fields().iter().filter(|field| same_name(&field.name, "quantity")) {
            let count = field
                .number()
                .map_err(|reason| unjudgeable(change, &format!("`{}` {reason}", field.at)))?;
            self.check_coupons(count.unwrap_or(Decimal::ZERO))?;
        }
        Ok(())
    }
}

/// What a reviewer should know of a request, in the catalogue's words.
fn summary(write: &JudgedWrite<'_, '_>) -> WriteSummary {
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for field in write.fields() {
        let Some(word) = field.kind.review_word() else { continue };
        let places = values.entry(word.to_owned()).or_default();
        if places.len() < PLACES {
            places.push(field.at.clone());
        } else if places.len() == PLACES {
            places.push("…".to_owned());
        }
    }
    WriteSummary {
        does: write.route().map_or("nobody has described it", |route| route.does()).to_owned(),
        tier: write.tier(),
        rows: u64::try_from(write.rows()).unwrap_or(u64::MAX),
        values,
    }
}

/// Whoever deletes the subject shows that it is gone afterwards, and does not take it back by sending the
/// same again.
fn check_deletion(
    change: &Change,
    step: &Step,
    write: &JudgedWrite<'_, '_>,
) -> Result<(), Failure> {
    let deletes = step.method == WriteMethod::Delete
        && write.route().is_some_and(|route| {
            let named = |id: &IdPlace| {
                matches!(id, IdPlace::Path(name)
                if route.route().as_str().ends_with(&format!("{{{name}}}")))
            };
            route.subject().ids.iter().any(named)
        });
    if !deletes {
        return Ok(());
    }
    if !change.edits.iter().any(|edit| edit.after == Expectation::Removed) {
        return Err(plugin_fault(change, "it deletes its subject, and no field shows that"));
    }
    if change.undo == Undo::Restore {
        return Err(plugin_fault(change, "its undo would delete its subject again"));
    }
    Ok(())
}

/// What an answer fills in is not in any body that guards look at: only a number of what the first
/// request made may come from there, where it names that.
fn check_bindings(
    change: &Change,
    step: &Step,
    write: &JudgedWrite<'_, '_>,
) -> Result<(), Failure> {
    let named: Vec<&str> =
        write.subject_ids().iter().chain(write.parts()).map(|named| named.at.as_str()).collect();
    for binding in &step.body_bindings {
        if !matches!(binding.value, BodySource::FromResponse(_)) {
            continue;
        }
        let place = step.body.as_ref().and_then(|body| binding.at.pointer_in(body));
        let place = place.as_deref().unwrap_or(binding.at.as_str());
        if !named.contains(&place) {
            return Err(plugin_fault(
                change,
                format!("`{place}` of its request would be filled from an answer"),
            ));
        }
    }
    Ok(())
}
