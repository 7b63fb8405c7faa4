//! How much of a reader's attention a result may take. What is larger is cut where an item ends, says
//! so, and stays whole beside it.

use serde_json::{Map, Value, json};
use souk_model::json_bytes;
use souk_model::plan::escape_token;

/// Room for what is said of the cut, in bytes.
const RESERVED: usize = 700;
/// Less than this is not worth shrinking a value to, in bytes.
const LEAST: usize = 200;
/// Cuts that are told.
const CUTS_TOLD: usize = 5;

/// One place where something was left out.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    /// Its place, as an RFC 6901 pointer.
    at: String,
    shown: usize,
    of: usize,
    /// What is counted: `items` or `characters`.
    unit: &'static str,
}

/// What was left out of a result.
#[derive(Debug)]
pub(super) struct Truncation {
    cuts: Vec<Cut>,
}

/// Whether a result is larger than this many bytes of compact JSON.
pub(super) fn exceeds(result: &Map<String, Value>, bytes: usize) -> bool {
    json_bytes(result) > bytes
}

/// Makes a result as small as asked: `bytes` of compact JSON, with room for what is said of it. Lists
/// are cut at an item and long texts at a character, the largest first; every member stays, so that
/// what conformed to a schema does so still.
pub(super) fn cut(result: &mut Map<String, Value>, bytes: usize) -> Truncation {
    let mut cuts = Vec::new();
    shrink_members(result, bytes.saturating_sub(RESERVED), "", &mut cuts);
    Truncation { cuts }
}

/// Takes back what a page says of the next one (`next_after_id`, `next_cursor`): of a page that was
/// cut it would pass over what was cut off. They are null after the last page, too.
pub(super) fn forget_next_page(result: &mut Map<String, Value>) {
    for (_, next) in result.iter_mut().filter(|(name, _)| name.starts_with("next_")) {
        *next = Value::Null;
    }
}

impl Truncation {
    /// The list that was cut, and how many of its items are shown, where nothing else was cut: the
    /// answer of a tool that answers page by page.
    pub(super) fn page(&self) -> Option<usize> {
        match &self.cuts[..] {
            [Cut { at, shown, unit: "items", .. }]
                if at.matches('/').count() == 1 && *shown > 0 =>
            {
                Some(*shown)
            }
            _ => None,
        }
    }

    /// What is told of it, for models: where, how much is shown, and how to go on.
    pub(super) fn told(&self, how: &str) -> Value {
        let cuts: Vec<Value> = self
            .cuts
            .iter()
            .take(CUTS_TOLD)
            .map(|cut| json!({"at": cut.at, "shown": cut.shown, "of": cut.of, "unit": cut.unit}))
            .collect();
        json!({"cuts": cuts, "how_to_go_on": how})
    }

    /// The same in a sentence.
    pub(super) fn sentence(&self, how: &str) -> String {
        let cuts: Vec<String> = self
            .cuts
            .iter()
            .take(CUTS_TOLD)
            .map(|Cut { at, shown, of, unit }| format!("`{at}` shows {shown} of {of} {unit}"))
            .collect();
        format!("the result is cut: {}; {how}", cuts.join(", "))
    }
}

fn shrink(value: &mut Value, room: usize, at: &str, cuts: &mut Vec<Cut>) {
    match value {
        Value::Array(items) => shrink_items(items, room, at, cuts),
        Value::Object(members) => shrink_members(members, room, at, cuts),
        Value::String(text) => shrink_text(text, room, at, cuts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Shrinks the largest members until all fit.
fn shrink_members(members: &mut Map<String, Value>, room: usize, at: &str, cuts: &mut Vec<Cut>) {
    let mut sizes: Vec<(usize, usize)> =
        members.values().map(json_bytes).enumerate().map(|(index, size)| (size, index)).collect();
    let mut size = json_bytes(&*members);
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    for (own, index) in sizes {
        if size <= room {
            return;
        }
        let Some((name, value)) = members.iter_mut().nth(index) else { return };
        let place = format!("{at}/{}", escape_token(name));
        shrink(value, (room + own).saturating_sub(size), &place, cuts);
        size = size - own + json_bytes(value);
    }
}

/// Keeps as many items as fit. Where not even the first does, as much of that as fits.
fn shrink_items(items: &mut Vec<Value>, room: usize, at: &str, cuts: &mut Vec<Cut>) {
    let (of, mut size) = (items.len(), 2);
    let kept = items
        .iter()
        .take_while(|item| {
            size += json_bytes(item) + 1;
            size <= room
        })
        .count();
    if kept == of {
        return;
    }
    if kept == 0 && room > LEAST {
        items.truncate(1);
        items.iter_mut().for_each(|item| shrink(item, room - 2, &format!("{at}/0"), cuts));
    } else {
        items.truncate(kept);
    }
    if items.len() < of {
        cuts.push(Cut { at: at.to_owned(), shown: items.len(), of, unit: "items" });
    }
}

/// Keeps the beginning of a text.
fn shrink_text(text: &mut String, room: usize, at: &str, cuts: &mut Vec<Cut>) {
    let mut size = "\"…\"".len();
    let mut shown = 0;
    let mut end = 0;
    for letter in text.chars() {
        size += json_bytes(&letter.to_string()) - 2;
        if size > room {
            break;
        }
        shown += 1;
        end += letter.len_utf8();
    }
    let of = text.chars().count();
    if shown < of {
        text.truncate(end);
        text.push('…');
        cuts.push(Cut { at: at.to_owned(), shown, of, unit: "characters" });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn what_fits_is_left_alone() {
        let mut result = object(json!({"items": [1, 2, 3], "total_count": 3}));
        let before = result.clone();
        let size = json_bytes(&result);
        assert!(!exceeds(&result, size) && exceeds(&result, size - 1));
        assert!(cut(&mut result, size + RESERVED).cuts.is_empty());
        assert_eq!(result, before);
    }

    #[test]
    fn a_list_is_cut_where_an_item_ends_and_all_else_stays() {
        let item = |id: usize| json!({"id": id, "text": "x".repeat(100)});
        let items: Vec<Value> = (0..100).map(item).collect();
        let mut result = object(json!({"items": items, "total_count": 100, "note": "short"}));
        let cut = cut(&mut result, 4_000);
        let shown = result["items"].as_array().unwrap();
        assert_eq!(cut.page(), Some(shown.len()));
        assert!((20..30).contains(&shown.len()), "{}", shown.len());
        assert_eq!(shown.last(), Some(&item(shown.len() - 1)));
        assert_eq!((&result["total_count"], &result["note"]), (&json!(100), &json!("short")));
        assert_eq!(
            cut.sentence("go on"),
            format!("the result is cut: `/items` shows {} of 100 items; go on", shown.len())
        );
    }

    #[test]
    fn a_page_that_was_cut_names_no_next_one() {
        let mut page = object(json!({"items": [1], "next_after_id": 7, "total_count": 9}));
        forget_next_page(&mut page);
        assert_eq!(page, object(json!({"items": [1], "next_after_id": null, "total_count": 9})));
    }

    #[test]
    fn what_is_no_list_keeps_its_members() {
        let mut result = object(json!({
            "sku": "a",
            "description": "é".repeat(5_000),
            "links": [{"deep": "y".repeat(9_000), "position": 1}],
        }));
        let cut = cut(&mut result, 4_000);
        assert_eq!(cut.page(), None);
        assert!(json_bytes(&result) <= 4_000);
        assert_eq!(result["links"][0]["position"], 1);
        assert!(result["description"].as_str().unwrap().ends_with('…'));
        let told = cut.told("read the document");
        assert_eq!(told["cuts"].as_array().unwrap().len(), 2, "{told}");
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::from),
            "\\PC{0,60}".prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 120, 12, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
                prop::collection::hash_map("[a-z/~]{1,6}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn same_shape(cut: &Value, whole: &Value) -> bool {
        match (cut, whole) {
            (Value::Object(cut), Value::Object(whole)) => {
                cut.len() == whole.len()
                    && cut.iter().all(|(name, value)| same_shape(value, &whole[name]))
            }
            (Value::Array(cut), Value::Array(whole)) => {
                cut.iter().zip(whole).all(|(cut, whole)| same_shape(cut, whole))
            }
            (Value::String(cut), Value::String(whole)) => {
                cut == whole || cut.strip_suffix('…').is_some_and(|begin| whole.starts_with(begin))
            }
            (cut, whole) => cut == whole,
        }
    }

    proptest! {
        #[test]
        fn whatever_is_cut_keeps_its_shape_and_says_so(value in json_value(), bytes in 800usize..3_000) {
            let whole = json!({"value": value, "id": 7});
            let mut result = object(whole.clone());
            let told = cut(&mut result, bytes);
            let result = Value::Object(result);
            prop_assert!(same_shape(&result, &whole));
            prop_assert_eq!(told.cuts.is_empty(), result == whole);
        }
    }
}
