//! The arguments of a new rule: what it is to be, what cannot be, and what a reviewer should know.

use souk_sdk::prelude::*;

use crate::conditions::Conditions;
use crate::discount_terms;
use crate::rule::CartPriceRule;
use crate::rule_field::RuleField;
use crate::rule_values::{RuleValues, StoreLabel, fit_together};

/// The longest code that the database keeps.
const LONGEST_CODE: usize = 255;

#[args]
pub(crate) struct CreateRuleArgs {
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
    simple_action: SimpleAction,
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

#[record]
#[result]
#[derive(Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum SimpleAction {
    ByPercent,
    ByFixed,
    CartFixed,
    BuyXGetY,
}

#[args]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
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

fn is_some(quantity: &Value) -> bool {
    Decimal::of(quantity) != Some(Decimal::ZERO)
}

impl CreateRuleArgs {
    /// What is to be set, checked field by field.
    pub(crate) fn values(&self) -> Result<RuleValues, Failure> {
        fn given<T: Clone + Into<Value>>(value: &Option<T>) -> Option<Value> {
            value.clone().map(Into::into)
        }
        let conditions = |given: &Option<Conditions>| given.as_ref().map(|given| given.0.clone());
        let mut values = RuleValues::default();
        for (field, value) in [
            (RuleField::Name, Some(json!(self.name))),
            (RuleField::Description, given(&self.description)),
            (RuleField::WebsiteIds, Some(json!(self.website_ids))),
            (RuleField::CustomerGroupIds, Some(json!(self.customer_group_ids))),
            (RuleField::FromDate, given(&self.from_date)),
            (RuleField::ToDate, given(&self.to_date)),
            (RuleField::IsActive, Some(json!(self.is_active))),
            (RuleField::SimpleAction, Some(json!(self.simple_action))),
            (RuleField::DiscountAmount, Some(self.discount_amount.clone())),
            // A quantity of 0 is none.
            (RuleField::DiscountQty, self.discount_qty.clone().filter(is_some)),
            (RuleField::DiscountStep, given(&self.discount_step)),
            (RuleField::ApplyToShipping, Some(json!(self.apply_to_shipping))),
            // Magento's own default is true (`missing-stop_rules_processing`).
            (RuleField::StopRulesProcessing, Some(json!(self.stop_rules_processing))),
            (RuleField::SortOrder, Some(json!(self.sort_order))),
            (RuleField::CouponType, Some(json!(self.coupon_type.as_str()))),
            (RuleField::UsesPerCustomer, given(&self.uses_per_customer)),
            (RuleField::UsesPerCoupon, given(&self.uses_per_coupon)),
            (RuleField::Conditions, conditions(&self.conditions)),
            (RuleField::ActionConditions, conditions(&self.action_conditions)),
            (RuleField::StoreLabels, self.store_labels.clone()),
        ] {
            if let Some(value) = value {
                values.take(field, &value, &["/", field.name()].concat())?;
            }
        }
        Ok(values)
    }

    /// What no field shows alone.
    pub(crate) fn check(&self, values: &RuleValues) -> Result<(), Failure> {
        fit_together(
            "",
            self.from_date.as_deref(),
            self.to_date.as_deref(),
            values.get(RuleField::SimpleAction).and_then(Value::as_str),
            values.get(RuleField::DiscountAmount),
        )?;
        if let Some(to_date) = &self.to_date {
            discount_terms::not_ended(to_date, "to_date")?;
        }
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
        if values.get(RuleField::DiscountAmount).and_then(Decimal::of) == Some(Decimal::ZERO) {
            return Err(Failure::argument(
                "discount_amount",
                "with a `coupon_code` the discount is written last, as the proof that the coupon is \
                 there, and a discount of 0 proves nothing",
            )
            .remedy("give a discount above 0"));
        }
        Ok(())
    }

    /// What a reviewer should know of it, whatever the store has.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        let needs_step =
            self.simple_action == SimpleAction::BuyXGetY && self.discount_step.unwrap_or(0) == 0;
        let needs_code =
            self.coupon_type == CouponType::SpecificCoupon && self.coupon_code.is_none();
        let warnings = [
            (self.conditions.is_none(), "without conditions it applies to every cart"),
            (
                needs_step,
                "buy_x_get_y never applies without discount_step: how many have to be bought for \
                 discount_amount to be free",
            ),
            (
                needs_code,
                "without a coupon_code nobody can use it until a coupon is added in Magento",
            ),
            (
                self.coupon_type == CouponType::Auto,
                "nobody can use it until it has coupons: promotions_generate_coupons makes them once \
                 the rule is there",
            ),
            (true, "undoing it deletes the rule with all its coupons"),
        ];
        let warnings =
            warnings.into_iter().filter(|(holds, _)| *holds).map(|(_, warning)| warning.to_owned());
        let starts =
            self.is_active.then(|| match discount_terms::begins_later(self.from_date.as_deref()) {
                Some(day) => format!("customers get the discount from {day} on"),
                None => "customers get the discount as soon as the plan is committed".to_owned(),
            });
        starts.into_iter().chain(warnings)
    }

    /// As far as rules that apply beside it matter.
    pub(crate) fn as_rule(&self) -> CartPriceRule {
        CartPriceRule {
            name: Some(self.name.clone()),
            website_ids: self.website_ids.clone(),
            customer_group_ids: self.customer_group_ids.clone(),
            from_date: self.from_date.clone(),
            to_date: self.to_date.clone(),
            is_active: self.is_active,
            stop_rules_processing: self.stop_rules_processing,
            sort_order: self.sort_order,
            ..CartPriceRule::default()
        }
    }

    pub(crate) fn preview(&self, values: &RuleValues) -> Value {
        let mut rule = Map::new();
        for (field, value) in values.values() {
            rule.insert(field.member().to_owned(), value.clone());
        }
        rule.insert("use_auto_generation".to_owned(), json!(self.generates()));
        if !values.labels.is_empty() {
            let label =
                |label: &StoreLabel| json!({"store_id": label.store_id, "store_label": label.text});
            rule.insert("store_labels".to_owned(), values.labels.iter().map(label).collect());
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
