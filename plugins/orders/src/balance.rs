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
    pub(crate) total_refunded: Money,
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
    /// As in [`Order::parse`] an amount that is missing is an error. What a first invoice or a first
    /// refund writes may be missing before it: `shipping_invoiced`, `shipping_refunded`,
    /// `shipping_tax_refunded`, and of items the amounts of [`ItemBalance::parse`].
    pub(crate) fn parse(order: &Order) -> Result<Self, Failure> {
        let document = &order.document;
        let is_refunded = order.items().iter().any(|item| item.qty_refunded.is_positive());
        let after_refund = |name: &str| money(document, is_refunded, name);
        let shipping_amount = money(document, true, "shipping_amount")?;
        let shipping_invoiced = money(document, order.is_invoiced(), "shipping_invoiced")?;
        let shipping_refunded = after_refund("shipping_refunded")?;
        let shipping_tax = money(document, true, "shipping_tax_amount")?;
        let items = order.billed_items().filter(|item| item.to_refund().is_positive());
        let after_invoice = |name: &str| money(document, order.is_invoiced(), name);
        let shipping_compensation = Money {
            order: document.amount("shipping_discount_tax_compensation_amount")?,
            // Magento's column is too short for the whole name.
            base: document.amount("base_shipping_discount_tax_compensation_amnt")?,
        };
        Ok(Self {
            rate: match document.amount("base_to_order_rate")? {
                Decimal::ZERO => Decimal::whole(1),
                rate => rate,
            },
            total_paid: money(document, false, "total_paid")?,
            total_refunded: after_refund("total_refunded")?,
            shipping_amount,
            shipping_left: shipping_amount - shipping_refunded,
            shipping_invoiced_left: (shipping_invoiced - shipping_refunded).order,
            shipping_refunded: shipping_refunded.order,
            shipping_tax,
            shipping_tax_left: shipping_tax - after_refund("shipping_tax_refunded")?,
            shipping_discount: money(document, true, "shipping_discount_amount")?,
            shipping_incl_tax: money(
                document,
                shipping_amount.order.is_positive(),
                "shipping_incl_tax",
            )?,
            shipping_compensation,
            tax_left: after_invoice("tax_invoiced")? - after_refund("tax_refunded")?,
            compensation_left: after_invoice("discount_tax_compensation_invoiced")?
                + shipping_compensation
                - after_refund("discount_tax_compensation_refunded")?,
            items: items.map(ItemBalance::parse).collect::<Result<_, _>>()?,
        })
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
    /// The balance of an item.
    ///
    /// Magento answers `row_invoiced`, `amount_refunded`, `discount_invoiced` and `tax_invoiced` of
    /// every item, the tax compensation from the item's first invoice on, and what was refunded of
    /// discount, tax and compensation from its first refund on (`order_operations.jsonl`).
    fn parse(item: &OrderItem) -> Result<Self, Failure> {
        let document = &item.document;
        let is_refunded = item.qty_refunded.is_positive();
        let always = |name: &str| money(document, true, name);
        let refunded = |name: &str| money(document, is_refunded, name);
        let compensation =
            money(document, item.qty_invoiced.is_positive(), "discount_tax_compensation_invoiced")?;
        Ok(Self {
            id: item.id,
            quantity: item.to_refund(),
            row: always("row_invoiced")? - always("amount_refunded")?,
            discount: always("discount_invoiced")? - refunded("discount_refunded")?,
            tax: always("tax_invoiced")? - refunded("tax_refunded")?,
            compensation: compensation - refunded("discount_tax_compensation_refunded")?,
        })
    }
}

/// An amount and its twin in the base currency; nothing where it is missing and has not `happened`.
pub(crate) fn money(document: &JsonObject, happened: bool, name: &str) -> Result<Money, Failure> {
    Ok(Money {
        order: document.amount_after(happened, name)?,
        base: document.amount_after(happened, &["base_", name].concat())?,
    })
}
