//! The store's structure and its modules.

use serde_json::{Value, json};

use super::route::{HandlerResult, Route, read};
use crate::call::Call;
use crate::php;
use crate::search::Criteria;
use crate::shop::Shop;

const STORE: &str = "Magento_Backend::store";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/store/storeViews", STORE, |shop, _| Ok(Value::Array(shop.stores.views.clone()))),
    read("/V1/store/storeGroups", STORE, |shop, _| Ok(Value::Array(shop.stores.groups.clone()))),
    read("/V1/store/websites", STORE, |shop, _| Ok(Value::Array(shop.stores.websites.clone()))),
    read("/V1/store/storeConfigs", STORE, store_configs),
    read("/V1/modules", "Magento_Backend::admin", modules),
];

/// The configuration of the store views that `storeCodes` names, of all without it.
fn store_configs(shop: &Shop, call: &Call) -> HandlerResult {
    let Some(Value::Object(codes)) = call.query.get("storeCodes") else {
        return Ok(Value::Array(shop.stores.configs.clone()));
    };
    let wanted: Vec<String> = codes.values().map(php::text_of).collect();
    let known = shop
        .stores
        .configs
        .iter()
        .filter(|config| wanted.iter().any(|code| config["code"] == code.as_str()));
    Ok(known.cloned().collect())
}

/// The modules' names, paged by the criteria but without an envelope.
fn modules(shop: &Shop, call: &Call) -> HandlerResult {
    if !call.query.contains_key("searchCriteria") {
        return Ok(json!(shop.modules));
    }
    let criteria = Criteria::read(&call.query, &shop.attributes)?;
    Ok(json!(criteria.page(shop.modules.clone()).rows))
}
