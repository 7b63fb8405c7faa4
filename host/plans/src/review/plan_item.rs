//! What a change does, as a person can check it: every field it sets, what stands there now, and
//! everything else that its bodies hold.

use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{
    BodyPointer, BodySource, Change, Constant, Edit, Expectation, FieldAfter, FieldReview,
    PlanItem, Pointer, Step,
};

use crate::observed::ObservedState;
use crate::refusals::plugin_fault;

/// Reviews a change against what stands in the store; `None` where it already has these values.
///
/// # Errors
/// INTERNAL_ERROR where the plugin points at places that are not in its own bodies.
pub(crate) fn review(
    n: u32,
    change: Change,
    observed: &ObservedState,
) -> Result<Option<PlanItem>, Failure> {
    let mut reviewed = Vec::with_capacity(change.edits.len());
    let mut settled = true;
    for edit in &change.edits {
        let after = field_after(&change, edit)?;
        let before = observed.field(edit);
        let line = FieldReview { field: edit.field.clone(), before, after };
        settled &= observed.satisfies(edit, &line);
        reviewed.push(line);
    }
    if settled {
        return Ok(None);
    }
    let constants = body_constants(&change)?;
    Ok(Some(PlanItem { n, change, review: reviewed, constants }))
}

/// The value that the change's own bodies give the field.
pub(crate) fn field_after(change: &Change, edit: &Edit) -> Result<FieldAfter, Failure> {
    let pointers = match &edit.after {
        Expectation::SetByStore(set) => return Ok(FieldAfter::SetByStore(set.clone())),
        Expectation::Removed => return Ok(FieldAfter::Removed),
        Expectation::Unverifiable(value) => return Ok(FieldAfter::Unverifiable(value.clone())),
        Expectation::AsSent(pointers) => pointers,
    };
    let mut found: Option<&Value> = None;
    for pointer in pointers {
        let body = change.steps.get(pointer.step).and_then(|step| step.body.as_ref());
        let value = body.and_then(|body| pointer.at.find(body)).ok_or_else(|| {
            plugin_fault(change, format!("`{}` is in no body at `{}`", edit.field, pointer.at))
        })?;
        if found.is_some_and(|found| found != value) {
            return Err(plugin_fault(change, format!("`{}` is sent with two values", edit.field)));
        }
        found = Some(value);
    }
    let value =
        found.ok_or_else(|| plugin_fault(change, format!("`{}` is sent nowhere", edit.field)))?;
    Ok(FieldAfter::AsSent(value.clone()))
}

/// Every value of every body that no edit points to, and every value the host fills in. A value that
/// an edit gives another name than its place has is shown with its place as well: a plugin that
/// calls a price `name` shows a price.
fn body_constants(change: &Change) -> Result<Vec<Constant>, Failure> {
    let mut constants = Vec::new();
    for (index, step) in change.steps.iter().enumerate() {
        let Some(body) = &step.body else { continue };
        let mut covered = Vec::new();
        for edit in &change.edits {
            let Expectation::AsSent(pointers) = &edit.after else { continue };
            let named = |pointer: &&BodyPointer| {
                is_named(&pointer.at, &edit.field) && is_named(&edit.at, &edit.field)
            };
            for pointer in pointers.iter().filter(|pointer| pointer.step == index).filter(named) {
                covered.extend(pointer.at.pointer_in(body));
            }
        }
        let mut leaves = Vec::new();
        leaves_of(body, &mut String::new(), &covered, &mut leaves);
        for (at, value) in leaves {
            constants.push(Constant { step: index, at, value: value.clone() });
        }
        for binding in &step.body_bindings {
            let what = match &binding.value {
                BodySource::Before(field) => format!("[what `{field}` was before]"),
                BodySource::Subject => format!("[{}]", change.subject.id),
                BodySource::FromResponse(at) => format!("[`{at}` of the first step's response]"),
            };
            check_binding(change, step, binding)?;
            constants.push(Constant {
                step: index,
                at: binding.at.to_string(),
                value: what.into(),
            });
        }
    }
    Ok(constants)
}

/// Whether a place is of the field of this name: its last member, or the value of the attribute, is
/// called that.
fn is_named(at: &Pointer, field: &str) -> bool {
    let mut tokens = at.as_str().rsplit('/');
    match tokens.next() {
        Some("value") if field != "value" => tokens
            .next()
            .and_then(|token| token.strip_prefix('[')?.strip_suffix(']')?.split_once('='))
            .is_some_and(|(_, code)| code == field),
        last => last == Some(field),
    }
}

fn check_binding(
    change: &Change,
    step: &Step,
    binding: &souk_model::plan::BodyBinding,
) -> Result<(), Failure> {
    let mut body = step.body.clone().unwrap_or(Value::Null);
    binding
        .at
        .put(&mut body, Value::Null)
        .map_err(|error| plugin_fault(change, error.to_string()))?;
    if let BodySource::Before(field) = &binding.value
        && !change.edits.iter().any(|edit| edit.field == *field)
    {
        return Err(plugin_fault(
            change,
            format!("a body is filled from `{field}`, which no edit names"),
        ));
    }
    Ok(())
}

fn leaves_of<'v>(
    value: &'v Value,
    pointer: &mut String,
    covered: &[String],
    leaves: &mut Vec<(String, &'v Value)>,
) {
    if covered.iter().any(|covered| covered == pointer) {
        return;
    }
    let length = pointer.len();
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                leaves_of(value, pointer, covered, leaves);
                pointer.truncate(length);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                pointer.push('/');
                pointer.push_str(&index.to_string());
                leaves_of(value, pointer, covered, leaves);
                pointer.truncate(length);
            }
        }
        leaf => leaves.push((pointer.clone(), leaf)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use souk_model::plan::{FieldBefore, Lookup, Retry, Subject, Undo};
    use souk_model::{Binding, BindingSource, Code, Read, StoreView, WriteMethod};

    use super::*;
    use crate::guards::Guards;

    fn at(text: &str) -> Pointer {
        text.parse().unwrap()
    }

    fn edit(field: &str, lookup: &str, body: &str) -> Edit {
        let after = Expectation::AsSent(vec![BodyPointer { step: 0, at: at(body) }]);
        Edit { field: field.into(), at: at(lookup), after }
    }

    /// A change of a product with this body.
    fn change(body: Value, edits: Vec<Edit>) -> Change {
        Change {
            subject: Subject { kind: "product".into(), id: "TEN-001".into(), label: None },
            edits,
            steps: vec![Step {
                upstream: "magento".into(),
                method: WriteMethod::Put,
                route: "/V1/products/{sku}".into(),
                path: vec![Binding { name: "sku".into(), value: BindingSource::Subject }],
                query: Vec::new(),
                view: StoreView::Global,
                body: Some(body),
                body_bindings: Vec::new(),
                failure_responses: Vec::new(),
            }],
            retry: Retry::Idempotent,
            undo: Undo::Restore,
            warnings: Vec::new(),
        }
    }

    fn reviewed(change: Change) -> Result<PlanItem, Failure> {
        let here = Some(json!({"name": "Skarv", "price": 289}));
        let observed = ObservedState { here, global: None, inherits: false };
        review(0, change, &observed).map(Option::unwrap)
    }

    fn shown(item: &PlanItem) -> Vec<(&str, &Value)> {
        item.constants.iter().map(|constant| (&*constant.at, &constant.value)).collect()
    }

    #[test]
    fn what_no_edit_tells_of_is_shown_as_a_constant() {
        let body = json!({"product": {"name": "Telt", "price": 1}});
        let item = reviewed(change(body, vec![edit("name", "/name", "/product/name")])).unwrap();
        assert_eq!(shown(&item), [("/product/price", &json!(1))]);
    }

    #[test]
    fn a_price_that_is_called_a_name_is_shown_as_a_price() {
        for lookup in ["/name", "/price"] {
            let body = json!({"product": {"price": 1}});
            let item =
                reviewed(change(body, vec![edit("name", lookup, "/product/price")])).unwrap();
            assert_eq!(shown(&item), [("/product/price", &json!(1))]);
        }
        let place = "/custom_attributes/[attribute_code=special_price]/value";
        let body = json!({"product": {"custom_attributes":
            [{"attribute_code": "special_price", "value": 1}]}});
        let forged = edit("name", "/name", &["/product", place].concat());
        let item = reviewed(change(body.clone(), vec![forged])).unwrap();
        assert!(shown(&item).contains(&("/product/custom_attributes/0/value", &json!(1))));
        let honest = edit("special_price", place, &["/product", place].concat());
        let item = reviewed(change(body, vec![honest])).unwrap();
        assert_eq!(shown(&item).len(), 1, "only the code: {:?}", shown(&item));
    }

    #[test]
    fn what_stood_there_is_what_was_read() {
        let body = json!({"product": {"name": "Telt"}});
        let item = reviewed(change(body, vec![edit("name", "/name", "/product/name")])).unwrap();
        assert_eq!(item.review[0].before, FieldBefore::Value(json!("Skarv")));
        assert_eq!(item.review[0].after, FieldAfter::AsSent(json!("Telt")));
    }

    #[test]
    fn spots_that_point_nowhere_are_the_plugins_fault() {
        let body = json!({"product": {"name": "Telt"}});
        for pointer in ["/product/title", "/product/name/x", "/1"] {
            let forged = change(body.clone(), vec![edit("name", "/name", pointer)]);
            assert_eq!(reviewed(forged).unwrap_err().code, Code::InternalError);
        }
    }

    #[test]
    fn a_field_that_is_not_on_the_list_is_refused_however_it_is_called() {
        for body in [
            json!({"product": {"name": "Telt", "type_id": "virtual"}}),
            json!({"product": {"name": "Telt", "custom_attributes":
                [{"attribute_code": "tax_class_id", "value": 0}]}}),
            json!({"product": {"name": "Telt", "extension_attributes": {"website_ids": []}}}),
        ] {
            let change = change(body, vec![edit("name", "/name", "/product/name")]);
            let refused = Guards::default().check_bodies(&change).unwrap_err();
            assert_eq!(refused.code, Code::Forbidden);
            assert_eq!(refused.rule.as_deref(), Some("field-list"));
        }
    }

    #[test]
    fn a_step_that_was_not_granted_is_refused() {
        let body = json!({"product": {"name": "Telt"}});
        let change = change(body, vec![edit("name", "/name", "/product/name")]);
        let one = Read {
            upstream: "magento".into(),
            route: "/V1/products/{sku}".into(),
            path: vec![Binding { name: "sku".into(), value: BindingSource::Subject }],
            query: Vec::new(),
            view: StoreView::Global,
        };
        let lookup = Lookup { one, many: None, inherits: false };
        assert_eq!(crate::check::change(&[], &lookup, &change).unwrap_err().code, Code::Forbidden);
    }
}
