//! One change of one order: proposed, carried out, and answered with what a read then showed.

use souk_sdk::core::{PlanState, Step, StepIndex, element};
use souk_sdk::prelude::*;

use crate::json_object::{JsonObject, JsonObjectView, object};
use crate::order::Order;
use crate::result::{OrdersReply, OrdersResult, ResultSchema};
use crate::routes::ORDER;
use crate::sales_document::DocumentKind;

/// What every act answers.
pub(crate) struct ActResult;

impl ResultSchema for ActResult {
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
        "invoice": {"type": "object", "description": "What was made, by the entity_id that the store answered; orders_get shows it whole. Absent where the answer was lost. Of an online refund the credit memo as read back."},
        "shipment": {"type": "object"},
        "creditmemo": {"type": "object"}"#;
    const REQUIRED: &'static str = "done message success_count error_count errors plan_id warnings";
}

/// What the function of an act returns.
pub(crate) type ActReply = OrdersReply<ActResult>;

/// A result on its way.
pub(super) struct ActOutcome {
    result: JsonObject,
    /// The subject as a read showed it, if that showed that it happened.
    pub(super) after: Option<JsonObject>,
    /// What the store answered.
    response: Option<Value>,
}

impl ActOutcome {
    /// Adds a member to the result.
    pub(super) fn put(&mut self, name: &str, value: Option<impl Into<Value>>) {
        self.result.put(name, value);
    }

    /// Adds the document of this kind that was made of the order, by the id that the store answered,
    /// if a read showed that it happened. Whether it did, and the answer was not lost.
    pub(super) fn put_made(&mut self, order: &Order, kind: DocumentKind) -> bool {
        let id = self.response.as_ref().and_then(EntityId::of);
        let made = id
            .filter(|_| self.after.is_some())
            .map(|id| object(json!({"entity_id": id.get(), "order_id": order.id})));
        let is_told = made.is_some();
        self.put(kind.as_str(), made);
        is_told
    }

    /// Adds the document of this kind that `fits`, as it was read back, if it happened, and answers it.
    /// The host has read it for its proof, so that it is not asked for again.
    pub(super) fn put_read_back(
        &mut self,
        context: &ApplyContext,
        order: &Order,
        kind: DocumentKind,
        fits: impl Fn(&JsonObject) -> bool,
    ) -> Result<Option<JsonObject>, Failure> {
        if self.after.is_none() {
            return Ok(None);
        }
        let Ok(page) = context.get::<SearchPage<JsonObject>>(&kind.read_of(order)?) else {
            return Ok(None);
        };
        let own = page.items.into_iter().rfind(|one| fits(one));
        self.put(kind.as_str(), own.as_ref().map(|one| one.pick(DOCUMENT)));
        Ok(own)
    }

    pub(super) fn result(self) -> OrdersResult<ActResult> {
        self.result.into()
    }
}

/// The members of the change's subject that are shown.
const SUBJECT: &str = "\
    entity_id increment_id state status order_currency_code grand_total total_invoiced \
    total_paid total_due total_refunded shipping_refunded total_canceled";

/// The members of a document that are shown.
const DOCUMENT: &str = "\
    entity_id increment_id order_id invoice_id state created_at order_currency_code \
    grand_total subtotal discount_amount shipping_amount tax_amount transaction_id";

/// How orders are looked up: whole, so that the host can check all of one.
pub(crate) fn order_lookup() -> Lookup {
    lookup(&ORDER)
}

/// How the subject of a change is looked up: whole.
pub(super) fn lookup(route: &Route<1>) -> Lookup {
    Lookup::one(route.read_by([BindingSource::Subject]).in_view(StoreView::Global))
}

/// Carries one change of an order out; `verb` says what it does: `hold`.
pub(super) fn apply(
    context: &ApplyContext,
    order: &Order,
    verb: &str,
    change: ChangeBuilder,
) -> Result<ActOutcome, Failure> {
    apply_to(context, format!("{verb} {}", order.name()), order_lookup(), change)
}

/// Carries one change out.
pub(super) fn apply_to(
    context: &ApplyContext,
    summary: String,
    lookup: Lookup,
    change: ChangeBuilder,
) -> Result<ActOutcome, Failure> {
    let change = change.done()?;
    let warnings = change.warnings.clone();
    let kind = change.subject.kind.clone();
    let mut draft = context.draft(&Intent { summary, view: StoreView::Global, lookup });
    draft.add([change])?;
    let (outcome, response) = draft.apply_with_response()?;
    let done = outcome.state == PlanState::Done;
    let subject = outcome.subject.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let is_unknown = outcome.unknown > 0;
    let mut applied = AppliedResult::new(outcome);
    if is_unknown {
        applied.message.push_str(
            "; it may have happened: `plans_resume` with the plan's id reads the order, and sends it \
             again only if the read shows that it did not",
        );
    }
    let mut result = object(json!({"done": done, "warnings": warnings}));
    result.extend(object(serde_json::to_value(applied).unwrap_or_default()));
    let after = match subject {
        Some(Value::Object(subject)) if done => {
            result.put(&kind, Some(subject.pick(SUBJECT)));
            Some(subject)
        }
        _ => None,
    };
    Ok(ActOutcome { result, after, response })
}

/// A change of an order that must not happen twice.
pub(super) fn order_change(order: &Order) -> ChangeBuilder {
    ChangeBuilder::of("order", order.id.to_string())
        .label(Some(order.increment_id()))
        .only_if_absent()
}

/// A POST to a route of the subject.
pub(super) fn post(route: &Route<1>) -> Step {
    route.step(Method::Post, [BindingSource::Subject], StoreView::Global)
}

/// Where a member of an order item is in the lookup.
pub(super) fn item_pointer(id: u64, member: &str) -> String {
    ["/items/", &element("item_id", &id.to_string()), "/", member].concat()
}

/// What is said with an invoice, a shipment or a credit memo.
#[args]
#[derive(Debug, Clone, Default)]
pub(crate) struct DocumentNote {
    /// E-mail it to the customer.
    #[serde(default)]
    pub(crate) notify: bool,
    /// A comment on the document.
    #[schemars(length(min = 1))]
    pub(crate) comment: Option<String>,
    /// Whether the customer sees the comment.
    #[serde(default)]
    pub(crate) comment_visible: bool,
}

impl DocumentNote {
    /// Writes it into a body. The comment goes into the e-mail, where one goes out.
    pub(super) fn write(&self, change: &mut ChangeBuilder, step: StepIndex) {
        change.constant(step, "/notify", self.notify.into());
        if let Some(comment) = &self.comment {
            change.constant(step, "/appendComment", self.notify.into());
            change.constant(step, "/comment/comment", comment.as_str().into());
            let visible = u8::from(self.comment_visible);
            change.constant(step, "/comment/is_visible_on_front", visible.into());
        }
        warn_of_email(change, self.notify);
    }
}

/// Warns of an e-mail, where one is sent.
pub(super) fn warn_of_email(change: &mut ChangeBuilder, notify: bool) {
    if notify {
        change.warn("the customer gets an e-mail, which cannot be taken back");
    }
}
