//! What came of a plan, for a caller who must not see personal data.

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
            failure.message = mask.text(std::mem::take(&mut failure.message));
            failure.remedy = failure.remedy.take().map(|remedy| mask.text(remedy));
        }
    }
    outcome
}
