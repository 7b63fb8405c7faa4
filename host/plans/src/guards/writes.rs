//! That a request is one the catalogue knows, and that every value of it can be read.

use serde_json::Value;
use souk_model::plan::{Change, Step};
use souk_model::{Code, Failure, StoreView};
use souk_policy::writes::{AllowedViews, BodyField, FieldKind, JudgedWrite, read_number};

use super::PlanScope;
use super::limits::Guards;
use crate::magento::names::plain;
use crate::refusals::{plugin_fault, refuse, unjudgeable};

/// Holds the address of a request to what is known and reviewed.
///
/// # Errors
/// FORBIDDEN with the rule, or INTERNAL_ERROR where the plugin is at fault.
pub(super) fn check_address(
    scope: &PlanScope<'_>,
    change: &Change,
    step: &Step,
    judged: &JudgedWrite<'_, '_>,
) -> Result<(), Failure> {
    if step.view != *scope.view {
        return Err(plugin_fault(
            change,
            "a request of it writes another view of the store than the plan's",
        ));
    }
    check_query(change, step)?;
    let Some(route) = judged.route() else {
        return Err(refuse(
            "unknown-write",
            Code::Forbidden,
            format!(
                "nobody has described what `{} {}` does, so no limit could be held for {}",
                souk_model::Method::Write(step.method),
                step.route,
                change.subject
            ),
            "an operator who knows it describes it in `[[routes]]`".into(),
        ));
    };
    if let Some(why) = route.never() {
        return Err(refuse(
            "never-written",
            Code::Forbidden,
            format!("the change of {} is never sent: {why}", change.subject),
            "orders are invoiced, refunded and canceled by `/V1/order/{id}/invoice`, \
             `/V1/order/{id}/refund`, `/V1/invoice/{id}/refund` and `/V1/orders/{id}/cancel`"
                .into(),
        ));
    }
    if route.views() == AllowedViews::Global && step.view != StoreView::Global {
        return Err(plugin_fault(
            change,
            format!("to {} goes to the global values, and to no view", route.does()),
        ));
    }
    Ok(())
}

/// Magento takes the query of a write for a part of its body, where no guard and no review looks.
fn check_query(change: &Change, step: &Step) -> Result<(), Failure> {
    if step.query.is_empty() {
        return Ok(());
    }
    Err(refuse(
        "write-query",
        Code::Forbidden,
        format!(
            "a request of {} has a query, which Magento would take for a part of its body",
            change.subject
        ),
        "this is a fault of the plugin: what it writes belongs into the body".into(),
    ))
}

impl Guards {
    /// Every value of a body can be read, stands where it may, and is within its limits.
    pub(super) fn check_values(
        &self,
        change: &Change,
        judged: &JudgedWrite<'_, '_>,
    ) -> Result<(), Failure> {
        // What is below zero is told as that, however it is written.
        for field in judged.fields() {
            check_limits(change, field)?;
        }
        if let Some(unreadable) = judged.unreadable().first() {
            let why = format!("`{}` {}", unreadable.at, unreadable.reason);
            return Err(unjudgeable(change, &why));
        }
        let described = judged.route().is_some_and(souk_policy::writes::WriteRoute::describes_body);
        judged
            .fields()
            .iter()
            .filter(|field| field.kind == FieldKind::Unknown)
            .try_for_each(|field| self.check_unknown(change, field, described))?;
        check_attributes(change, judged)
    }

    /// A value of which no entry says what it is. One that could be an amount is refused where the
    /// entry describes the body; where an operator's entry leaves the body open, names that mean
    /// amounts to Magento are held to that.
    fn check_unknown(
        &self,
        change: &Change,
        field: &BodyField<'_>,
        described: bool,
    ) -> Result<(), Failure> {
        let Some(value) = field.value.as_deref() else {
            return Err(unjudgeable(
                change,
                &format!("`{}` would be filled in, and nobody knows what it is", field.at),
            ));
        };
        if is_amount_name(&field.name) && !value.is_null() {
            let number = read_number(value, true)
                .map_err(|reason| unjudgeable(change, &format!("`{}` {reason}", field.at)))?;
            if number.is_negative() {
                return Err(negative(change, &field.at));
            }
        }
        // Of an entity with a list of fields the list decides, by the name.
        if !described || super::fields::is_of_listed_entity(&field.at) {
            return Ok(());
        }
        let is_amount =
            match value {
                Value::Number(_) => true,
                Value::String(text) => text.trim().bytes().next().is_some_and(|first| {
                    first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')
                }),
                _ => false,
            };
        if !is_amount {
            return Ok(());
        }
        Err(unjudgeable(change, &format!("nobody knows what `{}` of its body is", field.at)))
    }
}

/// Names that mean an amount, wherever they stand.
fn is_amount_name(name: &str) -> bool {
    const AMOUNTS: [&str; 8] =
        ["price", "cost", "amount", "qty", "quantity", "discount", "total", "msrp"];
    let plain = plain(name);
    AMOUNTS.iter().any(|amount| plain.contains(amount)) && !plain.ends_with("type")
}

/// A number below or above what it may be, read as leniently as PHP does.
fn check_limits(change: &Change, field: &BodyField<'_>) -> Result<(), Failure> {
    let guarded = field.kind.is_guarded_number();
    let number =
        field.value.as_deref().filter(|_| guarded).and_then(souk_model::Decimal::from_json);
    let Some(number) = number else { return Ok(()) };
    if field.limit.least.is_some_and(|least| number < least) {
        return Err(negative(change, &field.at));
    }
    match field.limit.most {
        Some(most) if number > most => Err(refuse(
            "out-of-range",
            Code::ValidationError,
            format!("`{}` of {} would be above {most}", field.at, change.subject),
            format!("give a value of at most {most}"),
        )),
        _ => Ok(()),
    }
}

fn negative(change: &Change, at: &str) -> Failure {
    refuse(
        "no-negative",
        Code::ValidationError,
        format!("`{at}` of {} would be negative", change.subject),
        "give a value of zero or more".into(),
    )
}

/// Of two attributes with one code only one counts, and which is Magento's secret.
fn check_attributes(change: &Change, judged: &JudgedWrite<'_, '_>) -> Result<(), Failure> {
    let mut seen = std::collections::BTreeSet::new();
    for field in judged.fields() {
        let Some((list, _)) = field.at.rsplit_once('/') else { continue };
        let is_code =
            field.at.rsplit('/').next().is_some_and(|last| plain(last) == "attributecode");
        let Some(code) = field.value.as_deref().and_then(Value::as_str).filter(|_| is_code) else {
            continue;
        };
        let list = list.rsplit_once('/').map_or("", |(list, _)| list);
        if !seen.insert((list.to_owned(), plain(code))) {
            return Err(unjudgeable(change, &format!("the attribute `{code}` is given twice")));
        }
    }
    Ok(())
}
