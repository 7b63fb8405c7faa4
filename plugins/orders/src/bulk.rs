//! The same for many orders, as a plan that is reviewed and committed.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use souk_sdk::{
    Action, ActionInfo, ChangeBuilder, CommitTool, Condition, EntityId, Failure, Intent, Method,
    PrepareContext, PreparedResult, STORE_CONFIGS, Scan, StoreView, Tier, nothing_matches,
    projection,
};

use crate::act::comment::Comment;
use crate::act::invoice::Capture;
use crate::act::ship::Parcel;
use crate::act::{Remarks, comment, hold, invoice, lookup, ship};
use crate::answer::{Answer, Shape, members};
use crate::clock::{Range, Zones};
use crate::order::Order;
use crate::routes::{CANCEL, COMMENT, HOLD, MAKE_INVOICE, ORDER, ORDERS, SHIP, UNHOLD};
use crate::search::Wanted;
use crate::state::State;

/// How many orders that are left out are named.
const NAMED: usize = 50;

/// Which orders; all that is given has to hold, and something has to be given.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Match {
    /// Entity ids.
    #[serde(default)]
    order_ids: Vec<EntityId>,
    /// Numbers as customers know them.
    #[serde(default)]
    increment_ids: Vec<String>,
    /// Statuses.
    #[serde(default)]
    statuses: Vec<String>,
    /// States.
    #[serde(default)]
    states: Vec<State>,
    /// When they were placed.
    created: Option<Range>,
    /// Store views they were placed in; days are theirs.
    #[serde(default)]
    store_view_codes: Vec<String>,
    /// The time zone in which days are meant, where it is not the store views' own.
    time_zone: Option<String>,
}

/// What is done with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Doing {
    Hold,
    Unhold,
    Comment,
    /// All that is left of each.
    Invoice,
    /// All that is left of each.
    Ship,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Update {
    /// Which orders; all that is given has to hold.
    r#match: Match,
    /// What to do with each.
    action: Doing,
    /// The comment to write; with `invoice` and `ship`, a comment on the document.
    #[schemars(length(min = 1))]
    comment: Option<String>,
    /// Whether customers see the comment.
    #[serde(default)]
    visible: bool,
    /// Whether customers get an e-mail.
    #[serde(default)]
    notify: bool,
    /// With `comment`: a status within each order's state.
    #[schemars(length(min = 1))]
    status: Option<String>,
    /// With `invoice`: how orders are paid whose payment method has a gateway.
    capture: Option<Capture>,
    /// With `ship`: the inventory source to ship from.
    #[schemars(length(min = 1))]
    source_code: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancel {
    /// Which orders; all that is given has to hold.
    r#match: Match,
}

/// A plan, and which orders are not in it.
pub(crate) struct Planned;

impl Shape for Planned {
    const PROPERTIES: &'static str = r#"
        "plan_id": {"type": "string", "description": "What the commit tool and plans_* name."},
        "expires_at": {"type": "string"},
        "affected_count": {"type": "integer"},
        "sample_diffs": {"type": "array", "items": {"type": "object"}},
        "warnings": {"type": "array", "items": {"type": "string"}},
        "message": {"type": "string"},
        "left_out": {"type": "array", "items": {"type": "object"}, "description": "Orders that match and are not in the plan, with the reason; at most 50."},
        "left_out_count": {"type": "integer"}"#;
    const REQUIRED: &'static str = r#""plan_id", "expires_at", "affected_count", "sample_diffs", "warnings", "message", "left_out", "left_out_count""#;
}

pub(crate) fn update(asked: &Update, context: &PrepareContext) -> Result<Answer<Planned>, Failure> {
    asked.check()?;
    let verb = match asked.action {
        Doing::Hold => "put on hold",
        Doing::Unhold => "take up again",
        Doing::Comment => "comment on",
        Doing::Invoice => "invoice",
        Doing::Ship => "ship",
    };
    let intent = intent(verb, Looked::AtEdits)?;
    plan(context, &asked.r#match, &intent, "orders_commit_bulk_update", |order| asked.change(order))
}

pub(crate) fn cancel(asked: &Cancel, context: &PrepareContext) -> Result<Answer<Planned>, Failure> {
    let intent = intent("cancel", Looked::Whole)?;
    plan(context, &asked.r#match, &intent, "orders_commit_bulk_cancel", hold::cancel_change)
}

impl Update {
    /// Refuses what would be passed over in silence.
    fn check(&self) -> Result<(), Failure> {
        let documents = matches!(self.action, Doing::Invoice | Doing::Ship);
        let comments = self.action == Doing::Comment;
        let stray = [
            ("comment", self.comment.is_some() && !documents && !comments),
            ("visible", self.visible && self.comment.is_none()),
            ("notify", self.notify && !documents && !comments),
            ("status", self.status.is_some() && !comments),
            ("capture", self.capture.is_some() && self.action != Doing::Invoice),
            ("source_code", self.source_code.is_some() && self.action != Doing::Ship),
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

    fn change(&self, order: &Order) -> Result<ChangeBuilder, Failure> {
        let comment = self.comment.as_deref();
        let remarks = Remarks { notify: self.notify, comment, visible: self.visible };
        match self.action {
            Doing::Hold => hold::hold_change(order),
            Doing::Unhold => hold::unhold_change(order),
            Doing::Comment => comment::change(
                order,
                Comment {
                    text: comment.unwrap_or_default(),
                    visible: self.visible,
                    notify: self.notify,
                    status: self.status.as_deref(),
                },
            ),
            Doing::Invoice => {
                // Whoever says how gateways are dealt with says nothing of cheques.
                let offline = crate::state::is_offline(order.payment_method());
                let capture = self.capture.filter(|_| !offline);
                invoice::change(order, None, capture, remarks)
            }
            Doing::Ship => {
                let parcel = Parcel { tracks: &[], source: self.source_code.as_deref() };
                ship::change(order, None, parcel, remarks)
            }
        }
    }
}

/// Plans a change of each order that matches; those that it cannot be done with are left out and
/// named.
fn plan(
    context: &PrepareContext,
    matching: &Match,
    intent: &Intent,
    tool: &str,
    change: impl Fn(&Order) -> Result<ChangeBuilder, Failure>,
) -> Result<Answer<Planned>, Failure> {
    let mut scan = matching.scan(context)?;
    let mut draft = context.draft(intent);
    let (mut planned, mut left_out) = (0_u64, Vec::new());
    let mut seen: Vec<String> = Vec::new();
    let mut left_out_count = 0_usize;
    while let Some(page) = scan.next_page()? {
        for document in page {
            let order = Order::of(document)?;
            seen.push(order.increment_id().to_owned());
            seen.push(order.id().to_string());
            match change(&order) {
                Ok(change) => {
                    draft.add([change.done()?])?;
                    planned += 1;
                }
                Err(failure) => {
                    left_out_count += 1;
                    if left_out.len() < NAMED {
                        left_out.push(json!({
                            "order_id": order.id(),
                            "increment_id": order.increment_id(),
                            "why": failure.message,
                        }));
                    }
                }
            }
        }
        context.progress(planned, None, "planning");
    }
    matching.must_exist(&seen)?;
    if planned == 0 {
        return Err(match left_out.first() {
            None => nothing_matches("order"),
            Some(first) => {
                let why = first["why"].as_str().unwrap_or_default();
                let message = if left_out_count == 1 {
                    why.to_owned()
                } else {
                    format!(
                        "none of the {left_out_count} orders that match can be done; the first: {why}"
                    )
                };
                Failure::argument("match", message)
                    .remedy("`orders_why` tells what can be done with an order now")
            }
        });
    }
    let prepared = PreparedResult::new(draft.propose()?, Vec::new(), tool)?;
    let mut answer = members(serde_json::to_value(prepared).unwrap_or_default());
    answer.insert("left_out".to_owned(), left_out.into());
    answer.insert("left_out_count".to_owned(), left_out_count.into());
    Ok(Answer::new(answer))
}

impl Match {
    fn scan<'c>(&self, context: &'c PrepareContext) -> Result<Scan<'c>, Failure> {
        let narrowed = !self.order_ids.is_empty()
            || !self.increment_ids.is_empty()
            || !self.statuses.is_empty()
            || !self.states.is_empty()
            || self.created.is_some();
        if !narrowed {
            return Err(Failure::argument("match", "an empty match would be every order")
                .remedy("give `order_ids`, `increment_ids`, `statuses`, `states` or `created`"));
        }
        let zones = if self.created.is_some() || !self.store_view_codes.is_empty() {
            Zones::read(context)?
        } else {
            Zones::where_readable(context)
        };
        let clock = if self.created.is_some() {
            zones.meant(self.time_zone.as_deref(), &self.store_view_codes)?
        } else {
            zones.meant(Some("UTC"), &[])?
        };
        let wanted = Wanted {
            order_ids: &self.order_ids,
            increment_ids: &self.increment_ids,
            statuses: &self.statuses,
            states: &self.states,
            created: self.created.as_ref(),
            store_view_codes: &self.store_view_codes,
            ..Wanted::default()
        };
        let criteria = wanted.criteria(&zones, &clock).map_err(within_match)?;
        Ok(Scan::new(context, ORDERS, criteria, "entity_id"))
    }

    /// An order that is named and not there is a typing error, and would pass for "nothing to do". Of
    /// orders that other conditions exclude as well, nothing is said.
    fn must_exist(&self, seen: &[String]) -> Result<(), Failure> {
        let alone = self.statuses.is_empty()
            && self.states.is_empty()
            && self.created.is_none()
            && self.store_view_codes.is_empty();
        if !alone {
            return Ok(());
        }
        let ids = self.order_ids.iter().map(|id| id.get().to_string());
        let missing: Vec<String> = ids
            .chain(self.increment_ids.iter().cloned())
            .filter(|wanted| !seen.iter().any(|seen| seen == wanted.trim()))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::argument("match", format!("the store has no order {}", missing.join(", ")))
            .remedy("take them off the list, or correct them"))
    }
}

fn within_match(mut failure: Failure) -> Failure {
    failure.argument = failure.argument.map(|place| ["/match", &place].concat());
    failure
}

/// How much of each order a plan's lookup reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// What the edits stand in, and no more: a chunk is read three times.
    AtEdits,
    /// All of it: where money moves, the host reckons with the order itself.
    Whole,
}

fn intent(verb: &str, looked: Looked) -> Result<Intent, Failure> {
    const FIELDS: [&str; 6] = [
        "entity_id",
        "increment_id",
        "state",
        "status",
        "items[item_id,qty_invoiced,qty_shipped]",
        "status_histories[comment,is_visible_on_front,is_customer_notified]",
    ];
    let filter = |key: &str| format!("searchCriteria[filter_groups][0][filters][0][{key}]");
    let mut many = ORDERS
        .read([])
        .query(&filter("field"), "entity_id")
        .query(&filter("condition_type"), Condition::In.as_str())
        .query("searchCriteria[pageSize]", "300")
        .query("searchCriteria[currentPage]", "1")
        .at(StoreView::Global);
    if looked == Looked::AtEdits {
        many = many.query("fields", &projection(FIELDS)?);
    }
    Ok(Intent {
        summary: format!("{verb} orders"),
        at: StoreView::Global,
        lookup: lookup().many(many, &filter("value"), "/items", "/entity_id"),
    })
}

/// The tools.
pub(crate) fn actions() -> Vec<Action> {
    vec![
        Action::prepare(
            update,
            ActionInfo {
                name: "prepare_bulk_update",
                title: "Plan the same for many orders",
                description: "Plans to hold, unhold, comment on, invoice in full or ship in full \
                    every order that matches, and changes nothing yet: answers a plan_id, how many \
                    orders change, samples of before and after, and which orders are left out and \
                    why. Commit it with orders_commit_bulk_update.",
            },
            CommitTool {
                name: "commit_bulk_update",
                title: "Commit a planned change of orders",
                description: "Carries out a plan of orders_prepare_bulk_update, order by order: \
                    leaves out those that changed since, and reads every one back.",
                tier: Tier::Risk,
                subject_as: Some("order"),
            },
        )
        .tier(Tier::Risk)
        .reads(ORDER)
        .reads(ORDERS)
        .reads(STORE_CONFIGS)
        .writes(Method::Post, HOLD)
        .writes(Method::Post, UNHOLD)
        .writes(Method::Post, COMMENT)
        .writes(Method::Post, MAKE_INVOICE)
        .writes(Method::Post, SHIP),
        Action::prepare(
            cancel,
            ActionInfo {
                name: "prepare_bulk_cancel",
                title: "Plan to cancel many orders",
                description: "Plans to cancel every order that matches, and changes nothing yet: \
                    answers a plan_id, how many orders would be canceled, samples of before and \
                    after, and which are left out and why. Commit it with \
                    orders_commit_bulk_cancel; that cannot be undone.",
            },
            CommitTool {
                name: "commit_bulk_cancel",
                title: "Cancel the planned orders",
                description: "Carries out a plan of orders_prepare_bulk_cancel, order by order: \
                    leaves out those that changed since, and reads every one back. It cannot be \
                    undone.",
                tier: Tier::Critical,
                subject_as: Some("order"),
            },
        )
        .tier(Tier::Critical)
        .reads(ORDER)
        .reads(ORDERS)
        .reads(STORE_CONFIGS)
        .writes(Method::Post, CANCEL),
    ]
}
