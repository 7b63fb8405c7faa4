//! What a credit memo that a request makes can come to, at most.
//!
//! Magento shares what is left of an order item's row, tax and discount out by quantity, and rounds
//! each share. The same is done here from the order as the host read it, without any help of the
//! plugin's. Amounts of items are in the order's currency; shipping and adjustments of a request are
//! in the base currency. Held to the recorded memos of `orders.jsonl` and `orders_more.jsonl`.

use serde_json::{Map, Value};
use souk_model::Decimal;

use crate::magento::names::member;

type JsonMembers = Map<String, Value>;

/// An upper bound of a credit memo, and how many roundings are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CreditMemoBound {
    /// In the order's currency.
    pub(super) total: Decimal,
    /// Shares that Magento rounds.
    pub(super) lines: u32,
    /// What a real store gives back besides, by its own peculiarities with discounts of shipping. No
    /// plugin need foresee it, but it is money that moves.
    pub(super) besides: Decimal,
}

/// What the request of a refund moves at most, of this order.
///
/// # Errors
/// What is wrong with the request, or what the order does not tell.
pub(super) fn credit_memo(
    order: &JsonMembers,
    body: Option<&Value>,
) -> Result<CreditMemoBound, String> {
    let empty = JsonMembers::new();
    let body = match body {
        None => &empty,
        Some(body) => object(body).ok_or("the body is no object")?,
    };
    let mut credit_memo =
        CreditMemoBound { total: Decimal::ZERO, lines: 0, besides: shipping_besides(order)? };
    match member(body, "items")? {
        None => add_everything(&mut credit_memo, order)?,
        Some(Value::Array(items)) if items.is_empty() => add_everything(&mut credit_memo, order)?,
        Some(Value::Array(items)) => add_items(&mut credit_memo, order, items)?,
        Some(_) => return Err("`items` is no list".into()),
    }
    let arguments = match member(body, "arguments")? {
        None => &empty,
        Some(arguments) => object(arguments).ok_or("`arguments` is no object")?,
    };
    credit_memo.total += shipping(order, amount(arguments, "shipping_amount")?)?;
    credit_memo.lines += 1;
    let rate = match amount(order, "base_to_order_rate")? {
        Some(rate) if !rate.is_zero() => rate,
        _ => Decimal::ONE,
    };
    let more = amount(arguments, "adjustment_positive")?.unwrap_or_default();
    let less = amount(arguments, "adjustment_negative")?.unwrap_or_default();
    credit_memo.total += round(multiply(more, rate)?) - round(multiply(less, rate)?);
    if credit_memo.total.is_negative() {
        return Err("its `adjustment_negative` is more than all the rest".into());
    }
    Ok(credit_memo)
}

/// An object, or an empty list, which PHP takes for one.
fn object(value: &Value) -> Option<&JsonMembers> {
    static EMPTY: std::sync::LazyLock<JsonMembers> = std::sync::LazyLock::new(JsonMembers::new);
    match value {
        Value::Object(members) => Some(members),
        Value::Array(items) if items.is_empty() => Some(&EMPTY),
        _ => None,
    }
}

fn add_everything(credit_memo: &mut CreditMemoBound, order: &JsonMembers) -> Result<(), String> {
    for item in order_items(order)? {
        let left = refundable(item)?;
        if left > Decimal::ZERO {
            credit_memo.total += line_total(item, left, left)?;
            credit_memo.lines += 1;
        }
    }
    Ok(())
}

fn add_items(
    credit_memo: &mut CreditMemoBound,
    order: &JsonMembers,
    items: &[Value],
) -> Result<(), String> {
    let mut named: Vec<Decimal> = Vec::new();
    for asked in items {
        let asked = object(asked).ok_or("an item is no object")?;
        let id = amount(asked, "order_item_id")?.ok_or("an item has no `order_item_id`")?;
        if named.contains(&id) {
            return Err(format!("the item {id} is named twice"));
        }
        named.push(id);
    }
    for (asked, id) in items.iter().filter_map(object).zip(&named) {
        let wanted = amount(asked, "qty")?;
        let mut found = false;
        for item in order_items(order)? {
            let own = amount(item, "item_id")? == Some(*id);
            let parent = amount(item, "parent_item_id")?;
            found |= own;
            let left = refundable(item)?;
            // Parts of what is named go with it, unless they are named themselves.
            let part = parent == Some(*id)
                && !amount(item, "item_id")?.is_some_and(|own| named.contains(&own));
            let quantity = match wanted {
                Some(wanted) if own => wanted,
                Some(wanted) if wanted.is_zero() => continue,
                _ => left,
            };
            if (own || part) && quantity > Decimal::ZERO {
                if quantity > left {
                    return Err(format!("of the item {id} only {left} are left"));
                }
                credit_memo.total += line_total(item, quantity, left)?;
                credit_memo.lines += 1;
            }
        }
        if !found {
            return Err(format!("the order has no item {id}"));
        }
    }
    Ok(())
}

fn order_items(order: &JsonMembers) -> Result<impl Iterator<Item = &JsonMembers>, String> {
    let items = order.get("items").and_then(Value::as_array);
    let items = items.ok_or("the lookup does not show the order's items")?;
    if !items.iter().all(Value::is_object) {
        return Err("the lookup shows an item that is none".into());
    }
    Ok(items.iter().filter_map(Value::as_object))
}

/// How many of an order item can be refunded.
fn refundable(item: &JsonMembers) -> Result<Decimal, String> {
    let invoiced = amount(item, "qty_invoiced")?
        .ok_or("the lookup does not show how many of an item were invoiced")?;
    Ok((invoiced - amount(item, "qty_refunded")?.unwrap_or_default()).max(Decimal::ZERO))
}

/// So many of an order item, out of what is left of it.
fn line_total(item: &JsonMembers, quantity: Decimal, left: Decimal) -> Result<Decimal, String> {
    let share = |rest: Decimal| -> Result<Decimal, String> {
        if quantity == left {
            return Ok(rest);
        }
        Ok(round(divide(multiply(rest, quantity)?, left)?))
    };
    let rest = |of: &str, done: &str| -> Result<Decimal, String> {
        let rest = signed(item, of)?.unwrap_or_default() - signed(item, done)?.unwrap_or_default();
        Ok(rest.max(Decimal::ZERO))
    };
    if amount(item, "row_invoiced")?.is_none() {
        return Err("the lookup does not show what of an item was invoiced".into());
    }
    let mut total = share(rest("row_invoiced", "amount_refunded")?)?;
    total += share(rest("tax_invoiced", "tax_refunded")?)?;
    total +=
        share(rest("discount_tax_compensation_invoiced", "discount_tax_compensation_refunded")?)?;
    // A tax of its own that Magento shares out by what was ordered.
    if let (Some(tax), Some(ordered)) =
        (amount(item, "weee_tax_applied_row_amount")?, amount(item, "qty_ordered")?)
        && !ordered.is_zero()
    {
        total += round(divide(multiply(tax, quantity)?, ordered)?);
    }
    let discount = share(rest("discount_invoiced", "discount_refunded")?)?;
    Ok((total - discount).max(Decimal::ZERO))
}

/// Shipping with its tax, and without its discount; `wanted` is in the base currency, none: all.
fn shipping(order: &JsonMembers, wanted: Option<Decimal>) -> Result<Decimal, String> {
    let value = |name: &str| Ok::<_, String>(amount(order, name)?.unwrap_or_default());
    let (total, base) = (value("shipping_amount")?, value("base_shipping_amount")?);
    let tax = value("shipping_tax_amount")? + value("shipping_discount_tax_compensation_amount")?;
    let discount = value("shipping_discount_amount")?;
    let left = total - value("shipping_refunded")?;
    let Some(wanted) = wanted else {
        let discount =
            if total.is_zero() { Decimal::ZERO } else { divide(multiply(discount, left)?, total)? };
        let taxes = tax - value("shipping_tax_refunded")?;
        return Ok((left + taxes - round(discount)).max(Decimal::ZERO));
    };
    if base.is_zero() {
        return Ok(wanted);
    }
    let part = |of: Decimal| Ok::<_, String>(round(divide(multiply(of, wanted)?, base)?));
    Ok((part(total)? + part(tax)? - part(discount)?).max(Decimal::ZERO))
}

/// What recorded memos gave back beyond their own shipping: the tax on the discount of the shipping,
/// whether it is refunded or not, and once shipping was refunded, its compensation of that tax anew.
fn shipping_besides(order: &JsonMembers) -> Result<Decimal, String> {
    let value = |name: &str| Ok::<_, String>(amount(order, name)?.unwrap_or_default());
    let (total, discount) = (value("shipping_amount")?, value("shipping_discount_amount")?);
    let mut besides = Decimal::ZERO;
    if !total.is_zero() {
        besides += divide(multiply(value("shipping_tax_amount")?, discount)?, total)?;
    }
    if !value("shipping_refunded")?.is_zero() {
        besides += value("shipping_discount_tax_compensation_amount")?;
    }
    Ok(besides)
}

/// A number of zero or more; none where nothing or null stands.
pub(super) fn amount(of: &JsonMembers, name: &str) -> Result<Option<Decimal>, String> {
    match signed(of, name)? {
        Some(number) if number.is_negative() => Err(format!("`{name}` is negative")),
        number => Ok(number),
    }
}

fn signed(of: &JsonMembers, name: &str) -> Result<Option<Decimal>, String> {
    let Some(value) = member(of, name)? else { return Ok(None) };
    Decimal::from_json(value).map(Some).ok_or_else(|| format!("`{name}` is no number"))
}

fn multiply(a: Decimal, b: Decimal) -> Result<Decimal, String> {
    a.checked_mul(b).ok_or_else(|| "its numbers are too large".to_owned())
}

fn divide(a: Decimal, b: Decimal) -> Result<Decimal, String> {
    a.checked_div(b).ok_or_else(|| "its numbers are too large".to_owned())
}

fn round(amount: Decimal) -> Decimal {
    amount.round_to_cents()
}
