//! Filters of products that mean what a person means by them.
//!
//! Magento compares whatever it is given with whatever it keeps: a label with option ids, `yes` with
//! 1, a day with its midnight, one option of a multi-select with all of them together. It finds
//! nothing then and does not say why. Here each value is read by its attribute's own type. And what has no
//! value at all is to Magento neither red nor not red; to a person it is not red.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::attribute_kind::{AttributeKind, AttributeOptions, TYPE, is_number, product_types};
use super::filters::{FieldComparison, comparisons};
use super::product_field::date_text;
use crate::core::{Context, Failure, FailureCode, StoreView};
use crate::magento::{Condition, Criteria, Filter, Filters};

/// What must hold, of which each is what may hold instead of another.
type FilterGroups = Vec<Vec<Filter>>;

impl Filters {
    /// Adds them to the criteria of a search for products, each value read by the type of its
    /// attribute: options by label or id, days as whole days, yes and no. `view` is where the search
    /// reads; an option may be called as it is there, or globally. What says only which value it is not
    /// takes in products without one.
    ///
    /// # Errors
    /// When a value is none that the attribute can have, naming those that it can; when there is no
    /// such attribute, or the comparison is none that Magento can make.
    pub fn for_products(
        &self,
        context: &Context,
        view: &StoreView,
        criteria: Criteria,
        argument: &str,
    ) -> Result<Criteria, Failure> {
        let kinds = AttributeKinds { context, view, read: RefCell::default() };
        self.each(argument).try_fold(criteria, |criteria, (field, place, wanted)| {
            let groups = kinds.groups(field, wanted).map_err(|failure| match failure.code {
                FailureCode::ValidationError => failure.at(&place),
                // The store's failures are not the argument's.
                _ => failure,
            })?;
            Ok(groups.into_iter().fold(criteria, Criteria::any))
        })
    }
}

/// The attributes' types, each read once.
struct AttributeKinds<'a> {
    context: &'a Context,
    view: &'a StoreView,
    read: RefCell<BTreeMap<String, AttributeKind>>,
}

impl AttributeKinds<'_> {
    fn groups(&self, field: &str, wanted: &Value) -> Result<FilterGroups, Failure> {
        // A name that is none must not become part of a route.
        Filter::new(field, Condition::Eq, "")?;
        let mut groups = FilterGroups::new();
        for comparison in comparisons(wanted)? {
            let compared = self.compared(field, &comparison)?;
            if excludes(comparison.condition) && may_lack_value(field) {
                // "Not red" is also what has no colour, which Magento compares with nothing.
                let none = Filter::new(field, Condition::Null, "")?;
                groups.extend(compared.into_iter().map(|mut group| {
                    group.insert(0, none.clone());
                    group
                }));
            } else {
                groups.extend(compared);
            }
        }
        Ok(groups)
    }

    fn kind(&self, field: &str) -> Result<AttributeKind, Failure> {
        if let Some(kind) = AttributeKind::known(field) {
            return Ok(kind);
        }
        if let Some(kind) = self.read.borrow().get(field) {
            return Ok(kind.clone());
        }
        let kind = AttributeKind::read(self.context, field, &StoreView::Global)?;
        self.read.borrow_mut().insert(field.to_owned(), kind.clone());
        Ok(kind)
    }

    fn compared(&self, field: &str, comparison: &FieldComparison) -> Result<FilterGroups, Failure> {
        let as_written = || Ok(vec![vec![comparison.filter(field)?]]);
        let kind = self.kind(field)?;
        if comparison.condition.takes_no_value() {
            return as_written();
        }
        match kind {
            AttributeKind::Text => as_written(),
            AttributeKind::Number if is_pattern(comparison.condition) => as_written(),
            AttributeKind::Number => {
                match comparison
                    .values
                    .iter()
                    .find(|value| !is_number(value) && !value.is_boolean())
                {
                    Some(wrong) => {
                        Err(invalid(format!("`{field}` is a number, and {wrong} is none")))
                    }
                    None => as_written(),
                }
            }
            AttributeKind::Unknown => match comparison.values.iter().find(|value| !is_number(value))
            {
                Some(wrong) => Err(invalid(format!(
                    "the store does not let this session read what `{field}` is, so {wrong} may be \
                     a label, and would find nothing"
                ))
                .remedy("give the ids of options, which are numbers")),
                None => as_written(),
            },
            AttributeKind::Flag => {
                let values: Option<Vec<Value>> = comparison.values.iter().map(flag).collect();
                let values = values.ok_or_else(|| {
                    invalid(format!("`{field}` is yes or no")).remedy("give true or false")
                })?;
                Ok(vec![vec![comparison.with(comparison.condition, values).filter(field)?]])
            }
            AttributeKind::Date if is_pattern(comparison.condition) => as_written(),
            AttributeKind::Date => on_days(field, comparison),
            AttributeKind::Choice(options) => {
                let ids = self.ids(field, comparison, &options)?;
                one_of(field, comparison, ids)
            }
            AttributeKind::Choices(options) => {
                let ids = self.ids(field, comparison, &options)?;
                any_of(field, comparison.condition, &ids)
            }
        }
    }

    /// The ids of the options that are meant, by their global labels or those of the view.
    fn ids(
        &self,
        field: &str,
        comparison: &FieldComparison,
        options: &AttributeOptions,
    ) -> Result<Vec<Value>, Failure> {
        if matches!(comparison.condition, Condition::Like | Condition::Nlike) {
            return Err(invalid(format!("the values of `{field}` are options, not texts"))
                .remedy(format!("compare with `eq`, `in`, `neq` or `nin`; {}", options.named())));
        }
        let id = |value: &Value| match options.id_of(value) {
            Some(id) => Ok(json!(id)),
            None if field == TYPE => self.other_type(value),
            None => self.id_here(field, value)?.map(Value::from).ok_or_else(|| {
                invalid(format!("`{field}` has no option {value}")).remedy(options.named())
            }),
        };
        comparison.values.iter().map(id).collect()
    }

    /// A type of products that a module has added, or what the store calls one.
    fn other_type(&self, value: &Value) -> Result<Value, Failure> {
        let Some(types) = product_types(self.context)? else { return Ok(value.clone()) };
        types.id_of(value).map(Value::from).ok_or_else(|| {
            invalid(format!("the store has no products of the type {value}")).remedy(types.named())
        })
    }

    /// The id of an option that only the view calls so.
    fn id_here(&self, field: &str, value: &Value) -> Result<Option<String>, Failure> {
        if *self.view == StoreView::Global
            || !value.is_string()
            || AttributeKind::known(field).is_some()
        {
            return Ok(None);
        }
        Ok(match AttributeKind::read(self.context, field, self.view)? {
            AttributeKind::Choice(options) | AttributeKind::Choices(options) => {
                options.id_of(value)
            }
            _ => None,
        })
    }
}

/// Whether it compares texts by a pattern, or parts of lists.
const fn is_pattern(condition: Condition) -> bool {
    matches!(condition, Condition::Like | Condition::Nlike | Condition::Finset | Condition::Nfinset)
}

/// Whether it says what a value is not.
const fn excludes(condition: Condition) -> bool {
    matches!(condition, Condition::Neq | Condition::Nin | Condition::Nlike | Condition::Nfinset)
}

/// Whether products may have no value for a field: of columns and memberships of theirs all have one.
fn may_lack_value(field: &str) -> bool {
    !matches!(
        field,
        "entity_id"
            | "sku"
            | TYPE
            | "attribute_set_id"
            | "category_id"
            | "website_id"
            | "store_id"
            | "store"
            | "created_at"
            | "updated_at"
            | "has_options"
            | "required_options"
    )
}

fn flag(value: &Value) -> Option<Value> {
    let yes = match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) if number.as_u64() == Some(1) => true,
        Value::Number(number) if number.as_u64() == Some(0) => false,
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "1" | "yes" | "true" => true,
            "0" | "no" | "false" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some(json!(u8::from(yes)))
}

/// One option of a select.
fn one_of(
    field: &str,
    comparison: &FieldComparison,
    ids: Vec<Value>,
) -> Result<FilterGroups, Failure> {
    let condition = match comparison.condition {
        Condition::Finset => Condition::Eq,
        Condition::Nfinset => Condition::Neq,
        condition => condition,
    };
    Ok(vec![vec![comparison.with(condition, ids).filter(field)?]])
}

/// Options of a multi-select, which Magento keeps together in one text.
fn any_of(field: &str, condition: Condition, ids: &[Value]) -> Result<FilterGroups, Failure> {
    let has = |condition| -> Result<Vec<Filter>, Failure> {
        let one =
            |id: &Value| FieldComparison { condition, values: vec![id.clone()] }.filter(field);
        ids.iter().map(one).collect()
    };
    match condition {
        Condition::Eq | Condition::In | Condition::Finset => Ok(vec![has(Condition::Finset)?]),
        Condition::Neq | Condition::Nin | Condition::Nfinset => {
            Ok(has(Condition::Nfinset)?.into_iter().map(|filter| vec![filter]).collect())
        }
        other => {
            Err(invalid(format!("`{}` does not compare options of `{field}`", other.as_str()))
                .remedy("use `eq`, `in`, `neq` or `nin`"))
        }
    }
}

/// A day without a time is the whole of it.
fn on_days(field: &str, comparison: &FieldComparison) -> Result<FilterGroups, Failure> {
    let mut moments = Vec::new();
    for value in &comparison.values {
        let text = value.as_str().unwrap_or_default().trim();
        let moment = date_text(text.trim_end_matches('Z'))
            .map_err(|why| invalid(format!("`{field}` {why}, and not {value}")))?;
        moments.push((moment, text.len() == DAY.len()));
    }
    let filter = |condition, moment: &str| Filter::new(field, condition, moment);
    let end = |moment: &str| [&moment[..DAY.len()], " 23:59:59"].concat();
    let whole = |condition, (moment, is_day): &(String, bool)| -> Result<FilterGroups, Failure> {
        Ok(match condition {
            Condition::Eq if *is_day => vec![
                vec![filter(Condition::From, moment)?],
                vec![filter(Condition::To, &end(moment))?],
            ],
            Condition::Neq if *is_day => {
                vec![vec![filter(Condition::Lt, moment)?, filter(Condition::Gt, &end(moment))?]]
            }
            Condition::Gt | Condition::Lteq | Condition::To if *is_day => {
                vec![vec![filter(condition, &end(moment))?]]
            }
            condition => vec![vec![filter(condition, moment)?]],
        })
    };
    match (comparison.condition, &moments[..]) {
        (Condition::In, [one]) => whole(Condition::Eq, one),
        (Condition::In, [..]) => {
            Err(invalid(format!("`{field}` is compared with one day or a range"))
                .remedy("give `from` and `to`"))
        }
        (Condition::Nin, all) => {
            let each = all.iter().map(|one| whole(Condition::Neq, one));
            Ok(each.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        }
        (condition, [one, ..]) => whole(condition, one),
        (condition, []) => Ok(vec![vec![filter(condition, "")?]]),
    }
}

/// As long as a day without a time.
const DAY: &str = "2026-12-31";

fn invalid(message: String) -> Failure {
    Failure::argument("filters", message)
}
