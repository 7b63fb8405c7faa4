//! Comments: on orders (their history) and on the documents made from them.

use serde_json::{Value, json};

use crate::document::Doc;
use crate::document::Fields;
use crate::shop::numbers::{Numbers, Part};

/// The comments of an order, newest first, as a read of it shows them.
pub(crate) fn newest_first(order: &Doc) -> Value {
    order.value("status_histories").as_array().into_iter().flatten().rev().cloned().collect()
}

/// Adds an entry to a list of a document.
pub(crate) fn push(doc: &mut Doc, list: &str, entry: Value) {
    let entries = doc.entry(list).or_insert_with(|| json!([]));
    if let Some(entries) = entries.as_array_mut() {
        entries.push(entry);
    }
}

/// Adds a comment to an order as it was given: what was not given is null or 0. A comment without a
/// status gets that of the comment before, or else the order's.
pub(crate) fn comment_order(order: &mut Doc, numbers: &mut Numbers, given: &Doc, now: &str) {
    let before = order.docs("status_histories").last().map(|entry| entry.value("status").clone());
    let status = match given.value("status") {
        Value::Null => before.unwrap_or_else(|| order.value("status").clone()),
        status => status.clone(),
    };
    let mut entry = json!({
        "comment": given.value("comment"),
        "created_at": now,
        "entity_id": numbers.next(Part::History),
        "is_customer_notified": given.value("is_customer_notified"),
        "is_visible_on_front": given.id("is_visible_on_front"),
        "parent_id": order.value("entity_id"),
        "status": status,
    });
    if let Some(name) = given.get("entity_name").filter(|name| !name.is_null()) {
        entry["entity_name"] = name.clone();
    }
    push(order, "status_histories", entry);
}

/// What the store itself notes on an order, for a credit memo.
pub(crate) fn note_refund(
    order: &mut Doc,
    numbers: &mut Numbers,
    text: &str,
    notified: bool,
    now: &str,
) {
    note(order, numbers, text, ("creditmemo", Some(notified)), now);
}

/// What the store itself notes on an order, for what its gateway did: `name` is that of what it did it for.
pub(crate) fn note_gateway(
    order: &mut Doc,
    numbers: &mut Numbers,
    text: &str,
    name: &str,
    now: &str,
) {
    note(order, numbers, text, (name, None), now);
}

fn note(
    order: &mut Doc,
    numbers: &mut Numbers,
    text: &str,
    (name, notified): (&str, Option<bool>),
    now: &str,
) {
    let entry = json!({
        "comment": text,
        "created_at": now,
        "entity_id": numbers.next(Part::History),
        "entity_name": name,
        "is_customer_notified": notified.map(i32::from),
        "is_visible_on_front": 0,
        "parent_id": order.value("entity_id"),
        "status": order.value("status"),
    });
    push(order, "status_histories", entry);
}

/// A comment on a document, as a save of it answers: without its time.
pub(crate) fn comment_document(parent: u64, id: u64, given: &Doc) -> Doc {
    let mut entry = Doc::new();
    entry.put("is_customer_notified", given.value("is_customer_notified").clone());
    entry.put("parent_id", parent);
    entry.put("comment", given.value("comment").clone());
    entry.put("is_visible_on_front", given.id("is_visible_on_front"));
    entry.put("entity_id", id);
    entry
}

/// What a request to make a document says beside its lines.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remarks {
    /// Whether the customer gets an e-mail.
    pub(crate) notify: bool,
    /// The comment to keep with the document.
    pub(crate) comment: Option<Doc>,
    /// Whether the comment goes into the e-mail.
    pub(crate) append: bool,
}

impl Remarks {
    /// Writes the remarks into a new document. A comment is kept whether or not it goes out.
    pub(crate) fn write(&self, document: &mut Doc, numbers: &mut Numbers, part: Part, now: &str) {
        if self.notify {
            document.put("email_sent", 1);
        }
        document.insert("comments".to_owned(), json!([]));
        let Some(comment) = &self.comment else { return };
        let mut given = comment.clone();
        given.put("is_customer_notified", i32::from(self.notify && self.append));
        let mut entry = comment_document(document.id("entity_id"), numbers.next(part), &given);
        entry.put("created_at", now);
        push(document, "comments", Value::Object(entry));
    }
}
