//! Drafts under test: what the host checks of a change, and what it would send.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::{Value, json};

use super::host::Host;
use super::state::{HostState, ProposedPlan, as_call, current_state};
use crate::core::{
    BindingSource, BodySource, Change, Expectation, Failure, FailureCode, Intent, MOST_STEPS,
    Method, Outcome, Plan, PlanState, Read, Retry, Step, StoreView, Undo, pointer,
};

/// One request as it would be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SentRequest {
    /// `PUT`.
    pub method: &'static str,
    /// As recorded exchanges have it: `/rest/de/V1/products/LAB-000`.
    pub path: String,
    /// The body with all bindings made; null where there is none.
    pub body: Value,
}

/// One row of a review.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewRow {
    /// The field's name.
    pub field: String,
    /// What the store has; null where nothing stands.
    pub before: Value,
    /// What it shall be; null for nothing.
    pub after: Value,
}

/// A draft of the stand-in host.
pub(crate) struct HostDraft {
    intent: Intent,
    state: Option<Rc<HostState>>,
}

impl HostDraft {
    pub(crate) fn new(intent: &Intent) -> Self {
        let state = current_state().ok();
        if let Some(state) = &state {
            state.record.borrow_mut().changes.clear();
        }
        Self { intent: intent.clone(), state }
    }

    pub(crate) fn add(&self, changes: &[Change]) -> Result<(), Failure> {
        let state = self.state()?;
        if self.intent.view == StoreView::SessionDefault {
            return Err(refused("a draft must say where it goes".to_owned()));
        }
        for change in changes {
            checked(change, &state)?;
            let known = |has: &Change| has.subject.id == change.subject.id;
            if state.record.borrow().changes.iter().any(known) {
                return Err(refused(format!("`{}` is in the draft twice", change.subject.id)));
            }
            let review = review(change, &self.intent)?;
            if review.iter().any(|row| row.before != row.after) {
                state.record.borrow_mut().changes.push(change.clone());
            }
        }
        Ok(())
    }

    pub(crate) fn propose(&self) -> Result<Plan, Failure> {
        let proposed = self.close()?;
        let mut warnings: Vec<String> = Vec::new();
        let mut samples = Vec::new();
        for change in &proposed.changes {
            for warning in &change.warnings {
                if !warnings.contains(warning) {
                    warnings.push(warning.clone());
                }
            }
            for ReviewRow { field, before, after } in review(change, &proposed.intent)? {
                let subject = &change.subject.id;
                samples.push(json!({
                    "subject": subject, "field": field, "before": before, "after": after
                }));
            }
        }
        samples.truncate(5);
        Ok(Plan {
            id: "plan_test".to_owned(),
            expires_at: "2026-11-22T18:00:00Z".to_owned(),
            count: u32::try_from(proposed.changes.len()).unwrap_or(u32::MAX),
            digest: "0".repeat(64),
            warnings,
            sample_diffs: Value::Array(samples).to_string(),
        })
    }

    pub(crate) fn apply(&self) -> Result<Outcome, Failure> {
        let proposed = self.close()?;
        Ok(Outcome {
            plan_id: "plan_test".to_owned(),
            state: PlanState::Done,
            done: u32::try_from(proposed.changes.len()).unwrap_or(u32::MAX),
            failed: 0,
            drifted: 0,
            skipped: 0,
            unknown: 0,
            unverifiable: 0,
            failures: Vec::new(),
            subject: None,
        })
    }

    /// Nothing was sent, so nothing was answered.
    #[expect(clippy::unused_self, reason = "it stands for a draft of the host's")]
    pub(crate) fn response(&self) -> Option<String> {
        None
    }

    fn close(&self) -> Result<ProposedPlan, Failure> {
        let state = self.state()?;
        let mut record = state.record.borrow_mut();
        let changes = std::mem::take(&mut record.changes);
        let proposed = ProposedPlan { intent: self.intent.clone(), changes };
        record.proposed.push(proposed.clone());
        Ok(proposed)
    }

    fn state(&self) -> Result<Rc<HostState>, Failure> {
        self.state.clone().ok_or_else(|| Failure::internal("there is no host"))
    }
}

fn refused(message: String) -> Failure {
    Failure::new(FailureCode::Forbidden, message)
}

/// What the host refuses of a change.
fn checked(change: &Change, state: &HostState) -> Result<(), Failure> {
    let id = &change.subject.id;
    let undoing = match &change.undo {
        Undo::Steps(steps) => &steps[..],
        Undo::Restore | Undo::None(_) => &[],
    };
    if change.edits.is_empty() || !(1..=MOST_STEPS).contains(&change.steps.len()) {
        return Err(refused(format!("`{id}` has no edit, or too many steps, or none")));
    }
    let record = state.record.borrow();
    for step in change.steps.iter().chain(undoing) {
        let granted = record
            .granted
            .iter()
            .any(|grant| grant.method == Some(step.method) && grant.is_of(&step.route));
        if !granted {
            return Err(refused(format!(
                "the action has not declared a write to `{}`",
                step.route.template
            ))
            .remedy("add it to its `changes(…)`"));
        }
        if step.view == StoreView::SessionDefault {
            return Err(refused(format!("a step of `{id}` does not say where it goes")));
        }
    }
    let mut fields = BTreeSet::new();
    for edit in &change.edits {
        if !fields.insert(&edit.field) {
            return Err(refused(format!("`{id}` edits `{}` twice", edit.field)));
        }
        after(change, &edit.after)?;
        if matches!(edit.after, Expectation::Unverifiable(_))
            && (!edit.at.is_empty() || change.retry == Retry::Idempotent)
        {
            return Err(refused(format!(
                "`{}` of `{id}` cannot be read, and yet has a place or is harmless to repeat",
                edit.field
            )));
        }
    }
    Ok(())
}

/// What a field shall be; null for nothing.
fn after(change: &Change, after: &Expectation) -> Result<Value, Failure> {
    match after {
        Expectation::Removed => Ok(Value::Null),
        Expectation::SetByStore(set) => Ok(parsed(&set.value)),
        Expectation::Unverifiable(text) => Ok(parsed(text)),
        Expectation::AsSent(pointers) => {
            let mut values = pointers.iter().map(|pointer| {
                let step = change.steps.get(usize::from(pointer.step));
                step.and_then(|step| {
                    pointer::find(&parsed(step.body.as_deref()?), &pointer.at).cloned()
                })
            });
            match values.next().flatten() {
                Some(first) if values.all(|value| value.as_ref() == Some(&first)) => Ok(first),
                _ => Err(refused(format!(
                    "an edit of `{}` points at nothing, or at different values",
                    change.subject.id
                ))),
            }
        }
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// A read of the host's own, for the `before` of an edit. It needs the same grant.
fn look_up(read: &Read) -> Result<String, Failure> {
    let state = current_state()?;
    if !state.record.borrow().may_read(read) {
        return Err(Failure::new(
            FailureCode::Forbidden,
            format!("the action has not declared that its lookup reads `{}`", read.route.template),
        ));
    }
    (state.store)(read).map(|answer| answer.to_string())
}

/// What the store has, as the draft's lookup reads it: `before` for each edit.
fn review(change: &Change, intent: &Intent) -> Result<Vec<ReviewRow>, Failure> {
    let mut read = intent.lookup.one.clone();
    for binding in &mut read.path {
        if binding.value == BindingSource::Subject {
            binding.value = BindingSource::Text(change.subject.id.clone());
        }
    }
    let mut subject = parsed(&look_up(&read)?);
    // A lookup that is a search answers a list, in which the subject may be.
    if let Some(batch) = intent.lookup.many.as_ref().filter(|batch| batch.read.route == read.route)
    {
        let items = pointer::find(&subject, &batch.items).and_then(Value::as_array);
        let is_it = |item: &&Value| {
            pointer::find(item, &batch.id).is_some_and(|id| *id == *change.subject.id)
        };
        subject = items.and_then(|items| items.iter().find(is_it)).cloned().unwrap_or_default();
    }
    change
        .edits
        .iter()
        .map(|edit| {
            let before = match &edit.after {
                Expectation::Unverifiable(_) => None,
                Expectation::AsSent(_) | Expectation::SetByStore(_) | Expectation::Removed => {
                    pointer::find(&subject, &edit.at).cloned()
                }
            };
            Ok(ReviewRow {
                field: edit.field.clone(),
                before: before.unwrap_or_default(),
                after: after(change, &edit.after)?,
            })
        })
        .collect()
}

impl Host {
    /// What was proposed or applied so far.
    #[must_use]
    pub fn proposed(&self) -> Vec<ProposedPlan> {
        self.state.record.borrow().proposed.clone()
    }

    /// The review of a change: its edits, with what the store has and what it shall have.
    ///
    /// # Panics
    /// When the store does not answer the lookup.
    #[must_use]
    pub fn review(&self, proposed: &ProposedPlan, change: &Change) -> Vec<ReviewRow> {
        match as_call(&self.state, || review(change, &proposed.intent)) {
            Ok(rows) => rows,
            Err(failure) => panic!("`{}` cannot be read: {}", change.subject.id, failure.message),
        }
    }

    /// What would be sent for a change.
    #[must_use]
    pub fn sent(&self, change: &Change) -> Vec<SentRequest> {
        change.steps.iter().map(|step| rendered(step, change, &[])).collect()
    }

    /// What would be sent to take a change back, with what `before` says for the fields that the
    /// host fills in. Reversed steps are not rendered here: they are the same, with other values.
    #[must_use]
    pub fn sent_to_undo(&self, change: &Change, before: &[ReviewRow]) -> Vec<SentRequest> {
        match &change.undo {
            Undo::Steps(steps) => steps.iter().map(|step| rendered(step, change, before)).collect(),
            Undo::Restore | Undo::None(_) => Vec::new(),
        }
    }
}

fn rendered(step: &Step, change: &Change, before: &[ReviewRow]) -> SentRequest {
    let text = |name: &str| {
        let binding = step.path.iter().find(|binding| binding.name == name);
        match binding.map(|binding| &binding.value) {
            Some(BindingSource::Text(text)) => text.clone(),
            Some(BindingSource::Subject) => change.subject.id.clone(),
            Some(BindingSource::FromResponse(place)) => format!("<{place}>"),
            None => format!("{{{name}}}"),
        }
    };
    let segments: Vec<String> = step
        .route
        .template
        .split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => text(name),
            None => segment.to_owned(),
        })
        .collect();
    let view = match &step.view {
        StoreView::View(code) => code,
        StoreView::Global => "all",
        StoreView::SessionDefault => "?",
    };
    let mut body = step.body.as_deref().map(parsed).unwrap_or_default();
    for binding in &step.body_bindings {
        let value = match &binding.value {
            BodySource::Before(field) => {
                before.iter().find(|row| row.field == *field).map(|row| row.before.clone())
            }
            BodySource::Subject => Some(Value::String(change.subject.id.clone())),
            BodySource::FromResponse(place) => Some(json!(format!("<{place}>"))),
        };
        if let Err(why) = pointer::put(&mut body, &binding.at, value.unwrap_or_default()) {
            panic!("a binding at `{}`: {why}", binding.at);
        }
    }
    let method = match step.method {
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    SentRequest { method, path: ["/rest/", view, &segments.join("/")].concat(), body }
}
