//! What the items of an order are to each other: composite products and their parts.
//!
//! Of a composite product either the whole or its parts are billed, and either the whole or its parts
//! are shipped; the other of the two is only carried along. A configurable product is billed and shipped
//! itself. Of a bundle that depends on how its price is made and on how it ships, which an order remembers
//! of its items in a note of the store's own.

use serde_json::json;

use super::order;
use super::quantities::Quantities;
use crate::amount::Amount;
use crate::document::{Doc, Fields};
use crate::php;

/// The note of how a bundle was sold.
const OPTIONS: &str = "_product_options";
/// `product_calculations` of a bundle whose price is that of its parts.
const BY_PARTS: u64 = 0;
/// `shipment_type` of a bundle whose parts are shipped by themselves.
const SEPARATELY: u64 = 1;

/// What one item is in its order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role {
    /// Where the item that this is a part of stands.
    pub(crate) whole: Option<usize>,
    /// Whether other items are parts of this one.
    pub(crate) has_parts: bool,
    /// Whether it is a bundle, or a part of one.
    pub(crate) is_in_bundle: bool,
    /// Whether its money is its own. If not, its quantities are only carried along.
    pub(crate) is_billed: bool,
    /// Whether it is shipped itself.
    pub(crate) is_shipped: bool,
    /// How many of a bundle's part are in one bundle.
    per_bundle: Option<Amount>,
}

/// What each item of an order is, by its place.
#[derive(Debug, Clone)]
pub(crate) struct Roles(Vec<Role>);

impl Roles {
    /// Those of an order.
    pub(crate) fn of(order: &Doc) -> Self {
        let items = order.docs("items");
        Self((0..items.len()).map(|place| Role::of(&items, place)).collect())
    }

    /// What the item at a place is.
    pub(crate) fn at(&self, place: usize) -> Role {
        self.0.get(place).copied().unwrap_or(Role::ALONE)
    }

    /// The places of the parts of the item at a place.
    pub(crate) fn parts(&self, whole: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.0.len()).filter(move |place| self.at(*place).whole == Some(whole))
    }
}

impl Role {
    /// An item that stands for itself.
    const ALONE: Self = Self {
        whole: None,
        has_parts: false,
        is_in_bundle: false,
        is_billed: true,
        is_shipped: true,
        per_bundle: None,
    };

    fn of(items: &[&Doc], place: usize) -> Self {
        let item = items[place];
        let whole = items.iter().position(|other| {
            order::is_part(item) && other.id("item_id") == item.id("parent_item_id")
        });
        let has_parts = items
            .iter()
            .any(|other| order::is_part(other) && other.id("parent_item_id") == item.id("item_id"));
        if whole.is_none() && !has_parts {
            return Self::ALONE;
        }
        let composite = items[whole.unwrap_or(place)];
        let is_in_bundle = composite.text("product_type") == "bundle";
        let (bills_parts, ships_parts) = if is_in_bundle {
            (bills_parts(items, composite), ships_parts(composite))
        } else {
            (false, false)
        };
        let per_bundle = whole.filter(|_| is_in_bundle).map(|_| per_bundle(item, composite));
        Self {
            whole,
            has_parts,
            is_in_bundle,
            is_billed: bills_parts == whole.is_some(),
            is_shipped: ships_parts == whole.is_some(),
            per_bundle,
        }
    }

    /// How many of this part so many bundles hold; none where it is no part of a bundle.
    pub(crate) fn in_bundles(self, bundles: Amount) -> Option<Amount> {
        self.per_bundle.map(|part| part.times(bundles))
    }

    /// What can still be invoiced.
    pub(crate) fn to_invoice(self, item: &Doc) -> Amount {
        if self.is_billed { Quantities::of(item).to_invoice() } else { Amount::ZERO }
    }

    /// What can still be shipped.
    pub(crate) fn to_ship(self, item: &Doc) -> Amount {
        if self.is_shipped { Quantities::of(item).to_ship() } else { Amount::ZERO }
    }

    /// What can still be refunded.
    pub(crate) fn to_refund(self, item: &Doc) -> Amount {
        if self.is_billed { Quantities::of(item).to_refund() } else { Amount::ZERO }
    }

    /// What a cancellation calls off. In a bundle goods count that are shipped with another item.
    pub(crate) fn to_cancel(self, item: &Doc) -> Amount {
        let shipped = if self.is_in_bundle && !self.is_shipped {
            Quantities::of(item).to_ship()
        } else {
            self.to_ship(item)
        };
        self.to_invoice(item).min(shipped)
    }

    /// Whether a cancellation leaves goods to be sent.
    pub(crate) fn stays_to_ship(self, item: &Doc) -> bool {
        let left =
            if self.is_in_bundle { Quantities::of(item).to_ship() } else { self.to_ship(item) };
        left > self.to_cancel(item)
    }
}

/// Whether a bundle's price is that of its parts. Where nobody wrote it down, the parts tell: those that
/// are not billed have no price with tax.
fn bills_parts(items: &[&Doc], bundle: &Doc) -> bool {
    let written = &bundle.value(OPTIONS)["product_calculations"];
    if !written.is_null() {
        return php::id_of(written) == BY_PARTS;
    }
    let mut parts = items.iter().filter(|item| item.id("parent_item_id") == bundle.id("item_id"));
    parts.any(|part| part.get("price_incl_tax").is_some())
}

fn ships_parts(bundle: &Doc) -> bool {
    let written = &bundle.value(OPTIONS)["shipment_type"];
    !written.is_null() && php::id_of(written) == SEPARATELY
}

fn per_bundle(part: &Doc, bundle: &Doc) -> Amount {
    let one = Amount::of(Some(&json!(1)));
    one.in_proportion(part.amount("qty_ordered"), bundle.amount("qty_ordered"), None)
}
