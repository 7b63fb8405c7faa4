//! The sample shop's categories and products.

use serde_json::{Value, json};

use super::goods::{CATEGORIES, SHELVES, VARIED};
use super::{ENGLISH, GERMAN, STOCKED, TRADE};
use crate::php;
use crate::shop::product::{CategoryLink, MediaEntry};
use crate::shop::stock::stock_item;
use crate::shop::{ALL, Category, Product, Scoped, Shop};
use crate::text::url_key;

/// Fills in categories and products.
pub(super) fn fill(shop: &mut Shop) {
    categories(shop);
    for shelf in &SHELVES {
        for (line, number) in shelf.goods.lines().zip(1u32..) {
            let fields: Vec<&str> = line.split('|').collect();
            let [name, german, price, grams, material, about] = fields[..] else {
                continue;
            };
            let goods =
                Goods { name, german, price, grams, material, about, category: shelf.category };
            simple(shop, &format!("{}-{number:03}", shelf.prefix), &goods);
        }
    }
    for line in VARIED.lines() {
        varied(shop, line);
    }
    sales(shop);
    trade(shop);
    composites(shop);
}

/// The words of one line.
struct Goods<'a> {
    name: &'a str,
    german: &'a str,
    price: &'a str,
    grams: &'a str,
    material: &'a str,
    about: &'a str,
    category: &'a str,
}

fn categories(shop: &mut Shop) {
    let mut root = Category {
        id: 1,
        created_at: STOCKED.to_owned(),
        updated_at: STOCKED.to_owned(),
        ..Category::default()
    };
    root.values.set("name", ALL, json!("Root Catalog"));
    root.values.set("include_in_menu", ALL, json!(true));
    shop.categories.put(root);
    add_category(shop, 2, 1, 1, ("Default Category", "Standard-Kategorie"), true);
    for (line, id) in CATEGORIES.lines().zip(3u64..) {
        let fields: Vec<&str> = line.split('|').collect();
        let [name, german, parent, in_menu] = fields[..] else {
            continue;
        };
        let parent = if parent.is_empty() { 2 } else { category_id(shop, parent) };
        let position = i64::try_from(shop.categories.children(parent).len()).unwrap_or(0) + 1;
        add_category(shop, id, parent, position, (name, german), in_menu == "1");
    }
}

fn add_category(
    shop: &mut Shop,
    id: u64,
    parent: u64,
    position: i64,
    names: (&str, &str),
    in_menu: bool,
) {
    let (name, german) = names;
    let mut category = Category {
        id,
        parent,
        position,
        created_at: STOCKED.to_owned(),
        updated_at: STOCKED.to_owned(),
        values: Scoped::default(),
    };
    let values = &mut category.values;
    values.set("name", ALL, json!(name));
    values.set("name", GERMAN, json!(german));
    values.set("is_active", ALL, json!(name != "Archive"));
    values.set("include_in_menu", ALL, json!(in_menu));
    if id > 2 {
        values.set("is_anchor", ALL, json!("1"));
        values.set("url_key", ALL, json!(url_key(name)));
        values.set("url_key", GERMAN, json!(url_key(german)));
        values.set("meta_title", ALL, json!(format!("{name} | Fjord & Field")));
        values.set(
            "description",
            ALL,
            json!(format!("<p>{name}, chosen by people who use it.</p>")),
        );
        let above: Vec<String> = shop
            .categories
            .path(parent)
            .into_iter()
            .skip(2)
            .filter_map(|parent| {
                Some(php::text_of(shop.categories.get(parent)?.values.get("url_key", ALL)?))
            })
            .collect();
        let path = above.into_iter().chain([url_key(name)]).collect::<Vec<_>>().join("/");
        values.set("url_path", ALL, json!(path));
    }
    shop.categories.put(category);
}

fn category_id(shop: &Shop, name: &str) -> u64 {
    shop.categories
        .iter()
        .find(|category| category.values.get("name", ALL).is_some_and(|known| known == name))
        .map_or(2, |category| category.id)
}

/// A number between 0 and `below` that depends on the text alone.
fn chance(text: &str, below: u64) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 17) % below
}

fn basic(shop: &mut Shop, sku: &str, goods: &Goods<'_>, type_id: &str) -> Product {
    let id = shop.products.take_id();
    let price: f64 = goods.price.parse().unwrap_or(0.0);
    let grams: f64 = goods.grams.parse().unwrap_or(0.0);
    let quantity = 5 + u32::try_from(chance(sku, 90)).unwrap_or(0);
    let mut product = Product {
        id,
        sku: sku.to_owned(),
        attribute_set: 4,
        type_id: type_id.to_owned(),
        created_at: STOCKED.to_owned(),
        updated_at: STOCKED.to_owned(),
        websites: vec![1],
        categories: vec![CategoryLink { category: category_id(shop, goods.category), position: 0 }],
        stock_item: stock_item(id, id, Some(f64::from(quantity)), true),
        ..Product::default()
    };
    let values = &mut product.values;
    let mut set = |code: &str, value: Value| values.set(code, ALL, value);
    set("name", json!(goods.name));
    set("price", php::number(price));
    set("status", json!(1));
    set("visibility", json!(4));
    set("weight", php::number(grams / 1000.0));
    set(
        "description",
        json!(format!(
            "<p>{}.</p><p>Made to be repaired; spare parts for ten years.</p>",
            goods.about
        )),
    );
    set("short_description", json!(goods.about));
    set("meta_title", json!(format!("{} | Fjord & Field", goods.name)));
    set("meta_description", json!(format!("{}: {}.", goods.name, goods.about)));
    set("url_key", json!(url_key(goods.name)));
    set("tax_class_id", json!("2"));
    set("brand", json!((40 + chance(goods.name, 4)).to_string()));
    set("cost", json!(format!("{:.6}", php::round(price * 0.46, 2))));
    set("options_container", json!("container2"));
    set("msrp_display_actual_price_type", json!("0"));
    set("required_options", json!("0"));
    set("has_options", json!("0"));
    if !goods.material.is_empty() {
        set("material", json!(goods.material));
    }
    if goods.material == "30" {
        set("care_notes", json!("Cold wash, dry flat, air often."));
    }
    values.set("name", GERMAN, json!(goods.german));
    values.set("meta_title", GERMAN, json!(format!("{} | Fjord & Field", goods.german)));
    picture(&mut product, &url_key(goods.name));
    product
}

fn picture(product: &mut Product, key: &str) {
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

fn simple(shop: &mut Shop, sku: &str, goods: &Goods<'_>) {
    let product = basic(shop, sku, goods, "simple");
    shop.products.put(product);
}

fn varied(shop: &mut Shop, line: &str) {
    let fields: Vec<&str> = line.split('|').collect();
    let [sku, name, german, category, price, grams, material, sizes, colours, about] = fields[..]
    else {
        return;
    };
    let goods = Goods { name, german, price, grams, material, about, category };
    let label = |shop: &Shop, code: &str, value: &str| {
        let options =
            shop.attributes.get(code).and_then(|attribute| attribute.doc["options"].as_array());
        let option = options.into_iter().flatten().find(|option| option["value"] == value);
        option.map(|option| php::text_of(&option["label"])).unwrap_or_default()
    };
    let mut children = Vec::new();
    for colour in colours.split(' ') {
        for size in sizes.split(' ') {
            let (colour_name, size_name) =
                (label(shop, "color", colour), label(shop, "size", size));
            let child_sku = format!("{sku}-{}-{size_name}", colour_name.to_uppercase());
            let child_name = format!("{name}, {colour_name}, {size_name}");
            let mut child = basic(shop, &child_sku, &goods, "simple");
            child.values.set("name", ALL, json!(child_name));
            child.values.clear("name", GERMAN);
            child.values.set("url_key", ALL, json!(url_key(&child_name)));
            child.values.set("visibility", ALL, json!(1));
            child.values.set("color", ALL, json!(colour));
            child.values.set("size", ALL, json!(size));
            child.categories.clear();
            children.push(child.id);
            shop.products.put(child);
        }
    }
    let mut parent = basic(shop, sku, &goods, "configurable");
    parent.values.clear("price", ALL);
    parent.stock_item = stock_item(parent.id, parent.id, Some(0.0), true);
    let option = |code: &str, at: u64, values: &str| {
        let indices: Vec<Value> = values
            .split(' ')
            .map(|value| json!({ "value_index": value.parse::<u64>().unwrap_or(0) }))
            .collect();
        let attribute =
            shop.attributes.get(code).map(|attribute| attribute.doc.clone()).unwrap_or_default();
        json!({
            "id": parent.id * 2 + at, "attribute_id": php::text_of(&attribute["attribute_id"]),
            "label": attribute["default_frontend_label"], "position": at, "values": indices, "product_id": parent.id
        })
    };
    let options = json!([option("color", 0, colours), option("size", 1, sizes)]);
    parent.extension.insert("configurable_product_options".to_owned(), options);
    parent.extension.insert("configurable_product_links".to_owned(), json!(children));
    shop.products.put(parent);
}

/// Every ninth simple product is on sale, some for good, some until a day, one from next year.
fn sales(shop: &mut Shop) {
    let sale = category_id(shop, "Sale");
    for product in shop.products.iter_mut().filter(|product| product.type_id == "simple") {
        if chance(&product.sku, 9) != 0 || product.number("visibility", ALL) != Some(4.0) {
            continue;
        }
        let price = product.number("price", ALL).unwrap_or(0.0);
        product.values.set(
            "special_price",
            ALL,
            json!(format!("{:.6}", php::round(price * 0.8, 1))),
        );
        product.values.set("special_from_date", ALL, json!("2026-06-01 00:00:00"));
        match chance(&product.name_key(), 3) {
            0 => product.values.set("special_to_date", ALL, json!("2027-01-31 00:00:00")),
            1 => product.values.set("special_to_date", ALL, json!("2026-08-31 00:00:00")),
            _ => {}
        }
        product.categories.push(CategoryLink { category: sale, position: 1 });
    }
}

/// Camp and packs are sold to the trade too, at tier prices.
fn trade(shop: &mut Shop) {
    for product in shop.products.iter_mut() {
        let prefix = product.sku.get(..3).unwrap_or_default();
        if !matches!(prefix, "TEN" | "SLP" | "COK" | "DAY" | "TRK" | "BTL") {
            continue;
        }
        product.websites.push(2);
        let price = php::round(product.number("price", ENGLISH).unwrap_or(0.0) * 0.7, 2);
        product.tier_prices.push(json!({
            "customer_group_id": 2, "qty": 10, "value": price, "extension_attributes": { "website_id": 0 }
        }));
        let name = product.text("name", ALL);
        product.values.set("meta_title", TRADE, json!(format!("{name} | Trade")));
    }
}

fn composites(shop: &mut Shop) {
    let goods = |name, german, category, price, about| Goods {
        name,
        german,
        price,
        grams: "0",
        material: "",
        about,
        category,
    };
    let mut kitchen = basic(
        shop,
        "SET-KITCHEN",
        &goods("Camp Kitchen", "Campingküche", "Stoves & Cookware", "0", "All it takes for two"),
        "grouped",
    );
    kitchen.values.clear("price", ALL);
    kitchen.values.clear("weight", ALL);
    for (sku, position) in ["COK-001", "COK-003", "COK-005", "COK-008"].into_iter().zip(1u32..) {
        kitchen.links.push(json!({
            "sku": "SET-KITCHEN", "link_type": "associated", "linked_product_sku": sku,
            "linked_product_type": "simple", "position": position, "extension_attributes": { "qty": 2 }
        }));
    }
    shop.products.put(kitchen);
    for (sku, name, german, price) in [
        ("GIFT-25", "Gift Card 25", "Gutschein 25", "25"),
        ("GIFT-50", "Gift Card 50", "Gutschein 50", "50"),
        ("SRV-TENT", "Tent Check & Repair", "Zelt-Prüfung & Reparatur", "45"),
    ] {
        let product =
            basic(shop, sku, &goods(name, german, "Gifts", price, "No parcel needed"), "virtual");
        shop.products.put(product);
    }
    let related = [
        ("TEN-002", "TEN-007"),
        ("TEN-002", "SLP-001"),
        ("JKT-ALDER", "FIX-004"),
        ("BOT-001", "BOT-007"),
    ];
    for ((sku, other), position) in related.into_iter().zip(1u32..) {
        if let Some(product) = shop.products.by_sku_mut(sku) {
            product.links.push(json!({
                "sku": sku, "link_type": "related", "linked_product_sku": other,
                "linked_product_type": "simple", "position": position
            }));
        }
    }
}

impl Product {
    fn name_key(&self) -> String {
        self.text("name", ALL)
    }
}
