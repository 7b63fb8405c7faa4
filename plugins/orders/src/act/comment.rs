//! `orders_comment`

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use souk_sdk::{ApplyContext, ChangeBuilder, EntityId, Failure};

use super::{Outcome, carry_out, changing, lookup, post};
use crate::answer::Answer;
use crate::order::{Order, which};
use crate::routes::COMMENT;
use crate::state::check_status;

/// The longest comment that is sent: Magento's column holds 65,535 bytes.
const LONGEST: usize = 20_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Its entity id. Give this or `increment_id`.
    order_id: Option<EntityId>,
    /// Its number as customers know it: `000000012`.
    #[schemars(length(min = 1))]
    increment_id: Option<String>,
    /// What to write.
    #[schemars(length(min = 1))]
    comment: String,
    /// Whether the customer sees it in their account.
    #[serde(default)]
    visible: bool,
    /// Whether the customer gets it by e-mail.
    #[serde(default)]
    notify: bool,
    /// Sets the order's status too; only one of its current state, see `orders_why`.
    #[schemars(length(min = 1))]
    status: Option<String>,
}

/// What to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Comment<'a> {
    pub(crate) text: &'a str,
    pub(crate) visible: bool,
    pub(crate) notify: bool,
    pub(crate) status: Option<&'a str>,
}

pub(crate) fn comment(asked: &Asked, context: &ApplyContext) -> Result<Answer<Outcome>, Failure> {
    let order = which(asked.order_id, asked.increment_id.as_deref()).read(context)?;
    let comment = Comment {
        text: &asked.comment,
        visible: asked.visible,
        notify: asked.notify,
        status: asked.status.as_deref(),
    };
    let change = change(&order, comment)?;
    let summary = format!("comment on {}", order.name());
    Ok(carry_out(context, summary, lookup(), change)?.answer())
}

/// The change that writes it.
///
/// # Errors
/// When it is empty or too long, the order's newest comment already says the same, or the status is
/// one of another state.
pub(crate) fn change(order: &Order, comment: Comment<'_>) -> Result<ChangeBuilder, Failure> {
    let Comment { text, visible, notify, status } = comment;
    if text.trim().is_empty() {
        return Err(Failure::argument("comment", "a comment says something"));
    }
    if text.len() > LONGEST {
        return Err(Failure::argument(
            "comment",
            format!("the comment is {} bytes long, and {LONGEST} are possible", text.len()),
        ));
    }
    // Newest first: what proves that it was written is that it stands there first.
    let newest = order.value("status_histories").get(0);
    let is_last =
        newest.is_some_and(|entry| entry.get("comment").and_then(Value::as_str) == Some(text));
    if is_last && status.is_none_or(|status| status == order.text("status")) {
        return Err(Failure::argument(
            "comment",
            format!("the newest comment on {} already says this", order.name()),
        ));
    }
    let mut change = changing(order);
    let step = change.step(post(&COMMENT));
    for (field, value) in [
        ("comment", Value::from(text)),
        // Both are whole numbers: Magento refuses a boolean (`orders_more.jsonl`, `g-comment-int`).
        ("is_visible_on_front", u8::from(visible).into()),
        ("is_customer_notified", u8::from(notify).into()),
    ] {
        let body = ["/statusHistory/", field].concat();
        change.set(step, field, &body, &["/status_histories/0/", field].concat(), value);
    }
    if let Some(status) = status {
        check_status(order, status).map_err(|why| why.failure(order, "comment on").at("status"))?;
        change.set(step, "status", "/statusHistory/status", "/status", status.into());
    }
    if notify {
        change.warn("the customer gets an e-mail, which cannot be taken back");
    }
    change.cannot_be_undone("Magento keeps an order's comments for good");
    Ok(change)
}
