//! Members that are null where null means nothing: some clients write what they leave out so.

use serde_json::{Map, Value};

/// Takes members off whose value is null and may not be, wherever the schema names them and does not
/// require them.
pub(super) fn drop_absent(schema: &Map<String, Value>, value: &mut Value) {
    match value {
        Value::Object(members) => {
            let Some(Value::Object(properties)) = schema.get("properties") else { return };
            let required = schema.get("required").and_then(Value::as_array);
            let is_required = |name: &str| {
                required.is_some_and(|required| required.iter().any(|required| required == name))
            };
            members.retain(|name, value| {
                let Some(Value::Object(property)) = properties.get(name) else { return true };
                if value.is_null() {
                    return is_required(name) || takes_null(property);
                }
                drop_absent(property, value);
                true
            });
        }
        Value::Array(elements) => {
            let Some(Value::Object(items)) = schema.get("items") else { return };
            elements.iter_mut().for_each(|element| drop_absent(items, element));
        }
        _ => {}
    }
}

/// Whether null may stand there; where the schema does not say by types, it may.
fn takes_null(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == "null",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "null"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_counts_as_left_out_where_it_means_nothing() {
        let schema = json!({"type": "object", "properties": {
            "scope": {"type": "object", "required": ["level"], "properties": {
                "store_view_code": {"type": "string"},
                "level": {"type": "string"},
                "value": {"type": ["string", "null"]},
                "any": {},
            }},
            "rows": {"type": "array", "items": {"type": "object", "properties": {
                "sku": {"type": "string"},
            }}},
            "free": {"type": "object"},
        }});
        let mut value = json!({
            "scope": {"store_view_code": null, "level": null, "value": null, "any": null, "x": null},
            "rows": [{"sku": null}, null],
            "free": {"attribute": null},
        });
        drop_absent(schema.as_object().unwrap(), &mut value);
        assert_eq!(
            value,
            json!({
                "scope": {"level": null, "value": null, "any": null, "x": null},
                "rows": [{}, null],
                "free": {"attribute": null},
            })
        );
    }
}
