//! Reading a shop from a state file: what a real store answered, entity by entity.
//!
//! Products and categories come as documents per store view; what differs from the `all` document
//! becomes an override. A value that a view sets to the same as the global one cannot be told apart
//! from an inherited one and is taken for inherited.

use serde_json::Value;

use super::attribute::Attributes;
use super::catalog::Products;
use super::category::{Categories, Category, TREE_ROOT};
use super::contents::Shop;
use super::coupon_type;
use super::numbers::Numbers;
use super::product::{CategoryLink, MediaEntry, Product};
use super::reservation::Reservation;
use super::scope::{ALL, Scoped, StoreId};
use super::stores::Stores;
use super::table::Table;
use crate::credentials::{Access, Credential};
use crate::php;

/// A state file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// It is not JSON.
    #[error("the state file is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A part is missing or has another form.
    #[error("the state file has no usable `{0}`: expected what `lab-state.json` has there")]
    Part(&'static str),
}

impl Shop {
    /// Reads a state file.
    ///
    /// # Errors
    /// When it is not JSON, or lacks stores, products or categories.
    pub(crate) fn from_state(json: &[u8]) -> Result<Self, StateError> {
        let state: Value = serde_json::from_slice(json)?;
        let stores: Stores = serde_json::from_value(state["store"].clone())
            .map_err(|_| StateError::Part("store"))?;
        let by_view = views(&state["products"], &stores).ok_or(StateError::Part("products"))?;
        let everywhere =
            by_view.first().map(|(_, docs)| *docs).ok_or(StateError::Part("products"))?;
        let attribute_docs = state["attributes"].as_array().cloned().unwrap_or_default();
        let attributes = Attributes::new(&attribute_docs, everywhere.iter().map(custom_codes));
        let mut products = Products::default();
        for doc in everywhere {
            products.put(product(doc, &by_view));
        }
        let list = |name: &str| state[name].as_array().cloned().unwrap_or_default();
        let mut shop = Self {
            credentials: credentials(&state["credentials"]),
            categories: categories(&state["categories"], &stores)?,
            stores,
            attributes,
            attribute_sets: list("attributeSets"),
            products,
            website_prices: state["priceScope"] == "website",
            modules: list("modules").iter().map(php::text_of).collect(),
            pages: Table::of("id", state.get("cmsPages")),
            blocks: Table::of("id", state.get("cmsBlocks")),
            source_items: list("sourceItems"),
            sources: list("sources"),
            stocks: Table::of("stock_id", state.get("stocks")),
            stock_links: list("stockSourceLinks"),
            customers: Table::of("id", state.get("customers")),
            groups: Table::of("id", state.get("customerGroups")),
            rules: Table::of("rule_id", state.get("salesRules")),
            coupons: Table::of("coupon_id", state.get("coupons")),
            orders: Table::of("entity_id", state.get("orders")),
            invoices: Table::of("entity_id", state.get("invoices")),
            shipments: Table::of("entity_id", state.get("shipments")),
            creditmemos: Table::of("entity_id", state.get("creditmemos")),
            transactions: Table::of("transaction_id", state.get("transactions")),
            ..Self::default()
        };
        shop.complete(&state["salableQuantity"]);
        Ok(shop)
    }

    /// Sets what a state file tells only indirectly: counters, and reservations, which are the salable
    /// quantity less what the sources have.
    pub(crate) fn complete(&mut self, salable: &Value) {
        self.sales_numbers =
            Numbers::of(&self.orders, &self.invoices, &self.shipments, &self.creditmemos);
        for category in self.categories.iter_mut() {
            if category.id == TREE_ROOT {
                category.parent = 0;
            }
        }
        self.rules.iter_mut().for_each(coupon_type::note);
        for table in [&mut self.pages, &mut self.blocks] {
            table.iter_mut().for_each(|doc| {
                doc.entry("_stores").or_insert_with(|| serde_json::json!([ALL]));
            });
        }
        let ids = |product: &Product| product.stock_item.get("item_id").map_or(0, php::id_of);
        // The last save of a product used an id up: a restored store gives the one after it.
        self.next_stock_item = self.products.iter().map(ids).max().unwrap_or(0) + 2;
        self.last_option = self
            .products
            .iter()
            .filter_map(|product| product.extension.get("configurable_product_options")?.as_array())
            .flatten()
            .map(|option| php::id_of(&option["id"]))
            .max()
            .unwrap_or(0);
        self.next_media = self
            .products
            .iter()
            .flat_map(|product| &product.media)
            .map(|entry| entry.id)
            .max()
            .unwrap_or(0)
            + 1;
        let mut reservations = Vec::new();
        for (place, salable) in salable.as_object().into_iter().flatten() {
            let Some((sku, stock)) = place.rsplit_once('/') else { continue };
            let (Some(stock), Some(salable)) = (stock.parse().ok(), salable.as_f64()) else {
                continue;
            };
            let quantity = salable - self.stock_quantity(sku, stock);
            if quantity != 0.0 && self.is_assigned(sku, stock) {
                reservations.push(Reservation { sku: sku.to_owned(), stock, quantity });
            }
        }
        self.reservations = reservations;
    }
}

/// The documents of each store view that the state has, the global scope first.
fn views<'a>(by_code: &'a Value, stores: &Stores) -> Option<Vec<(StoreId, &'a Vec<Value>)>> {
    let by_code = by_code.as_object()?;
    let mut views: Vec<(StoreId, &Vec<Value>)> = by_code
        .iter()
        .filter_map(|(code, docs)| Some((stores.by_code(code)?, docs.as_array()?)))
        .collect();
    views.sort_by_key(|(store, _)| *store);
    views.first().filter(|(store, _)| *store == ALL)?;
    Some(views)
}

fn custom_codes(doc: &Value) -> Vec<&str> {
    let pairs = doc["custom_attributes"].as_array();
    pairs.into_iter().flatten().filter_map(|pair| pair["attribute_code"].as_str()).collect()
}

fn pairs(doc: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let pairs = doc["custom_attributes"].as_array();
    pairs
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair["attribute_code"].as_str()?, &pair["value"])))
}

const PRODUCT_VALUES: [&str; 5] = ["name", "price", "status", "visibility", "weight"];

fn product(doc: &Value, by_view: &[(StoreId, &Vec<Value>)]) -> Product {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let extension = doc["extension_attributes"].as_object().cloned().unwrap_or_default();
    let mut product = Product {
        id: php::id_of(&doc["id"]),
        sku: php::text_of(&doc["sku"]),
        attribute_set: php::id_of(&doc["attribute_set_id"]),
        type_id: php::text_of(&doc["type_id"]),
        created_at: php::text_of(&doc["created_at"]),
        updated_at: php::text_of(&doc["updated_at"]),
        values: Scoped::default(),
        websites: list(&doc["extension_attributes"]["website_ids"]).iter().map(small_id).collect(),
        categories: list(&doc["extension_attributes"]["category_links"])
            .iter()
            .map(|link| CategoryLink {
                category: php::id_of(&link["category_id"]),
                position: php::int_of(&link["position"]),
            })
            .collect(),
        links: list(&doc["product_links"]),
        options: list(&doc["options"]),
        media: Vec::new(),
        tier_prices: list(&doc["tier_prices"]),
        stock_item: doc["extension_attributes"]["stock_item"]
            .as_object()
            .cloned()
            .unwrap_or_default(),
        extension: extension
            .into_iter()
            .filter(|(name, _)| {
                !matches!(name.as_str(), "website_ids" | "category_links" | "stock_item")
            })
            .collect(),
    };
    for (store, docs) in by_view {
        let Some(view) = docs.iter().find(|other| other["id"] == doc["id"]) else {
            continue;
        };
        for (code, value) in product_values(view) {
            overlay(&mut product.values, code, *store, value);
        }
        for entry in list(&view["media_gallery_entries"]) {
            media_entry(&mut product, *store, &entry);
        }
    }
    product
}

fn product_values(doc: &Value) -> impl Iterator<Item = (&str, &Value)> {
    PRODUCT_VALUES
        .into_iter()
        .filter_map(|field| Some((field, doc.get(field)?)))
        .chain(pairs(doc).filter(|(code, _)| *code != "category_ids"))
}

fn media_entry(product: &mut Product, store: StoreId, entry: &Value) {
    let id = php::id_of(&entry["id"]);
    if !product.media.iter().any(|known| known.id == id) {
        product.media.push(MediaEntry {
            id,
            kind: php::text_of(&entry["media_type"]),
            file: php::text_of(&entry["file"]),
            values: Scoped::default(),
            content: None,
        });
    }
    let Some(known) = product.media.iter_mut().find(|known| known.id == id) else {
        return;
    };
    for field in ["label", "position", "disabled"] {
        overlay(&mut known.values, field, store, &entry[field]);
    }
}

fn overlay(values: &mut Scoped, code: &str, store: StoreId, value: &Value) {
    if store == ALL || values.get(code, ALL) != Some(value) {
        values.set(code, store, value.clone());
    }
}

fn small_id(value: &Value) -> u32 {
    u32::try_from(php::id_of(value)).unwrap_or(0)
}

fn categories(by_code: &Value, stores: &Stores) -> Result<Categories, StateError> {
    let by_view = views(by_code, stores).ok_or(StateError::Part("categories"))?;
    let mut categories = Categories::default();
    for doc in by_view.first().map(|(_, docs)| *docs).into_iter().flatten() {
        let mut category = Category {
            id: php::id_of(&doc["id"]),
            parent: php::id_of(&doc["parent_id"]),
            position: php::int_of(&doc["position"]),
            created_at: php::text_of(&doc["created_at"]),
            updated_at: php::text_of(&doc["updated_at"]),
            values: Scoped::default(),
        };
        for (store, docs) in &by_view {
            let Some(view) = docs.iter().find(|other| other["id"] == doc["id"]) else {
                continue;
            };
            let fields = ["name", "is_active", "include_in_menu"];
            let own = fields.into_iter().filter_map(|field| Some((field, view.get(field)?)));
            let custom =
                pairs(view).filter(|(code, _)| !matches!(*code, "path" | "children_count"));
            for (code, value) in own.chain(custom) {
                overlay(&mut category.values, code, *store, value);
            }
        }
        categories.put(category);
    }
    Ok(categories)
}

fn credentials(given: &Value) -> Vec<Credential> {
    let text = |value: &Value, field: &str| php::text_of(&value[field]);
    let mut known = Vec::new();
    if let Some(admin) = given.get("admin") {
        known.push(Credential::Admin {
            username: text(admin, "username"),
            password: text(admin, "password"),
        });
    }
    for integration in given["integrations"].as_array().into_iter().flatten() {
        known.push(Credential::Oauth {
            name: text(integration, "name"),
            consumer_key: text(integration, "consumer_key"),
            consumer_secret: text(integration, "consumer_secret"),
            access_token: text(integration, "access_token"),
            access_token_secret: text(integration, "access_token_secret"),
            access: access(&integration["acl"]),
        });
    }
    if let Some(customer) = given.get("customer") {
        known.push(Credential::Customer {
            email: text(customer, "email"),
            password: text(customer, "password"),
        });
    }
    known
}

fn access(acl: &Value) -> Access {
    match acl {
        Value::Array(resources) => Access::ReadOnly(
            resources
                .iter()
                .filter_map(Value::as_str)
                .filter_map(|resource| resource.split("::").next())
                .map(|module| format!("{module}::"))
                .collect(),
        ),
        _ => Access::All,
    }
}
