//! Which credit memo of an order a refund made: the one that carries the request's own comment.
//!
//! An order's totals tell how much was given back and not by whom: two hosts that do not share their
//! state may refund the same order at the same time, and the same amount. A refund whose body carries a
//! comment that nothing else has is proven by the memo with that comment, by its total and, where the
//! gateway gave the money back, by its invoice and its transaction.

use serde_json::Value;
use souk_model::plan::{Change, Edit, FieldAfter, FieldReview, PlanItem, Tolerance};
use souk_model::{Decimal, Read, StoreView};

use super::money_request::{MoneyRequest, money_request};
use crate::magento::order_documents::order_documents;
use crate::magento::values::is_id;

/// What an order's memos show of a refund.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OwnMemo {
    /// None is of this request.
    Absent,
    /// This one is.
    Made(Value),
}

/// The read of an order's memos, where a change is a refund that can be told by its memo.
pub(crate) fn memos_read(change: &Change) -> Option<Read> {
    let (step, request) = money_request(change).ok()??;
    if request == MoneyRequest::Cancel || own_comment(change).is_none() {
        return None;
    }
    Some(Read {
        upstream: step.upstream.clone(),
        route: "/V1/creditmemos".into(),
        path: Vec::new(),
        query: order_documents(&change.subject.id),
        view: StoreView::Global,
    })
}

/// Whether a store's answer to a refund is the id of the memo that it made, which is then this
/// change's own. Of money that a gateway gives back it tells too little.
pub(crate) fn answered_memo(change: &Change, answer: &Value) -> bool {
    let id = match answer {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    id.is_some_and(|id: u64| id > 0) && !is_online(change)
}

/// The comment that the request gives its memo.
fn own_comment(change: &Change) -> Option<&str> {
    let (step, _) = money_request(change).ok()??;
    let comment = step.body.as_ref()?.get("comment")?.get("comment")?.as_str()?;
    Some(comment).filter(|comment| !comment.trim().is_empty())
}

impl OwnMemo {
    /// Looks for the memo of this change among those of its order.
    pub(crate) fn among(change: &Change, answer: &Value) -> Self {
        let own = own_comment(change);
        let has_it = |memo: &&Value| {
            let mut comments = memo["comments"].as_array().into_iter().flatten();
            is_id(memo.get("order_id"), &change.subject.id)
                && comments.any(|comment| own.is_some() && comment["comment"].as_str() == own)
        };
        let memos = answer["items"].as_array().into_iter().flatten();
        memos.rev().find(has_it).map_or(Self::Absent, |memo| Self::Made(memo.clone()))
    }

    /// Whether this proves that the item happened as it was reviewed.
    pub(crate) fn proves(&self, item: &PlanItem) -> bool {
        let Self::Made(memo) = self else { return false };
        let Ok(Some((_, request))) = money_request(&item.change) else { return false };
        let by_gateway = match request {
            MoneyRequest::Invoice(invoice) => {
                is_id(memo.get("invoice_id"), invoice)
                    && (!is_online(&item.change)
                        || memo["transaction_id"].as_str().is_some_and(|id| !id.is_empty()))
            }
            MoneyRequest::Order => true,
            MoneyRequest::Cancel => false,
        };
        by_gateway && has_total(memo, &item.change.edits, &item.review)
    }
}

fn is_online(change: &Change) -> bool {
    let body = money_request(change).ok().flatten().and_then(|(step, _)| step.body.as_ref());
    body.is_some_and(|body| body["isOnline"] == true)
}

/// Whether the memo comes to what the order's total was to grow by. The order keeps cents of it.
fn has_total(memo: &Value, edits: &[Edit], review: &[FieldReview]) -> bool {
    let reviewed = edits.iter().zip(review).find(|(edit, _)| edit.at.as_str() == "/total_refunded");
    let Some((_, reviewed)) = reviewed else { return false };
    let FieldAfter::SetByStore(set) = &reviewed.after else { return false };
    let before = reviewed.before.value().and_then(Decimal::from_json).unwrap_or_default();
    let (Some(after), Some(total)) =
        (Decimal::from_json(&set.value), Decimal::from_json(&memo["grand_total"]))
    else {
        return false;
    };
    let within = set.tolerance.map(Tolerance::amount).unwrap_or_default();
    let rounding = Decimal::from_ten_thousandths(50);
    (after - before - total).abs() <= within + rounding
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use souk_model::plan::{Expectation, FieldBefore, Retry, Step, StoreSet, Subject, Undo};
    use souk_model::{Binding, BindingSource, WriteMethod};

    use super::*;

    /// A refund of order 7 by 20, through the gateway by invoice 3 or not, with this comment.
    fn refund(online: bool, comment: &str) -> PlanItem {
        let (route, id) = match online {
            true => ("/V1/invoice/{id}/refund", BindingSource::Text("3".into())),
            false => ("/V1/order/{id}/refund", BindingSource::Subject),
        };
        let total = StoreSet { value: json!(50), tolerance: Some("0.01".parse().unwrap()) };
        let change = Change {
            subject: Subject { kind: "order".into(), id: "7".into(), label: None },
            edits: vec![Edit {
                field: "total_refunded".into(),
                at: "/total_refunded".parse().unwrap(),
                after: Expectation::SetByStore(total.clone()),
            }],
            steps: vec![Step {
                upstream: "magento".into(),
                method: WriteMethod::Post,
                route: route.into(),
                path: vec![Binding { name: "id".into(), value: id }],
                query: Vec::new(),
                view: StoreView::Global,
                body: Some(json!({"isOnline": online, "comment": {"comment": comment}})),
                body_bindings: Vec::new(),
                failure_responses: Vec::new(),
            }],
            retry: Retry::IfAbsent,
            undo: Undo::None("money".into()),
            warnings: Vec::new(),
        };
        let review = vec![FieldReview {
            field: "total_refunded".into(),
            before: FieldBefore::Value(json!(30)),
            after: FieldAfter::SetByStore(total),
        }];
        PlanItem {
            n: 0,
            change,
            review,
            constants: Vec::new(),
            warnings: Vec::new(),
            subject_digest: None,
            writes: Vec::new(),
        }
    }

    fn memo(id: u32, total: f64, comment: &str) -> Value {
        json!({"entity_id": id, "order_id": 7, "grand_total": total, "invoice_id": 3,
            "transaction_id": "r-1", "comments": [{"comment": comment}]})
    }

    #[test]
    fn of_memos_that_are_alike_the_one_with_the_own_comment_is_the_own() {
        let item = refund(false, "ref 1");
        let read = memos_read(&item.change).unwrap();
        assert!(
            read.query.contains(&Binding::text(
                "searchCriteria[filter_groups][0][filters][0][value]",
                "7"
            ))
        );
        let among = |memos: Value| OwnMemo::among(&item.change, &json!({ "items": memos }));
        let others = among(json!([memo(8, 20.0, "ref 2"), memo(9, 20.0, "")]));
        assert_eq!(others, OwnMemo::Absent);
        assert!(!others.proves(&item));
        let own = among(json!([memo(8, 20.0, "ref 2"), memo(9, 20.004, "ref 1")]));
        assert!(own.proves(&item), "{own:?}");
        let of_another_order = json!([{"order_id": 70, "comments": [{"comment": "ref 1"}]}]);
        assert_eq!(among(of_another_order), OwnMemo::Absent);
        // It is the own, and not what was reviewed.
        assert!(!among(json!([memo(9, 20.02, "ref 1")])).proves(&item));
        assert_eq!(memos_read(&refund(false, " ").change), None);
    }

    #[test]
    fn money_that_a_gateway_gives_back_has_its_invoice_and_a_transaction() {
        let item = refund(true, "ref 1");
        let proves =
            |memo: Value| OwnMemo::among(&item.change, &json!({ "items": [memo] })).proves(&item);
        assert!(proves(memo(9, 20.0, "ref 1")));
        for wrong in [json!({"invoice_id": 4}), json!({"transaction_id": null})] {
            let mut memo = memo(9, 20.0, "ref 1");
            memo.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            assert!(!proves(memo.clone()), "{memo}");
        }
    }
}
