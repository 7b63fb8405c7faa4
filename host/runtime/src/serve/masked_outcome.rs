//! What came of a plan, for a caller who must not see personal data.

use serde_json::json;
use souk_plans::PlanOutcome;
use souk_policy::Mask;

/// An outcome without personal data. A plan is known by the group that proposed it, which only those
/// who look the plan up know.
pub(super) fn masked_outcome(mask: &Mask, mut outcome: PlanOutcome) -> PlanOutcome {
    if !mask.is_on() {
        return outcome;
    }
    outcome.subject = outcome.subject.map(|subject| mask.value(subject));
    outcome.note = outcome.note.map(|note| mask.failure(note));
    for failed in &mut outcome.failures {
        let subject = &mut failed.subject;
        subject.id = mask.text(std::mem::take(&mut subject.id));
        subject.label = subject.label.take().map(|label| mask.text(label));
        if let Some(failure) = &mut failed.failure {
            // Whose words its message quotes, only the places tell where they were read.
            mask.learn(&json!(failure.mismatches));
            failure.message = mask.text(std::mem::take(&mut failure.message));
            failure.remedy = failure.remedy.take().map(|remedy| mask.text(remedy));
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use souk_model::Code;
    use souk_model::plan::{FieldMismatch, ItemState, PlanId, PlanState, StoredFailure, Subject};
    use souk_plans::ItemFailure;
    use souk_policy::RuleOrigin;

    use super::*;

    #[test]
    fn what_has_drifted_is_told_without_the_person_it_is_about_whatever_the_field_is_called() {
        let message =
            "`colour` was `\"Geraldine\"` when this was reviewed, and is `\"Wilhelmina\"` now";
        let mismatch = FieldMismatch {
            field: "colour".into(),
            read_at: "/customer_firstname".into(),
            before: json!("Geraldine"),
            after: json!("Wilhelm"),
            now: json!("Wilhelmina"),
        };
        let failure = StoredFailure {
            code: Code::Drifted,
            message: message.into(),
            status: None,
            upstream: None,
            remedy: None,
            mismatches: vec![mismatch],
        };
        let failed = ItemFailure {
            subject: Subject { kind: "order".into(), id: "3".into(), label: None },
            state: ItemState::Drifted,
            failure: Some(failure),
        };
        let outcome = PlanOutcome {
            plan: PlanId::from_random([1; 22]),
            state: PlanState::Failed,
            counts: Default::default(),
            unverifiable: 0,
            failures: vec![failed],
            subject: None,
            response: None,
            has_sent: false,
            note: None,
        };
        let mask = Mask::set_by(RuleOrigin::Flag("--mask-pii"));
        let told = masked_outcome(&mask, outcome).failures.remove(0).failure.unwrap().message;
        let expected = "`colour` was `\"[masked:name]\"` when this was reviewed, and is `\"[masked:name]\"` now";
        assert_eq!(told, expected);
    }
}
