//! What the operator allows a change to do. Guards look at bodies, which are what is sent, and never
//! at the names a plugin gives things.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use souk_model::plan::{After, Before, Change, Edit, Item, Place, Step};
use souk_model::{Code, Failure};

use crate::values::{approximately, negative};

/// `[guards]` of the configuration; magento-mcp's variables set the same numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guards {
    /// Subjects in one plan. `MCP_MAX_SKUS_PER_BULK`, 500.
    pub bulk_cap: u32,
    /// Coupons in one request. `MCP_MAX_COUPON_QTY`, 1,000.
    pub coupon_cap: u64,
    /// Per cent by which a price may change before the review warns. `MCP_PRICE_THRESHOLD_PCT`, 50.
    pub price_threshold_pct: f64,
    /// Per cent above which a discount by per cent is refused. `MCP_MAX_DISCOUNT_PCT`, 50.
    pub max_discount_pct: f64,
    /// Fields of products that may be set.
    pub product_fields: BTreeSet<String>,
    /// Fields of CMS pages that may be set.
    pub page_fields: BTreeSet<String>,
    /// Fields of CMS blocks that may be set.
    pub block_fields: BTreeSet<String>,
}

impl Default for Guards {
    fn default() -> Self {
        let set = |fields: &[&str]| fields.iter().map(|&field| field.to_owned()).collect();
        Self {
            bulk_cap: 500,
            coupon_cap: 1_000,
            price_threshold_pct: 50.0,
            max_discount_pct: 50.0,
            product_fields: set(&[
                "name",
                "description",
                "short_description",
                "meta_title",
                "meta_description",
                "meta_keyword",
                "url_key",
                "status",
                "visibility",
                "price",
                "special_price",
                "special_from_date",
                "special_to_date",
                "weight",
                "category_ids",
            ]),
            page_fields: set(&[
                "title",
                "content",
                "content_heading",
                "meta_title",
                "meta_description",
                "meta_keywords",
                "active",
            ]),
            block_fields: set(&["title", "content", "active"]),
        }
    }
}

/// Members that hold money, wherever they stand.
const MONEY: [&str; 6] = ["price", "special_price", "cost", "msrp", "minimal_price", "value_price"];
/// Members that hold a quantity.
const QUANTITIES: [&str; 3] = ["qty", "quantity", "weight"];

impl Guards {
    /// Judges the bodies of a change.
    ///
    /// # Errors
    /// FORBIDDEN, VALIDATION_ERROR or BULK_CAP_EXCEEDED with the guard's name.
    pub(crate) fn bodies(&self, change: &Change) -> Result<(), Failure> {
        change.steps.iter().try_for_each(|step| {
            let Some(body) = &step.body else { return Ok(()) };
            self.fields(change, step, body)?;
            numbers(change, body, None)?;
            self.discount(change, body)?;
            self.coupons(body)
        })
    }

    /// Only listed fields of products, pages and blocks, whatever else the plugin put beside them.
    fn fields(&self, change: &Change, step: &Step, body: &Value) -> Result<(), Failure> {
        let (entity, list, with) = match entity(&step.route) {
            Some(Entity::Product) => ("product", &self.product_fields, "guards.product_fields"),
            Some(Entity::Page) => ("page", &self.page_fields, "guards.page_fields"),
            Some(Entity::Block) => ("block", &self.block_fields, "guards.block_fields"),
            None => return Ok(()),
        };
        let names = body.get(entity).map(field_names).unwrap_or_default();
        // What names the subject is no change of it, and a kept rewrite only helps; links are how
        // category_ids are written.
        let allowed = |name: &str| {
            matches!(name, "sku" | "id" | "identifier" | "category_links")
                || list.contains(name)
                || (name == "category_links" && list.contains("category_ids"))
        };
        match names.iter().find(|name| !allowed(name)) {
            None => Ok(()),
            Some(name) => Err(refuse(
                "field-list",
                Code::Forbidden,
                format!(
                    "`{name}` of {} `{}` may not be set here",
                    change.subject.kind, change.subject.id
                ),
                format!("an operator allows it in `{with}`"),
            )),
        }
    }

    fn discount(&self, change: &Change, body: &Value) -> Result<(), Failure> {
        let Some(rule) = body.get("rule") else { return Ok(()) };
        let by_percent = rule.get("simple_action").and_then(Value::as_str) == Some("by_percent");
        let amount = rule.get("discount_amount").and_then(approximately);
        match amount {
            Some(amount) if by_percent && amount > self.max_discount_pct => Err(refuse(
                "discount-cap",
                Code::Forbidden,
                format!(
                    "a discount of {amount} per cent on {} `{}` is above the cap of {}",
                    change.subject.kind, change.subject.id, self.max_discount_pct
                ),
                "an operator raises `guards.max_discount_pct` (MCP_MAX_DISCOUNT_PCT)".into(),
            )),
            _ => Ok(()),
        }
    }

    fn coupons(&self, body: &Value) -> Result<(), Failure> {
        let wanted = ["couponSpec", "coupon_spec"]
            .iter()
            .find_map(|name| body.get(name)?.get("quantity").and_then(Value::as_u64));
        match wanted {
            Some(wanted) if wanted > self.coupon_cap => Err(refuse(
                "coupon-cap",
                Code::BulkCapExceeded,
                format!("{wanted} coupons are more than the cap of {}", self.coupon_cap),
                "ask for fewer, or an operator raises `guards.coupon_cap` (MCP_MAX_COUPON_QTY)"
                    .into(),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a plan that has grown past the cap.
    pub(crate) fn count(&self, subjects: u32) -> Result<(), Failure> {
        if subjects <= self.bulk_cap {
            return Ok(());
        }
        Err(refuse(
            "bulk-cap",
            Code::BulkCapExceeded,
            format!("the change is of more than {} subjects", self.bulk_cap),
            "narrow the match, or an operator raises `guards.bulk_cap` (MCP_MAX_SKUS_PER_BULK)"
                .into(),
        ))
    }

    /// By how many per cent the item changes its prices at most, where that is past the threshold.
    pub(crate) fn price_jump(&self, item: &Item) -> Option<f64> {
        item.change
            .edits
            .iter()
            .zip(&item.review)
            .filter(|(edit, _)| sets_money(&item.change, edit))
            .filter_map(|(_, reviewed)| {
                let before = match &reviewed.before {
                    Before::Value(value) | Before::Inherited(value) => approximately(value)?,
                    Before::Nothing => return None,
                };
                let after = match &reviewed.after {
                    souk_model::plan::Becomes::Sent(value)
                    | souk_model::plan::Becomes::Expected(value) => approximately(value)?,
                    souk_model::plan::Becomes::Absent | souk_model::plan::Becomes::Witnessed(_) => {
                        return None;
                    }
                };
                (before > 0.0).then(|| (after - before).abs() / before * 100.0)
            })
            .filter(|jump| *jump > self.price_threshold_pct)
            .max_by(f64::total_cmp)
    }
}

/// Whether an edit sets a price, told by the body's own names and not by the edit's.
fn sets_money(change: &Change, edit: &Edit) -> bool {
    let After::Sent(spots) = &edit.after else { return MONEY.contains(&edit.field.as_str()) };
    spots.iter().any(|spot| {
        let body = change.steps.get(spot.step).and_then(|step| step.body.as_ref());
        let place = spot.at.as_str();
        let (parent, last) = place.rsplit_once('/').unwrap_or(("", place));
        let parent: Option<Place> = parent.parse().ok();
        let code = body
            .zip(parent)
            .and_then(|(body, parent)| parent.find(body)?.get("attribute_code")?.as_str());
        MONEY.contains(&code.unwrap_or(last))
    })
}

enum Entity {
    Product,
    Page,
    Block,
}

/// What a body's main member is, by the route that takes it.
fn entity(route: &str) -> Option<Entity> {
    let mut segments = route.trim_start_matches('/').split('/').skip(1);
    match (segments.next()?, segments.nth(1)) {
        ("products", None) => Some(Entity::Product),
        ("cmsPage", None) => Some(Entity::Page),
        ("cmsBlock", None) => Some(Entity::Block),
        _ => None,
    }
}

/// The fields that an entity's body sets: its members, custom attributes and extension attributes
/// by their own names.
fn field_names(entity: &Value) -> Vec<String> {
    let Some(members) = entity.as_object() else { return Vec::new() };
    let mut names = Vec::new();
    for (name, value) in members {
        match name.as_str() {
            "custom_attributes" => {
                let codes = value.as_array().into_iter().flatten();
                names.extend(codes.map(|one| {
                    let code = one.get("attribute_code").and_then(Value::as_str);
                    code.unwrap_or("an attribute without a code").to_owned()
                }));
            }
            "extension_attributes" => {
                names.extend(value.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
            }
            _ => names.push(name.clone()),
        }
    }
    names
}

/// No negative price and no negative quantity, wherever it stands in a body.
fn numbers(change: &Change, value: &Value, name: Option<&str>) -> Result<(), Failure> {
    match value {
        Value::Object(map) => {
            let code = map.get("attribute_code").and_then(Value::as_str);
            map.iter().try_for_each(|(key, value)| {
                // A custom attribute's value goes by the attribute's name.
                let name = if key == "value" { code.unwrap_or(key) } else { key };
                numbers(change, value, Some(name))
            })
        }
        Value::Array(items) => items.iter().try_for_each(|item| numbers(change, item, name)),
        scalar => {
            let guarded =
                name.is_some_and(|name| MONEY.contains(&name) || QUANTITIES.contains(&name));
            if guarded && negative(scalar) {
                return Err(refuse(
                    "no-negative",
                    Code::ValidationError,
                    format!(
                        "`{}` of {} `{}` would be negative",
                        name.unwrap_or_default(),
                        change.subject.kind,
                        change.subject.id
                    ),
                    "give a value of zero or more".into(),
                ));
            }
            Ok(())
        }
    }
}

fn refuse(rule: &str, code: Code, message: String, remedy: String) -> Failure {
    Failure::new(code, message).rule(rule).remedy(remedy)
}
