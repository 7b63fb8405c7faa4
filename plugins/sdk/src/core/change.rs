//! Changes in the making: a body and the edits that point into it are written in one go.

use serde_json::Value;

use crate::bindings::souk::plugin::plans::{
    BodyBinding, BodyPointer, BodySource, Change, Edit, Expectation, FailureResponse, Retry, Step,
    StoreSet, Subject, Undo,
};
use crate::core::{BindingSource, Failure, Method, Route, StoreView, pointer};

/// The most requests that one change may take.
pub const MOST_STEPS: usize = 8;

impl<const N: usize> Route<N> {
    /// A write to this route with these parameters, as a step of a change. Its body grows as
    /// [`ChangeBuilder::set`] puts values into it.
    #[must_use]
    pub fn step(&self, method: Method, parameters: [BindingSource; N], view: StoreView) -> Step {
        let read = self.read_by(parameters);
        Step {
            method,
            route: read.route,
            path: read.path,
            query: Vec::new(),
            view,
            body: None,
            body_bindings: Vec::new(),
            failure_responses: Vec::new(),
        }
    }
}

impl Step {
    /// An answer means refusal although its status is 2xx, when this stands at that place in it;
    /// `None`: when anything does.
    #[must_use]
    pub fn failure_responses(mut self, at: &str, equals: Option<&Value>) -> Self {
        let equals = equals.map(ToString::to_string);
        self.failure_responses.push(FailureResponse { at: at.to_owned(), equals });
        self
    }
}

impl StoreSet {
    /// Exactly this value.
    #[must_use]
    pub fn exactly(value: &Value) -> Self {
        Self { value: value.to_string(), tolerance: None }
    }

    /// A number, which may differ by this decimal: `0.01`.
    #[must_use]
    pub fn about(value: &Value, tolerance: &str) -> Self {
        Self { value: value.to_string(), tolerance: Some(tolerance.to_owned()) }
    }
}

/// Which step of a change, or of its undoing, is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepIndex(usize);

/// One change in the making.
///
/// Values get into a body only together with their edit ([`set`](Self::set)), as a constant
/// ([`constant`](Self::constant)), or as something that the host fills in; so an edit cannot point
/// at nothing and no value can be forgotten in the review. Mistakes of the plugin's are kept and
/// come out of [`done`](Self::done).
///
/// ```
/// use serde_json::json;
/// use souk_sdk::core::{ChangeBuilder, Method, Route, BindingSource, StoreView};
/// use souk_sdk::magento::Product;
///
/// const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");
///
/// let mut change = ChangeBuilder::of("product", "24-MB01");
/// let put = change.step(PRODUCT.step(Method::Put, [BindingSource::Subject], StoreView::Global));
/// change.set(put, "name", "/product/name", "/name", json!("Joust"));
/// let url_key = Product::place("url_key");
/// change.set(put, "url_key", &["/product", &url_key].concat(), &url_key, json!("joust"));
/// let change = change.done().unwrap();
/// assert_eq!(
///     change.steps[0].body.as_deref(),
///     Some(r#"{"product":{"name":"Joust","custom_attributes":[{"attribute_code":"url_key","value":"joust"}]}}"#)
/// );
/// assert_eq!(change.edits.len(), 2);
/// ```
#[derive(Debug)]
pub struct ChangeBuilder {
    subject: Subject,
    edits: Vec<Edit>,
    steps: Vec<StepBuilder>,
    undo: Vec<StepBuilder>,
    impossible: Option<String>,
    retry: Retry,
    warnings: Vec<String>,
    mistake: Option<String>,
}

/// A step whose body is not finished.
#[derive(Debug)]
struct StepBuilder {
    step: Step,
    body: Value,
}

impl StepBuilder {
    fn new(step: Step) -> Self {
        Self { step, body: Value::Null }
    }

    fn finished(mut self) -> Step {
        self.step.body = (!self.body.is_null()).then(|| self.body.to_string());
        self.step
    }
}

impl ChangeBuilder {
    /// A change of this subject, by its id in the store. Its steps may be repeated harmlessly and
    /// are undone in reverse, unless it is said otherwise.
    #[must_use]
    pub fn of(kind: &str, id: impl Into<String>) -> Self {
        Self {
            subject: Subject { kind: kind.to_owned(), id: id.into(), label: None },
            edits: Vec::new(),
            steps: Vec::new(),
            undo: Vec::new(),
            impossible: None,
            retry: Retry::Idempotent,
            warnings: Vec::new(),
            mistake: None,
        }
    }

    /// What a person calls the subject.
    #[must_use]
    pub fn label(mut self, label: Option<&str>) -> Self {
        self.subject.label = label.map(str::to_owned);
        self
    }

    /// Its steps create or spend something: they may be sent again only where the lookup shows that
    /// they did not happen.
    #[must_use]
    pub fn only_if_absent(mut self) -> Self {
        self.retry = Retry::IfAbsent;
        self
    }

    /// Adds a request, after those added before.
    pub fn step(&mut self, step: Step) -> StepIndex {
        self.steps.push(StepBuilder::new(step));
        StepIndex(self.steps.len() - 1)
    }

    /// Puts a value into a step's body and records it as an edit: the field's name in the review,
    /// the place in the body, the place in what the lookup answers. The same field may be sent by
    /// several steps, with the same value.
    pub fn set(&mut self, step: StepIndex, field: &str, body: &str, lookup: &str, value: Value) {
        let Ok(index) = u8::try_from(step.0) else {
            self.wrong("a change has too many steps".to_owned());
            return;
        };
        let known = self.edits.iter().position(|edit| edit.field == field);
        if let Some(Expectation::AsSent(pointers)) = known.map(|at| &self.edits[at].after)
            && let Some(first) = pointers.first()
            && self
                .steps
                .get(usize::from(first.step))
                .and_then(|s| pointer::find(&s.body, &first.at))
                != Some(&value)
        {
            self.wrong(format!("`{field}` is set to two different values"));
            return;
        }
        self.put(step, body, value);
        let pointer = BodyPointer { step: index, at: body.to_owned() };
        match known.map(|at| &mut self.edits[at]) {
            None => self.edit(field, lookup, Expectation::AsSent(vec![pointer])),
            Some(Edit { at, after: Expectation::AsSent(pointers), .. }) if *at == lookup => {
                pointers.push(pointer);
            }
            Some(_) => self.wrong(format!("`{field}` is edited in two ways")),
        }
    }

    /// Puts a value into a step's body that changes nothing by itself: an identifier, a flag. The
    /// review shows it as a constant.
    pub fn constant(&mut self, step: StepIndex, body: &str, value: Value) {
        self.put(step, body, value);
    }

    /// Records what the store itself will make of a field: a value, or `None` for nothing.
    pub fn expect(&mut self, field: &str, lookup: &str, value: Option<&Value>) {
        let after = value.map_or(Expectation::Removed, |value| {
            Expectation::SetByStore(StoreSet::exactly(value))
        });
        self.edit(field, lookup, after);
    }

    /// Records about what number the store itself will make of a field: it may differ by this decimal.
    pub fn expect_about(&mut self, field: &str, lookup: &str, value: &Value, tolerance: &str) {
        let after = Expectation::SetByStore(StoreSet::about(value, tolerance));
        self.edit(field, lookup, after);
    }

    /// Records something that happens and that no read of the store can show: an e-mail that is sent.
    /// `what` says it to the reviewer. The store's answer is its only witness, so the change is never
    /// sent again where that answer did not come.
    pub fn unverifiable(&mut self, field: &str, what: &Value) {
        self.retry = Retry::IfAbsent;
        self.edit(field, "", Expectation::Unverifiable(what.to_string()));
    }

    /// What the reviewer should know of this change. The same words for many subjects are shown once.
    pub fn warn(&mut self, warning: impl Into<String>) {
        let warning = warning.into();
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Adds a request that takes the change back, instead of the steps in reverse.
    pub fn undo_step(&mut self, step: Step) -> StepIndex {
        self.undo.push(StepBuilder::new(step));
        StepIndex(self.undo.len() - 1)
    }

    /// Puts a value into the body of an undoing step.
    pub fn undo_constant(&mut self, step: StepIndex, body: &str, value: Value) {
        let put =
            self.undo.get_mut(step.0).map(|builder| pointer::put(&mut builder.body, body, value));
        self.check(body, put);
    }

    /// Has the host put what stood in an edit's field before the change into the body of an undoing
    /// step; null where nothing stood, or the value was inherited.
    pub fn undo_before(&mut self, step: StepIndex, body: &str, field: &str) {
        // The place itself stays in the body, so that its parent is there to be filled.
        self.undo_constant(step, body, Value::Null);
        if let Some(builder) = self.undo.get_mut(step.0) {
            let value = BodySource::Before(field.to_owned());
            builder.step.body_bindings.push(BodyBinding { at: body.to_owned(), value });
        }
    }

    /// The change cannot be taken back, for this reason.
    pub fn cannot_be_undone(&mut self, reason: impl Into<String>) {
        self.impossible = Some(reason.into());
    }

    /// Whether nothing is edited yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The change, checked.
    ///
    /// # Errors
    /// When the plugin made a mistake: a place that leads nowhere, two edits of one field that
    /// differ, no edit, no step, or more than [`MOST_STEPS`].
    pub fn done(self) -> Result<Change, Failure> {
        let mistake = self.mistake.or_else(|| {
            let steps = self.steps.len().max(self.undo.len());
            if self.edits.is_empty() {
                Some("it edits nothing".to_owned())
            } else if self.steps.is_empty() || steps > MOST_STEPS {
                Some(format!("it takes {steps} steps, and 1 to {MOST_STEPS} are possible"))
            } else {
                None
            }
        });
        if let Some(mistake) = mistake {
            let Subject { kind, id, .. } = &self.subject;
            return Err(Failure::internal(format!("the change of {kind} `{id}`: {mistake}")));
        }
        let undo = match self.impossible {
            Some(reason) => Undo::None(reason),
            None if self.undo.is_empty() => Undo::Restore,
            None => Undo::Steps(self.undo.into_iter().map(StepBuilder::finished).collect()),
        };
        Ok(Change {
            subject: self.subject,
            edits: self.edits,
            steps: self.steps.into_iter().map(StepBuilder::finished).collect(),
            retry: self.retry,
            undo,
            warnings: self.warnings,
        })
    }

    fn put(&mut self, step: StepIndex, body: &str, value: Value) {
        let put =
            self.steps.get_mut(step.0).map(|builder| pointer::put(&mut builder.body, body, value));
        self.check(body, put);
    }

    fn check(&mut self, body: &str, put: Option<Result<(), &'static str>>) {
        match put {
            Some(Ok(())) => {}
            Some(Err(why)) => self.wrong(format!("`{body}` in a body: {why}")),
            None => self.wrong("a value was put into a step that there is not".to_owned()),
        }
    }

    fn edit(&mut self, field: &str, lookup: &str, after: Expectation) {
        if self.edits.iter().any(|edit| edit.field == field) {
            self.wrong(format!("`{field}` is edited twice"));
            return;
        }
        self.edits.push(Edit { field: field.to_owned(), at: lookup.to_owned(), after });
    }

    fn wrong(&mut self, mistake: String) {
        self.mistake.get_or_insert(mistake);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");

    fn put() -> Step {
        PRODUCT.step(Method::Put, [BindingSource::Subject], StoreView::Global)
    }

    #[test]
    fn a_field_sent_by_two_steps_is_one_edit_with_two_spots() {
        let mut change = ChangeBuilder::of("product", "A");
        for _ in 0..2 {
            let step = change.step(put());
            change.set(step, "name", "/product/name", "/name", json!("x"));
        }
        let change = change.done().unwrap();
        let Expectation::AsSent(pointers) = &change.edits[0].after else {
            panic!("{:?}", change.edits)
        };
        assert_eq!(pointers.iter().map(|pointer| pointer.step).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(change.undo, Undo::Restore);
    }

    #[test]
    fn mistakes_come_out_at_the_end() {
        let mut two_values = ChangeBuilder::of("product", "A");
        let step = two_values.step(put());
        two_values.set(step, "name", "/product/name", "/name", json!("x"));
        two_values.set(step, "name", "/product/other", "/name", json!("y"));
        assert!(two_values.done().unwrap_err().message.contains("two different values"));

        let mut nowhere = ChangeBuilder::of("product", "A");
        let step = nowhere.step(put());
        nowhere.set(step, "name", "name", "/name", json!("x"));
        assert!(nowhere.done().unwrap_err().message.contains("not a place"));

        assert!(
            ChangeBuilder::of("product", "A").done().unwrap_err().message.contains("edits nothing")
        );
        let mut many = ChangeBuilder::of("product", "A");
        for _ in 0..9 {
            let step = many.step(put());
            many.set(step, "name", "/product/name", "/name", json!("x"));
        }
        assert!(many.done().unwrap_err().message.contains("9 steps"));
    }

    #[test]
    fn what_cannot_be_read_has_no_place_and_is_not_repeated() {
        let mut change = ChangeBuilder::of("order", "7");
        change.step(Route::<1>::new("/V1/orders/{id}/emails").step(
            Method::Post,
            [BindingSource::Subject],
            StoreView::Global,
        ));
        change.unverifiable("email", &json!("the order's confirmation goes out once more"));
        let change = change.done().unwrap();
        assert_eq!(change.retry, Retry::IfAbsent);
        assert_eq!(change.edits[0].at, "");
        assert!(matches!(change.edits[0].after, Expectation::Unverifiable(_)));
    }
}
