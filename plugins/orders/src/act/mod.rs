//! Doing something with one order.
//!
//! Each act asks [`state`](crate::state) first, describes one change with what the order will show
//! afterwards, and answers with what it then showed.

pub(crate) mod actions;
mod basis;
pub(crate) mod comment;
mod document;
pub(crate) mod email;
pub(crate) mod hold;
pub(crate) mod invoice;
pub(crate) mod refund;
pub(crate) mod ship;
pub(crate) mod track;

use serde_json::{Map, Value, json};
use souk_sdk::{
    AppliedResult, ApplyContext, BindingSource, ChangeBuilder, Failure, Intent, Lookup, PlanState,
    Read, Route, Step, StoreView, element,
};

use crate::answer::{Answer, Shape, members};
use crate::order::Order;
use crate::routes::ORDER;

/// What every act answers.
pub(crate) struct Outcome;

impl Shape for Outcome {
    const PROPERTIES: &'static str = r#"
        "done": {"type": "boolean", "description": "Whether it happened, as a read of the store then showed; of an e-mail, as the store reported."},
        "message": {"type": "string"},
        "success_count": {"type": "integer"},
        "error_count": {"type": "integer"},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "Where it did not happen, or not for certain: the reason. State unknown: it may have happened, look before trying again."},
        "plan_id": {"type": "string", "description": "plans_get shows what was sent, plans_undo takes it back where that is possible."},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "refund": {"type": "object", "description": "Of a refund: what it comes to, whether or not it was done."},
        "order": {"type": "object", "description": "The order as read afterwards."},
        "invoice": {"type": "object", "description": "What was made, as read afterwards; `unread` where it could not be."},
        "shipment": {"type": "object"},
        "creditmemo": {"type": "object"},
        "transaction": {"type": "object"}"#;
    const REQUIRED: &'static str =
        r#""done", "message", "success_count", "error_count", "errors", "plan_id", "warnings""#;
}

/// What became of an act.
pub(crate) struct Happened {
    answer: Map<String, Value>,
    /// Whether a read showed it.
    pub(crate) done: bool,
}

impl Happened {
    /// Adds something that was read afterwards, if anything was.
    pub(crate) fn with(&mut self, name: &str, value: Value) {
        if !value.is_null() {
            self.answer.insert(name.to_owned(), value);
        }
    }

    /// The answer.
    pub(crate) fn answer(self) -> Answer<Outcome> {
        Answer::new(self.answer)
    }
}

/// How orders are looked at: whole, so that the host can reckon with all of one.
pub(crate) fn lookup() -> Lookup {
    Lookup::one(ORDER.read_by([BindingSource::Subject]).at(StoreView::Global))
}

/// The members of a subject that are told after an act.
const TOLD: [&str; 12] = [
    "entity_id",
    "increment_id",
    "state",
    "status",
    "order_currency_code",
    "grand_total",
    "total_invoiced",
    "total_paid",
    "total_due",
    "total_refunded",
    "shipping_refunded",
    "total_canceled",
];

/// Carries one change out.
///
/// # Errors
/// What the host refuses before anything is sent.
pub(crate) fn carry_out(
    context: &ApplyContext,
    summary: String,
    lookup: Lookup,
    change: ChangeBuilder,
) -> Result<Happened, Failure> {
    let change = change.done()?;
    let warnings = change.warnings.clone();
    let kind = change.subject.kind.clone();
    let mut draft = context.draft(&Intent { summary, at: StoreView::Global, lookup });
    draft.add([change])?;
    let outcome = draft.apply()?;
    let done = outcome.state == PlanState::Done;
    let subject = outcome.subject.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let is_unknown = outcome.unknown > 0;
    let mut applied = AppliedResult::new(outcome);
    if is_unknown {
        applied.message.push_str(
            "; it may have happened: `plans_resume` with the plan's id looks, and sends it again \
             only if a read shows that it did not",
        );
    }
    let mut answer = members(json!({"done": done}));
    answer.extend(members(serde_json::to_value(applied).unwrap_or_default()));
    answer.insert("warnings".to_owned(), warnings.into());
    if let Some(Value::Object(subject)) = subject.filter(|_| done) {
        answer.insert(kind, Value::Object(some_of(&subject, &TOLD)));
    }
    Ok(Happened { answer, done })
}

/// A change of an order that must not happen twice.
pub(crate) fn changing(order: &Order) -> ChangeBuilder {
    ChangeBuilder::of("order", order.id().to_string())
        .label(Some(order.increment_id()))
        .only_if_absent()
}

/// A POST to a route of this order.
pub(crate) fn post(route: &Route<1>) -> Step {
    route.step(souk_sdk::Method::Post, [BindingSource::Subject], StoreView::Global)
}

/// Where a member of an order item stands in the lookup.
pub(crate) fn item_place(id: u64, member: &str) -> String {
    ["/items/", &element("item_id", &id.to_string()), "/", member].concat()
}

/// These members of an object, those that are there; null ones too.
fn some_of(object: &Map<String, Value>, members: &[&str]) -> Map<String, Value> {
    let some = |name: &&str| Some(((*name).to_owned(), object.get(*name)?.clone()));
    members.iter().filter_map(some).collect()
}

/// Reads something after an act, for the answer. What cannot be read is said to be unread.
pub(crate) fn afterwards(context: &ApplyContext, read: &Read) -> Value {
    context.get::<Value>(read).unwrap_or_else(|failure| json!({"unread": failure.message}))
}

/// What is said with an invoice, a shipment or a credit memo.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Remarks<'a> {
    /// Whether the customer gets an e-mail.
    pub(crate) notify: bool,
    /// A comment on the document.
    pub(crate) comment: Option<&'a str>,
    /// Whether customers see it in their account.
    pub(crate) visible: bool,
}

impl Remarks<'_> {
    /// Writes them into a body. The comment goes into the e-mail, where one goes out.
    pub(crate) fn write(self, change: &mut ChangeBuilder, step: souk_sdk::StepIndex) {
        change.constant(step, "/notify", self.notify.into());
        if let Some(comment) = self.comment {
            change.constant(step, "/appendComment", self.notify.into());
            change.constant(step, "/comment/comment", comment.into());
            change.constant(step, "/comment/is_visible_on_front", u8::from(self.visible).into());
        }
        if self.notify {
            change.warn("the customer gets an e-mail, which cannot be taken back");
        }
    }
}
