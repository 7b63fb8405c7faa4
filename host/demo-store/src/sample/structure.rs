//! Websites, views, credentials, groups: the sample shop without its goods.

use serde_json::{Value, json};

use super::data::Data;
use super::documents::Login;
use super::references::OWN_CUSTOMER_GROUPS;
use crate::credentials::{Access, Credential};
use crate::shop::{Shop, Stores, Table};

/// A shop with its structure and its ways in.
pub(super) fn shop(data: &Data) -> Shop {
    let groups =
        data.customer_groups.iter().filter(|group| OWN_CUSTOMER_GROUPS.contains(&group.id));
    let groups: Value = groups
        .map(|group| {
            json!({
                "id": group.id, "code": *group.code, "tax_class_id": 3, "tax_class_name": "Retail Customer"
            })
        })
        .collect();
    Shop {
        credentials: data.logins.iter().map(|login| credential(login)).collect(),
        stores: stores(data),
        attribute_sets: vec![json!({
            "attribute_set_id": 4, "attribute_set_name": "Default", "entity_type_id": 4, "sort_order": 1
        })],
        modules: data.modules.iter().map(|module| module.to_string()).collect(),
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

fn stores(data: &Data) -> Stores {
    let website = |code: &str| data.website(code).unwrap_or_default();
    let views = data.views.iter().map(|view| {
        let website = website(&view.website);
        json!({
            "id": view.id, "code": *view.code, "name": *view.name, "website_id": website,
            "store_group_id": website, "is_active": 1
        })
    });
    let groups = data.store_groups.iter().map(|group| {
        json!({
            "id": group.id, "website_id": group.id, "root_category_id": group.root_category,
            "default_store_id": data.view(&group.default_view).map(|view| view.id),
            "name": *group.name, "code": *group.code
        })
    });
    let websites = data.websites.iter().map(|website| {
        json!({
            "id": website.id, "code": *website.code, "name": *website.name, "default_group_id": website.id
        })
    });
    let storefronts = data.views.iter().filter_map(|view| Some((view, view.locale.as_deref()?)));
    let configs = storefronts.map(|(view, locale)| {
        json!({
            "id": view.id, "code": *view.code, "website_id": website(&view.website), "locale": locale,
            "base_currency_code": "EUR", "default_display_currency_code": "EUR",
            "timezone": "Europe/Berlin", "weight_unit": "kgs"
        })
    });
    let mut stores = Stores {
        views: views.collect(),
        groups: groups.collect(),
        websites: websites.collect(),
        configs: configs.collect(),
    };
    stores.set_base_url("http://127.0.0.1/");
    stores
}

fn credential(login: &Login) -> Credential {
    match login {
        Login::Admin { username, password } => {
            Credential::Admin { username: username.to_string(), password: password.to_string() }
        }
        Login::Oauth {
            name,
            consumer_key,
            consumer_secret,
            access_token,
            access_token_secret,
            only_reads,
        } => Credential::Oauth {
            name: name.to_string(),
            consumer_key: consumer_key.to_string(),
            consumer_secret: consumer_secret.to_string(),
            access_token: access_token.to_string(),
            access_token_secret: access_token_secret.to_string(),
            access: only_reads.as_ref().map_or(Access::All, |resources| {
                Access::ReadOnly(resources.iter().map(ToString::to_string).collect())
            }),
        },
        Login::Bearer { name, token } => {
            Credential::Bearer { name: name.to_string(), token: token.to_string() }
        }
        Login::Customer { email, password } => {
            Credential::Customer { email: email.to_string(), password: password.to_string() }
        }
    }
}
