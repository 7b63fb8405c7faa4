//! The `promotions` action group: cart price rules and their coupons.
//!
//! It owns what Magento makes of writes to them: conditions that it drops without a word, coupons
//! that are kept apart from their rule or deleted with a change of type, codes that grow longer than
//! was asked, and rules that are known by nothing but their name until they have an id.

mod change_result;
mod conditions;
mod coupon;
mod create;
mod create_args;
mod csv;
mod discount_terms;
mod document;
mod export;
mod generate;
mod overlap;
mod read;
mod references;
mod rule;
mod rule_field;
mod rule_values;
mod update;

use souk_sdk::prelude::group;

group! {
    /// Promotions
    ///
    /// Find, create and change cart price rules; generate and export their coupons.
    promotions: [
        read::search_rules,
        read::get_rule,
        export::export_coupons,
        create::prepare_cart_price_rule_create,
        update::update_rule,
        update::enable_rule,
        update::disable_rule,
        generate::generate_coupons,
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
