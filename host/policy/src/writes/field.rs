//! What a body turns out to hold: each value with its kind, each row, and all that cannot be judged.

use std::borrow::Cow;

use serde_json::Value;
use souk_model::Decimal;
use souk_model::plan::escape_token;

use super::number::{UnreadableReason, read_number};
use super::shape::{FieldKind, NumberLimit};

/// A value of a request: what it is called, what kind it is, and what it may be.
#[derive(Debug, Clone, PartialEq)]
pub struct BodyField<'b> {
    /// Where it stands: a pointer into the body, or `{name}` of the path.
    pub at: String,
    /// What it is called: its member's name as the body spells it, or the attribute's code.
    pub name: Cow<'b, str>,
    /// The value; `None` where the host fills it in later, or it is not known before.
    pub value: Option<Cow<'b, Value>>,
    /// What kind of value it is.
    pub kind: FieldKind,
    /// What a number may be there.
    pub limit: NumberLimit,
    /// Whether numbers are written as text there.
    pub as_text: bool,
    /// The names of the members that lead to it within its body, without the number of the body in a
    /// list of them. Empty for a value of the path.
    pub names: Vec<String>,
    /// Its body in the list that a bulk route takes, counted from 0.
    pub body: usize,
    /// Its row, counted from 0 over all bodies; 0 where the route has no rows.
    pub row: usize,
}

impl BodyField<'_> {
    /// The number that it holds; none where it is null, which takes the value away.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn number(&self) -> Result<Option<Decimal>, UnreadableReason> {
        match self.value.as_deref() {
            None => Err(UnreadableReason::FilledIn),
            Some(Value::Null) => Ok(None),
            Some(value) => read_number(value, self.as_text).map(Some),
        }
    }
}

/// A place of a request that cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Where: a pointer into the body, or `{name}` of the path.
    pub at: String,
    /// Why.
    pub reason: UnreadableReason,
}

/// All that a body holds.
#[derive(Debug, Default)]
pub(super) struct BodyContents<'b> {
    pub(super) fields: Vec<BodyField<'b>>,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) rows: usize,
}

/// Where the walk is.
#[derive(Clone)]
pub(super) struct BodyPosition {
    /// Its pointer.
    pub(super) pointer: String,
    /// The members that lead to it within its body.
    pub(super) names: Vec<String>,
    pub(super) body: usize,
    pub(super) row: usize,
}

impl BodyPosition {
    pub(super) fn member(&self, name: &str) -> Self {
        let mut place = self.clone();
        place.pointer.push('/');
        place.pointer.push_str(&escape_token(name));
        place.names.push(name.to_owned());
        place
    }
}

impl<'b> BodyContents<'b> {
    /// The same without the body that it was read from.
    pub(super) fn into_owned<'o>(self) -> BodyContents<'o> {
        let owned = |field: BodyField<'_>| BodyField {
            at: field.at,
            name: Cow::Owned(field.name.into_owned()),
            value: field.value.map(|value| Cow::Owned(value.into_owned())),
            kind: field.kind,
            limit: field.limit,
            as_text: field.as_text,
            names: field.names,
            body: field.body,
            row: field.row,
        };
        BodyContents {
            fields: self.fields.into_iter().map(owned).collect(),
            unreadable: self.unreadable,
            rows: self.rows,
        }
    }

    pub(super) fn report(&mut self, place: &BodyPosition, reason: UnreadableReason) {
        self.unreadable.push(Unreadable { at: place.pointer.clone(), reason });
    }

    pub(super) fn add_unknown(
        &mut self,
        name: &'b str,
        value: Option<&'b Value>,
        place: &BodyPosition,
    ) {
        self.add(name, value, (FieldKind::Unknown, NumberLimit::default(), false), place);
    }

    pub(super) fn add(
        &mut self,
        name: &'b str,
        value: Option<&'b Value>,
        (kind, limit, as_text): (FieldKind, NumberLimit, bool),
        place: &BodyPosition,
    ) {
        let field = BodyField {
            at: place.pointer.clone(),
            name: Cow::Borrowed(name),
            value: value.map(Cow::Borrowed),
            kind,
            limit,
            as_text,
            names: place.names.clone(),
            body: place.body,
            row: place.row,
        };
        if kind.is_guarded_number()
            && value.is_some()
            && let Err(reason) = field.number()
        {
            self.report(place, reason);
        }
        self.fields.push(field);
    }
}
