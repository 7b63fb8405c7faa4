//! Coupons: by hand, generated, and deleted by the list.

use serde_json::{Value, json};

use super::entity::{Entity, UnknownColumn, plain};
use super::route::{HandlerResult, Route, read, write};
use super::rules::{QUOTE, no_such_entity};
use crate::call::Call;
use crate::collate;
use crate::document::{Doc, doc};
use crate::php;
use crate::refusal::Refusal;
use crate::shop::Shop;

pub(super) const ROUTES: &[Route] = &[
    read("/V1/coupons/search", QUOTE, search),
    read("/V1/coupons/{couponId}", QUOTE, |shop, call| {
        shop.coupons.get(call.id("couponId")).map(plain).ok_or_else(no_such_entity)
    }),
    write("POST", "/V1/coupons", QUOTE, create),
    write("PUT", "/V1/coupons/{couponId}", QUOTE, update),
    write("DELETE", "/V1/coupons/{couponId}", QUOTE, delete),
    write("POST", "/V1/coupons/generate", QUOTE, generate),
    write("POST", "/V1/coupons/deleteByIds", QUOTE, delete_by_ids),
    write("POST", "/V1/coupons/deleteByCodes", QUOTE, delete_by_codes),
];

const COUPONS: Entity = Entity {
    columns: "coupon_id:n rule_id:n code usage_limit:n usage_per_customer:n times_used:n expiration_date:d \
        is_primary:n created_at:d type:n",
    unknown: UnknownColumn::Internal,
};

/// The longest code the database keeps.
const LONGEST_CODE: usize = 255;

fn search(shop: &Shop, call: &Call) -> HandlerResult {
    let mut rows: Vec<&Doc> = shop.coupons.iter().collect();
    let (_, criteria, _) = COUPONS.select(shop, call, std::iter::empty())?;
    // A list of codes is answered in the order of the index on codes.
    let by_code = criteria.sorts.is_empty()
        && criteria
            .groups
            .iter()
            .flatten()
            .any(|filter| filter.field.as_deref() == Some("code") && filter.condition == "in");
    if by_code {
        rows.sort_by(|left, right| collate::compare(&code_of(left), &code_of(right)));
    }
    COUPONS.list(shop, call, rows.into_iter(), plain)
}

fn code_of(coupon: &Doc) -> String {
    coupon.get("code").map(php::text_of).unwrap_or_default()
}

fn unsaved(reason: impl Into<String>) -> Refusal {
    Refusal::bad("Error occurred when saving coupon: %1").with(json!([reason.into()]))
}

/// Whether the rule takes coupons of this making; `type` 1 is generated.
fn check_rule(shop: &Shop, coupon: &Doc) -> Result<Doc, Refusal> {
    let id = coupon.get("rule_id").filter(|id| !id.is_null());
    let Some(rule) = id.and_then(|id| shop.rules.get(php::id_of(id))) else {
        return Err(unsaved(format!(
            "No such entity with rule_id = {}",
            id.map(php::text_of).unwrap_or_default()
        )));
    };
    let kind = rule.get("coupon_type").and_then(Value::as_str).unwrap_or_default();
    let automatic = rule.get("use_auto_generation").is_some_and(php::truthy);
    let generated = coupon.get("type").map(php::int_of);
    match (kind, automatic, generated) {
        ("NO_COUPON", ..) => Err(unsaved("Specified rule does not allow coupons")),
        ("SPECIFIC_COUPON", true, generated) if generated != Some(1) => {
            Err(unsaved("Specified rule only allows auto generated coupons"))
        }
        ("SPECIFIC_COUPON", false, Some(1)) => {
            Err(unsaved("Specified rule does not allow auto generated coupons"))
        }
        _ => Ok(rule.clone()),
    }
}

fn check_code(shop: &Shop, coupon: &Doc) -> Result<(), Refusal> {
    let id = coupon.get("coupon_id").map(php::id_of);
    let code = collate::fold(&code_of(coupon));
    let taken = shop.coupons.iter().any(|other| {
        other.get("coupon_id").map(php::id_of) != id && collate::fold(&code_of(other)) == code
    });
    if taken {
        return Err(Refusal::bad("%1 already exists.").with(json!(["Coupon with the same code"])));
    }
    Ok(())
}

fn create(shop: &mut Shop, call: &Call) -> HandlerResult {
    let given = call.object("coupon");
    let rule = check_rule(shop, &given)?;
    check_code(shop, &given)?;
    let primary = given.get("is_primary").is_some_and(php::truthy);
    let rule_id = rule.get("rule_id").map_or(0, php::id_of);
    let second = |other: &Doc| {
        other.get("rule_id").map(php::id_of) == Some(rule_id)
            && other.get("is_primary").is_some_and(php::truthy)
    };
    if primary && shop.coupons.find(second).is_some() {
        shop.coupons.take_id();
        return Err(Refusal::bad("Unique constraint violation found"));
    }
    let mut coupon = Doc::new();
    coupon.insert("rule_id".to_owned(), rule_id.into());
    if let Some(code) = given.get("code").filter(|code| !code.is_null()) {
        coupon.insert(
            "code".to_owned(),
            Value::String(php::text_of(code).chars().take(LONGEST_CODE).collect()),
        );
    }
    apply_limits(&mut coupon, &rule);
    coupon.insert("times_used".to_owned(), given.get("times_used").cloned().unwrap_or(json!(0)));
    if let Some(end) = given.get("expiration_date").filter(|end| !end.is_null()) {
        coupon.insert("expiration_date".to_owned(), end.clone());
    }
    coupon.insert("is_primary".to_owned(), if primary { json!(true) } else { Value::Null });
    coupon.insert("created_at".to_owned(), Value::String(call.stamp()));
    if let Some(kind) = given.get("type") {
        coupon.insert("type".to_owned(), kind.clone());
    }
    let id = shop.coupons.insert(coupon);
    Ok(shop.coupons.get(id).map_or(Value::Null, plain))
}

/// A coupon's limits are its rule's.
fn apply_limits(coupon: &mut Doc, rule: &Doc) {
    for (field, source) in
        [("usage_limit", "uses_per_coupon"), ("usage_per_customer", "uses_per_customer")]
    {
        coupon.insert(field.to_owned(), rule.get(source).cloned().unwrap_or(json!(0)));
    }
}

fn update(shop: &mut Shop, call: &Call) -> HandlerResult {
    let id = call.id("couponId");
    let mut coupon = shop.coupons.get(id).cloned().ok_or_else(no_such_entity)?;
    for (field, value) in call.object("coupon") {
        let kept = matches!(
            field.as_str(),
            "rule_id" | "code" | "times_used" | "type" | "expiration_date"
        );
        if kept && !value.is_null() {
            coupon.insert(field, value);
        } else if field == "is_primary" {
            coupon.insert(field, if php::truthy(&value) { json!(true) } else { Value::Null });
        }
    }
    let rule = check_rule(shop, &coupon)?;
    check_code(shop, &coupon)?;
    apply_limits(&mut coupon, &rule);
    shop.coupons.put(coupon.clone());
    Ok(plain(&coupon))
}

fn delete(shop: &mut Shop, call: &Call) -> HandlerResult {
    shop.coupons.remove(call.id("couponId")).ok_or_else(no_such_entity)?;
    Ok(Value::Bool(true))
}

/// Generates coupons of a rule that allows it.
fn generate(shop: &mut Shop, call: &Call) -> HandlerResult {
    let spec = call.object("couponSpec");
    let number = |field: &str| spec.get(field).map_or(0, php::int_of);
    if ["rule_id", "quantity", "length"].into_iter().any(|field| number(field) <= 0) {
        return Err(Refusal::bad("One or more input exceptions have occurred."));
    }
    let failed = |reason: String| {
        Refusal::bad("Error occurred when generating coupons: %1").with(json!([reason]))
    };
    let rule_id = number("rule_id").unsigned_abs();
    let rule = shop
        .rules
        .get(rule_id)
        .cloned()
        .ok_or_else(|| failed(format!("No such entity with rule_id = {rule_id}")))?;
    let automatic = rule.get("coupon_type").is_some_and(|kind| kind == "AUTO")
        || (rule.get("coupon_type").is_some_and(|kind| kind == "SPECIFIC_COUPON")
            && rule.get("use_auto_generation").is_some_and(php::truthy));
    if !automatic {
        return Err(failed("Specified rule does not allow automatic coupon generation".to_owned()));
    }
    let format = spec
        .get("format")
        .filter(|format| !format.is_null())
        .map_or_else(|| "alphanum".to_owned(), php::text_of);
    let letters: &[u8] = match format.as_str() {
        "alphanum" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "alpha" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "num" => b"0123456789",
        other => {
            return Err(failed(format!(
                "Warning: Undefined array key \"{other}\" in /var/www/magento/vendor/magento/module-sales-rule/Helper/Coupon.php on line 148"
            )));
        }
    };
    let quantity = usize::try_from(number("quantity")).unwrap_or(0);
    let shape = Shape::new(&spec, letters, quantity);
    let mut chance = fastrand::Rng::with_seed(call.seed);
    let mut codes = Vec::with_capacity(quantity);
    while codes.len() < quantity {
        let code = shape.code(&mut chance);
        if codes.contains(&code) || shop.coupons.find(|coupon| code_of(coupon) == code).is_some() {
            continue;
        }
        codes.push(code);
    }
    for code in &codes {
        let mut coupon = doc(json!({
            "rule_id": rule_id, "code": code.chars().take(LONGEST_CODE).collect::<String>(), "usage_limit": 0,
            "usage_per_customer": 0, "times_used": 0, "is_primary": null, "created_at": call.stamp(), "type": 1
        }));
        apply_limits(&mut coupon, &rule);
        shop.coupons.insert(coupon);
    }
    Ok(json!(codes))
}

/// What a generated code looks like.
struct Shape<'a> {
    letters: &'a [u8],
    length: usize,
    prefix: String,
    suffix: String,
    dash_every: usize,
    delimiter: String,
}

impl<'a> Shape<'a> {
    /// Codes get longer, without a word, until there are four times as many as are wanted.
    fn new(spec: &Doc, letters: &'a [u8], quantity: usize) -> Self {
        let text = |field: &str| spec.get(field).map(php::text_of).unwrap_or_default();
        let number = |field: &str| {
            spec.get(field).map_or(0, |value| usize::try_from(php::int_of(value)).unwrap_or(0))
        };
        let mut length = number("length");
        #[expect(clippy::cast_precision_loss, reason = "only the order of magnitude matters")]
        let enough = |length: usize| {
            let possible = (letters.len() as f64).powi(i32::try_from(length).unwrap_or(i32::MAX));
            quantity as f64 / possible <= 0.25
        };
        while !enough(length) {
            length += 1;
        }
        let delimiter = text("delimiter");
        Self {
            letters,
            length,
            prefix: text("prefix"),
            suffix: text("suffix"),
            dash_every: number("delimiter_at_every"),
            delimiter: if delimiter.is_empty() { "-".to_owned() } else { delimiter },
        }
    }

    fn code(&self, chance: &mut fastrand::Rng) -> String {
        let mut code = self.prefix.clone();
        for at in 0..self.length {
            if self.dash_every > 0 && at > 0 && at % self.dash_every == 0 {
                code.push_str(&self.delimiter);
            }
            code.push(char::from(self.letters[chance.usize(..self.letters.len())]));
        }
        code + &self.suffix
    }
}

fn delete_by_ids(shop: &mut Shop, call: &Call) -> HandlerResult {
    let ids: Vec<u64> = call.list("ids").iter().map(php::id_of).collect();
    let missing: Vec<String> =
        ids.iter().filter(|id| shop.coupons.get(**id).is_none()).map(u64::to_string).collect();
    refuse_invalid(call, &missing)?;
    for id in ids {
        shop.coupons.remove(id);
    }
    Ok(json!({ "failed_items": [], "missing_items": missing }))
}

/// Codes must be exact here, case and all.
fn delete_by_codes(shop: &mut Shop, call: &Call) -> HandlerResult {
    let codes: Vec<String> = call.list("codes").iter().map(php::text_of).collect();
    let known = |code: &String| shop.coupons.find(|coupon| code_of(coupon) == *code).is_some();
    let missing: Vec<String> = codes.iter().filter(|code| !known(code)).cloned().collect();
    refuse_invalid(call, &missing)?;
    shop.coupons.retain(|coupon| !codes.contains(&code_of(coupon)));
    Ok(json!({ "failed_items": [], "missing_items": missing }))
}

fn refuse_invalid(call: &Call, missing: &[String]) -> Result<(), Refusal> {
    if !missing.is_empty() && *call.argument("ignoreInvalidCoupons") == Value::Bool(false) {
        return Err(Refusal::bad("Some coupons are invalid."));
    }
    Ok(())
}
