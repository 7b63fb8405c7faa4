//! The same for many orders, as a plan that is reviewed and committed.

use std::cell::RefCell;

use souk_sdk::core::nothing_matches;
use souk_sdk::magento::{PRODUCTS, STORE_CONFIGS, Scan, projection};
use souk_sdk::prelude::*;

use crate::act::cancel::cancel_change;
use crate::act::comment::{OrderComment, comment_change};
use crate::act::hold::{hold_change, unhold_change};
use crate::act::invoice::{Capture, invoice_change};
use crate::act::ship::{Parcel, ship_change};
use crate::act::{DocumentNote, order_lookup};
use crate::json_object::{JsonObjectView, object};
use crate::order::Order;
use crate::order_filter::{OrderFilter, check_length, order_number, texts};
use crate::order_ref::in_full;
use crate::result::{OrdersReply, ResultSchema};
use crate::routes::{BULK_CANCELLATIONS, BULK_CHANGES, FIND_ORDER, ORDERS};
use crate::shipping_source::{SHIPPING_SOURCES, SourceBook};
use crate::state::{OrderAct, check, is_paid_offline};
use crate::time_zones::ZoneNeed;

/// How many orders that are left out are named.
const MOST_NAMED: usize = 50;

/// What is done with each.
#[args]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum BulkAct {
    Hold,
    Unhold,
    Comment,
    /// All that is left of each.
    Invoice,
    /// All that is left of each.
    Ship,
}

#[args]
#[derive(Debug)]
pub(crate) struct BulkOrderUpdateArgs {
    /// Which orders; all that is given has to hold.
    r#match: OrderFilter,
    /// What to do with each.
    action: BulkAct,
    /// The comment to write; with `invoice` and `ship`, a comment on the document.
    #[schemars(length(min = 1))]
    comment: Option<String>,
    /// Whether customers see the comment.
    #[serde(default)]
    visible: bool,
    /// Whether customers get an e-mail.
    #[serde(default)]
    notify: bool,
    /// With `comment`: the status that each order has.
    #[schemars(length(min = 1))]
    status: Option<String>,
    /// With `invoice`: how orders are paid whose payment method has a gateway.
    capture: Option<Capture>,
    /// With `ship`: the inventory source to ship from, one of each website's stock. Without it the first
    /// that has all of an order's goods.
    #[schemars(length(min = 1))]
    source_code: Option<String>,
}

#[args]
#[derive(Debug)]
pub(crate) struct BulkOrderCancelArgs {
    /// Which orders; all that is given has to hold.
    r#match: OrderFilter,
}

/// A plan, and which orders are not in it.
pub(crate) struct BulkResult;

impl ResultSchema for BulkResult {
    const PROPERTIES: &'static str = r#"
        "plan_id": {"type": "string", "description": "What the commit tool and plans_* name."},
        "expires_at": {"type": "string"},
        "affected_count": {"type": "integer"},
        "sample_diffs": {"type": "array", "items": {"type": "object"}},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "message": {"type": "string"},
        "left_out": {"type": "array", "items": {"type": "object"}, "description": "Orders that match and are not in the plan, with the reason; at most 50."},
        "left_out_count": {"type": "integer"}"#;
    const REQUIRED: &'static str =
        "plan_id expires_at affected_count sample_diffs warnings message left_out left_out_count";
}

/// Plan the same change for many orders
///
/// Plans to hold, unhold, comment on, invoice in full or ship in full every order that matches:
/// returns a plan_id, how many orders change, samples of before and after, and which orders are left
/// out and why.
///
/// # Commit
/// Commit a planned change of orders
///
/// Carries out a plan of orders_prepare_bulk_update, order by order: leaves out those that changed
/// since, and verifies every one by reading back.
#[action(
    prepare,
    tier = risk,
    reads(FIND_ORDER, STORE_CONFIGS, PRODUCTS, SHIPPING_SOURCES),
    changes(BULK_CHANGES),
    commit(subject_as = "order")
)]
pub(crate) fn prepare_bulk_update(
    args: &BulkOrderUpdateArgs,
    context: &PrepareContext,
) -> OrdersReply<BulkResult> {
    args.check()?;
    let verb = match args.action {
        BulkAct::Hold => "hold",
        BulkAct::Unhold => "release from hold",
        BulkAct::Comment => "comment on",
        BulkAct::Invoice => "invoice",
        BulkAct::Ship => "ship",
    };
    let intent = intent(verb, &projection(EDITED.split(' '))?);
    let sources = RefCell::new(SourceBook::default());
    // What the shipments of a page need is read together.
    let ahead = |orders: &mut [Order]| {
        if args.action != BulkAct::Ship {
            return Ok(());
        }
        Order::learn_shipping_of(context, orders)?;
        let ships = |order: &&Order| check(order, OrderAct::Ship).is_ok();
        let shipped: Vec<&Order> = orders.iter().filter(ships).collect();
        sources.borrow_mut().read_ahead(context, &shipped);
        Ok(())
    };
    plan(context, &args.r#match, &intent, ahead, |order| {
        args.change(context, order, &mut sources.borrow_mut())
    })
}

/// Plan to cancel many orders
///
/// Plans to cancel every order that matches: returns a plan_id, how many orders would be canceled,
/// samples of before and after, and which are left out and why. A cancellation cannot be undone.
///
/// # Commit
/// Cancel the planned orders
///
/// Carries out a plan of orders_prepare_bulk_cancel, order by order: leaves out those that changed
/// since, and verifies every one by reading back. It cannot be undone.
#[action(
    prepare,
    tier = critical,
    reads(FIND_ORDER, STORE_CONFIGS),
    changes(BULK_CANCELLATIONS),
    commit(tier = critical, subject_as = "order")
)]
pub(crate) fn prepare_bulk_cancel(
    args: &BulkOrderCancelArgs,
    context: &PrepareContext,
) -> OrdersReply<BulkResult> {
    // Where money moves, the host checks the order itself.
    let intent = intent("cancel", "");
    plan(context, &args.r#match, &intent, |_| Ok(()), cancel_change)
}

impl BulkOrderUpdateArgs {
    /// Refuses what would be passed over in silence.
    fn check(&self) -> Result<(), Failure> {
        let documents = matches!(self.action, BulkAct::Invoice | BulkAct::Ship);
        let comments = self.action == BulkAct::Comment;
        let stray = [
            ("comment", self.comment.is_some() && !documents && !comments),
            ("visible", self.visible && self.comment.is_none()),
            ("notify", self.notify && !documents && !comments),
            ("status", self.status.is_some() && !comments),
            ("capture", self.capture.is_some() && self.action != BulkAct::Invoice),
            ("source_code", self.source_code.is_some() && self.action != BulkAct::Ship),
        ];
        if let Some((argument, _)) = stray.into_iter().find(|(_, stray)| *stray) {
            return Err(Failure::argument(argument, "this means nothing for that `action`")
                .remedy("leave it out"));
        }
        if comments && self.comment.is_none() {
            return Err(Failure::argument("comment", "a comment says something"));
        }
        Ok(())
    }

    fn change(
        &self,
        context: &Context,
        order: &Order,
        sources: &mut SourceBook,
    ) -> Result<ChangeBuilder, Failure> {
        let note = || DocumentNote {
            notify: self.notify,
            comment: self.comment.clone(),
            comment_visible: self.visible,
        };
        match self.action {
            BulkAct::Hold => hold_change(order),
            BulkAct::Unhold => unhold_change(order),
            BulkAct::Comment => {
                let comment = OrderComment {
                    text: self.comment.as_deref().unwrap_or_default(),
                    visible: self.visible,
                    notify: self.notify,
                    status: self.status.as_deref(),
                };
                comment_change(order, comment)
            }
            BulkAct::Invoice => {
                // Whoever says how gateways are dealt with says nothing of cheques.
                let capture = self.capture.filter(|_| !is_paid_offline(order));
                invoice_change(context, order, None, capture, &note())
            }
            BulkAct::Ship => {
                let parcel = Parcel { tracks: &[], source: self.source_code.as_deref() };
                ship_change(context, order, None, parcel, sources, &note())
            }
        }
    }
}

/// Plans a change of each order that matches; those that it cannot be done with are left out and
/// named. `ahead` reads what the changes of a page need.
fn plan(
    context: &PrepareContext,
    filter: &OrderFilter,
    intent: &Intent,
    ahead: impl Fn(&mut [Order]) -> Result<(), Failure>,
    mut change: impl FnMut(&Order) -> Result<ChangeBuilder, Failure>,
) -> OrdersReply<BulkResult> {
    let mut scan = scan(context, filter)?;
    let mut draft = context.draft(intent);
    let (mut planned, mut left_out_count) = (0_u64, 0_usize);
    let mut left_out = Vec::new();
    let mut read: Vec<String> = Vec::new();
    while let Some(page) = scan.next_page()? {
        let mut orders: Vec<Order> =
            page.into_iter().map(Order::parse).collect::<Result<_, _>>()?;
        ahead(&mut orders)?;
        for order in &orders {
            read.extend([order.increment_id().to_owned(), order.id.to_string()]);
            match change(order) {
                Ok(change) => {
                    draft.add([change.done()?])?;
                    planned += 1;
                }
                Err(failure) => {
                    left_out_count += 1;
                    if left_out.len() < MOST_NAMED {
                        left_out.push(json!({
                            "order_id": order.id,
                            "increment_id": order.increment_id(),
                            "why": failure.message,
                        }));
                    }
                }
            }
        }
        context.progress(planned, None, "planning");
    }
    check_missing(filter, &read)?;
    if planned == 0 {
        let Some(first) = left_out.first() else { return Err(nothing_matches("order")) };
        let why = first["why"].as_str().unwrap_or_default();
        let message = match left_out_count {
            1 => why.to_owned(),
            count => {
                format!("none of the {count} orders that match can be changed; the first: {why}")
            }
        };
        return Err(Failure::argument("match", message)
            .remedy("`orders_why` lists what can be done with an order now"));
    }
    let mut result = object(json!(draft.propose()?));
    result.put("left_out", Some(left_out));
    result.put("left_out_count", Some(left_out_count));
    Ok(result.into())
}

fn scan<'c>(context: &'c PrepareContext, filter: &OrderFilter) -> Result<Scan<'c>, Failure> {
    let narrows = filter.created.is_some()
        || !filter.order_ids.is_empty()
        || !filter.increment_ids.is_empty()
        || !filter.statuses.is_empty()
        || !filter.states.is_empty();
    if !narrows {
        return Err(Failure::argument("match", "an empty match would be every order")
            .remedy("give `order_ids`, `increment_ids`, `statuses`, `states` or `created`"));
    }
    let (zones, days) = filter.zones(context, false, ZoneNeed::None)?;
    let criteria = filter.criteria(&zones, &days).and_then(|criteria| {
        check_length(&criteria)?;
        Ok(criteria)
    });
    let criteria = criteria.map_err(|mut failure| {
        failure.argument = failure.argument.map(|pointer| ["/match", &pointer].concat());
        failure
    })?;
    Ok(Scan::new(context, ORDERS, criteria, "entity_id"))
}

/// An order that is named and not there is a typing error, and would pass for "nothing to do". Of
/// orders that other conditions exclude as well, nothing is said.
fn check_missing(filter: &OrderFilter, read: &[String]) -> Result<(), Failure> {
    let only_names = filter.statuses.is_empty()
        && filter.states.is_empty()
        && filter.created.is_none()
        && filter.store_view_codes.is_empty();
    if !only_names {
        return Ok(());
    }
    let mut missing = texts(&filter.order_ids);
    missing.extend(filter.increment_ids.iter().map(|number| order_number(number).to_owned()));
    missing.retain(|name| !read.contains(name));
    if missing.is_empty() {
        return Ok(());
    }
    let named = filter.increment_ids.iter().map(|number| order_number(number));
    let cut_short =
        named.filter(|number| !read.iter().any(|read| read == number)).find_map(in_full);
    let remedy = cut_short.map_or_else(
        || "take them off the list, or correct them".to_owned(),
        |full| {
            format!(
                "numbers are written in full, as `{full}`; ids in the store go into `order_ids`"
            )
        },
    );
    Err(Failure::argument("match", format!("the store has no order {}", missing.join(", ")))
        .remedy(remedy))
}

/// What the edits of [`BulkAct`]s point into, and no more: a chunk is read three times.
const EDITED: &str = "\
    entity_id increment_id state status items[item_id,qty_invoiced,qty_shipped] \
    status_histories[comment,is_visible_on_front,is_customer_notified]";

/// What a plan for many orders is for, and what of each its lookup reads: these fields, or all of it.
fn intent(verb: &str, fields: &str) -> Intent {
    Intent {
        summary: format!("{verb} orders"),
        view: StoreView::Global,
        lookup: order_lookup().searched(ORDERS, "entity_id", "entity_id", fields),
    }
}
