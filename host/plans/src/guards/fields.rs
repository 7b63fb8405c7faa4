//! Which fields of products, pages and blocks a body sets.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use souk_model::plan::Change;
use souk_model::{Code, Failure};

use super::limits::Guards;
use crate::magento::names::{members, plain, same_name};
use crate::refusals::refuse;

impl Guards {
    /// Only listed fields, whatever else the plugin put beside them and wherever the body goes: an
    /// entity is told by its name in the body, by which Magento takes it.
    pub(super) fn check_fields(
        &self,
        change: &Change,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        for (entity, list, setting) in [
            ("product", &self.product_fields, "guards.product_fields"),
            ("page", &self.page_fields, "guards.page_fields"),
            ("block", &self.block_fields, "guards.block_fields"),
        ] {
            let set = members(body, entity).flat_map(field_names);
            if let Some(name) = set.into_iter().find(|name| !allowed(list, name)) {
                return Err(refuse(
                    "field-list",
                    Code::Forbidden,
                    format!("`{name}` of {} may not be set here", change.subject),
                    format!("an operator allows it in `{setting}`"),
                ));
            }
        }
        Ok(())
    }
}

/// What names the subject is no change of it; links are how `category_ids` are written, and that the
/// old address shall redirect is a word about `url_key`.
fn allowed(list: &BTreeSet<String>, name: &str) -> bool {
    let listed = |name: &str| list.iter().any(|field| same_name(field, name));
    ["sku", "id", "identifier", "category_links"].iter().any(|own| same_name(own, name))
        || listed(name)
        || same_name("save_rewrites_history", name) && listed("url_key")
}

/// The fields that an entity's body sets: its members, custom attributes and extension attributes by
/// their own names.
fn field_names(entity: &Value) -> Vec<String> {
    let Some(members) = entity.as_object() else { return Vec::new() };
    let mut names = Vec::new();
    for (name, value) in members {
        match (plain(name).as_str(), value) {
            ("customattributes", Value::Array(list)) => {
                names.extend(list.iter().map(|one| code_of(one).unwrap_or(NAMELESS).to_owned()));
            }
            // Magento takes a map of codes, too, and in it also what a list would hold.
            ("customattributes", Value::Object(map)) => {
                names.extend(map.iter().map(|(key, one)| code_of(one).unwrap_or(key).to_owned()));
            }
            ("extensionattributes", Value::Object(map)) => names.extend(map.keys().cloned()),
            ("customattributes" | "extensionattributes", Value::Null) => {}
            _ => names.push(name.clone()),
        }
    }
    names
}

const NAMELESS: &str = "an attribute without a code";

/// The attribute's code, where this is a custom attribute with one code.
pub(super) fn code_of(one: &Value) -> Option<&str> {
    let mut codes = members(one.as_object()?, "attribute_code");
    match (codes.next(), codes.next()) {
        (Some(code), None) => code.as_str(),
        _ => None,
    }
}
