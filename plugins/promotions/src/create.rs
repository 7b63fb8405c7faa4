//! A new rule, as a plan.
//!
//! Magento gives a new rule its id, so until it is there only its name can tell whether it is: the
//! plan's lookup asks for the name, and a name that is taken is refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use souk_sdk::{
    Change, Changing, Condition, Context, Criteria, Failure, Fill, Filling, Filter, Found, Intent,
    Lookup, Method, Object, PrepareContext, Prepared, Read, Route, Source, StoreView, element,
};

use crate::conditions::Conditions;
use crate::field::Field;
use crate::overlap;
use crate::rule::{RULE, RULE_SEARCH, RULES, Rule};
use crate::store::COUPON_SEARCH;
use crate::wanted::{Wanted, fit_together};

/// Where coupons are made one by one.
pub(crate) const COUPONS: Route<0> = Route::new("/V1/coupons");
/// The tool that commits the plan.
pub(crate) const COMMIT: &str = "commit_cart_price_rule_create";
/// The longest code that the database keeps.
const LONGEST_CODE: usize = 255;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Create {
    /// What administrators call it. No other rule may have it.
    #[schemars(length(min = 1, max = 255))]
    name: String,
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
    is_active: bool,
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
    coupon_code: Option<String>,
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
    #[schemars(with = "Option<Vec<Object>>")]
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

/// What the prepare action answers.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Planned {
    #[serde(flatten)]
    plan: Prepared,
    /// The rule as it would be, in Magento's names.
    #[schemars(with = "Object")]
    rule_preview: Value,
}

pub(crate) fn prepare(asked: &Create, context: &PrepareContext) -> Result<Planned, Failure> {
    let mut wanted = asked.wanted()?;
    asked.check(&wanted)?;
    wanted.refers(context, "")?;
    let mut warnings = std::mem::take(&mut wanted.warnings);
    warnings.extend(asked.name_is_free(context)?);
    if let Some(code) = &asked.coupon_code {
        code_is_free(context, code)?;
    }
    warnings.extend(asked.own_warnings());
    warnings.extend(overlap::warnings(context, &asked.as_rule())?);
    let preview = asked.preview(&wanted);
    let change = asked.change(&wanted)?;
    let mut draft = context.draft(&Intent {
        summary: format!("create the cart price rule `{}`", asked.name),
        at: StoreView::Global,
        lookup: asked.lookup(),
    });
    draft.add([change])?;
    let tool = ["promotions_", COMMIT].concat();
    Ok(Planned { plan: Prepared::new(draft.propose()?, warnings, &tool)?, rule_preview: preview })
}

impl Create {
    /// What is to be set, checked field by field.
    fn wanted(&self) -> Result<Wanted, Failure> {
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
                take(field, Value::Object(conditions.0.clone()))?;
            }
        }
        if let Some(labels) = &self.store_labels {
            take(Field::StoreLabels, labels.clone())?;
        }
        Ok(wanted)
    }

    /// What no field shows alone.
    fn check(&self, wanted: &Wanted) -> Result<(), Failure> {
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
        if wanted.get(Field::DiscountAmount).and_then(souk_sdk::Decimal::of)
            == Some(souk_sdk::Decimal::ZERO)
        {
            return Err(Failure::argument(
                "discount_amount",
                "with a `coupon_code` the discount is written last, as the proof that the coupon is \
                 there, and a discount of 0 proves nothing",
            )
            .remedy("give a discount above 0"));
        }
        Ok(())
    }

    fn own_warnings(&self) -> Vec<String> {
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
        if self.name.contains(',') {
            warn(
                "Magento's lists cannot express the comma in its name: the commit answers the rule \
                 inside a search's `items`",
            );
        }
        warnings.push("undoing it deletes the rule with all its coupons".to_owned());
        warnings
    }

    /// As far as rules that apply beside it matter.
    fn as_rule(&self) -> Rule {
        Rule {
            name: Some(self.name.clone()),
            website_ids: self.website_ids.clone(),
            customer_group_ids: self.customer_group_ids.clone(),
            from_date: self.from_date.clone(),
            to_date: self.to_date.clone(),
            is_active: self.is_active,
            stop_rules_processing: self.stop_rules_processing,
            sort_order: i64::try_from(self.sort_order).unwrap_or(i64::MAX),
            ..Rule::default()
        }
    }

    fn preview(&self, wanted: &Wanted) -> Value {
        let mut rule = Map::new();
        for (field, value) in wanted.values() {
            rule.insert(field.member().to_owned(), value.clone());
        }
        rule.insert("use_auto_generation".to_owned(), json!(self.generates()));
        if !wanted.labels.is_empty() {
            let label = |label: &crate::wanted::Label| json!({"store_id": label.store_id, "store_label": label.text});
            rule.insert("store_labels".to_owned(), wanted.labels.iter().map(label).collect());
        }
        if let Some(code) = &self.coupon_code {
            rule.insert("coupon_code".to_owned(), json!(code));
        }
        Value::Object(rule)
    }

    fn generates(&self) -> bool {
        self.coupon_type == CouponType::Auto
    }

    /// Where the rule stands in what the lookup answers. A search for one of several names takes the
    /// rule out of its list; a name with a comma cannot be in such a search.
    fn under(&self) -> String {
        match self.name.contains(',') {
            true => ["/items/", &element("name", &self.name)].concat(),
            false => String::new(),
        }
    }

    fn lookup(&self) -> Lookup {
        let filter = |read: Read, condition: &str| {
            read.query("searchCriteria[filter_groups][0][filters][0][field]", "name")
                .query("searchCriteria[filter_groups][0][filters][0][condition_type]", condition)
        };
        let value = "searchCriteria[filter_groups][0][filters][0][value]";
        let read = || RULE_SEARCH.read([]).at(StoreView::Global);
        let one = filter(read(), "eq").query(value, &self.name);
        match self.name.contains(',') {
            true => Lookup::one(one),
            false => Lookup::one(one).many(filter(read(), "in"), value, "/items", "/name"),
        }
    }

    /// The requests. A coupon of its own is a second one, and a third gives the rule its discount:
    /// what is read back of the rule then shows that the coupon was accepted, and a rule whose coupon
    /// was refused discounts nothing.
    fn change(&self, wanted: &Wanted) -> Result<Change, Failure> {
        let under = self.under();
        let mut change = Changing::of("cart price rule", self.name.as_str()).only_if_absent();
        let post = change.step(RULES.step(Method::Post, [], StoreView::Global));
        let with_code = self.coupon_code.is_some();
        for (field, value) in wanted.values() {
            let body = ["/rule/", field.member()].concat();
            match field {
                Field::DiscountAmount if with_code => change.constant(post, &body, json!(0)),
                Field::IsActive if with_code && self.is_active => {
                    change.constant(post, &body, json!(false));
                }
                _ => {
                    let place = [&under, "/", field.member()].concat();
                    change.set(post, field.member(), &body, &place, value.clone());
                }
            }
        }
        let auto = json!(self.generates());
        let place = [&under, "/use_auto_generation"].concat();
        change.set(post, "use_auto_generation", "/rule/use_auto_generation", &place, auto);
        wanted.set_labels(&mut change, post, &under);
        if let Some(code) = &self.coupon_code {
            self.add_coupon(&mut change, code);
            let own = || [Source::Answered("/rule_id".to_owned())];
            let put = change.step(RULE.step(Method::Put, own(), StoreView::Global));
            for (field, value) in wanted.values() {
                // The action goes along so that the host can judge the discount by its kind.
                let last = matches!(field, Field::SimpleAction | Field::DiscountAmount)
                    || *field == Field::IsActive && self.is_active;
                if last {
                    let body = ["/rule/", field.member()].concat();
                    let place = [&under, "/", field.member()].concat();
                    change.set(put, field.member(), &body, &place, value.clone());
                }
            }
        }
        change.undo_step(RULE.step(
            Method::Delete,
            [Source::Answered("/rule_id".to_owned())],
            StoreView::Global,
        ));
        change.done()
    }

    fn add_coupon(&self, change: &mut Changing, code: &str) {
        let mut step = COUPONS.step(Method::Post, [], StoreView::Global);
        let rule = "/coupon/rule_id".to_owned();
        step.fills
            .push(Fill { at: rule.clone(), content: Filling::Answered("/rule_id".to_owned()) });
        let step = change.step(step);
        change.constant(step, &rule, Value::Null);
        change.constant(step, "/coupon/code", json!(code));
        // The coupon that Magento's editor shows with the rule.
        change.constant(step, "/coupon/is_primary", json!(true));
        change.constant(step, "/coupon/type", json!(0));
        change.constant(step, "/coupon/times_used", json!(0));
    }

    /// Refuses a name that a rule has; warns of one that differs by case or accents only.
    fn name_is_free(&self, context: &Context) -> Result<Option<String>, Failure> {
        let criteria =
            Criteria::new().filter(Filter::new("name", Condition::Eq, self.name.as_str())?);
        let read = RULE_SEARCH.read([]).search(&criteria).at(StoreView::Global);
        let found: Found<Rule> = context.get(&read)?;
        let same = |rule: &&Rule| rule.name.as_deref() == Some(&self.name);
        if let Some(rule) = found.items.iter().find(same) {
            return Err(Failure::argument(
                "name",
                format!(
                    "rule {} has this name, and by its name a new rule is found again",
                    rule.called()
                ),
            )
            .remedy("give another name, or change that rule with `promotions_update_rule`"));
        }
        Ok(found.items.first().map(|rule| format!("rule {} has almost this name", rule.called())))
    }
}

/// Refuses a code that a coupon has: Magento compares them without regard to case.
fn code_is_free(context: &Context, code: &str) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Coupon {
        rule_id: u64,
    }
    let criteria = Criteria::new().filter(Filter::new("code", Condition::Eq, code)?).page(1, 1);
    let read = COUPON_SEARCH.read([]).search(&criteria).at(StoreView::Global);
    let found: Found<Coupon> = context.get(&read)?;
    match found.items.first() {
        None => Ok(()),
        Some(coupon) => Err(Failure::argument(
            "coupon_code",
            format!("rule {} has a coupon with the code `{code}`", coupon.rule_id),
        )
        .remedy("give another code: each belongs to one rule")),
    }
}
