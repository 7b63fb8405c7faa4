//! The sample shop: Fjord & Field, an outfitter with an English, a German and a trade view.
//!
//! What it sells, to whom and what became of it are the files in `sample/`, tables and nested documents
//! that a person can edit; a row that is not as it should be is an error with its line. The rest is rule:
//! ids, variants of garments, descriptions, and whatever the store itself makes of a request. Most of the
//! shop is in order; the faults in it are deliberate (`faults.csv`), so that there is something to find.

mod attributes;
mod basket;
mod categories;
mod content;
mod customers;
mod data;
mod documents;
mod faults;
mod order_place;
mod orders;
mod products;
mod promotions;
mod read;
mod references;
mod rows;
mod story;
#[cfg(test)]
mod strictness;
mod structure;
mod warehouses;

use data::{Data, Files};
use read::SampleError;

use crate::shop::{ALL, Shop};

/// The sample shop, the same every time.
///
/// # Panics
/// When the shipped data is not as it should be: it is a part of the program, and a test reads it.
pub(crate) fn shop() -> Shop {
    match build(&Files::shipped()) {
        Ok(shop) => shop,
        Err(error) => panic!("{error}"),
    }
}

/// The shop that the files describe.
fn build(files: &Files<'_>) -> Result<Shop, SampleError> {
    let data = Data::read(files)?;
    references::check(&data)?;
    let view = |code: &str| data.view(code).map_or(ALL, |view| view.id);
    let (german, trade) = (view("de"), view("trade"));
    let mut shop = structure::shop(&data);
    shop.attributes = attributes::attributes(&data);
    categories::fill(&mut shop, &data, german);
    products::fill(&mut shop, &data, german);
    faults::plant(&mut shop, &data, german, trade);
    shop.complete(&serde_json::Value::Null);
    let mut story = story::Story { shop: &mut shop, now: data.opening() };
    warehouses::write(&mut story, &data)?;
    content::write(&mut story, &data)?;
    promotions::write(&mut story, &data)?;
    customers::write(&mut story, &data)?;
    orders::write(&mut story, &data)?;
    Ok(shop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: u32 = 1;
    const GERMAN: u32 = 2;
    const TRADE: u32 = 3;

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
