//! What sales do to stock: orders hold goods back, shipments take them from a source, refunds give
//! them back or write them off.

use super::composition::Roles;
use super::order;
use crate::amount::Amount;
use crate::document::{Doc, Fields};
use crate::php;
use crate::shop::{ALL, Shop, StoreId};

/// The source that every shop has.
const DEFAULT_SOURCE: &str = "default";

/// Goods: a SKU and how many.
pub(crate) type Goods = (String, Amount);

/// The goods of order items, by their places and how many: of a composite product its parts, of a
/// configurable one its variant, whose SKU it has itself.
pub(crate) fn goods(
    order: &Doc,
    roles: &Roles,
    listed: impl Iterator<Item = (usize, Amount)>,
) -> Vec<Goods> {
    let items = order.docs("items");
    let mut goods: Vec<Goods> = Vec::new();
    for (place, quantity) in listed {
        let role = roles.at(place);
        if role.has_parts && !role.is_shipped {
            continue;
        }
        if !(role.has_parts && role.is_in_bundle) {
            add(&mut goods, items[place].text("sku"), quantity);
            continue;
        }
        for part in roles.parts(place).filter(|part| !order::is_virtual_item(items[*part])) {
            if let Some(quantity) = roles.at(part).in_bundles(quantity) {
                add(&mut goods, items[part].text("sku"), order::counted(items[part], quantity));
            }
        }
    }
    goods
}

fn add(goods: &mut Vec<Goods>, sku: String, quantity: Amount) {
    match goods.iter_mut().find(|(known, _)| *known == sku) {
        Some((_, sum)) => *sum += quantity,
        None => goods.push((sku, quantity)),
    }
}

/// The goods that a cancellation of the order sets free: neither shipped nor invoiced.
pub(crate) fn freed(order: &Doc, roles: &Roles) -> Vec<Goods> {
    let items = order.docs("items");
    let mut freed = Vec::new();
    let left = |item: &Doc, shipped: Amount| {
        let gone = shipped.max(item.amount("qty_invoiced"));
        item.amount("qty_ordered") - gone - item.amount("qty_canceled")
    };
    for (place, item) in items.iter().enumerate() {
        let role = roles.at(place);
        if !role.is_shipped {
            continue;
        }
        if role.has_parts && role.is_in_bundle {
            for part in roles.parts(place) {
                let shipped = roles.at(part).in_bundles(item.amount("qty_shipped"));
                let shipped = shipped.unwrap_or(Amount::ZERO);
                add(&mut freed, items[part].text("sku"), left(items[part], shipped));
            }
        } else {
            add(&mut freed, item.text("sku"), left(item, item.amount("qty_shipped")));
        }
    }
    freed.retain(|(_, quantity)| *quantity > Amount::ZERO);
    freed
}

/// The stock that an order was sold from.
pub(crate) fn stock_of(shop: &Shop, order: &Doc) -> u64 {
    let store = StoreId::try_from(order.id("store_id")).unwrap_or(ALL);
    let website = shop.stores.website_of(store);
    shop.stores.website_code(website).map_or(1, |code| shop.stock_of_website(code))
}

/// Gives back what the order held back.
pub(crate) fn release(shop: &mut Shop, order: &Doc, goods: &[Goods]) {
    let stock = stock_of(shop, order);
    for (sku, quantity) in goods {
        if manages_stock(shop, sku) {
            shop.reserve(sku, stock, quantity.float());
        }
    }
}

fn manages_stock(shop: &Shop, sku: &str) -> bool {
    shop.products.by_sku(sku).is_none_or(|product| {
        product.keeps_stock() && product.stock_item.get("manage_stock").is_none_or(php::truthy)
    })
}

/// The sources of a stock, the first to be used first.
fn sources_by_priority(shop: &Shop, stock: u64) -> Vec<String> {
    let mut links: Vec<(i64, String)> = shop
        .stock_links
        .iter()
        .filter(|link| php::id_of(&link["stock_id"]) == stock)
        .map(|link| (php::int_of(&link["priority"]), php::text_of(&link["source_code"])))
        .collect();
    links.sort();
    links.into_iter().map(|(_, code)| code).collect()
}

/// The source of a shipment that names none: the only one of the order's stock, or the default one.
pub(crate) fn source_of(shop: &Shop, order: &Doc) -> String {
    match sources_by_priority(shop, stock_of(shop, order)).as_slice() {
        [only] => only.clone(),
        _ => DEFAULT_SOURCE.to_owned(),
    }
}

fn quantity_at(shop: &Shop, sku: &str, source: &str) -> Option<Amount> {
    shop.source_items
        .iter()
        .find(|item| item["sku"] == sku && item["source_code"] == source)
        .map(|item| Amount::of(item.get("quantity")))
}

/// Whether a source has all the goods.
pub(crate) fn has_all(shop: &Shop, source: &str, goods: &[Goods]) -> bool {
    goods.iter().filter(|(sku, _)| manages_stock(shop, sku)).all(|(sku, quantity)| {
        let backorders = shop
            .products
            .by_sku(sku)
            .is_some_and(|product| product.stock_item.get("backorders").is_some_and(php::truthy));
        quantity_at(shop, sku, source).is_some_and(|has| backorders || has >= *quantity)
    })
}

/// Takes goods from a source. An empty source is out of stock.
pub(crate) fn take(shop: &mut Shop, source: &str, goods: &[Goods]) {
    for (sku, quantity) in goods {
        if manages_stock(shop, sku) {
            move_at(shop, sku, source, -*quantity);
        }
    }
}

fn move_at(shop: &mut Shop, sku: &str, source: &str, quantity: Amount) {
    let Some(has) = quantity_at(shop, sku, source) else { return };
    let left = has + quantity;
    let in_stock = left > Amount::ZERO;
    shop.set_source_item(sku, source, left.float(), in_stock);
    if source != DEFAULT_SOURCE {
        return;
    }
    if let Some(product) = shop.products.by_sku_mut(sku) {
        product.stock_item.insert("qty".to_owned(), left.json());
        product.stock_item.insert("is_in_stock".to_owned(), in_stock.into());
    }
}

/// Takes goods from the sources of the order's stock, in their order, and gives the reservation back:
/// for goods that are gone without a parcel.
pub(crate) fn use_up(shop: &mut Shop, order: &Doc, goods: &[Goods]) {
    let sources = sources_by_priority(shop, stock_of(shop, order));
    for (sku, quantity) in goods {
        let mut left = *quantity;
        for source in &sources {
            let here =
                quantity_at(shop, sku, source).unwrap_or(Amount::ZERO).min(left).max(Amount::ZERO);
            if here > Amount::ZERO {
                take(shop, source, &[(sku.clone(), here)]);
                left = left - here;
            }
        }
    }
    release(shop, order, goods);
}

/// One refunded line: the order item and how many of it.
pub(crate) struct ReturnedItem<'a> {
    /// The order item as it is after the refund.
    pub(crate) item: &'a Doc,
    /// How many.
    pub(crate) quantity: Amount,
    /// Whether the goods go back to stock.
    pub(crate) returned: bool,
}

/// What a refund does to stock. Goods that were shipped go back to the sources they came from, if they
/// are returned at all; goods that never left are free again if returned, and else written off.
pub(crate) fn refund(shop: &mut Shop, order: &Doc, refunded: &ReturnedItem<'_>) {
    let sku = refunded.item.text("sku");
    let shipped_from = shipped_from(shop, order, &sku);
    let shipped: Amount = shipped_from.iter().map(|(_, quantity)| *quantity).sum();
    let processed = refunded.item.amount("qty_invoiced") - refunded.item.amount("qty_refunded")
        + refunded.quantity;
    let unshipped = if order::is_virtual_item(refunded.item) {
        Amount::ZERO
    } else {
        (processed - shipped).max(Amount::ZERO).min(refunded.quantity)
    };
    let mut back = refunded.quantity - unshipped;
    if unshipped > Amount::ZERO {
        let goods = [(sku.clone(), unshipped)];
        if refunded.returned {
            release(shop, order, &goods);
        } else {
            use_up(shop, order, &goods);
        }
    }
    if !refunded.returned {
        return;
    }
    if order::is_virtual_item(refunded.item) {
        let source = source_of(shop, order);
        move_at(shop, &sku, &source, back);
        return;
    }
    for (source, quantity) in shipped_from {
        let here = quantity.min(back);
        move_at(shop, &sku, &source, here);
        back = back - here;
    }
}

/// The sources from which goods of an order were shipped, and how many from each.
fn shipped_from(shop: &Shop, order: &Doc, sku: &str) -> Vec<(String, Amount)> {
    let roles = Roles::of(order);
    let place = |line: &Doc| {
        let mut items = order.docs("items").into_iter();
        items.position(|item| item.id("item_id") == line.id("order_item_id"))
    };
    let own =
        shop.shipments.iter().filter(|shipment| shipment.id("order_id") == order.id("entity_id"));
    own.flat_map(|shipment| {
        let source = php::text_of(&shipment.value("extension_attributes")["source_code"]);
        let listed = shipment.docs("items").into_iter();
        let listed = listed.filter_map(|line| Some((place(line)?, line.amount("qty"))));
        let goods = goods(order, &roles, listed).into_iter();
        goods.filter(|(known, _)| known == sku).map(move |(_, quantity)| (source.clone(), quantity))
    })
    .collect()
}
