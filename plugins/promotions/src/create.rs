//! A new rule, as a plan.
//!
//! Magento gives a new rule its id, so until it is there only its name can tell whether it is: the
//! plan's lookup asks for the name, and a name that is taken is refused.

use souk_sdk::core::{BodyBinding, BodySource, Change};
use souk_sdk::magento::{ATTRIBUTE, STORE_VIEWS, WEBSITES};
use souk_sdk::prelude::*;

use crate::coupon::COUPON_SEARCH;
use crate::create_args::CreateRuleArgs;
use crate::document;
use crate::overlap;
use crate::references::GROUPS;
use crate::rule::{CartPriceRule, RULE, RULE_SEARCH, RULES};
use crate::rule_field::RuleField;
use crate::rule_values::RuleValues;

/// Where coupons are made one by one.
const COUPONS: Route<0> = Route::new("/V1/coupons");

/// New rules. They are found by their names in a search.
const NEW_RULES: Changes<0> =
    Changes::of("cart price rule", RULE_SEARCH).post(RULES).put(RULE).delete(RULE).post(COUPONS);

/// A plan, and the rule in it.
#[result]
pub(crate) struct CreateRuleResult {
    #[serde(flatten)]
    plan: PreparedResult,
    /// The rule as it would be, in Magento's names.
    #[schemars(with = "AnyObject")]
    rule_preview: Value,
}

/// Plan a new cart price rule
///
/// Plans a cart price rule: checks websites, customer groups, days, attributes and conditions against
/// the store, and returns a plan_id, rule_preview, and warnings, also of active rules that would apply
/// beside it. With coupon_type specific_coupon give its coupon_code; with auto generate coupons once
/// the rule is there.
///
/// # Commit
/// Commit a planned cart price rule
///
/// Carries out a plan of promotions_prepare_cart_price_rule_create: creates the rule, and its coupon
/// where it has one, reads it back and compares it with the plan, conditions included. Returns the
/// rule.
#[action(
    prepare,
    tier = risk,
    reads(COUPON_SEARCH, WEBSITES, STORE_VIEWS, GROUPS, ATTRIBUTE),
    changes(NEW_RULES),
    commit(subject_as = "rule"),
    keywords(
        "new discount", "new promotion", "campaign", "voucher", "discount code", "percent off",
        "free shipping", "buy one get one", "amount off", "minimum order",
    ),
)]
pub(crate) fn prepare_cart_price_rule_create(
    args: &CreateRuleArgs,
    context: &PrepareContext,
) -> Result<CreateRuleResult, Failure> {
    let mut values = args.values()?;
    args.check(&values)?;
    values.check_references(context, "")?;
    let mut warnings = std::mem::take(&mut values.warnings);
    warnings.extend(args.check_name(context)?);
    if let Some(code) = &args.coupon_code {
        check_code(context, code)?;
    }
    warnings.extend(args.warnings());
    warnings.extend(overlap::warnings(context, &args.as_rule())?);
    let change = args.change(&values, &warnings)?;
    let mut draft = context.draft(&Intent {
        summary: format!("create the cart price rule `{}`", args.name),
        view: StoreView::Global,
        lookup: Lookup::found_by(RULE_SEARCH, "name", &args.name, StoreView::Global),
    });
    draft.add([change])?;
    for warning in warnings {
        draft.warn(warning);
    }
    Ok(CreateRuleResult { plan: draft.propose()?, rule_preview: args.preview(&values) })
}

impl CreateRuleArgs {
    /// The requests. A coupon of its own is a second one, and a third gives the rule its discount:
    /// what is read back of the rule then shows that the coupon was accepted, and a rule whose coupon
    /// was refused discounts nothing.
    fn change(&self, values: &RuleValues, warnings: &[String]) -> Result<Change, Failure> {
        let mut change = NEW_RULES.change(self.name.as_str()).only_if_absent();
        let post = change.step(RULES.step(Method::Post, [], StoreView::Global));
        let with_code = self.coupon_code.is_some();
        for (field, value) in values.values() {
            let body = ["/rule/", field.member()].concat();
            match field {
                RuleField::DiscountAmount if with_code => change.constant(post, &body, json!(0)),
                RuleField::IsActive if with_code && self.is_active => {
                    change.constant(post, &body, json!(false));
                }
                _ => {
                    let pointer = ["/", field.member()].concat();
                    change.set(post, field.member(), &body, &pointer, value.clone());
                }
            }
        }
        let auto = json!(self.generates());
        let (body, pointer) = ("/rule/use_auto_generation", "/use_auto_generation");
        change.set(post, "use_auto_generation", body, pointer, auto);
        values.set_labels(&mut change, post);
        if let Some(code) = &self.coupon_code {
            self.add_coupon(&mut change, code);
            let own = || [BindingSource::FromResponse("/rule_id".to_owned())];
            let put = change.step(RULE.step(Method::Put, own(), StoreView::Global));
            for (field, value) in values.values() {
                // The action goes along so that the host can judge the discount by its kind.
                let last = matches!(field, RuleField::SimpleAction | RuleField::DiscountAmount)
                    || *field == RuleField::IsActive && self.is_active;
                if last {
                    let body = ["/rule/", field.member()].concat();
                    let pointer = ["/", field.member()].concat();
                    change.set(put, field.member(), &body, &pointer, value.clone());
                }
            }
        }
        change.undo_step(RULE.step(
            Method::Delete,
            [BindingSource::FromResponse("/rule_id".to_owned())],
            StoreView::Global,
        ));
        for warning in warnings {
            change.warn(warning);
        }
        change.done()
    }

    fn add_coupon(&self, change: &mut ChangeBuilder, code: &str) {
        let mut step = COUPONS.step(Method::Post, [], StoreView::Global);
        let rule = "/coupon/rule_id".to_owned();
        step.body_bindings.push(BodyBinding {
            at: rule.clone(),
            value: BodySource::FromResponse("/rule_id".to_owned()),
        });
        let step = change.step(step);
        change.constant(step, &rule, Value::Null);
        change.constant(step, "/coupon/code", json!(code));
        // The coupon that Magento's editor shows with the rule.
        change.constant(step, "/coupon/is_primary", json!(true));
        change.constant(step, "/coupon/type", json!(0));
        change.constant(step, "/coupon/times_used", json!(0));
    }

    /// Refuses a name that a rule has; warns of one that differs by case or accents only.
    fn check_name(&self, context: &Context) -> Result<Option<String>, Failure> {
        let filter = Filter::new("name", Condition::Eq, self.name.as_str())?;
        let page =
            document::search(context, RULE_SEARCH, &Criteria::new().filter(filter).page(300, 1))?;
        let rules: Vec<CartPriceRule> = page.items.iter().map(CartPriceRule::of).collect();
        if let Some(rule) = rules.iter().find(|rule| rule.name.as_deref() == Some(&self.name)) {
            let message = format!(
                "rule {} has this name, and by its name a new rule is found again",
                rule.name_and_id()
            );
            return Err(Failure::argument("name", message)
                .remedy("give another name, or change that rule with `promotions_update_rule`"));
        }
        Ok(rules.first().map(|rule| format!("rule {} has almost this name", rule.name_and_id())))
    }
}

/// Refuses a code that a coupon has: Magento compares them without regard to case.
fn check_code(context: &Context, code: &str) -> Result<(), Failure> {
    let criteria = Criteria::new().filter(Filter::new("code", Condition::Eq, code)?).page(1, 1);
    let page = document::search(context, COUPON_SEARCH, &criteria)?;
    let Some(coupon) = page.items.first() else { return Ok(()) };
    let message = format!("rule {} has a coupon with the code `{code}`", coupon.id("rule_id"));
    Err(Failure::argument("coupon_code", message)
        .remedy("give another code: each belongs to one rule"))
}
