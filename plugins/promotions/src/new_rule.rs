//! The arguments of a new rule: what it is to be, what cannot be, and what a reviewer should know.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use souk_sdk::{AnyObject, Decimal, Failure};

use crate::conditions::Conditions;
use crate::field::Field;
use crate::rule::Rule;
use crate::wanted::{Label, Wanted, fit_together};

/// The longest code that the database keeps.
const LONGEST_CODE: usize = 255;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Create {
    /// What administrators call it. No other rule may have it.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) name: String,
    description: Option<String>,
    /// Where it applies.
    #[schemars(length(min = 1))]
    website_ids: Vec<u64>,
    /// For whom; 0 are customers who are not logged in.
    #[schemars(length(min = 1))]
    customer_group_ids: Vec<u64>,
    /// The first day, as in 2026-12-01; from now on if left out.
    from_date: Option<String>,
    /// The last day; for ever if left out.
    to_date: Option<String>,
    /// Whether it applies as soon as the plan is committed.
    #[serde(default)]
    pub(crate) is_active: bool,
    simple_action: Action,
    /// Per cent, or money in the base currency; for buy_x_get_y how many are free.
    #[schemars(with = "f64", range(min = 0))]
    discount_amount: Value,
    /// How many of a product are discounted at most; 0 is all.
    #[schemars(with = "Option<f64>", range(min = 0))]
    discount_qty: Option<Value>,
    /// For buy_x_get_y how many have to be bought; else only each so many are discounted.
    discount_step: Option<u64>,
    #[serde(default)]
    apply_to_shipping: bool,
    /// Whether rules with a higher sort_order no longer apply where this one does.
    #[serde(default)]
    stop_rules_processing: bool,
    /// The lower is applied first.
    #[serde(default)]
    sort_order: u64,
    #[serde(default)]
    coupon_type: CouponType,
    /// The code that customers enter, with coupon_type specific_coupon.
    #[schemars(length(min = 1, max = 255))]
    pub(crate) coupon_code: Option<String>,
    /// 0 is without limit, and guests are not counted.
    uses_per_customer: Option<u64>,
    /// How often each coupon of the rule can be used; 0 is without limit.
    uses_per_coupon: Option<u64>,
    /// When it applies; to every cart if left out. {"all": [...]}, {"any": [...]} or {"none": [...]}
    /// of conditions, nested at will. A condition is one of subtotal, subtotal_with_discount,
    /// subtotal_incl_tax, quantity, weight, country, region, region_id, postcode, payment_method,
    /// shipping_method with a value, a list, or {op, value}, op one of eq, neq, gteq, lteq, gt, lt,
    /// in, nin, contains, ncontains or Magento's symbols; or about products: product_found,
    /// product_not_found with conditions on a product, and quantity_of, amount_of with {op, value,
    /// of: conditions on a product}. On a product: sku, category, attribute_set, price_in_cart,
    /// quantity_in_cart, row_total_in_cart, or any attribute by its code (options by their ids).
    /// Magento's own objects with condition_type, attribute_name, operator, value, aggregator_type,
    /// conditions are taken too. Example: {"all": [{"subtotal": {"op": ">=", "value": 50}},
    /// {"product_found": {"category": [3, 4]}}]}.
    conditions: Option<Conditions>,
    /// Which products in the cart are discounted; all if left out. Conditions on a product, as in
    /// product_found: {"category": 3}, {"any": [{"sku": "A"}, {"color": "5"}]}.
    action_conditions: Option<Conditions>,
    /// What customers see: [{store_id, store_label}], store_id 0 for all views.
    #[schemars(with = "Option<Vec<AnyObject>>")]
    store_labels: Option<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    ByPercent,
    ByFixed,
    CartFixed,
    BuyXGetY,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ByPercent => "by_percent",
            Self::ByFixed => "by_fixed",
            Self::CartFixed => "cart_fixed",
            Self::BuyXGetY => "buy_x_get_y",
        }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CouponType {
    #[default]
    NoCoupon,
    SpecificCoupon,
    Auto,
}

impl CouponType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::NoCoupon => "NO_COUPON",
            Self::SpecificCoupon => "SPECIFIC_COUPON",
            Self::Auto => "AUTO",
        }
    }
}

impl Create {
    /// What is to be set, checked field by field.
    pub(crate) fn wanted(&self) -> Result<Wanted, Failure> {
        let mut wanted = Wanted::default();
        let mut take = |field: Field, value: Value| {
            let at = ["/", field.name()].concat();
            wanted.take(field, &value, &at)
        };
        take(Field::Name, json!(self.name))?;
        if let Some(text) = &self.description {
            take(Field::Description, json!(text))?;
        }
        take(Field::WebsiteIds, json!(self.website_ids))?;
        take(Field::CustomerGroupIds, json!(self.customer_group_ids))?;
        for (field, day) in [(Field::FromDate, &self.from_date), (Field::ToDate, &self.to_date)] {
            if let Some(day) = day {
                take(field, json!(day))?;
            }
        }
        take(Field::IsActive, json!(self.is_active))?;
        take(Field::SimpleAction, json!(self.simple_action.as_str()))?;
        take(Field::DiscountAmount, self.discount_amount.clone())?;
        if let Some(quantity) = &self.discount_qty {
            take(Field::DiscountQty, quantity.clone())?;
        }
        if let Some(step) = self.discount_step {
            take(Field::DiscountStep, json!(step))?;
        }
        take(Field::ApplyToShipping, json!(self.apply_to_shipping))?;
        // Magento's own default is true (`missing-stop_rules_processing`).
        take(Field::StopRulesProcessing, json!(self.stop_rules_processing))?;
        take(Field::SortOrder, json!(self.sort_order))?;
        take(Field::CouponType, json!(self.coupon_type.as_str()))?;
        let uses = [
            (Field::UsesPerCustomer, self.uses_per_customer),
            (Field::UsesPerCoupon, self.uses_per_coupon),
        ];
        for (field, uses) in uses {
            if let Some(uses) = uses {
                take(field, json!(uses))?;
            }
        }
        let conditions = [
            (Field::Conditions, &self.conditions),
            (Field::ActionConditions, &self.action_conditions),
        ];
        for (field, conditions) in conditions {
            if let Some(conditions) = conditions {
                take(field, conditions.0.clone())?;
            }
        }
        if let Some(labels) = &self.store_labels {
            take(Field::StoreLabels, labels.clone())?;
        }
        Ok(wanted)
    }

    /// What no field shows alone.
    pub(crate) fn check(&self, wanted: &Wanted) -> Result<(), Failure> {
        fit_together(
            "",
            self.from_date.as_deref(),
            self.to_date.as_deref(),
            Some(self.simple_action.as_str()),
            wanted.get(Field::DiscountAmount),
        )?;
        let Some(code) = &self.coupon_code else { return Ok(()) };
        if self.coupon_type != CouponType::SpecificCoupon {
            return Err(Failure::argument(
                "coupon_code",
                "a code is given, and only rules of coupon_type `specific_coupon` have one",
            )
            .remedy(
                "pass `\"coupon_type\": \"specific_coupon\"`, or leave `coupon_code` out; codes for \
                 `auto` are made with `promotions_generate_coupons`",
            ));
        }
        if code.trim() != code || code.chars().any(char::is_control) {
            return Err(Failure::argument(
                "coupon_code",
                "customers cannot enter a code with spaces at its ends, or over several lines",
            ));
        }
        if code.chars().count() > LONGEST_CODE {
            let message = format!("a code has at most {LONGEST_CODE} characters");
            return Err(Failure::argument("coupon_code", message));
        }
        if wanted.get(Field::DiscountAmount).and_then(Decimal::of) == Some(Decimal::ZERO) {
            return Err(Failure::argument(
                "discount_amount",
                "with a `coupon_code` the discount is written last, as the proof that the coupon is \
                 there, and a discount of 0 proves nothing",
            )
            .remedy("give a discount above 0"));
        }
        Ok(())
    }

    pub(crate) fn own_warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |text: &str| warnings.push(text.to_owned());
        if self.conditions.is_none() {
            warn("without conditions it applies to every cart");
        }
        if self.is_active {
            warn("customers get the discount as soon as the plan is committed");
        }
        if self.simple_action == Action::BuyXGetY && self.discount_step.unwrap_or(0) == 0 {
            warn(
                "buy_x_get_y never applies without discount_step: how many have to be bought for \
                 discount_amount to be free",
            );
        }
        if self.coupon_type == CouponType::SpecificCoupon && self.coupon_code.is_none() {
            warn("without a coupon_code nobody can use it until a coupon is added in Magento");
        }
        if self.coupon_type == CouponType::Auto {
            warn(
                "nobody can use it until it has coupons: promotions_generate_coupons makes them once \
                 the rule is there",
            );
        }
        warnings.push("undoing it deletes the rule with all its coupons".to_owned());
        warnings
    }

    /// As far as rules that apply beside it matter.
    pub(crate) fn as_rule(&self) -> Rule {
        Rule {
            name: Some(self.name.clone()),
            website_ids: self.website_ids.clone(),
            customer_group_ids: self.customer_group_ids.clone(),
            from_date: self.from_date.clone(),
            to_date: self.to_date.clone(),
            is_active: self.is_active,
            stop_rules_processing: self.stop_rules_processing,
            sort_order: self.sort_order,
            ..Rule::default()
        }
    }

    pub(crate) fn preview(&self, wanted: &Wanted) -> Value {
        let mut rule = Map::new();
        for (field, value) in wanted.values() {
            rule.insert(field.member().to_owned(), value.clone());
        }
        rule.insert("use_auto_generation".to_owned(), json!(self.generates()));
        if !wanted.labels.is_empty() {
            let label =
                |label: &Label| json!({"store_id": label.store_id, "store_label": label.text});
            rule.insert("store_labels".to_owned(), wanted.labels.iter().map(label).collect());
        }
        if let Some(code) = &self.coupon_code {
            rule.insert("coupon_code".to_owned(), json!(code));
        }
        Value::Object(rule)
    }

    pub(crate) fn generates(&self) -> bool {
        self.coupon_type == CouponType::Auto
    }
}
