//! Which fields of products, pages and blocks a request sets, whatever its route.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use souk_model::plan::{Change, Step};
use souk_model::{Code, Failure};
use souk_policy::writes::JudgedWrite;

use super::limits::Guards;
use crate::magento::names::{members, plain, same_name};
use crate::refusals::refuse;

/// The entities that have lists, by their names in bodies, by which Magento takes them.
const ENTITIES: [&str; 3] = ["product", "page", "block"];

impl Guards {
    /// Only listed fields, whatever else the plugin put beside them and wherever the request goes.
    pub(super) fn check_fields(
        &self,
        change: &Change,
        step: &Step,
        judged: &JudgedWrite<'_, '_>,
    ) -> Result<(), Failure> {
        for body in each_body(step.body.as_ref()).filter_map(Value::as_object) {
            for (entity, (list, setting)) in ENTITIES.into_iter().zip(self.lists()) {
                let set = members(body, entity).flat_map(field_names);
                if let Some(name) = set.into_iter().find(|name| !is_allowed(list, name)) {
                    return Err(not_listed(change, &name, setting));
                }
            }
        }
        let (list, setting) = self.lists()[0];
        let sets = judged.route().map_or(&[][..], |route| route.sets());
        match sets.iter().find(|name| !is_allowed(list, name)) {
            Some(name) => Err(not_listed(change, name, setting)),
            None => Ok(()),
        }
    }

    fn lists(&self) -> [(&BTreeSet<String>, &'static str); 3] {
        [
            (&self.product_fields, "guards.product_fields"),
            (&self.page_fields, "guards.page_fields"),
            (&self.block_fields, "guards.block_fields"),
        ]
    }
}

fn not_listed(change: &Change, name: &str, setting: &str) -> Failure {
    refuse(
        "field-list",
        Code::Forbidden,
        format!("`{name}` of {} may not be set here", change.subject),
        format!("an operator allows it in `{setting}`"),
    )
}

/// Whether a place of a body is in an entity that has a list.
pub(super) fn is_of_listed_entity(at: &str) -> bool {
    let mut names = at.split('/').skip(1);
    let first = names.next().unwrap_or_default();
    let first = match first.bytes().all(|byte| byte.is_ascii_digit()) {
        true => names.next().unwrap_or_default(),
        false => first,
    };
    ENTITIES.iter().any(|entity| same_name(entity, first)) && names.next().is_some()
}

/// The bodies in a body: asynchronous bulk routes take a list of them.
pub(super) fn each_body(body: Option<&Value>) -> impl Iterator<Item = &Value> {
    let many = body.and_then(Value::as_array);
    let one = body.filter(|body| !body.is_array());
    many.into_iter().flatten().chain(one)
}

/// What names the subject is no change of it; links are how `category_ids` are written, and that the
/// old address shall redirect is a word about `url_key`. One name is used of group prices in lists of
/// fields, and another in bodies.
fn is_allowed(list: &BTreeSet<String>, name: &str) -> bool {
    let listed = |name: &str| list.iter().any(|field| same_name(field, name));
    ["sku", "id", "identifier", "category_links"].iter().any(|own| same_name(own, name))
        || listed(name)
        || same_name("save_rewrites_history", name) && listed("url_key")
        || ["tier_price", "tier_prices"].iter().any(|own| same_name(own, name))
            && (listed("tier_price") || listed("tier_prices"))
}

/// The fields that an entity's body sets: its members, custom attributes and extension attributes by
/// their own names. A list of entities is as many of them to PHP.
fn field_names(entity: &Value) -> Vec<String> {
    let members = match entity {
        Value::Object(members) => members,
        Value::Array(entities) => return entities.iter().flat_map(field_names).collect(),
        _ => return Vec::new(),
    };
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
            // An emptied container is a field of its own: what goes with it no list can say.
            _ => names.push(name.clone()),
        }
    }
    names
}

const NAMELESS: &str = "an attribute without a code";

/// The attribute's code, where this is a custom attribute with one code.
fn code_of(one: &Value) -> Option<&str> {
    let object: &Map<String, Value> = one.as_object()?;
    let mut codes = members(object, "attribute_code");
    match (codes.next(), codes.next()) {
        (Some(code), None) => code.as_str(),
        _ => None,
    }
}
