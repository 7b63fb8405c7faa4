//! The sample shop's products.

use serde_json::{Value, json};

use super::categories;
use super::data::Data;
use super::rows::{Garment, Good, Link, LinkType, ProductType, Sale};
use crate::php;
use crate::shop::product::{CategoryLink, MediaEntry};
use crate::shop::stock::stock_item;
use crate::shop::{ALL, Product, Scoped, Shop, StoreId};
use crate::url_key::url_key;

/// Wool is cared for in its own way.
const WOOL: &str = "Merino wool";
/// The id of the group that buys at tier prices.
const WHOLESALE: u64 = 2;

/// Makes the products, and then what belongs to them: prices for the trade, sales, links.
pub(super) fn fill(shop: &mut Shop, data: &Data, german: StoreId) {
    let maker = Maker { data, german, stocked: data.stocked_at() };
    // Ids are given in this order, and orders, links and recordings of tests know them.
    let simple = |good: &&Good| good.kind == ProductType::Simple;
    let goods = || data.goods.iter().map(|good| &**good);
    for good in goods().filter(simple) {
        maker.good(shop, good);
    }
    for garment in &data.garments {
        maker.garment(shop, garment);
    }
    for good in goods().filter(|good| !simple(good)) {
        maker.good(shop, good);
    }
    for good in goods() {
        sell_to_the_trade(shop, data, good);
    }
    for sale in &data.sales {
        put_on_sale(shop, data, sale);
    }
    for link in &data.links {
        lead(shop, link);
    }
}

/// What is said of a product in every table.
struct Description<'a> {
    name: &'a str,
    german: &'a str,
    category: &'a str,
    price: f64,
    grams: u32,
    material: Option<&'a str>,
    brand: &'a str,
    about: &'a str,
    quantity: u32,
}

/// Makes products.
struct Maker<'a> {
    data: &'a Data,
    /// The German view.
    german: StoreId,
    /// When all of them were made.
    stocked: String,
}

impl Maker<'_> {
    fn good(&self, shop: &mut Shop, good: &Good) {
        let description = Description {
            name: &good.name,
            german: &good.german,
            category: &good.category,
            price: good.price.number(),
            grams: good.grams,
            material: good.material.as_deref(),
            brand: &good.brand,
            about: &good.about,
            quantity: good.quantity,
        };
        let kind = match good.kind {
            ProductType::Simple => "simple",
            ProductType::Virtual => "virtual",
            ProductType::Grouped => "grouped",
        };
        let mut product = self.product(shop, &good.sku, &description, kind);
        product.websites =
            good.websites.0.iter().filter_map(|code| self.data.website(code)).collect();
        if good.kind == ProductType::Grouped {
            product.values.clear("price", ALL);
            product.values.clear("weight", ALL);
        }
        shop.products.put(product);
    }

    /// A product for each colour and size, and the one that stands for them all.
    fn garment(&self, shop: &mut Shop, garment: &Garment) {
        let description = |quantity| Description {
            name: &garment.name,
            german: &garment.german,
            category: &garment.category,
            price: garment.price.number(),
            grams: garment.grams,
            material: garment.material.as_deref(),
            brand: &garment.brand,
            about: &garment.about,
            quantity,
        };
        let mut children = Vec::new();
        for colour in &garment.colours.0 {
            for size in &garment.sizes.0 {
                let sku = garment.variant(colour, size);
                let name = format!("{}, {colour}, {size}", garment.name);
                let mut child =
                    self.product(shop, &sku, &description(stock_of_variant(&sku)), "simple");
                child.values.set("name", ALL, json!(name));
                child.values.clear("name", self.german);
                child.values.set("url_key", ALL, json!(url_key(&name)));
                child.values.set("visibility", ALL, json!(1));
                for (code, label) in [("color", colour), ("size", size)] {
                    let value = self.data.option(code, label).unwrap_or_default();
                    child.values.set(code, ALL, json!(value.to_string()));
                }
                child.categories.clear();
                children.push(child.id);
                shop.products.put(child);
            }
        }
        let mut parent = self.product(shop, &garment.sku, &description(0), "configurable");
        parent.values.clear("price", ALL);
        let options = [("color", &garment.colours.0), ("size", &garment.sizes.0)].into_iter();
        let options: Value = options
            .zip(0u64..)
            .map(|((code, labels), position)| {
                self.configurable_option(shop, parent.id, code, labels, position)
            })
            .collect();
        parent.extension.insert("configurable_product_options".to_owned(), options);
        parent.extension.insert("configurable_product_links".to_owned(), json!(children));
        shop.products.put(parent);
    }

    fn configurable_option(
        &self,
        shop: &Shop,
        product: u64,
        code: &str,
        labels: &[String],
        position: u64,
    ) -> Value {
        let values = labels.iter().filter_map(|label| self.data.option(code, label));
        let values: Vec<Value> = values.map(|value| json!({ "value_index": value })).collect();
        let attribute =
            shop.attributes.get(code).map(|attribute| attribute.doc.clone()).unwrap_or_default();
        json!({
            "id": product * 2 + position, "attribute_id": php::text_of(&attribute["attribute_id"]),
            "label": attribute["default_frontend_label"], "position": position, "values": values,
            "product_id": product
        })
    }

    fn product(
        &self,
        shop: &mut Shop,
        sku: &str,
        description: &Description<'_>,
        kind: &str,
    ) -> Product {
        let Description { name, german, category, price, grams, material, brand, about, quantity } =
            *description;
        let id = shop.products.take_id();
        let category =
            CategoryLink { category: categories::id_of(self.data, category), position: 0 };
        let mut product = Product {
            id,
            sku: sku.to_owned(),
            attribute_set: 4,
            type_id: kind.to_owned(),
            created_at: self.stocked.clone(),
            updated_at: self.stocked.clone(),
            websites: vec![1],
            categories: vec![category],
            stock_item: stock_item(id, id, Some(f64::from(quantity)), true),
            ..Product::default()
        };
        let values = &mut product.values;
        let option = |code: &str, label: &str| {
            json!(self.data.option(code, label).map(|value| value.to_string()))
        };
        let mut set = |code: &str, value: Value| values.set(code, ALL, value);
        set("name", json!(name));
        set("price", php::number(price));
        set("status", json!(1));
        set("visibility", json!(4));
        set("weight", php::number(f64::from(grams) / 1000.0));
        set(
            "description",
            json!(format!("<p>{about}.</p><p>Made to be repaired; spare parts for ten years.</p>")),
        );
        set("short_description", json!(about));
        set("meta_title", json!(format!("{name} | Fjord & Field")));
        set("meta_description", json!(format!("{name}: {about}.")));
        set("url_key", json!(url_key(name)));
        set("tax_class_id", json!("2"));
        set("brand", option("brand", brand));
        set("cost", decimal(price * 0.46, 2));
        set("options_container", json!("container2"));
        set("msrp_display_actual_price_type", json!("0"));
        set("required_options", json!("0"));
        set("has_options", json!("0"));
        if let Some(material) = material {
            set("material", option("material", material));
        }
        if material == Some(WOOL) {
            set("care_notes", json!("Cold wash, dry flat, air often."));
        }
        values.set("name", self.german, json!(german));
        values.set("meta_title", self.german, json!(format!("{german} | Fjord & Field")));
        take_picture(&mut product, &url_key(name));
        product
    }
}

/// A decimal attribute as the API answers it: six digits after the point.
fn decimal(value: f64, digits: i32) -> Value {
    json!(format!("{:.6}", php::round(value, digits)))
}

/// How many there are of a variant: some number that depends on its SKU alone.
fn stock_of_variant(sku: &str) -> u32 {
    let hash = sku.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    5 + u32::try_from((hash >> 17) % 90).unwrap_or(0)
}

fn take_picture(product: &mut Product, key: &str) {
    let mut letters = key.chars();
    let (first, second) = (letters.next().unwrap_or('x'), letters.next().unwrap_or('x'));
    let file = format!("/{first}/{second}/{key}.jpg");
    let mut values = Scoped::default();
    values.set("label", ALL, product.values.get("name", ALL).cloned().unwrap_or(Value::Null));
    values.set("position", ALL, json!(1));
    values.set("disabled", ALL, json!(false));
    for role in ["image", "small_image", "thumbnail"] {
        product.values.set(role, ALL, json!(file));
    }
    product.values.set("swatch_image", ALL, json!("no_selection"));
    product.media.push(MediaEntry {
        id: product.id,
        kind: "image".to_owned(),
        file,
        values,
        content: None,
    });
}

/// What is sold on another website too has a tier price there, and a title.
fn sell_to_the_trade(shop: &mut Shop, data: &Data, good: &Good) {
    let Some(trade) = good.websites.0.iter().find(|code| *code != "base") else { return };
    let view = data.views.iter().find(|view| *view.website == **trade).map(|view| view.id);
    let (Some(product), Some(view)) = (shop.products.by_sku_mut(&good.sku), view) else { return };
    product.tier_prices.push(json!({
        "customer_group_id": WHOLESALE, "qty": 10, "value": php::round(good.price.number() * 0.7, 2),
        "extension_attributes": { "website_id": 0 }
    }));
    product.values.set("meta_title", view, json!(format!("{} | Trade", good.name)));
}

fn put_on_sale(shop: &mut Shop, data: &Data, sale: &Sale) {
    let category = categories::id_of(data, "Sale");
    let Some(product) = shop.products.by_sku_mut(&sale.sku) else { return };
    product.values.set("special_price", ALL, decimal(sale.price.number(), 6));
    for (code, day) in [("special_from_date", sale.from), ("special_to_date", sale.to)] {
        if let Some(day) = day {
            product.values.set(code, ALL, json!(format!("{day} 00:00:00")));
        }
    }
    if sale.in_sale_category {
        product.categories.push(CategoryLink { category, position: 1 });
    }
}

fn lead(shop: &mut Shop, link: &Link) {
    let Some(product) = shop.products.by_sku_mut(&link.sku) else { return };
    let mut doc = json!({
        "sku": *link.sku,
        "link_type": match link.kind {
            LinkType::Associated => "associated",
            LinkType::Related => "related",
        },
        "linked_product_sku": *link.linked_sku, "linked_product_type": "simple", "position": link.position
    });
    if let Some(quantity) = link.quantity {
        doc["extension_attributes"] = json!({ "qty": quantity });
    }
    product.links.push(doc);
}
