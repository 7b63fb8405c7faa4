//! What the items of an order are to each other: composite products and their parts.
//!
//! Of a composite product either the whole or its parts are billed, and either the whole or its parts are
//! shipped; Magento carries the other along. A configurable product is billed and shipped itself, its
//! variant never. A bundle is billed by its parts where its price is theirs, which the order shows: parts
//! that are not billed have no price with tax. How a bundle ships is a setting of the product that no
//! order shows.

use souk_sdk::magento::{PRODUCTS, projection};
use souk_sdk::prelude::*;

use crate::json_object::JsonObject;

/// With which item the goods of another leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShippedAs {
    /// With itself: shipments name it.
    Itself,
    /// With its whole, or with its parts.
    Another,
    /// Of a bundle whose product nobody asked for, or that is gone.
    Unknown,
}

/// Whether documents are about money or about goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentSide {
    /// Invoices and credit memos.
    Money,
    /// Shipments.
    Goods,
}

/// What one item is in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ItemRole {
    /// Whether its money is its own: invoices and credit memos count it by itself.
    pub(crate) is_billed: bool,
    pub(crate) shipped_as: ShippedAs,
    /// Whether other items are parts of this one.
    pub(crate) has_parts: bool,
    /// Whether it is a bundle or a part of one.
    pub(crate) is_in_bundle: bool,
    /// How many of a part are in one whole; 1 for everything else.
    pub(crate) per_whole: Decimal,
}

impl ItemRole {
    /// An item that stands for itself.
    pub(crate) fn alone() -> Self {
        Self {
            is_billed: true,
            shipped_as: ShippedAs::Itself,
            has_parts: false,
            is_in_bundle: false,
            per_whole: Decimal::whole(1),
        }
    }

    /// An item of a composite product: the whole or a part of it, of a bundle or not, and whether it is
    /// the parts that are billed.
    pub(crate) fn composite(
        is_part: bool,
        is_in_bundle: bool,
        bills_parts: bool,
        per_whole: Decimal,
    ) -> Self {
        Self {
            is_billed: bills_parts == is_part,
            shipped_as: match (is_in_bundle, is_part) {
                (true, _) => ShippedAs::Unknown,
                (false, true) => ShippedAs::Another,
                (false, false) => ShippedAs::Itself,
            },
            has_parts: !is_part,
            is_in_bundle,
            per_whole,
        }
    }

    /// Whether it is a bundle that is billed by its parts.
    pub(crate) const fn is_bundle_of_parts(self) -> bool {
        self.is_in_bundle && self.has_parts && !self.is_billed
    }

    /// Whether documents of this side name the item itself.
    pub(crate) fn acts(self, side: DocumentSide) -> bool {
        match side {
            DocumentSide::Money => self.is_billed,
            DocumentSide::Goods => self.shipped_as == ShippedAs::Itself,
        }
    }
}

/// Which bundles ship their parts by themselves, by the products' ids; those of products that are gone
/// are not among them.
///
/// # Errors
/// What reading meets.
pub(crate) fn shipment_types(
    context: &Context,
    products: &[String],
) -> Result<Vec<(u64, bool)>, Failure> {
    let fields = projection(["id", "sku", "type_id", "custom_attributes"])?;
    let mut found = Vec::new();
    for some in products.chunks(100) {
        let filter = Filter::any_of("entity_id", some)?;
        let criteria = Criteria::new().filter(filter).page(100, 1).fields(fields.clone());
        let read = PRODUCTS.read([]).search(&criteria).in_view(StoreView::Global);
        let page: SearchPage<JsonObject> = context.get(&read)?;
        found.extend(page.items);
    }
    let separately = |product: &JsonObject| {
        let attributes = product.rows("custom_attributes");
        let found =
            attributes.into_iter().find(|row| row.text("attribute_code") == "shipment_type");
        let value = found?.get("value").cloned()?;
        Some((product.id("id"), value == "1" || value == 1))
    };
    Ok(found.iter().filter_map(separately).collect())
}
