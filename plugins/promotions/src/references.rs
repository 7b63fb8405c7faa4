//! What a rule refers to, checked against the store: Magento answers 500 to a website or group that it
//! does not have, and takes any attribute and any option.

use std::collections::BTreeMap;

use souk_sdk::core::Read;
use souk_sdk::magento::{self, ATTRIBUTE, STORE_VIEWS, Scan, WEBSITES};
use souk_sdk::prelude::*;

use crate::conditions::AttributeCondition;
use crate::document::whole;
use crate::rule::RULE_SEARCH;

/// The search for customer groups.
pub(crate) const GROUPS: Route<0> = Route::new("/V1/customerGroups/search");

/// Options of an attribute that a refusal names.
const OPTIONS_NAMED: usize = 20;

/// The store's websites, but for the administration's.
pub(crate) fn websites(context: &Context) -> Result<BTreeMap<u64, String>, Failure> {
    let mut known = by_id(&context.get(&WEBSITES.read([]).in_view(StoreView::Global))?);
    known.remove(&0);
    Ok(known)
}

/// Refuses websites that the store does not have.
pub(crate) fn has_websites(context: &Context, ids: &[u64], argument: &str) -> Result<(), Failure> {
    has(ids, &websites(context)?, argument, "website")
}

/// Refuses customer groups that the store does not have.
pub(crate) fn has_groups(context: &Context, ids: &[u64], argument: &str) -> Result<(), Failure> {
    let groups = Scan::new(context, GROUPS, Criteria::new(), "id").all()?;
    has(ids, &by_id(&Value::Array(groups)), argument, "customer group")
}

/// Refuses store views that the store does not have; 0 stands for all of them.
pub(crate) fn has_views(context: &Context, ids: &[u64], argument: &str) -> Result<(), Failure> {
    let mut known = by_id(&context.get(&STORE_VIEWS.read([]).in_view(StoreView::Global))?);
    known.insert(0, "all".to_owned());
    has(ids, &known, argument, "store view")
}

/// How many rows this store takes in one list of a rule, if it takes less than these.
pub(crate) fn exceeded_limit(context: &Context, rows: usize) -> Result<Option<usize>, Failure> {
    magento::exceeded_limit(context, RULE_SEARCH, "rule_id", rows)
}

/// The codes of websites, store views or customer groups, by their ids.
fn by_id(list: &Value) -> BTreeMap<u64, String> {
    let one = |item: &Value| {
        let id = item.get("id").and_then(whole)?;
        Some((id, item.text("code").to_owned()))
    };
    list.as_array().into_iter().flatten().filter_map(one).collect()
}

fn has(
    ids: &[u64],
    known: &BTreeMap<u64, String>,
    argument: &str,
    what: &str,
) -> Result<(), Failure> {
    let missing: Vec<String> =
        ids.iter().filter(|id| !known.contains_key(id)).map(u64::to_string).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let there: Vec<_> = known.iter().map(|(id, code)| format!("{id} (`{code}`)")).collect();
    Err(Failure::argument(argument, format!("the store has no {what} {}", missing.join(", ")))
        .remedy(format!("there are {}", there.join(", "))))
}

/// Holds conditions on products' attributes against the store; answers what to warn of.
///
/// # Errors
/// An attribute that there is not, or an option that it does not have.
pub(crate) fn has_attributes(
    context: &Context,
    conditions: &[AttributeCondition],
) -> Result<Vec<String>, Failure> {
    let mut codes: Vec<&str> = conditions.iter().map(|condition| condition.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let reads: Vec<Read> =
        codes.iter().map(|code| ATTRIBUTE.read([code]).in_view(StoreView::Global)).collect();
    let mut answers = context.get_together(&reads);
    let mut warnings = Vec::new();
    for code in codes {
        let of_it = || conditions.iter().filter(|condition| condition.code == code);
        let at = of_it().next().map_or("/conditions", |condition| &condition.at);
        let attribute: Value = answers.next().map_err(|failure: Failure| {
            if !failure.is_not_found() {
                return failure;
            }
            Failure::argument(at, format!("the store has no product attribute `{code}`"))
                .remedy("a condition on it would never hold; give the attribute's code")
        })?;
        let marked = "is_used_for_promo_rules";
        if attribute.get(marked).is_some() && !attribute.flag(marked) {
            warnings.push(format!(
                "the attribute `{code}` is not marked for use in promotions: Magento's own editor of \
                 rules cannot show the condition on it"
            ));
        }
        for condition in of_it().filter(|condition| condition.whole) {
            has_options(&attribute, condition)?;
        }
    }
    Ok(warnings)
}

fn has_options(attribute: &Value, condition: &AttributeCondition) -> Result<(), Failure> {
    let text = |choice: &Value, member: &str| match choice.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let choices = attribute.get("options").and_then(Value::as_array);
    let options: Vec<(String, String)> = choices
        .into_iter()
        .flatten()
        .map(|choice| (text(choice, "value"), text(choice, "label")))
        .filter(|(value, _)| !value.is_empty())
        .collect();
    let unknown = condition
        .values
        .iter()
        .find(|wanted| !options.is_empty() && !options.iter().any(|(value, _)| value == *wanted));
    let Some(unknown) = unknown else { return Ok(()) };
    let code = &condition.code;
    let failure = Failure::argument(
        &condition.at,
        format!("`{unknown}` is no option of `{code}`: conditions compare the options' ids"),
    );
    if let Some((value, label)) =
        options.iter().find(|(_, label)| label.eq_ignore_ascii_case(unknown))
    {
        return Err(failure.remedy(format!("`{label}` is `{value}`")));
    }
    let mut named: Vec<String> = options
        .iter()
        .take(OPTIONS_NAMED)
        .map(|(value, label)| format!("`{value}` ({label})"))
        .collect();
    if options.len() > OPTIONS_NAMED {
        named.push(format!("and {} more", options.len() - OPTIONS_NAMED));
    }
    Err(failure.remedy(format!("there are {}", named.join(", "))))
}
