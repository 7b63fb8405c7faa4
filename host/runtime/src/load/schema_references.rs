//! References within a JSON Schema, and how large it is once each stands for what it means.
//!
//! A validator follows references as often as it meets them, and nothing can interrupt it: a few
//! lines that refer to each other twice would keep it busy for ever.

use std::collections::HashMap;

use serde_json::Value;

/// How many parts a schema may have, each reference counted as all the parts that it leads to.
const PARTS: usize = 10_000;
/// References that lead from one to the next.
const CHAIN: usize = 16;

/// Refuses references out of the schema, references that lead back to themselves, and schemas that
/// are large only once they are unfolded.
///
/// # Errors
/// The first reference at fault and why, for people.
pub(crate) fn check(schema: &Value) -> Result<(), String> {
    SchemaSize { schema, sizes: HashMap::new(), open: vec!["#"] }.size(schema).map(drop)
}

struct SchemaSize<'s> {
    schema: &'s Value,
    /// Of what references lead to.
    sizes: HashMap<&'s str, usize>,
    /// The references that are being followed.
    open: Vec<&'s str>,
}

impl<'s> SchemaSize<'s> {
    fn size(&mut self, part: &'s Value) -> Result<usize, String> {
        let mut size = 1_usize;
        match part {
            Value::Object(map) => {
                for (key, value) in map {
                    size += match value.as_str().filter(|_| key == "$ref") {
                        Some(target) => self.follow(target)?,
                        None => self.size(value)?,
                    };
                }
            }
            Value::Array(items) => {
                for item in items {
                    size += self.size(item)?;
                }
            }
            _ => {}
        }
        if size > PARTS {
            return Err(format!("it unfolds to more than {PARTS} parts"));
        }
        Ok(size)
    }

    fn follow(&mut self, target: &'s str) -> Result<usize, String> {
        if let Some(size) = self.sizes.get(target) {
            return Ok(*size);
        }
        let shown = crate::text::printable(target, 80);
        if self.open.contains(&target) {
            return Err(format!("`$ref` to `{shown}` leads back to itself"));
        }
        if self.open.len() > CHAIN {
            return Err(format!("more than {CHAIN} references lead from one to the next"));
        }
        // `%` would be another way to spell the same place.
        let place = target.strip_prefix('#').filter(|place| !place.contains('%'));
        let Some(place) = place else {
            return Err(format!("`$ref` leads out of the schema: `{shown}`"));
        };
        let Some(part) = self.schema.pointer(place) else {
            return Err(format!("`$ref` leads nowhere: `{shown}`"));
        };
        self.open.push(target);
        let size = self.size(part)?;
        self.open.pop();
        self.sizes.insert(target, size);
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(schema: &Value) -> String {
        check(schema).unwrap_err()
    }

    #[test]
    fn what_is_referred_to_once_or_often_is_taken() {
        let schema = json!({
            "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "#/$defs/x"}},
            "$defs": {"x": {"items": {"$ref": "#/$defs/y"}}, "y": {"type": "string"}},
        });
        assert_eq!(check(&schema), Ok(()));
    }

    #[test]
    fn circles_are_found_whatever_their_length() {
        for schema in [
            json!({"items": {"$ref": "#"}}),
            json!({"$defs": {"a": {"$ref": "#/$defs/a"}}}),
            json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}}),
            json!({"properties": {"a": {"properties": {"b": {"$ref": "#/properties/a"}}}}}),
        ] {
            assert!(refused(&schema).contains("leads back to itself"), "{schema}");
        }
    }

    #[test]
    fn what_is_small_and_unfolds_is_refused() {
        let mut levels = json!({"d14": {}});
        for level in 0..14 {
            let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
            levels[format!("d{level}")] = json!({"allOf": [next, next]});
        }
        assert!(refused(&json!({"$defs": levels})).contains("unfolds"));
    }

    #[test]
    fn chains_and_ways_out_are_refused() {
        let mut links = serde_json::Map::new();
        for link in 0..2_000 {
            links.insert(link.to_string(), json!({"$ref": format!("#/$defs/{}", link + 1)}));
        }
        links.insert("2000".into(), json!({}));
        assert!(refused(&json!({"$defs": links})).contains("lead from one to the next"));
        for target in ["http://a/b", "b.json#/c", "#/%24defs/a", "", "#/nothing", "#a"] {
            let refused = refused(&json!({"$ref": target, "$defs": {"a": {}}}));
            assert!(refused.contains("`$ref` leads"), "{target}: {refused}");
        }
    }
}
