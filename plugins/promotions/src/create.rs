//! A new rule, as a plan.
//!
//! Magento gives a new rule its id, so until it is there only its name can tell whether it is: the
//! plan's lookup asks for the name, and a name that is taken is refused.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use souk_sdk::{
    AnyObject, BindingSource, BodyBinding, BodySource, Change, ChangeBuilder, Condition, Context,
    Criteria, Failure, Filter, Intent, Lookup, Method, PrepareContext, PreparedResult, Read, Route,
    StoreView,
};

use crate::answer::{self, number};
use crate::coupon::COUPON_SEARCH;
use crate::field::Field;
use crate::new_rule::Create;
use crate::overlap;
use crate::rule::{RULE, RULE_SEARCH, RULES, Rule};
use crate::wanted::Wanted;

/// Where coupons are made one by one.
pub(crate) const COUPONS: Route<0> = Route::new("/V1/coupons");
/// The tool that commits the plan.
pub(crate) const COMMIT: &str = "commit_cart_price_rule_create";

/// What the prepare action answers.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Planned {
    #[serde(flatten)]
    plan: PreparedResult,
    /// The rule as it would be, in Magento's names.
    #[schemars(with = "AnyObject")]
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
    let change = asked.change(&wanted, &warnings)?;
    let mut draft = context.draft(&Intent {
        summary: format!("create the cart price rule `{}`", asked.name),
        at: StoreView::Global,
        lookup: asked.lookup(),
    });
    draft.add([change])?;
    for warning in warnings {
        draft.warn(warning);
    }
    Ok(Planned { plan: draft.propose()?, rule_preview: preview })
}

impl Create {
    fn lookup(&self) -> Lookup {
        let filter = |read: Read, condition: &str| {
            read.query("searchCriteria[filter_groups][0][filters][0][field]", "name")
                .query("searchCriteria[filter_groups][0][filters][0][condition_type]", condition)
        };
        let value = "searchCriteria[filter_groups][0][filters][0][value]";
        let read = || RULE_SEARCH.read([]).at(StoreView::Global);
        let one = filter(read(), "eq").query(value, &self.name);
        Lookup::one(one).many(filter(read(), "in"), value, "/items", "/name")
    }

    /// The requests. A coupon of its own is a second one, and a third gives the rule its discount:
    /// what is read back of the rule then shows that the coupon was accepted, and a rule whose coupon
    /// was refused discounts nothing.
    fn change(&self, wanted: &Wanted, warnings: &[String]) -> Result<Change, Failure> {
        let mut change = ChangeBuilder::of("cart price rule", self.name.as_str()).only_if_absent();
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
                    let place = ["/", field.member()].concat();
                    change.set(post, field.member(), &body, &place, value.clone());
                }
            }
        }
        let auto = json!(self.generates());
        let (body, place) = ("/rule/use_auto_generation", "/use_auto_generation");
        change.set(post, "use_auto_generation", body, place, auto);
        wanted.set_labels(&mut change, post);
        if let Some(code) = &self.coupon_code {
            self.add_coupon(&mut change, code);
            let own = || [BindingSource::FromResponse("/rule_id".to_owned())];
            let put = change.step(RULE.step(Method::Put, own(), StoreView::Global));
            for (field, value) in wanted.values() {
                // The action goes along so that the host can judge the discount by its kind.
                let last = matches!(field, Field::SimpleAction | Field::DiscountAmount)
                    || *field == Field::IsActive && self.is_active;
                if last {
                    let body = ["/rule/", field.member()].concat();
                    let place = ["/", field.member()].concat();
                    change.set(put, field.member(), &body, &place, value.clone());
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
    fn name_is_free(&self, context: &Context) -> Result<Option<String>, Failure> {
        let criteria =
            Criteria::new().filter(Filter::new("name", Condition::Eq, self.name.as_str())?);
        let found = answer::search(context, RULE_SEARCH, &criteria)?;
        let rules: Vec<Rule> = found.items.iter().map(Rule::of).collect();
        let same = |rule: &&Rule| rule.name.as_deref() == Some(&self.name);
        if let Some(rule) = rules.iter().find(same) {
            return Err(Failure::argument(
                "name",
                format!(
                    "rule {} has this name, and by its name a new rule is found again",
                    rule.called()
                ),
            )
            .remedy("give another name, or change that rule with `promotions_update_rule`"));
        }
        Ok(rules.first().map(|rule| format!("rule {} has almost this name", rule.called())))
    }
}

/// Refuses a code that a coupon has: Magento compares them without regard to case.
fn code_is_free(context: &Context, code: &str) -> Result<(), Failure> {
    let criteria = Criteria::new().filter(Filter::new("code", Condition::Eq, code)?).page(1, 1);
    let found = answer::search(context, COUPON_SEARCH, &criteria)?;
    match found.items.first() {
        None => Ok(()),
        Some(coupon) => Err(Failure::argument(
            "coupon_code",
            format!("rule {} has a coupon with the code `{code}`", number(coupon, "rule_id")),
        )
        .remedy("give another code: each belongs to one rule")),
    }
}
