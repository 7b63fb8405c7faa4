//! The money that plans move, held against the operator's caps: for a call when it is proposed, and
//! for a day when it is proposed and again, together with the journal, before it is sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use souk_model::plan::{Change, Lookup, PlanHeader, PlanMoney, SpendKind};
use souk_model::{Binding, Code, Decimal, Failure, Grant, Method, Read, StoreView};
use souk_state::plans::{Reservation, SpendAccount, StoredPlan};

use crate::context::PlansContext;
use crate::guards::Guards;
use crate::magento::order_documents::order_documents;
use crate::magento::route_words::is_route;
use crate::magento::values::is_id;
use crate::money::{MoneyMovement, MoneyRequest, money_movement, money_request};
use crate::observed::ObservedState;
use crate::refusals::{money_refusal, refuse};
use crate::store_reader::StoreReader;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What a draft's changes move together.
#[derive(Debug, Clone, Default)]
pub(crate) struct DraftTotals(BTreeMap<(SpendKind, String), Decimal>);

/// Whose money it is, and with what it is looked at.
#[derive(Clone, Copy)]
pub(crate) struct MoneyContext<'a> {
    reader: StoreReader<'a>,
    grants: &'a [Grant],
    lookup: &'a Lookup,
    store: &'a str,
}

impl<'a> MoneyContext<'a> {
    /// For the changes of a plan with this header.
    pub(crate) fn of(reader: StoreReader<'a>, header: &'a PlanHeader) -> Self {
        Self { reader, grants: &header.grants, lookup: &header.lookup, store: &header.store }
    }

    /// What a change moves, of the order that was looked up.
    async fn movement(
        self,
        change: &Change,
        observed: &ObservedState,
    ) -> Result<Option<MoneyMovement>, Failure> {
        let found = money_movement(change, self.lookup, observed)?;
        if let Some((_, MoneyRequest::Invoice(invoice))) = money_request(change)? {
            self.check_invoice(change, invoice).await?;
        }
        Ok(found)
    }

    /// Whether an invoice is of the change's order. Nothing in the order tells, and a refund of
    /// another order's invoice would show nowhere.
    async fn check_invoice(self, change: &Change, invoice: &str) -> Result<(), Failure> {
        let granted_read = |wanted: &[&str]| {
            self.grants
                .iter()
                .find(|grant| grant.method == Method::Get && is_route(grant.route.as_str(), wanted))
        };
        let (grant, path, query) = if let Some(grant) = granted_read(&["V1", "invoices", "*"]) {
            let path = grant.route.parameters().map(|name| Binding::text(name, invoice)).collect();
            (grant, path, Vec::new())
        } else if let Some(grant) = granted_read(&["V1", "invoices"]) {
            (grant, Vec::new(), order_documents(&change.subject.id))
        } else {
            return Err(money_refusal(change, "whose invoice it is cannot be read").remedy(
                "an action that refunds invoices is granted GET `/V1/invoices/{id}` or `/V1/invoices`",
            ));
        };
        let read = Read {
            upstream: grant.upstream.clone(),
            route: grant.route.as_str().to_owned(),
            path,
            query,
            view: StoreView::Global,
        };
        let permitted = souk_policy::permit_lookup(self.grants, &read, &change.subject.id)?;
        let body = self.reader.get(&permitted).await?;
        let found: Value = serde_json::from_slice(&body).unwrap_or_default();
        let found = match found.get("items").and_then(Value::as_array) {
            Some(items) if read.path.is_empty() => {
                let mut items = items.iter();
                items
                    .find(|item| is_id(item.get("entity_id"), invoice))
                    .cloned()
                    .unwrap_or_default()
            }
            _ => found,
        };
        if is_id(found.get("entity_id"), invoice)
            && is_id(found.get("order_id"), &change.subject.id)
        {
            return Ok(());
        }
        Err(money_refusal(change, &format!("the invoice `{invoice}` is none of this order")))
    }
}

impl DraftTotals {
    /// What they move, by kind and currency.
    pub(crate) fn money(&self) -> Vec<PlanMoney> {
        let money = self.0.iter().map(|((kind, currency), amount)| PlanMoney {
            kind: *kind,
            currency: currency.clone(),
            amount: *amount,
        });
        money.collect()
    }

    /// Takes a change in.
    ///
    /// # Errors
    /// Why its money may not move, or is too much with what is in already.
    pub(crate) async fn add(
        &mut self,
        context: &PlansContext,
        money: MoneyContext<'_>,
        change: &Change,
        observed: &ObservedState,
    ) -> Result<(), Failure> {
        let Some(movement) = money.movement(change, observed).await? else { return Ok(()) };
        let MoneyMovement { kind, currency, amount } = movement;
        let total = self.0.entry((kind, currency.clone())).or_default();
        *total += amount;
        if kind == SpendKind::Refund {
            check_refund_per_call(&context.guards, *total, &currency)?;
        }
        let account = account_of_today(context, money.store, kind, currency);
        let cap = cap_per_day(&context.guards, &account);
        let spent = context.store.spent(&account).await?;
        if countable(*total)? > (cap - spent).max(Decimal::ZERO) {
            return Err(over_cap_per_day(&account, spent, cap));
        }
        Ok(())
    }
}

/// What is to be set aside for a change before it is sent, as its order stands now; none where it
/// moves no money.
///
/// # Errors
/// Why its money may not move.
pub(crate) async fn reservation(
    context: &PlansContext,
    money: MoneyContext<'_>,
    change: &Change,
    observed: &ObservedState,
) -> Result<Option<Reservation>, Failure> {
    let Some(movement) = money.movement(change, observed).await? else { return Ok(None) };
    let MoneyMovement { kind, currency, amount } = movement;
    let account = account_of_today(context, money.store, kind, currency);
    let cap = cap_per_day(&context.guards, &account);
    Ok(Some(Reservation { account, amount: countable(amount)?, cap }))
}

/// What moves now is no more than the plan said when it was decided of.
///
/// # Errors
/// That it is more.
pub(crate) fn check_reviewed(
    header: &PlanHeader,
    change: &Change,
    reserve: &Reservation,
) -> Result<(), Failure> {
    // Plans of before there were decisions do not say.
    if header.money.is_empty() {
        return Ok(());
    }
    let SpendAccount { kind, currency, .. } = &reserve.account;
    let of_account =
        header.money.iter().find(|money| (money.kind, &money.currency) == (*kind, currency));
    let reviewed = countable(of_account.map(|money| money.amount).unwrap_or_default())?;
    if reserve.amount <= reviewed {
        return Ok(());
    }
    let why = format!(
        "it would move {} {currency} by now, and the plan was reviewed with {} {currency} at most",
        reserve.amount.with_cents(),
        reviewed.with_cents()
    );
    Err(money_refusal(change, &why).remedy("propose it again"))
}

/// What left a store one way today, or may have, and what may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayMoney {
    /// The store, by the operator's name for it.
    pub store: String,
    /// Which way.
    pub kind: SpendKind,
    /// The currency's code.
    pub currency: String,
    /// How much is set aside or gone, in the currency's units.
    pub spent: Decimal,
    /// How much may leave today.
    pub cap: Decimal,
}

/// The accounts of today that these plans may have touched.
///
/// # Errors
/// The store of plans cannot be read.
pub(crate) async fn money_today(
    context: &PlansContext,
    plans: &[StoredPlan],
) -> Result<Vec<DayMoney>, Failure> {
    let accounts: BTreeSet<(&str, SpendKind, &str)> = plans
        .iter()
        .flat_map(|plan| plan.header.money.iter().map(move |money| (&plan.header, money)))
        .map(|(header, money)| (header.store.as_str(), money.kind, money.currency.as_str()))
        .collect();
    let mut found = Vec::with_capacity(accounts.len());
    for (store, kind, currency) in accounts {
        let account = account_of_today(context, store, kind, currency.to_owned());
        let spent = context.store.spent(&account).await?;
        let cap = cap_per_day(&context.guards, &account);
        let SpendAccount { store, currency, .. } = account;
        found.push(DayMoney { store, kind, currency, spent, cap });
    }
    Ok(found)
}

fn account_of_today(
    context: &PlansContext,
    store: &str,
    kind: SpendKind,
    currency: String,
) -> SpendAccount {
    let day = context.now_ms().div_euclid(DAY_MS);
    SpendAccount { day, store: store.to_owned(), kind, currency }
}

fn check_refund_per_call(guards: &Guards, total: Decimal, currency: &str) -> Result<(), Failure> {
    let cap = guards.max_refund.of(currency).unwrap_or_default();
    if total <= cap {
        return Ok(());
    }
    Err(refuse(
        "refund-per-call",
        Code::Forbidden,
        format!("{total} {currency} are more than one call may refund: {cap} {currency}"),
        "refund less, or an operator raises `guards.max_refund` (SOUK_MAX_REFUND)".into(),
    ))
}

fn cap_per_day(guards: &Guards, account: &SpendAccount) -> Decimal {
    let caps = match account.kind {
        SpendKind::Refund => &guards.max_refund_per_day,
        SpendKind::Cancel => &guards.max_cancel_per_day,
    };
    caps.of(&account.currency).unwrap_or_default()
}

/// An account would go past its cap.
pub(crate) fn over_cap_per_day(account: &SpendAccount, spent: Decimal, cap: Decimal) -> Failure {
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
            "{} {currency} are left to be {doing} today of {}, until {reset}",
            (cap - spent).max(Decimal::ZERO).with_cents(),
            cap.with_cents()
        ),
        format!("wait until then, or an operator raises `guards.{setting}` ({variable})"),
    )
}

/// The amount, where accounts can count it.
fn countable(amount: Decimal) -> Result<Decimal, Failure> {
    match amount.to_ten_thousandths() {
        Some(count) => Ok(Decimal::from_ten_thousandths(count)),
        None => Err(refuse(
            "money",
            Code::Forbidden,
            format!("`{amount}` is no amount that can be accounted for"),
            "move less at once".into(),
        )),
    }
}
