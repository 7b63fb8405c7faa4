//! Websites, views, credentials, groups: the sample shop without its goods.

use serde_json::{Value, json};

use crate::credentials::{Access, Credential};
use crate::shop::{Shop, Stores, Table};

/// Modules that clients look for, among those of any Magento.
const MODULES: &str = include_str!("modules.txt");

/// A shop with its structure and its ways in.
pub(super) fn shop() -> Shop {
    let config = |id: u32, code: &str, website: u32, locale: &str| {
        json!({
            "id": id, "code": code, "website_id": website, "locale": locale, "base_currency_code": "EUR",
            "default_display_currency_code": "EUR", "timezone": "Europe/Berlin", "weight_unit": "kgs"
        })
    };
    let view = |id: u32, code: &str, name: &str, website: u32| {
        json!({
            "id": id, "code": code, "name": name, "website_id": website, "store_group_id": website, "is_active": 1
        })
    };
    let group = |id: u32, code: &str, name: &str, root: u64, view: u32| {
        json!({
            "id": id, "website_id": id, "root_category_id": root, "default_store_id": view, "name": name, "code": code
        })
    };
    let website = |id: u32, code: &str, name: &str| json!({ "id": id, "code": code, "name": name, "default_group_id": id });
    let customer_group = |id: u32, code: &str| json!({ "id": id, "code": code, "tax_class_id": 3, "tax_class_name": "Retail Customer" });
    let groups: Value = ["NOT LOGGED IN", "General", "Wholesale", "Retailer"]
        .iter()
        .zip(0u32..)
        .map(|(code, id)| customer_group(id, code))
        .collect();
    let mut stores = Stores {
        views: vec![
            view(1, "default", "English", 1),
            view(0, "admin", "Admin", 0),
            view(2, "de", "Deutsch", 1),
            view(3, "trade", "Trade", 2),
        ],
        groups: vec![
            group(0, "default", "Default", 0, 0),
            group(1, "main_store", "Fjord & Field", 2, 1),
            group(2, "trade_store", "Fjord & Field Trade", 2, 3),
        ],
        websites: vec![
            website(0, "admin", "Admin"),
            website(1, "base", "Fjord & Field"),
            website(2, "trade", "Trade"),
        ],
        configs: vec![
            config(1, "default", 1, "en_GB"),
            config(2, "de", 1, "de_DE"),
            config(3, "trade", 2, "en_GB"),
        ],
    };
    stores.set_base_url("http://127.0.0.1/");
    Shop {
        credentials: credentials(),
        stores,
        attribute_sets: vec![json!({
            "attribute_set_id": 4, "attribute_set_name": "Default", "entity_type_id": 4, "sort_order": 1
        })],
        modules: MODULES.split_whitespace().map(str::to_owned).collect(),
        groups: Table::of("id", Some(&groups)),
        pages: Table::new("id"),
        blocks: Table::new("id"),
        stocks: Table::new("stock_id"),
        customers: Table::new("id"),
        rules: Table::new("rule_id"),
        coupons: Table::new("coupon_id"),
        ..Shop::default()
    }
}

/// Nothing here protects anything: they are printed so that people can log in.
fn credentials() -> Vec<Credential> {
    let oauth = |name: &str, tag: &str, access: Access| Credential::Oauth {
        name: name.to_owned(),
        consumer_key: format!("demo{tag}consumerkey00000000000000000")[..32].to_owned(),
        consumer_secret: format!("demo{tag}consumersecret00000000000000")[..32].to_owned(),
        access_token: format!("demo{tag}accesstoken00000000000000000")[..32].to_owned(),
        access_token_secret: format!("demo{tag}tokensecret00000000000000000")[..32].to_owned(),
        access,
    };
    vec![
        Credential::Admin { username: "demo".to_owned(), password: "demo-Passw0rd".to_owned() },
        oauth("Souk", "full", Access::All),
        oauth("Catalog reader", "read", Access::ReadOnly(vec!["Magento_Catalog::".to_owned()])),
        Credential::Bearer {
            name: "Souk (bearer)".to_owned(),
            token: "demobearertoken00000000000000000".to_owned(),
        },
        Credential::Customer {
            email: "ida.lind@example.com".to_owned(),
            password: "Ida-Passw0rd".to_owned(),
        },
    ]
}
