//! Which fields of products, pages and blocks a request sets, whatever its route.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use souk_model::plan::{Change, Step};
use souk_model::{Code, Failure};
use souk_policy::writes::JudgedWrite;

use super::bodies::ChangeBodies;
use super::days::is_same_day;
use super::identity::{makes_new, subject_document};
use super::limits::Guards;
use crate::magento::names::{members, plain, same_name};
use crate::refusals::refuse;

/// The entities that have lists, by their names in bodies, by which Magento takes them.
const ENTITIES: [&str; 3] = [PRODUCT, PAGE, "block"];
const PRODUCT: &str = "product";
const PAGE: &str = "page";
/// What pages and blocks are called by.
const IDENTIFIER: &str = "identifier";
/// The first day of a sale. What is written at a view of a product on sale takes it along as it stands:
/// Magento would begin the sale today (`special_from_drift.jsonl`).
const SALE_BEGINNING: &str = "special_from_date";

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
                let mut set = members(body, entity).flat_map(field_names);
                // Judged with what stands.
                let may_stay = |name: &str| same_name(SALE_BEGINNING, name) && entity == PRODUCT;
                if let Some(name) = set.find(|name| !is_allowed(list, name) && !may_stay(name)) {
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

    /// What a page or a block is called in addresses and in templates stays as it is, unless it is listed
    /// or the request makes a new one.
    pub(super) fn check_identifiers(&self, bodies: &ChangeBodies<'_>) -> Result<(), Failure> {
        let ChangeBodies { scope, change, observed, steps, judged } = *bodies;
        let document = subject_document(scope.lookup, observed.here.as_ref());
        let stands = document.and_then(|document| document.get(IDENTIFIER));
        let updates = steps.iter().zip(judged).filter(|(_, write)| !makes_new(write));
        for body in updates.flat_map(|(step, _)| each_body(step.body.as_ref())) {
            let Some(body) = body.as_object() else { continue };
            for (entity, (list, setting)) in ENTITIES.into_iter().zip(self.lists()) {
                if is_listed(list, IDENTIFIER) {
                    continue;
                }
                let stays = |entity_body: &Value| keeps_identifier(entity, entity_body, stands);
                if !members(body, entity).all(stays) {
                    return Err(not_listed(change, IDENTIFIER, setting));
                }
            }
        }
        Ok(())
    }

    /// The first day of a sale stays the day that it is, unless it is listed.
    pub(super) fn check_sale_beginnings(&self, bodies: &ChangeBodies<'_>) -> Result<(), Failure> {
        let ChangeBodies { scope, change, observed, steps, .. } = *bodies;
        let (list, setting) = self.lists()[0];
        if is_listed(list, SALE_BEGINNING) {
            return Ok(());
        }
        let document = subject_document(scope.lookup, observed.here.as_ref());
        let stands = document.map(sale_beginnings).unwrap_or_default().pop();
        for body in steps.iter().flat_map(|step| each_body(step.body.as_ref())) {
            let Some(body) = body.as_object() else { continue };
            if !members(body, PRODUCT).all(|product| keeps_sale_beginning(product, stands)) {
                return Err(not_listed(change, SALE_BEGINNING, setting));
            }
        }
        Ok(())
    }

    fn lists(&self) -> [(&BTreeSet<String>, &'static str); 3] {
        [
            (&self.product_fields, "guards.product_fields"),
            (&self.page_fields, "guards.page_fields"),
            (&self.block_fields, "guards.block_fields"),
        ]
    }
}

/// Whether a request leaves an entity's identifier as it stands in the store. A page that is sent
/// without one gets another, made of its title (`cms_write.jsonl`, `page-put-title`).
fn keeps_identifier(entity: &str, body: &Value, stands: Option<&Value>) -> bool {
    let Some(object) = body.as_object() else { return field_names(body).is_empty() };
    let given: Vec<&Value> = members(object, IDENTIFIER).collect();
    let named = field_names(body).into_iter().filter(|name| same_name(IDENTIFIER, name)).count();
    let is_kept = if given.is_empty() { entity != PAGE } else { stands.is_some() };
    // One among the attributes is none that could be compared.
    is_kept && named == given.len() && given.iter().all(|given| Some(*given) == stands)
}

/// Whether a request leaves the first day of a product's sale as it stands in the store.
fn keeps_sale_beginning(product: &Value, stands: Option<&Value>) -> bool {
    let names = field_names(product);
    let named = names.iter().filter(|name| same_name(SALE_BEGINNING, name)).count();
    let given = sale_beginnings(product);
    // One in another place is none that could be compared.
    named == given.len() && given.into_iter().all(|given| is_same_day(given, stands))
}

/// The first days of a sale among a product's attributes.
fn sale_beginnings(product: &Value) -> Vec<&Value> {
    let attributes = product.get("custom_attributes").and_then(Value::as_array);
    let own = attributes.into_iter().flatten();
    let own =
        own.filter(|one| one.get("attribute_code").is_some_and(|code| code == SALE_BEGINNING));
    own.filter_map(|one| one.get("value")).collect()
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

/// What names the subject is no change of it: other guards hold it to what it is. Links are how
/// `category_ids` are written, and that the old address shall redirect is a word about `url_key`. One
/// name is used of group prices in lists of fields, and another in bodies.
fn is_allowed(list: &BTreeSet<String>, name: &str) -> bool {
    let is = |own: &str| same_name(own, name);
    ["sku", "id", IDENTIFIER].into_iter().any(is)
        || is_listed(list, name)
        || is("save_rewrites_history") && is_listed(list, "url_key")
        || is("category_links") && is_listed(list, "category_ids")
        || ["tier_price", "tier_prices"].into_iter().any(is)
            && ["tier_price", "tier_prices"].into_iter().any(|own| is_listed(list, own))
}

fn is_listed(list: &BTreeSet<String>, name: &str) -> bool {
    list.iter().any(|field| same_name(field, name))
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
