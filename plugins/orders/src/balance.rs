//! What of an order's money is left to give back, in both currencies.

use souk_sdk::prelude::*;

use crate::json_object::JsonObject;
use crate::money::Money;
use crate::order::{Order, OrderItem};

/// What was paid, what was given back, and what a refund would share out.
#[derive(Debug, Clone)]
pub(crate) struct OrderBalance {
    /// What one of the base currency is in the order's; 1 where they are the same.
    pub(crate) rate: Decimal,
    pub(crate) total_paid: Money,
    /// What memos gave back: also what the order's own total lost.
    pub(crate) total_refunded: Money,
    /// How far the order's own currency may go past what was paid: each is rounded by itself.
    pub(crate) conversion_slack: Decimal,
    /// What memos gave back on top of goods and shipping.
    pub(crate) adjustment_refunded: Money,
    /// Without its tax.
    pub(crate) shipping_amount: Money,
    /// The shipping that was not given back yet, without its tax.
    pub(crate) shipping_left: Money,
    /// The shipping that was invoiced and not given back yet, in the order's currency.
    pub(crate) shipping_invoiced_left: Decimal,
    pub(crate) shipping_refunded: Decimal,
    pub(crate) shipping_tax: Money,
    pub(crate) shipping_tax_left: Money,
    pub(crate) shipping_discount: Money,
    /// With its tax, and before the discount.
    pub(crate) shipping_incl_tax: Money,
    /// Tax that a discount on the shipping hides. What was refunded of it is not kept by itself.
    pub(crate) shipping_compensation: Money,
    /// All tax that was invoiced and not given back.
    pub(crate) tax_left: Money,
    /// All tax that discounts hide and that was not given back, the shipping's with it.
    pub(crate) compensation_left: Money,
    /// The items of which something can be refunded.
    pub(crate) items: Vec<ItemBalance>,
}

/// What is left of an item's invoiced amounts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ItemBalance {
    /// The order item's id.
    pub(crate) id: u64,
    pub(crate) quantity: Decimal,
    pub(crate) row: Money,
    /// A positive amount.
    pub(crate) discount: Money,
    pub(crate) tax: Money,
    /// Tax that a discount before tax hides.
    pub(crate) compensation: Money,
}

impl OrderBalance {
    /// The balance of an order.
    ///
    /// As in [`Order::parse`] every amount that Magento may have none of is nothing where it is missing.
    pub(crate) fn parse(order: &Order) -> Result<Self, Failure> {
        let document = &order.document;
        let money = |name: &str| money_if_any(document, name);
        let shipping_amount = money("shipping_amount")?;
        let shipping_invoiced = money("shipping_invoiced")?;
        let shipping_refunded = money("shipping_refunded")?;
        let shipping_tax = money("shipping_tax_amount")?;
        let items = order.billed_items().filter(|item| item.to_refund().is_positive());
        let shipping_compensation = shipping_compensation(document)?;
        Ok(Self {
            rate: match document.amount_if_any("base_to_order_rate")? {
                Decimal::ZERO => Decimal::whole(1),
                rate => rate,
            },
            total_paid: money("total_paid")?,
            total_refunded: money("total_refunded")? + order.unrecorded_refunds,
            conversion_slack: if order.is_converted() { Decimal::CENT } else { Decimal::ZERO },
            // A memo of nothing but an adjustment is none of any item.
            adjustment_refunded: money("adjustment_positive")?,
            shipping_amount,
            shipping_left: shipping_amount - shipping_refunded,
            shipping_invoiced_left: (shipping_invoiced - shipping_refunded).order,
            shipping_refunded: shipping_refunded.order,
            shipping_tax,
            shipping_tax_left: shipping_tax - money("shipping_tax_refunded")?,
            shipping_discount: money("shipping_discount_amount")?,
            shipping_incl_tax: money("shipping_incl_tax")?,
            shipping_compensation,
            tax_left: money("tax_invoiced")? - money("tax_refunded")?,
            compensation_left: money("discount_tax_compensation_invoiced")? + shipping_compensation
                - money("discount_tax_compensation_refunded")?,
            items: items.map(ItemBalance::parse).collect::<Result<_, _>>()?,
        })
    }

    /// Whether so much more would be more than was paid, in the base currency or, by more than the slack,
    /// in the order's. All are held to in cents.
    pub(crate) fn is_exceeded_by(&self, more: Money, slack: Decimal) -> bool {
        let (paid, given) = (self.total_paid.cents(), (self.total_refunded + more).cents());
        given.base > paid.base || given.order > paid.order + slack
    }

    /// The shipping that was not given back, with its tax, in the base currency.
    pub(crate) fn shipping_left_incl_tax(&self) -> Decimal {
        let refunded = self.shipping_amount.base - self.shipping_left.base;
        let tax_refunded = self.shipping_tax.base - self.shipping_tax_left.base;
        (self.shipping_incl_tax.base - refunded - tax_refunded).max(Decimal::ZERO)
    }

    /// What is left of the shipping in the order's currency, not below zero.
    pub(crate) fn shipping_to_refund(&self) -> Decimal {
        self.shipping_left.order.min(self.shipping_invoiced_left).max(Decimal::ZERO)
    }
}

impl ItemBalance {
    /// The balance of an item. What was invoiced of its row no item of Magento's lacks.
    fn parse(item: &OrderItem) -> Result<Self, Failure> {
        let document = &item.document;
        let money = |name: &str| money_if_any(document, name);
        let row = Money {
            order: document.amount("row_invoiced")?,
            base: document.amount("base_row_invoiced")?,
        };
        let compensation = money("discount_tax_compensation_invoiced")?;
        Ok(Self {
            id: item.id,
            quantity: item.to_refund(),
            row: row - money("amount_refunded")?,
            discount: money("discount_invoiced")? - money("discount_refunded")?,
            tax: money("tax_invoiced")? - money("tax_refunded")?,
            compensation: compensation - money("discount_tax_compensation_refunded")?,
        })
    }
}

/// The tax of an order's or an invoice's shipping that a discount hides.
pub(crate) fn shipping_compensation(document: &JsonObject) -> Result<Money, Failure> {
    Ok(Money {
        order: document.amount_if_any("shipping_discount_tax_compensation_amount")?,
        // Magento's column is too short for the whole name.
        base: document.amount_if_any("base_shipping_discount_tax_compensation_amnt")?,
    })
}

/// An amount and its twin in the base currency; nothing where there is none.
pub(crate) fn money_if_any(document: &JsonObject, name: &str) -> Result<Money, Failure> {
    Ok(Money {
        order: document.amount_if_any(name)?,
        base: document.amount_if_any(&["base_", name].concat())?,
    })
}
