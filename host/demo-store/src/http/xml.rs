//! Answers as XML, for who asks for it (often by accident, with a browser's `Accept`).

use serde_json::Value;

use crate::php;

/// The answer as Magento's XML renderer writes it.
pub(crate) fn render(answer: &Value) -> String {
    let mut text = String::from("<?xml version=\"1.0\"?>\n");
    element(&mut text, "response", answer, 0);
    text
}

fn element(text: &mut String, name: &str, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push_str(&format!("{indent}<{name}>\n"));
            for (field, value) in fields {
                element(text, field, value, depth + 1);
            }
            text.push_str(&format!("{indent}</{name}>\n"));
        }
        Value::Array(items) if !items.is_empty() => {
            text.push_str(&format!("{indent}<{name}>\n"));
            for item in items {
                element(text, "item", item, depth + 1);
            }
            text.push_str(&format!("{indent}</{name}>\n"));
        }
        scalar => {
            let shown = match scalar {
                Value::Bool(flag) => flag.to_string(),
                other => escape(&php::text_of(other)),
            };
            if shown.is_empty() {
                text.push_str(&format!("{indent}<{name}/>\n"));
            } else {
                text.push_str(&format!("{indent}<{name}>{shown}</{name}>\n"));
            }
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_and_lists_become_elements() {
        assert_eq!(
            render(&json!({ "sku": "a&b", "tags": ["x"] })),
            "<?xml version=\"1.0\"?>\n<response>\n  <sku>a&amp;b</sku>\n  <tags>\n    <item>x</item>\n  </tags>\n</response>\n"
        );
    }
}
