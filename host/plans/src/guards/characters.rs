//! Characters that the store cannot keep: those of four bytes in UTF-8, which a database of three
//! (`utf8mb3`, as most stores have it) turns into question marks without a word.
//!
//! Every text of every request is looked at, wherever it goes and whatever it is called: what stands
//! in a body by whatever names, in an address, and in what the host fills in.

use std::borrow::Cow;

use serde_json::Value;
use souk_model::plan::{BodySource, Change, Expectation, Step, Undo, escape_token};
use souk_model::{BindingSource, Code, Failure, visible};

use crate::body::with_known_values;
use crate::magento::names::same_name;
use crate::observed::ObservedState;
use crate::refusals::refuse;

/// Characters that are named one by one.
const NAMED: usize = 5;

/// A text with characters of four bytes in it.
struct FourByteText<'t> {
    /// Where it stands, as a pointer into its body.
    at: String,
    /// What it is called there.
    name: Cow<'t, str>,
    text: &'t str,
}

/// No text with a character that the store would not keep.
///
/// # Errors
/// VALIDATION_ERROR with the characters, the field and the subject.
pub(crate) fn check_characters(change: &Change, observed: &ObservedState) -> Result<(), Failure> {
    for (index, step) in change.steps.iter().enumerate() {
        if let Some((field, text)) = in_step(change, Some(index), step, observed)? {
            return Err(not_kept(change, &field, &text, "", observed));
        }
    }
    let Undo::Steps(undo) = &change.undo else { return Ok(()) };
    for step in undo {
        if let Some((field, text)) = in_step(change, None, step, observed)? {
            return Err(not_kept(change, &field, &text, "the undo of ", observed));
        }
    }
    Ok(())
}

/// The first such text of a request, and the field that it is of.
fn in_step(
    change: &Change,
    index: Option<usize>,
    step: &Step,
    observed: &ObservedState,
) -> Result<Option<(String, String)>, Failure> {
    for binding in step.path.iter().chain(&step.query) {
        let text = match &binding.value {
            BindingSource::Text(text) => text,
            BindingSource::Subject => &change.subject.id,
            BindingSource::FromResponse(_) => continue,
        };
        if has_four_byte(text) {
            return Ok(Some((binding.name.clone(), text.clone())));
        }
    }
    let mut step = Cow::Borrowed(step);
    if step
        .body_bindings
        .iter()
        .any(|binding| !matches!(binding.value, BodySource::FromResponse(_)))
    {
        step = Cow::Owned(with_known_values(change, &step, observed)?);
    }
    let Some(body) = &step.body else { return Ok(None) };
    let Some(found) = first_in(body, "", "") else { return Ok(None) };
    let edited = change.edits.iter().find(|edit| {
        let Expectation::AsSent(pointers) = &edit.after else { return false };
        pointers.iter().any(|pointer| {
            Some(pointer.step) == index
                && pointer.at.pointer_in(body).is_some_and(|at| is_within(&found.at, &at))
        })
    });
    let field = edited.map_or_else(|| found.name.into_owned(), |edit| edit.field.clone());
    Ok(Some((field, found.text.to_owned())))
}

/// Whether a place is this one, or in it.
fn is_within(place: &str, outer: &str) -> bool {
    place.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The first text with such a character, in names and values alike.
fn first_in<'v>(value: &'v Value, at: &str, name: &'v str) -> Option<FourByteText<'v>> {
    match value {
        Value::String(text) => has_four_byte(text).then(|| FourByteText {
            at: at.to_owned(),
            name: Cow::Borrowed(name),
            text,
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| first_in(item, &format!("{at}/{index}"), name)),
        Value::Object(members) => members.iter().find_map(|(key, value)| {
            let at = format!("{at}/{}", escape_token(key));
            if has_four_byte(key) {
                return Some(FourByteText { at, name: Cow::Borrowed(key), text: key });
            }
            // Of an attribute the code says more than `value`.
            let code = members.iter().find(|(key, _)| same_name(key, "attribute_code"));
            let code = code.and_then(|(_, code)| code.as_str()).filter(|_| same_name(key, "value"));
            first_in(value, &at, code.unwrap_or(key))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn not_kept(
    change: &Change,
    field: &str,
    text: &str,
    what: &str,
    observed: &ObservedState,
) -> Failure {
    let shown = [&observed.here, &observed.global];
    let kept = shown.into_iter().flatten().find_map(|shown| first_in(shown, "", ""));
    let remedy = match kept {
        Some(kept) => format!(
            "the store seems to keep such characters: a read of {} shows {} in `{}`; if it does, an \
             operator sets `four_byte = true` for the store (`stores.four_byte`)",
            change.subject,
            characters(kept.text),
            visible::line(&kept.name),
        ),
        None => {
            "leave it out; where the store's database keeps such characters (`utf8mb4` in every \
                 table), an operator sets `four_byte = true` for the store (`stores.four_byte`)"
                .to_owned()
        }
    };
    refuse(
        "four-byte",
        Code::ValidationError,
        format!(
            "`{}` of {what}{} would hold {}, which the store would turn into `????`",
            visible::line(field),
            change.subject,
            characters(text),
        ),
        remedy,
    )
}

/// Such characters of a text, each once, as they look and by their numbers.
fn characters(text: &str) -> String {
    let mut found: Vec<char> = Vec::new();
    for character in text.chars().filter(|character| is_four_byte(*character)) {
        if !found.contains(&character) {
            found.push(character);
        }
    }
    let named = found.iter().take(NAMED).map(|&character| {
        let number = u32::from(character);
        if visible::is_hidden(character) {
            return format!("U+{number:04X}");
        }
        format!("{character} (U+{number:04X})")
    });
    let named = named.collect::<Vec<_>>().join(", ");
    match found.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn has_four_byte(text: &str) -> bool {
    // In UTF-8 they begin, and nothing else does, with a byte of 0xF0 or more.
    text.bytes().any(|byte| byte >= 0xf0)
}

const fn is_four_byte(character: char) -> bool {
    character.len_utf8() == 4
}

/// Whether a store has this text in place of that one because it could not keep its characters: as
/// many question marks as they have bytes, or one.
pub(crate) fn lost_characters(sent: &Value, is: &Value) -> Option<String> {
    let (Value::String(sent), Value::String(is)) = (sent, is) else { return None };
    let with = |mark: &str| {
        let replaced = sent.chars().map(|character| match is_four_byte(character) {
            true => Cow::Borrowed(mark),
            false => Cow::Owned(character.to_string()),
        });
        replaced.collect::<String>()
    };
    let lost = has_four_byte(sent) && (*is == with("????") || *is == with("?"));
    lost.then(|| characters(sent))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn characters_are_named_as_they_look_and_by_number_each_once() {
        assert_eq!(characters("a 😀 b 😀 ⛺ 🏕"), "😀 (U+1F600), 🏕 (U+1F3D5)");
        assert_eq!(characters("\u{e0041}"), "U+E0041", "one that nobody sees has its number alone");
        assert_eq!(
            characters("😀😁😂😃😄😅😆"),
            "😀 (U+1F600), 😁 (U+1F601), 😂 (U+1F602), 😃 (U+1F603), 😄 (U+1F604) and 2 more"
        );
    }

    #[test]
    fn they_are_found_wherever_they_stand() {
        let found = |value: Value| {
            first_in(&value, "", "").map(|found| (found.at, found.name.into_owned()))
        };
        assert_eq!(found(json!({"product": {"name": "Zelt ⛺ für €", "tags": ["ä"]}})), None);
        assert_eq!(
            found(json!({"rule": {"store_labels": [{"store_label": "Sale 🎉"}]}})),
            Some(("/rule/store_labels/0/store_label".into(), "store_label".into()))
        );
        let attributes = json!([{"attribute_code": "meta_title", "value": "🏕"}]);
        assert_eq!(
            found(json!({"product": {"custom_attributes": attributes}})),
            Some(("/product/custom_attributes/0/value".into(), "meta_title".into()))
        );
        assert_eq!(found(json!({"a/b": {"🏕": 1}})), Some(("/a~1b/🏕".into(), "🏕".into())));
    }

    #[test]
    fn question_marks_in_their_place_are_told_from_another_text() {
        let lost = |is: &str| lost_characters(&json!("Tent 🏕 ⛺"), &json!(is)).is_some();
        assert!(lost("Tent ???? ⛺") && lost("Tent ? ⛺"));
        assert!(!lost("Tent 🏕 ⛺") && !lost("Tent  ⛺") && !lost("Tarp ???? ⛺"));
    }
}
