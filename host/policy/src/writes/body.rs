//! Walking a body by the shape that its entry gives it.

use serde_json::{Map, Value};

use super::field::{BodyContents, BodyPosition};
use super::names::{plain, same_name};
use super::number::UnreadableReason;
use super::shape::{FieldKind, MemberSpec, NumberLimit, Shape, ShapeIndex, ValueSpec};

/// No body of the API nests so deep.
const DEEPEST: usize = 32;

/// Reads the bodies of a request.
pub(super) struct BodyReader<'c> {
    pub(super) shapes: &'c [Shape],
    /// What a body holds; none: nobody knows.
    pub(super) shape: Option<ShapeIndex>,
    /// Where lists of rows stand.
    pub(super) rows: &'c [Vec<String>],
    /// Pointers to what the host fills in.
    pub(super) filled: &'c [String],
    /// Whether it is a list of bodies.
    pub(super) bulk: bool,
}

/// What is known of a value before it is looked at.
#[derive(Clone, Copy)]
enum Expected<'c> {
    Value(&'c ValueSpec, bool),
    Values(&'c ValueSpec, bool),
    Object(ShapeIndex),
    Rows(ShapeIndex),
    Attributes(ShapeIndex),
    Unknown,
}

impl<'c> From<&'c MemberSpec> for Expected<'c> {
    fn from(spec: &'c MemberSpec) -> Self {
        match spec {
            MemberSpec::Value(value) => Self::Value(value, false),
            MemberSpec::Values(value) => Self::Values(value, false),
            MemberSpec::Object(shape) => Self::Object(*shape),
            MemberSpec::Rows(shape) => Self::Rows(*shape),
            MemberSpec::Attributes(shape) => Self::Attributes(*shape),
        }
    }
}

/// A place of a body, before its value is looked at.
#[derive(Clone, Copy)]
struct BodySlot<'b, 'c, 'p> {
    expected: Expected<'c>,
    /// What it is called.
    name: &'b str,
    place: &'p BodyPosition,
}

impl<'b, 'c, 'p> BodySlot<'b, 'c, 'p> {
    const fn new(expected: Expected<'c>, name: &'b str, place: &'p BodyPosition) -> Self {
        Self { expected, name, place }
    }
}

impl BodyReader<'_> {
    pub(super) fn read<'b>(&self, body: Option<&'b Value>) -> BodyContents<'b> {
        let mut contents = BodyContents::default();
        let root = BodyPosition { pointer: String::new(), names: Vec::new(), body: 0, row: 0 };
        match body {
            None => contents.rows = 1,
            Some(Value::Array(bodies)) if self.bulk => {
                for (index, body) in bodies.iter().enumerate() {
                    let mut place = root.member(&index.to_string());
                    place.names.clear();
                    place.body = index;
                    place.row = contents.rows;
                    self.one(body, &place, &mut contents);
                }
                contents.rows = contents.rows.max(1);
            }
            Some(body) => {
                if self.bulk {
                    contents.report(&root, UnreadableReason::ListForObject);
                }
                self.one(body, &root, &mut contents);
            }
        }
        contents
    }

    fn one<'b>(&self, body: &'b Value, place: &BodyPosition, contents: &mut BodyContents<'b>) {
        let expected = self.shape.map_or(Expected::Unknown, Expected::Object);
        let before = contents.rows;
        self.walk(body, BodySlot::new(expected, "", place), contents);
        // Whatever it holds, it is something that is written.
        contents.rows = contents.rows.max(before + 1);
    }

    fn walk<'b>(
        &self,
        value: &'b Value,
        slot: BodySlot<'b, '_, '_>,
        contents: &mut BodyContents<'b>,
    ) {
        let BodySlot { expected, name, place } = slot;
        if place.names.len() > DEEPEST {
            contents.report(place, UnreadableReason::TooDeep);
            return;
        }
        if self.filled.contains(&place.pointer) {
            self.filled(slot, contents);
            return;
        }
        match (expected, value) {
            (Expected::Value(spec, _), Value::Array(_) | Value::Object(_)) => {
                if spec.kind.is_guarded_number() {
                    contents.report(place, UnreadableReason::ContainerForValue);
                }
                contents.add_unknown(name, Some(value), place);
                self.inside(value, BodySlot::new(Expected::Unknown, name, place), contents);
            }
            (Expected::Value(spec, as_text), _) => {
                let kind = spec.kind;
                contents.add(name, Some(value), (kind, spec.limit(kind), as_text), place);
            }
            (_, Value::Array(_) | Value::Object(_)) => {
                self.inside(value, slot, contents);
            }
            (Expected::Values(spec, as_text), _) => {
                if !value.is_null() {
                    contents.report(place, UnreadableReason::ValueForContainer);
                }
                let kind = spec.kind;
                contents.add(name, Some(value), (kind, spec.limit(kind), as_text), place);
            }
            (Expected::Unknown, _) => contents.add_unknown(name, Some(value), place),
            (Expected::Object(_) | Expected::Rows(_) | Expected::Attributes(_), _) => {
                if !value.is_null() {
                    contents.report(place, UnreadableReason::ValueForContainer);
                }
                contents.add_unknown(name, Some(value), place);
            }
        }
    }

    /// A place that the host fills in before the request is sent.
    fn filled<'b>(&self, slot: BodySlot<'b, '_, '_>, contents: &mut BodyContents<'b>) {
        let BodySlot { expected, name, place } = slot;
        match expected {
            Expected::Value(spec, as_text) => {
                let kind = spec.kind;
                contents.add(name, None, (kind, spec.limit(kind), as_text), place);
            }
            Expected::Values(spec, as_text) if !spec.kind.is_guarded_number() => {
                let kind = spec.kind;
                contents.add(name, None, (kind, spec.limit(kind), as_text), place);
            }
            Expected::Unknown => contents.add_unknown(name, None, place),
            Expected::Values(..)
            | Expected::Object(_)
            | Expected::Rows(_)
            | Expected::Attributes(_) => {
                contents.report(place, UnreadableReason::FilledIn);
                contents.add_unknown(name, None, place);
            }
        }
    }

    /// A list or an object.
    fn inside<'b>(
        &self,
        value: &'b Value,
        slot: BodySlot<'b, '_, '_>,
        contents: &mut BodyContents<'b>,
    ) {
        let place = slot.place;
        match value {
            // Nothing in it is something, too.
            Value::Array(items) if items.is_empty() => {
                add_empty(value, slot, contents);
            }
            Value::Object(members) if members.is_empty() => {
                add_empty(value, slot, contents);
            }
            Value::Array(items) => self.list(items, slot, contents),
            Value::Object(members) => {
                self.check_names(members, place, contents);
                self.object(members, slot, contents);
            }
            _ => {}
        }
    }

    fn list<'b>(
        &self,
        items: &'b [Value],
        slot: BodySlot<'b, '_, '_>,
        contents: &mut BodyContents<'b>,
    ) {
        let BodySlot { expected, name, place } = slot;
        let element = match expected {
            Expected::Rows(shape) => Expected::Object(shape),
            Expected::Values(spec, as_text) => Expected::Value(spec, as_text),
            Expected::Attributes(shape) => Expected::Attributes(shape),
            Expected::Object(_) => {
                contents.report(place, UnreadableReason::ListForObject);
                Expected::Unknown
            }
            Expected::Value(..) | Expected::Unknown => Expected::Unknown,
        };
        let counted = self.counts(place);
        for (index, item) in items.iter().enumerate() {
            let mut place = place.member(&index.to_string());
            if counted {
                place.row = contents.rows;
                contents.rows += 1;
            }
            match (element, item) {
                (Expected::Attributes(shape), Value::Object(members)) => {
                    self.check_names(members, &place, contents);
                    self.attribute(members, shape, BodySlot::new(element, name, &place), contents);
                }
                _ => self.walk(item, BodySlot::new(element, name, &place), contents),
            }
        }
    }

    fn object<'b>(
        &self,
        members: &'b Map<String, Value>,
        slot: BodySlot<'b, '_, '_>,
        contents: &mut BodyContents<'b>,
    ) {
        let BodySlot { expected, name, place } = slot;
        match expected {
            Expected::Object(shape) => self.shaped(members, shape, place, contents),
            Expected::Attributes(shape) => {
                // `{"special_price": 1}` sets the attribute as well as the list does.
                contents.report(place, UnreadableReason::ListForObject);
                let shape = self.shapes.get(shape);
                for (code, value) in members {
                    let spec = shape.and_then(|shape| shape.member(code));
                    let expected = spec.map_or(Expected::Unknown, |spec| as_text(spec.into()));
                    self.walk(value, BodySlot::new(expected, code, &place.member(code)), contents);
                }
            }
            Expected::Rows(_) | Expected::Values(..) => {
                contents.report(place, UnreadableReason::ListForObject);
                // Each member is a row to PHP.
                let element = match expected {
                    Expected::Rows(shape) => Expected::Object(shape),
                    _ => Expected::Unknown,
                };
                let counted = self.counts(place);
                for (key, value) in members {
                    let mut place = place.member(key);
                    if counted {
                        place.row = contents.rows;
                        contents.rows += 1;
                    }
                    self.walk(value, BodySlot::new(element, name, &place), contents);
                }
            }
            Expected::Value(..) | Expected::Unknown => {
                if self.shape.is_none() && members.keys().any(|key| is_index(key)) {
                    contents.rows += members.len();
                }
                for (key, value) in members {
                    let code = attribute_code(members).filter(|_| same_name(key, "value"));
                    let name = code.unwrap_or(key);
                    self.walk(
                        value,
                        BodySlot::new(Expected::Unknown, name, &place.member(key)),
                        contents,
                    );
                }
            }
        }
    }

    fn shaped<'b>(
        &self,
        members: &'b Map<String, Value>,
        shape: ShapeIndex,
        place: &BodyPosition,
        contents: &mut BodyContents<'b>,
    ) {
        let shape = self.shapes.get(shape);
        for (key, value) in members {
            let spec = shape.and_then(|shape| shape.member(key));
            let place = place.member(key);
            let chosen = match spec {
                Some(MemberSpec::Value(spec)) => chosen(spec, members, self, &place),
                _ => None,
            };
            match (&chosen, spec) {
                (Some(chosen), _) => {
                    self.walk(
                        value,
                        BodySlot::new(Expected::Value(chosen, false), key, &place),
                        contents,
                    );
                }
                (None, Some(spec)) => {
                    self.walk(value, BodySlot::new(spec.into(), key, &place), contents);
                }
                (None, None) => {
                    self.walk(value, BodySlot::new(Expected::Unknown, key, &place), contents);
                }
            }
        }
    }

    /// `{attribute_code, value}`: the value goes by the attribute's name.
    fn attribute<'b>(
        &self,
        members: &'b Map<String, Value>,
        shape: ShapeIndex,
        slot: BodySlot<'b, '_, '_>,
        contents: &mut BodyContents<'b>,
    ) {
        let BodySlot { name, place, .. } = slot;
        let code = attribute_code(members);
        let spec = code.zip(self.shapes.get(shape)).and_then(|(code, shape)| shape.member(code));
        for (key, value) in members {
            let place = place.member(key);
            if same_name(key, "value") {
                let expected = spec.map_or(Expected::Unknown, |spec| as_text(spec.into()));
                self.walk(value, BodySlot::new(expected, code.unwrap_or(name), &place), contents);
            } else if same_name(key, "attribute_code") {
                const CODE: ValueSpec = ValueSpec::of(FieldKind::Identifier);
                self.walk(
                    value,
                    BodySlot::new(Expected::Value(&CODE, false), key, &place),
                    contents,
                );
            } else {
                self.walk(value, BodySlot::new(Expected::Unknown, key, &place), contents);
            }
        }
    }

    /// No name twice in two spellings, and none that PHP takes for the index of a list.
    fn check_names(
        &self,
        members: &Map<String, Value>,
        place: &BodyPosition,
        contents: &mut BodyContents<'_>,
    ) {
        let mut seen = std::collections::BTreeSet::new();
        let mut numeric = false;
        for key in members.keys() {
            if !seen.insert(plain(key)) {
                contents.report(&place.member(key), UnreadableReason::GivenTwice);
            }
            numeric |= is_index(key);
        }
        if numeric {
            contents.report(place, UnreadableReason::NumericMembers);
        }
    }

    /// Whether the elements of this list are rows of the route. Where nobody knows, each is one.
    fn counts(&self, place: &BodyPosition) -> bool {
        match self.shape {
            Some(_) => self.rows.iter().any(|rows| super::route::is_place(&place.names, rows)),
            None => true,
        }
    }
}

/// Whether PHP takes a member's name for the index of a list.
fn is_index(name: &str) -> bool {
    let digits = name.trim().trim_start_matches('-');
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The code of an attribute that an object is the value of.
fn attribute_code(members: &Map<String, Value>) -> Option<&str> {
    let code = members.iter().find(|(key, _)| same_name(key, "attribute_code"));
    code.and_then(|(_, code)| code.as_str())
}

/// Attributes are written as text.
const fn as_text(expected: Expected<'_>) -> Expected<'_> {
    match expected {
        Expected::Value(spec, _) => Expected::Value(spec, true),
        Expected::Values(spec, _) => Expected::Values(spec, true),
        other => other,
    }
}

/// What a member is, where another one decides it.
fn chosen(
    spec: &ValueSpec,
    members: &Map<String, Value>,
    reader: &BodyReader<'_>,
    place: &BodyPosition,
) -> Option<ValueSpec> {
    let choice = spec.choice.as_ref()?;
    let mut deciding = members.iter().filter(|(key, _)| same_name(key, &choice.by));
    let kind = match (deciding.next(), deciding.next()) {
        (Some((key, Value::String(word))), None) => {
            let (parent, _) = place.pointer.rsplit_once('/').unwrap_or_default();
            let known = !reader.filled.contains(&format!("{parent}/{key}"));
            choice.kinds.get(&word.to_ascii_lowercase()).copied().filter(|_| known)
        }
        _ => None,
    };
    Some(ValueSpec::of(kind.unwrap_or(spec.kind)))
}

/// A list or an object with nothing in it. Of the whole body that is nothing at all.
fn add_empty<'b>(value: &'b Value, slot: BodySlot<'b, '_, '_>, contents: &mut BodyContents<'b>) {
    let BodySlot { expected, name, place } = slot;
    let kind = match expected {
        Expected::Unknown | Expected::Value(..) => FieldKind::Unknown,
        _ => FieldKind::Empty,
    };
    if !place.names.is_empty() {
        contents.add(name, Some(value), (kind, NumberLimit::default(), false), place);
    }
}
