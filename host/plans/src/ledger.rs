//! The money that plans move, held against the operator's caps: for a call when it is proposed, and
//! for a day when it is proposed and again, together with the journal, before it is sent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use souk_model::plan::{Change, Header, Item, ItemState, Lookup};
use souk_model::{Binding, Code, Failure, Grant, Method, Read, StoreView};
use souk_state::plans::{Account, Amount, Mark, Reserve, SpendKind, StoreError};
use souk_upstream::Session;

use crate::execute::Job;
use crate::guards::{Guards, refuse};
use crate::money::{Caps, Movement, Mover, is_id, is_route, movement, mover, refused};
use crate::review::Seen;
use crate::service::Plans;
use crate::verdict::mark;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What a draft's changes move together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums(BTreeMap<(SpendKind, String), Decimal>);

/// Whose money it is, and with what it is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Purse<'a> {
    pub(crate) session: &'a Session,
    pub(crate) grants: &'a [Grant],
    pub(crate) lookup: &'a Lookup,
    pub(crate) store: &'a str,
}

impl<'a> Purse<'a> {
    pub(crate) fn of(session: &'a Session, header: &'a Header) -> Self {
        Self { session, grants: &header.grants, lookup: &header.lookup, store: &header.store }
    }

    /// What a change moves, of the order that was looked up.
    async fn movement(self, change: &Change, seen: &Seen) -> Result<Option<Movement>, Failure> {
        let found = movement(change, self.lookup, seen)?;
        if let Some((_, Mover::Invoice(invoice))) = mover(change)? {
            self.check_invoice(change, invoice).await?;
        }
        Ok(found)
    }

    /// Whether an invoice is of the change's order. Nothing in the order tells, and a refund of
    /// another order's invoice would show nowhere.
    async fn check_invoice(self, change: &Change, invoice: &str) -> Result<(), Failure> {
        let reads = |wanted: &[&str]| {
            self.grants
                .iter()
                .find(|grant| grant.method == Method::Get && is_route(grant.route.as_str(), wanted))
        };
        let (grant, path, query) = if let Some(grant) = reads(&["V1", "invoices", "*"]) {
            let path = grant.route.parameters().map(|name| Binding::text(name, invoice)).collect();
            (grant, path, Vec::new())
        } else if let Some(grant) = reads(&["V1", "invoices"]) {
            let filter =
                |name: &str| format!("searchCriteria[filter_groups][0][filters][0][{name}]");
            let query = vec![
                Binding::text(filter("field"), "entity_id"),
                Binding::text(filter("value"), invoice),
            ];
            (grant, Vec::new(), query)
        } else {
            return Err(refused(change, "whose invoice it is cannot be read").remedy(
                "an action that refunds invoices is granted GET `/V1/invoices/{id}` or `/V1/invoices`",
            ));
        };
        let read = Read {
            upstream: grant.upstream.clone(),
            route: grant.route.as_str().to_owned(),
            path,
            query,
            at: StoreView::Global,
        };
        let permitted = souk_policy::permit_lookup(self.grants, &read, &change.subject.id)?;
        let body = self.session.get(&permitted).await?;
        let found: Value = serde_json::from_slice(&body).unwrap_or_default();
        let found = match found.get("items").and_then(Value::as_array) {
            Some(items) if read.path.is_empty() => items.first().cloned().unwrap_or_default(),
            _ => found,
        };
        if is_id(found.get("entity_id"), invoice)
            && is_id(found.get("order_id"), &change.subject.id)
        {
            return Ok(());
        }
        Err(refused(change, &format!("the invoice `{invoice}` is none of this order")))
    }
}

impl Sums {
    /// Takes a change in.
    ///
    /// # Errors
    /// Why its money may not move, or is too much with what is in already.
    pub(crate) async fn add(
        &mut self,
        plans: &Plans,
        purse: Purse<'_>,
        change: &Change,
        seen: &Seen,
    ) -> Result<(), Failure> {
        let Some(Movement { kind, currency, amount }) = purse.movement(change, seen).await? else {
            return Ok(());
        };
        let sum = self.0.entry((kind, currency.clone())).or_default();
        *sum += amount;
        if kind == SpendKind::Refund {
            plans.guards.per_call(*sum, &currency)?;
        }
        let account = plans.account(purse.store, kind, currency);
        let cap = plans.guards.per_day(&account)?;
        let spent = plans.store.spent(&account).await?;
        if exact(*sum)? > cap.less(spent) {
            return Err(over_the_day(&account, spent, cap));
        }
        Ok(())
    }
}

impl Plans {
    /// What is to be set aside for a change before it is sent, as its order stands now.
    pub(crate) async fn reserve(
        &self,
        purse: Purse<'_>,
        change: &Change,
        seen: &Seen,
    ) -> Result<Option<Reserve>, Failure> {
        let Some(Movement { kind, currency, amount }) = purse.movement(change, seen).await? else {
            return Ok(None);
        };
        let account = self.account(purse.store, kind, currency);
        let cap = self.guards.per_day(&account)?;
        Ok(Some(Reserve { account, amount: exact(amount)?, cap }))
    }

    fn account(&self, store: &str, kind: SpendKind, currency: String) -> Account {
        let day = self.clock.now_ms().div_euclid(DAY_MS);
        Account { day, store: store.to_owned(), kind, currency }
    }
}

/// An item that may be sent, with what is to be set aside for it.
pub(crate) struct Ready {
    item: Item,
    reserve: Option<Reserve>,
    /// What it was.
    from: ItemState,
}

impl Job {
    /// Reckons what an item moves, as its order stands now; else how it ends.
    pub(crate) async fn ready(
        &self,
        item: Item,
        from: ItemState,
        seen: &Seen,
    ) -> Result<Ready, Option<Mark>> {
        let purse = Purse::of(&self.session, &self.header);
        match self.plans.reserve(purse, &item.change, seen).await {
            Ok(reserve) => Ok(Ready { item, reserve, from }),
            Err(failure) => Err(self.left(&item, from, failure)),
        }
    }

    /// Marks items as being sent, durably, and sets their money aside with that. Those whose money
    /// would go past a day's cap are left, and the rest is answered.
    pub(crate) async fn begin(&self, mut ready: Vec<Ready>) -> Result<Vec<Item>, Failure> {
        let mut left = Vec::new();
        while !ready.is_empty() {
            let sent_ms = Some(self.plans.clock.now_ms());
            let sending = |ready: &Ready| Mark {
                reserve: ready.reserve.clone(),
                sent_ms,
                ..Mark::new(ready.item.n, ItemState::Sending)
            };
            let marks = ready.iter().map(sending).collect();
            let store = &self.plans.store;
            match store.journal(&self.header.id, &self.plans.owner, marks).await {
                Ok(()) => break,
                Err(StoreError::OverCap { n, account, spent, cap }) => {
                    let Some(at) = ready.iter().position(|ready| ready.item.n == n) else {
                        return Err(Failure::internal("an item that was not sent is over a cap"));
                    };
                    let Ready { item, from, .. } = ready.remove(at);
                    left.extend(self.left(&item, from, over_the_day(&account, spent, cap)));
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.journal(left).await?;
        Ok(ready.into_iter().map(|ready| ready.item).collect())
    }

    /// An item whose money may not move: it is not tried, and stays what it was if it was tried
    /// before.
    fn left(&self, item: &Item, from: ItemState, failure: Failure) -> Option<Mark> {
        let mark = match from {
            ItemState::Sending | ItemState::Unknown => {
                Some(mark(item, ItemState::Unknown, Some(&failure)))
            }
            ItemState::Pending => Some(mark(item, ItemState::Skipped, Some(&failure))),
            _ => None,
        };
        self.refused.get_or_init(|| failure);
        mark
    }
}

impl Guards {
    fn per_call(&self, sum: Decimal, currency: &str) -> Result<(), Failure> {
        let cap = self.max_refund.of(currency).unwrap_or_default();
        if sum <= cap {
            return Ok(());
        }
        Err(refuse(
            "refund-per-call",
            Code::Forbidden,
            format!(
                "{} {currency} are more than one call may refund: {cap} {currency}",
                sum.normalize()
            ),
            "refund less, or an operator raises `guards.max_refund` (SOUK_MAX_REFUND)".into(),
        ))
    }

    fn per_day(&self, account: &Account) -> Result<Amount, Failure> {
        exact(self.day_caps(account.kind).of(&account.currency).unwrap_or_default())
    }

    const fn day_caps(&self, kind: SpendKind) -> &Caps {
        match kind {
            SpendKind::Refund => &self.max_refund_per_day,
            SpendKind::Cancel => &self.max_cancel_per_day,
        }
    }
}

/// An account would go past its cap.
pub(crate) fn over_the_day(account: &Account, spent: Amount, cap: Amount) -> Failure {
    let (rule, doing, setting, variable) = match account.kind {
        SpendKind::Refund => {
            ("refund-per-day", "refunded", "max_refund_per_day", "SOUK_MAX_REFUND_PER_DAY")
        }
        SpendKind::Cancel => {
            ("cancel-per-day", "canceled", "max_cancel_per_day", "SOUK_MAX_CANCEL_PER_DAY")
        }
    };
    let currency = &account.currency;
    let reset = (account.day + 1) * DAY_MS;
    let reset = souk_state::Timestamp::from_millisecond(reset)
        .map_or_else(|_| "midnight UTC".to_owned(), |at| at.to_string());
    refuse(
        rule,
        Code::Forbidden,
        format!(
            "{} {currency} are left to be {doing} today of {cap}, until {reset}",
            cap.less(spent)
        ),
        format!("wait until then, or an operator raises `guards.{setting}` ({variable})"),
    )
}

/// An amount as accounts keep it: rounded up, so that nothing is lost on the way.
fn exact(amount: Decimal) -> Result<Amount, Failure> {
    let count = amount.checked_mul(Decimal::from(10_000)).and_then(|count| count.ceil().to_i64());
    count.map(Amount::from_ten_thousandths).ok_or_else(|| {
        refuse(
            "money",
            Code::Forbidden,
            format!("`{amount}` is no amount that can be accounted for"),
            "move less at once".into(),
        )
    })
}
