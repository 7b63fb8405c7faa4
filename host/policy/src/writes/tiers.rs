//! The tier of a whole change, and of one that takes another back.

use souk_model::Tier;
use souk_model::plan::{Change, Step, Undo};

use super::catalogue::WriteCatalogue;
use super::judge::{IdValue, JudgedWrite};

impl WriteCatalogue {
    /// The tier of a change: that of the worst of its requests.
    #[must_use]
    pub fn tier_of_change(&self, change: &Change) -> Tier {
        self.tier_of_steps(&change.steps, &change.subject.id)
    }

    fn tier_of_steps(&self, steps: &[Step], subject: &str) -> Tier {
        steps.iter().map(|step| self.judge(step, subject).tier()).max().unwrap_or(Tier::Safe)
    }

    /// The tier of `undo`, which takes the change `done` back, where that is lower than the tier of
    /// its requests: what deletes only what `done` itself created does no more harm than `done` did.
    ///
    /// The id of what is deleted is then the one that the store gave in its answer to the create, and
    /// nothing that a plugin wrote: `DELETE /V1/salesRules/{ruleId}` of `/rule_id` of the answer to
    /// `POST /V1/salesRules`.
    #[must_use]
    pub fn tier_of_undo(&self, done: &Change, undo: &Change) -> Option<Tier> {
        let Undo::Steps(planned) = &done.undo else { return None };
        if planned.len() != undo.steps.len() {
            return None;
        }
        let (id, made_by) = (done.subject.id.as_str(), done.steps.first()?);
        let made_by = self.judge(made_by, id);
        let mut is_lower = false;
        let tiers = planned.iter().zip(&undo.steps).map(|(planned, step)| {
            let judged = self.judge(step, &undo.subject.id).tier();
            let planned = self.judge(planned, id);
            if judged > made_by.tier() && takes_back(&planned, &made_by) {
                is_lower = true;
                return made_by.tier();
            }
            judged
        });
        let tier = tiers.max()?;
        is_lower.then_some(tier)
    }
}

/// Whether a request deletes what this other one creates, and nothing else.
fn takes_back(planned: &JudgedWrite<'_, '_>, made_by: &JudgedWrite<'_, '_>) -> bool {
    let (Some(planned_route), Some(made_by_route)) = (planned.route(), made_by.route()) else {
        return false;
    };
    let Some(answers) = made_by_route.answers() else { return false };
    let is_new = !made_by.fields().iter().any(|field| made_by_route.is_new_id(&field.names));
    let mut named = planned.subject_ids().iter().chain(planned.parts()).peekable();
    is_new
        && planned_route.takes_back(made_by_route)
        && !made_by.form().is_asynchronous()
        && named.peek().is_some()
        && named.all(|named| named.value == IdValue::FromResponse(answers.as_str()))
}
