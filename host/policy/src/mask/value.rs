//! Masking structured data.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::kind::PersonalDataKind;
use super::known_values::KnownValues;
use super::members::{self, MemberName, PersonContext, PlaceText};
use super::text;

/// Members that say which member a row is about: of reviews, custom attributes, constants. What
/// somebody calls it counts no more than where the host read it or sends it.
const ROW_LABELS: [&str; 10] =
    ["field", "attribute_code", "at", "place", "path", "code", "key", "name", "read_at", "sent_at"];
/// Members of such a row that hold what is said of it.
const ROW_VALUES: [&str; 8] =
    ["value", "before", "after", "now", "from", "to", "selected_options", "equals"];

/// Masks a value in place.
pub(super) fn mask_value(value: &mut Value, known: &KnownValues) {
    mask_within(value, PersonContext::Nobody, known);
}

/// Masks whatever is personal in a value; `context` is of whom its members tell.
fn mask_within(value: &mut Value, context: PersonContext, known: &KnownValues) {
    match value {
        Value::String(text) => mask_string(text, known),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_within(item, context, known)),
        Value::Object(object) => mask_object(object, context, known),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is personal about the members of one object.
pub(super) struct MemberKinds {
    /// What its members are called.
    pub(super) plain: Vec<MemberName>,
    /// Of whom they tell.
    pub(super) context: PersonContext,
    row: RowKinds,
    is_person: bool,
    /// Whether the region is one of the store's list.
    is_listed_region: bool,
}

impl MemberKinds {
    pub(super) fn of(object: &Map<String, Value>, outside: PersonContext) -> Self {
        let plain: Vec<MemberName> = object.keys().map(|name| MemberName::new(name)).collect();
        let context = members::context_of_members(&plain, outside);
        let (row, is_person) = (RowKinds::of(object, context), names_a_person(object));
        let is_listed_region = plain.iter().zip(object.values()).any(|(name, value)| {
            name.as_str() == "regionid" && value.as_u64().is_some_and(|id| id > 0)
        });
        Self { plain, context, row, is_person, is_listed_region }
    }

    /// What is personal about a member as a whole.
    pub(super) fn kind(
        &self,
        name: &str,
        plain: &MemberName,
        value: &Value,
    ) -> Option<PersonalDataKind> {
        if self.row.kind.is_some() && ROW_VALUES.contains(&name) {
            return self.row.kind;
        }
        if name == "label" && self.is_person {
            return Some(PersonalDataKind::Name);
        }
        // `customer: "Jane Doe"`
        let is_name = value.is_string() && members::is_person(plain);
        members::kind_of(plain, self.context).or_else(|| is_name.then_some(PersonalDataKind::Name))
    }

    /// Of whom the members within a member tell.
    pub(super) fn context_within(&self, name: &str, plain: &MemberName) -> PersonContext {
        if self.row.context != PersonContext::Nobody && ROW_VALUES.contains(&name) {
            return self.row.context;
        }
        members::context_within(plain, self.context)
    }
}

/// What is personal about the values of a row that names a member: `{field, before, after}`. Of
/// several names the strictest counts.
struct RowKinds {
    kind: Option<PersonalDataKind>,
    /// Of whom a value tells that is an object, where one of the names leads to a person.
    context: PersonContext,
}

impl RowKinds {
    fn of(object: &Map<String, Value>, context: PersonContext) -> Self {
        let mut row = Self { kind: None, context: PersonContext::Nobody };
        if !ROW_VALUES.iter().any(|name| object.contains_key(*name)) {
            return row;
        }
        let labels = ROW_LABELS.iter().filter_map(|name| Some((*name, object.get(*name)?)));
        for (name, label) in labels.flat_map(|(name, label)| texts(label).map(move |at| (name, at)))
        {
            let place = without_request(label);
            row.kind = stricter(row.kind, members::kind_at(place, context));
            // A reviewed field whose attribute nobody can tell may be anybody's.
            if ["read_at", "sent_at"].contains(&name) && members::is_attribute_by_number(place) {
                row.kind = stricter(row.kind, Some(PersonalDataKind::Name));
            }
            if row.context == PersonContext::Nobody {
                row.context = members::context_at(place, context);
            }
        }
        row
    }
}

/// A text, or each text of a list.
fn texts(label: &Value) -> impl Iterator<Item = &str> {
    let all = match label {
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    all.iter().filter_map(Value::as_str)
}

/// A place without the request it is in: `/customer/lastname of request 0`.
fn without_request(label: &str) -> &str {
    label.rsplit_once(" of request ").map_or(label, |(place, _)| place)
}

/// Of two kinds the one that leaves less: of an address and a company something stays.
fn stricter(
    one: Option<PersonalDataKind>,
    other: Option<PersonalDataKind>,
) -> Option<PersonalDataKind> {
    use PersonalDataKind::{Address, Company};
    match one {
        None | Some(Address | Company) => other.or(one),
        Some(_) => one,
    }
}

/// Masks whatever is personal in an object.
pub(super) fn mask_object(
    object: &mut Map<String, Value>,
    context: PersonContext,
    known: &KnownValues,
) {
    let members = MemberKinds::of(object, context);
    for ((name, value), plain) in object.iter_mut().zip(&members.plain) {
        match members.kind(name, plain, value) {
            Some(kind) => mask_whole(value, kind, known),
            None => match (members::place_text(plain), &mut *value) {
                (Some(place), Value::String(text)) => {
                    mask_place(text, place, members.is_listed_region, known);
                }
                _ => {
                    mask_within(value, members.context_within(name, plain), known);
                }
            },
        }
    }
    mask_names(object);
}

/// Whether this is what a plan says of a customer: its label is what a person calls it.
fn names_a_person(object: &Map<String, Value>) -> bool {
    let kind = object.get("kind").and_then(Value::as_str).map(MemberName::new);
    kind.is_some_and(|kind| kind.as_str().contains("customer") || kind.as_str().contains("address"))
}

/// Masks a value that is personal as a whole.
fn mask_whole(value: &mut Value, kind: PersonalDataKind, known: &KnownValues) {
    match value {
        Value::String(text) => {
            if !text.is_empty() && PersonalDataKind::ALL.iter().all(|kind| text != kind.mask()) {
                kind.mask().clone_into(text);
            }
        }
        Value::Number(number) => *number = 0.into(),
        Value::Array(items) => items.iter_mut().for_each(|item| mask_whole(item, kind, known)),
        // What is called an address or a company is more than its texts: the country stays.
        Value::Object(object) => match kind {
            PersonalDataKind::Address | PersonalDataKind::Company => {
                mask_object(object, PersonContext::Address, known);
            }
            _ => {
                object.iter_mut().for_each(|(_, value)| mask_whole(value, kind, known));
                mask_names(object);
            }
        },
        Value::Null | Value::Bool(_) => {}
    }
}

/// Masks who stands in a text that tells of a place; the place itself stays.
fn mask_place(text: &mut String, place: PlaceText, is_listed: bool, known: &KnownValues) {
    let written = text::mask_text(std::mem::take(text));
    // `Virginia` is a region, whoever is called so.
    let is_one_word = !written.contains(|c: char| !c.is_alphabetic() && c != '_');
    let stays = match place {
        PlaceText::Listed => true,
        PlaceText::Region => is_one_word && is_listed,
        PlaceText::State => is_one_word && !written.contains(char::is_uppercase),
    };
    *text = if stays { written } else { known.mask_persons(written) };
}

/// Masks a text; one that is JSON itself is masked as such.
fn mask_string(text: &mut String, known: &KnownValues) {
    if text.starts_with(['{', '['])
        && let Ok(mut value) = serde_json::from_str::<Value>(text)
    {
        mask_value(&mut value, known);
        // Written anew in any case: of members given twice the text holds one that was not seen.
        *text = value.to_string();
        return;
    }
    *text = known.mask(text::mask_text(std::mem::take(text)));
}

/// Masks the names of members: of objects that are keyed by e-mail address. None gets lost.
fn mask_names(object: &mut Map<String, Value>) {
    if !object.keys().any(|name| text::has_personal_data(name)) {
        return;
    }
    let members = std::mem::take(object);
    // The last number that each name was given: thousands may become one and the same.
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for (name, value) in members {
        let masked = text::mask_text(name);
        let mut unique = masked.clone();
        if object.contains_key(&masked) {
            let number = numbers.entry(masked.clone()).or_insert(1);
            while object.contains_key(&unique) {
                *number += 1;
                unique = format!("{masked} ({number})");
            }
        }
        object.insert(unique, value);
    }
}
