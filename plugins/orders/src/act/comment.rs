//! `orders_comment`

use souk_sdk::prelude::*;

use super::apply::{ActReply, apply, order_change, post, warn_of_email};
use crate::order::Order;
use crate::order_ref::OrderRef;
use crate::routes::{COMMENT, COMMENTS, FIND_ORDER};
use crate::state::check_status;

/// The longest comment that is sent, in bytes: Magento's column holds 65,535.
const LONGEST: usize = 20_000;

#[args]
#[derive(Debug)]
pub(crate) struct CommentArgs {
    #[serde(flatten)]
    order: OrderRef,
    /// What to write.
    #[schemars(length(min = 1))]
    comment: String,
    /// Whether the customer sees it in their account.
    #[serde(default)]
    visible: bool,
    /// E-mail it to the customer.
    #[serde(default)]
    notify: bool,
    /// Repeats the order's status; Magento takes no other with a comment.
    #[schemars(length(min = 1))]
    status: Option<String>,
}

/// A comment in an order's history.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrderComment<'a> {
    pub(crate) text: &'a str,
    pub(crate) visible: bool,
    pub(crate) notify: bool,
    pub(crate) status: Option<&'a str>,
}

/// Comment on an order
///
/// Writes a comment into an order's history: seen by the customer or not, e-mailed or not.
/// `preview: true` shows what would be sent.
#[action(apply, tier = risk, reads(FIND_ORDER), changes(COMMENTS), keywords("note", "message", "remark", "tell the customer"))]
pub(crate) fn comment(args: &CommentArgs, context: &ApplyContext) -> ActReply {
    let order = args.order.read(context)?;
    let comment = OrderComment {
        text: &args.comment,
        visible: args.visible,
        notify: args.notify,
        status: args.status.as_deref(),
    };
    let change = comment_change(&order, comment)?;
    Ok(apply(context, &order, "comment on", change)?.result())
}

/// The change that writes it.
///
/// # Errors
/// When it is empty or too long, the order's newest comment already says the same, or the status is
/// another than the order has.
pub(crate) fn comment_change(
    order: &Order,
    comment: OrderComment<'_>,
) -> Result<ChangeBuilder, Failure> {
    let OrderComment { text, visible, notify, status } = comment;
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
    let newest = order.document.rows("status_histories").next();
    let is_last = newest.is_some_and(|entry| entry.text("comment") == text);
    if is_last && status.is_none_or(|status| status == order.document.text("status")) {
        return Err(Failure::argument(
            "comment",
            format!("the newest comment on {} already says this", order.name()),
        ));
    }
    let mut change = order_change(order);
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
    warn_of_email(&mut change, notify);
    change.cannot_be_undone("Magento keeps an order's comments for good");
    Ok(change)
}
