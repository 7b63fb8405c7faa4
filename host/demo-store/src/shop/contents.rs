//! A shop: all its tables.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::attribute::Attributes;
use super::bulk::Bulks;
use super::catalog::Products;
use super::category::Categories;
use super::numbers::Numbers;
use super::reservation::Reservation;
use super::rewrites::Rewrites;
use super::stores::Stores;
use super::table::Table;
use crate::credentials::Credential;

/// A shop.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Shop {
    /// Who may log in.
    pub(crate) credentials: Vec<Credential>,
    /// What tokens are signed with.
    pub(crate) token_key: [u8; 32],
    /// Websites, groups, views.
    pub(crate) stores: Stores,
    /// Product attributes.
    pub(crate) attributes: Attributes,
    /// Attribute sets, as answered.
    pub(crate) attribute_sets: Vec<Value>,
    /// Products.
    pub(crate) products: Products,
    /// Categories.
    pub(crate) categories: Categories,
    /// Which address leads to what.
    #[serde(default)]
    pub(crate) rewrites: Rewrites,
    /// Whether prices are per website and not global.
    pub(crate) website_prices: bool,
    /// Whether its database keeps characters of four bytes.
    #[serde(default)]
    pub(crate) four_byte: bool,
    /// Whether orders show shipping with tax only: then refunds take amounts of it so.
    #[serde(default)]
    pub(crate) shows_shipping_with_tax: bool,
    /// Names of the enabled modules.
    pub(crate) modules: Vec<String>,
    /// Modules that were switched off: what they serve is not served. A state's own list of modules
    /// may be incomplete, so that a module is not taken for missing because it is not on it.
    #[serde(default)]
    pub(crate) switched_off: Vec<String>,
    /// CMS pages.
    pub(crate) pages: Table,
    /// CMS blocks.
    pub(crate) blocks: Table,
    /// Quantities of SKUs at sources, in the order in which they were made.
    pub(crate) source_items: Vec<Value>,
    /// Sources, as answered.
    pub(crate) sources: Vec<Value>,
    /// Stocks.
    pub(crate) stocks: Table,
    /// Which source serves which stock, in what order.
    pub(crate) stock_links: Vec<Value>,
    /// What orders hold back from each stock: SKU, stock, quantity, all as answered.
    pub(crate) reservations: Vec<Reservation>,
    /// The next id of a legacy stock item.
    pub(crate) next_stock_item: u64,
    /// The last id of an option of a configurable product.
    pub(crate) last_option: u64,
    /// The last id of a customer's address.
    pub(crate) last_address: u64,
    /// The next id of an image.
    pub(crate) next_media: u64,
    /// Customers, with their addresses.
    pub(crate) customers: Table,
    /// Customer groups.
    pub(crate) groups: Table,
    /// Cart price rules.
    pub(crate) rules: Table,
    /// Coupons.
    pub(crate) coupons: Table,
    /// Orders.
    pub(crate) orders: Table,
    /// Invoices.
    pub(crate) invoices: Table,
    /// Shipments.
    pub(crate) shipments: Table,
    /// Credit memos.
    pub(crate) creditmemos: Table,
    /// Payment transactions.
    pub(crate) transactions: Table,
    /// The numbers that documents of sales have used.
    #[serde(default)]
    pub(crate) sales_numbers: Numbers,
    /// Asynchronous requests.
    #[serde(default)]
    pub(crate) bulks: Bulks,
}

impl Shop {
    /// The arguments of a write as the database will have them: of each character that takes four
    /// bytes in UTF-8, four question marks are left.
    pub(crate) fn as_kept(&self, arguments: Map<String, Value>) -> Map<String, Value> {
        if self.four_byte {
            return arguments;
        }
        arguments.into_iter().map(|(name, value)| (name, three_byte(value))).collect()
    }

    /// Whether a module is enabled.
    pub(crate) fn has_module(&self, name: &str) -> bool {
        self.modules.iter().any(|module| module == name)
    }

    /// Whether the module behind a route is enabled: multi-source inventory is the one that
    /// merchants switch off.
    pub(crate) fn serves(&self, template: &str) -> bool {
        let off = || self.switched_off.iter().any(|module| module == "Magento_InventoryApi");
        !template.starts_with("/V1/inventory/") || !off()
    }
}

fn three_byte(value: Value) -> Value {
    let of_text = |text: String| -> String {
        if !text.bytes().any(|byte| byte >= 0xf0) {
            return text;
        }
        text.chars().fold(String::new(), |mut kept, character| {
            match character.len_utf8() {
                4 => kept.push_str("????"),
                _ => kept.push(character),
            }
            kept
        })
    };
    match value {
        Value::String(text) => Value::String(of_text(text)),
        Value::Array(items) => items.into_iter().map(three_byte).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (of_text(name), three_byte(value))).collect()
        }
        other => other,
    }
}
