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

/// What a credit memo can come to, in the order's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CreditMemoBound {
    /// What a plugin has to say at least that it gives back: the store's settings can make it less than
    /// [`most`](Self::most), and no plugin need foresee each cent of rounding.
    pub(super) least: Decimal,
    /// What the store can give back at most, by all its peculiarities.
    pub(super) most: Decimal,
}

/// The sums of a memo, not rounded.
#[derive(Default)]
struct CreditMemoSums {
    /// Rows less their discounts.
    goods: Decimal,
    /// Tax, and tax that discounts hide.
    taxes: Decimal,
    /// Shares that Magento rounds.
    lines: u32,
    /// Whether shares of what is given back in part have to be rounded.
    is_rounded: bool,
    /// Whether something of an item stays.
    leaves_items: bool,
}

/// Shipping with its taxes and without its discount.
struct Shipping {
    /// Where the store takes amounts as including tax, or takes off a discount twice.
    least: Decimal,
    most: Decimal,
    /// The taxes in `most`.
    taxes: Decimal,
    /// Whether it is all that is left.
    is_all: bool,
    /// Whether it is a part, which is rounded.
    is_rounded: bool,
}

/// How many cents a refund's claim may lack of the bound for each share that Magento rounds.
const ROUNDING_CENTS: i64 = 2;

/// What the request of a refund moves, of this order; `by_invoice`: of one of its invoices.
///
/// # Errors
/// What is wrong with the request, or what the order does not tell.
pub(super) fn credit_memo(
    order: &JsonMembers,
    body: Option<&Value>,
    by_invoice: bool,
) -> Result<CreditMemoBound, String> {
    let empty = JsonMembers::new();
    let body = match body {
        None => &empty,
        Some(body) => object(body).ok_or("the body is no object")?,
    };
    let mut sums = CreditMemoSums::default();
    match member(body, "items")? {
        None => add_everything(&mut sums, order)?,
        Some(Value::Array(items)) if items.is_empty() => add_everything(&mut sums, order)?,
        Some(Value::Array(items)) => add_items(&mut sums, order, items)?,
        Some(_) => return Err("`items` is no list".into()),
    }
    let arguments = match member(body, "arguments")? {
        None => &empty,
        Some(arguments) => object(arguments).ok_or("`arguments` is no object")?,
    };
    let shipping = shipping(order, amount(arguments, "shipping_amount")?)?;
    let mut most = sums.goods + sums.taxes + shipping.most;
    if shipping.is_all && !sums.leaves_items {
        // The last memo takes all tax that is left, also what rounding left of others before.
        most += (taxes_left(order)? - sums.taxes - shipping.taxes).max(Decimal::ZERO);
    } else if by_invoice && !amount(order, "total_refunded")?.unwrap_or_default().is_zero() {
        // The last memo of its invoice does, and what is left of that the order does not tell.
        most += Decimal::from_cents(i64::from(sums.lines) + 1);
    }
    // What the last rounding can leave over: one of items and taxes, one of shipping.
    let half_a_cent = Decimal::from_ten_thousandths(50);
    if sums.is_rounded {
        most += half_a_cent;
    }
    if shipping.is_rounded {
        most += half_a_cent;
    }
    let rate = match amount(order, "base_to_order_rate")? {
        Some(rate) if !rate.is_zero() => rate,
        _ => Decimal::ONE,
    };
    let more = amount(arguments, "adjustment_positive")?.unwrap_or_default();
    let less = amount(arguments, "adjustment_negative")?.unwrap_or_default();
    let adjustments = round(multiply(more, rate)?) - round(multiply(less, rate)?);
    let most = round(most) + adjustments;
    if most.is_negative() {
        return Err("its `adjustment_negative` is more than all the rest".into());
    }
    let slack = Decimal::from_cents(ROUNDING_CENTS * i64::from(sums.lines + 1));
    let least = sums.goods + sums.taxes + shipping.least + adjustments - slack;
    Ok(CreditMemoBound { least, most })
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

fn add_everything(sums: &mut CreditMemoSums, order: &JsonMembers) -> Result<(), String> {
    for item in order_items(order)? {
        let left = refundable(item)?;
        if left > Decimal::ZERO {
            sums.add(item, left, left)?;
        }
    }
    Ok(())
}

fn add_items(
    sums: &mut CreditMemoSums,
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
    let mut given_back = Vec::new();
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
                sums.add(item, quantity, left)?;
                given_back.extend(amount(item, "item_id")?);
            }
        }
        if !found {
            return Err(format!("the order has no item {id}"));
        }
    }
    for item in order_items(order)? {
        let is_whole = amount(item, "parent_item_id")?.unwrap_or_default().is_zero();
        let is_named = amount(item, "item_id")?.is_some_and(|id| given_back.contains(&id));
        // A bundle is given back with its parts.
        let by_parts = order_items(order)?.any(|part| {
            let id_of = |of: &JsonMembers, name: &str| amount(of, name).ok().flatten();
            id_of(part, "parent_item_id") == id_of(item, "item_id")
                && id_of(part, "item_id").is_some_and(|id| given_back.contains(&id))
        });
        // Of a bundle that is billed by its parts the parts tell: what it counts itself is too much.
        let is_billed_part =
            !is_whole && signed(item, "row_invoiced")?.unwrap_or_default() > Decimal::ZERO;
        let is_left = refundable(item)? > Decimal::ZERO && !is_named;
        sums.leaves_items |= is_left && (is_billed_part || is_whole && !by_parts);
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

impl CreditMemoSums {
    /// Adds so many of an order item, out of what is left of it.
    fn add(&mut self, item: &JsonMembers, quantity: Decimal, left: Decimal) -> Result<(), String> {
        let mut is_rounded = false;
        let mut share = |rest: Decimal| -> Result<Decimal, String> {
            if quantity == left {
                return Ok(rest);
            }
            let share = divide(multiply(rest, quantity)?, left)?;
            is_rounded |= share != round(share);
            Ok(share)
        };
        let rest = |of: &str, done: &str| -> Result<Decimal, String> {
            Ok(signed(item, of)?.unwrap_or_default() - signed(item, done)?.unwrap_or_default())
        };
        if amount(item, "row_invoiced")?.is_none() {
            return Err("the lookup does not show what of an item was invoiced".into());
        }
        let row = share(rest("row_invoiced", "amount_refunded")?)?;
        let discount = share(rest("discount_invoiced", "discount_refunded")?)?;
        let mut taxes = share(rest("tax_invoiced", "tax_refunded")?)?;
        taxes += share(rest(
            "discount_tax_compensation_invoiced",
            "discount_tax_compensation_refunded",
        )?)?;
        // A tax of its own that Magento shares out by what was ordered.
        if let (Some(tax), Some(ordered)) =
            (amount(item, "weee_tax_applied_row_amount")?, amount(item, "qty_ordered")?)
            && !ordered.is_zero()
        {
            taxes += divide(multiply(tax, quantity)?, ordered)?;
        }
        self.goods += row - discount;
        self.taxes += taxes;
        self.lines += 1;
        self.is_rounded |= is_rounded;
        self.leaves_items |= quantity != left;
        Ok(())
    }
}

/// `wanted` is in the base currency, with its tax or without it as the store shows shipping in its
/// orders; none: all. The store's peculiarities: for no shipping it gives back a bit of the discount on
/// it, and where all shipping was given back before, what that discount hides of tax anew.
fn shipping(order: &JsonMembers, wanted: Option<Decimal>) -> Result<Shipping, String> {
    let value = |name: &str| Ok::<_, String>(amount(order, name)?.unwrap_or_default());
    let (total, base) = (value("shipping_amount")?, value("base_shipping_amount")?);
    // Magento shares the base currency's discount out, and what it keeps of the order's may be another.
    let converted = match value("base_shipping_discount_amount")? {
        discount if base.is_zero() => discount,
        discount => divide(multiply(total, discount)?, base)?,
    };
    let own = value("shipping_discount_amount")?;
    let (discount, most_discount) = match converted.is_zero() {
        true => (own, own),
        false => (own.min(converted), own.max(converted)),
    };
    let tax = value("shipping_tax_amount")?;
    // A cent more or less, by how the tax was rounded.
    let hidden = signed(order, "shipping_discount_tax_compensation_amount")?.unwrap_or_default();
    let left = total - value("shipping_refunded")?;
    let base_left = base - value("base_shipping_refunded")?;
    let tax_left = tax - value("shipping_tax_refunded")?;
    let of_discount = |part: Decimal, whole: Decimal| -> Result<Decimal, String> {
        if whole.is_zero() { Ok(Decimal::ZERO) } else { divide(multiply(discount, part)?, whole) }
    };
    let is_all = wanted.is_none_or(|wanted| base.is_zero() || wanted >= base_left);
    let (most_hidden, least_hidden) = (hidden.max(Decimal::ZERO), hidden.min(Decimal::ZERO));
    let incl_tax = match value("base_shipping_incl_tax")? {
        none if none.is_zero() => base,
        incl_tax => incl_tax,
    };
    let all_least = left + tax_left + least_hidden - most_discount;
    let Some(wanted) = wanted else {
        let taxes = tax_left + most_hidden;
        let has_none = value("base_shipping_incl_tax")?.is_zero() && !total.is_zero();
        let most = if has_none {
            // Nothing less the tax is less than nothing: so much of the discount is given back besides.
            left + taxes + divide(multiply(most_discount, tax)?, total)?
        } else {
            left + taxes - of_discount(left, total)?
        };
        // Where none is named, the discount goes with the shipping with tax less its tax. A tax that was
        // reckoned after the discount makes that more than all of the shipping.
        let whole = (incl_tax - value("base_shipping_tax_amount")?).max(base);
        let again = match base.is_zero() {
            true => Decimal::ZERO,
            false => divide(multiply(most_discount, whole - base)?, base)?,
        };
        let least = (all_least - again).min(most);
        return Ok(Shipping { least, most, taxes, is_all, is_rounded: false });
    };
    if base.is_zero() {
        let (least, most) = (Decimal::ZERO, wanted + tax_left + most_hidden);
        return Ok(Shipping { least, most, taxes: tax_left, is_all, is_rounded: false });
    }
    let part = |of: Decimal, whole: Decimal| divide(multiply(of, wanted)?, whole);
    let least = part(total + tax + least_hidden - most_discount, incl_tax)?.min(all_least);
    let (taxes, mut most) = if is_all {
        let taxes = tax_left + most_hidden;
        (taxes, left + taxes - of_discount(left, total)?)
    } else {
        let taxes = part(tax + most_hidden, base)?;
        (taxes, part(total, base)? + taxes - part(discount, base)?)
    };
    if wanted.is_zero() && !total.is_zero() {
        most += divide(multiply(most_discount, tax)?, total)?;
    }
    let most = most.max(Decimal::ZERO);
    let is_rounded = !is_all && most != round(most);
    Ok(Shipping { least: least.min(most), most, taxes, is_all, is_rounded })
}

/// All tax that was invoiced and not given back, and all that discounts hide.
fn taxes_left(order: &JsonMembers) -> Result<Decimal, String> {
    let value = |name: &str| Ok::<_, String>(signed(order, name)?.unwrap_or_default());
    Ok(value("tax_invoiced")? - value("tax_refunded")?
        + value("discount_tax_compensation_invoiced")?
        + value("shipping_discount_tax_compensation_amount")?
        - value("discount_tax_compensation_refunded")?)
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
