//! What a review warns of before money is given back.

use souk_sdk::prelude::*;

use super::Refund;
use crate::item_quantity::ItemQuantity;
use crate::miscounted_bundle;
use crate::money::Money;
use crate::order::OrderItem;
use crate::state::is_paid_offline;

/// What a store does with an adjustment for what it does not take.
const TAX_SHOWN_REFUSES: &str = ". A store that shows shipping with tax in its orders takes nothing off and \
     refuses it: the operator says so by the setting `shipping_display` of this plugin";

impl Refund<'_> {
    /// The goods that are given back: of a bundle that is billed whole those of its parts.
    fn goods(&self) -> Vec<(&OrderItem, Decimal)> {
        let mut goods = Vec::new();
        for ItemQuantity { item, quantity } in &self.quantities {
            if item.role.is_in_bundle && item.role.has_parts {
                let parts = self.order.parts(item);
                goods.extend(parts.map(|part| (part, quantity.times(part.role.per_whole))));
            } else {
                goods.push((*item, *quantity));
            }
        }
        goods
    }

    pub(super) fn warn(&self, change: &mut ChangeBuilder) {
        for (item, quantity) in self.goods() {
            let gone = item.written_off(quantity);
            if gone.is_positive() && !item.is_virtual && !self.comes_back(item) {
                change.warn(format!(
                    "{gone} of `{}` were never shipped and do not go back to stock: Magento takes them off \
                     the source's quantity",
                    item.sku()
                ));
            }
        }
        if self.invoice.is_none() && !is_paid_offline(self.order) {
            change.warn(format!(
                "`{}` moves no money: the store only notes the refund, and the customer has to be \
                 paid back outside",
                self.order.payment_method
            ));
        }
        if self.names_items {
            let warnings = miscounted_bundle::warnings_of_refund(self.order, &self.quantities);
            warnings.into_iter().for_each(|warning| change.warn(warning));
        }
        self.warn_of_amounts(change);
    }

    fn warn_of_amounts(&self, change: &mut ChangeBuilder) {
        let currency = self.order.currency();
        if self.given_before.is_positive() {
            change.warn(format!(
                "of what is left, {} {currency} were given back {} before: that is kept as a fee, so that \
                 all of what was paid is refunded and no more",
                self.given_before,
                match self.is_above_by_roundings_alone() {
                    true => "by the store's own roundings",
                    false if self.order.unrecorded_refunds == Money::default() => "by adjustments",
                    false => "by adjustments, or by credit memos that the order's total lacks",
                }
            ));
        }
        if self.order.unrecorded_refunds != Money::default() {
            change.warn(format!(
                "the credit memos of the order come to {} {currency} more than the {} {currency} that it \
                 says were refunded, as where two were made at once: no more is given back than is left \
                 after all of them",
                self.order.unrecorded_refunds.order, self.order.total_refunded
            ));
        }
        if self.taken_twice.is_positive() {
            let refuses = if self.display_is_known { "" } else { TAX_SHOWN_REFUSES };
            change.warn(format!(
                "Magento takes the discount on the shipping off its tax as well: {} {currency} of it are \
                 given back as an adjustment, so that all that is left of what was paid is refunded{refuses}",
                self.taken_twice
            ));
        }
        if self.order.is_converted() {
            let base = self.order.base_currency();
            change.warn(format!(
                "Magento takes shipping and adjustments in {base}: the request says them in {base}, and \
                 {} are given back in all",
                self.amount()
            ));
        }
        if self.uncertainty.shipping.is_positive() || self.uncertainty.total > Decimal::CENT {
            change.warn(format!(
                "a store that shows shipping with tax in its orders takes amounts of it as including it, and \
                 gives back up to {} {currency} more or less: no answer of the store's tells, and the \
                 operator can say so by the setting `shipping_display` of this plugin. The answer says how \
                 much it was",
                self.uncertainty.total.cents()
            ));
        }
    }
}
