//! The sample shop: Fjord & Field, an outfitter with an English, a German and a trade view.
//!
//! It is made in code, the same every time. Most of it is in order; the faults in it are deliberate,
//! so that there is something to find, and listed in [`faults`].

mod attributes;
mod catalog;
mod content;
mod customers;
mod faults;
mod goods;
mod orders;
mod orders_basket;
mod orders_data;
mod orders_place;
mod promotions;
mod story;
mod structure;
mod warehouses;

use crate::shop::Shop;

/// The day on which the sample shop was stocked.
const STOCKED: &str = "2026-03-02 09:00:00";
/// The same moment, in seconds since 1970.
const OPENING: i64 = 1_772_442_000;

/// English at the main website.
const ENGLISH: u32 = 1;
/// German at the main website.
const GERMAN: u32 = 2;
/// The trade website's view.
const TRADE: u32 = 3;

/// The sample shop.
pub(crate) fn shop() -> Shop {
    let mut shop = structure::shop();
    shop.attributes = attributes::attributes();
    catalog::fill(&mut shop);
    faults::plant(&mut shop);
    shop.complete(&serde_json::Value::Null);
    let mut story = story::Story { shop: &mut shop, now: OPENING };
    warehouses::write(&mut story);
    content::write(&mut story);
    promotions::write(&mut story);
    customers::write(&mut story);
    orders::write(&mut story);
    shop
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_shop_is_a_few_hundred_products_in_three_views() {
        let shop = shop();
        let count = shop.products.iter().count();
        assert!((200..500).contains(&count), "{count} products");
        let tent = shop.products.by_sku("TEN-002").unwrap();
        assert_eq!(tent.text("name", ENGLISH), "Skarv 2 Tent");
        assert_eq!(tent.text("name", GERMAN), "Skarv 2 Zelt");
        assert!(tent.number("price", TRADE).is_some());
    }

    #[test]
    fn it_is_more_than_goods() {
        let shop = shop();
        assert_eq!(shop.stocks.iter().count(), 2);
        assert_eq!(shop.sources.len(), 3);
        assert_eq!((shop.pages.iter().count(), shop.blocks.iter().count()), (9, 6));
        assert_eq!((shop.rules.iter().count(), shop.coupons.iter().count()), (9, 16));
        assert_eq!(shop.customers.iter().count(), 11);
        let tent = shop.products.by_sku("TEN-002").unwrap();
        assert!(shop.salable_quantity(tent, 1) > 0.0);
        assert!(shop.salable_quantity(tent, 2) > 0.0);
    }

    #[test]
    fn it_is_the_same_every_time() {
        let as_json = |shop: &Shop| serde_json::to_string(shop).unwrap();
        assert_eq!(as_json(&shop()), as_json(&shop()));
    }
}
