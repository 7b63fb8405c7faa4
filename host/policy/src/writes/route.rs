//! One write of the store: what the host knows of it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use souk_model::{Pointer, PointerPattern, Route, Tier, WriteMethod};

use super::names::same_name;
use super::shape::{ShapeIndex, ValueSpec};
use super::target::{RequestForm, WriteTarget, parameter, stands_for_parameter};

/// Which views of the store a write takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedViews {
    /// Global values and each store view.
    Any,
    /// Global values alone: at a view it would do nothing else, or something that nobody sees.
    Global,
}

/// What may be done when it is not known whether a write arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AllowedRetry {
    /// Sending it again leaves the same state.
    Idempotent,
    /// Sending it again does it twice.
    Once,
}

/// Where the id of a write's subject, or of something else that it is about, stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdPlace {
    /// This parameter of the path.
    Path(String),
    /// These members of the body, one inside the other; `*` is each element of a list.
    Body(Vec<String>),
}

impl fmt::Display for IdPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(name) => write!(f, "{{{name}}}"),
            Self::Body(names) => names.iter().try_for_each(|name| write!(f, "/{name}")),
        }
    }
}

/// What a write is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteSubject {
    /// `product`, `order`, …; of the catalogue's own words.
    pub kind: String,
    /// Where its id stands. Where there are several, each that is there holds it; none: the request
    /// does not name it.
    pub ids: Vec<IdPlace>,
    /// Where ids of other things stand that the write is about: of an image, of an invoice.
    pub parts: Vec<IdPlace>,
    /// Reads that show it, and so may judge the write.
    pub lookups: Vec<Route>,
}

/// Bodies that can do less harm than others of their route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LowerTier {
    pub(super) tier: Tier,
    /// All of these must stand in the body, with these values.
    pub(super) only: Vec<(Vec<String>, Value)>,
    /// These may stand beside them.
    pub(super) beside: Vec<Vec<String>>,
}

/// A value that makes a body do more harm than others of its route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RaisedTier {
    pub(super) tier: Tier,
    pub(super) at: Vec<String>,
    /// But for these.
    pub(super) unless: Vec<Value>,
}

/// One write of the store, as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteRoute {
    pub(super) upstream: String,
    pub(super) method: WriteMethod,
    pub(super) route: Route,
    pub(super) does: String,
    pub(super) subject: WriteSubject,
    pub(super) body: Option<ShapeIndex>,
    pub(super) path_values: BTreeMap<String, ValueSpec>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) views: AllowedViews,
    pub(super) tier: Tier,
    pub(super) lower: Vec<LowerTier>,
    pub(super) raise: Vec<RaisedTier>,
    pub(super) retry: AllowedRetry,
    pub(super) serial: bool,
    pub(super) never: Option<String>,
    pub(super) takes_back: Option<(WriteMethod, Route)>,
    pub(super) answers: Option<Pointer>,
    pub(super) new_ids: Vec<Vec<String>>,
    pub(super) scope: Vec<Vec<String>>,
    pub(super) sets: Vec<String>,
    pub(super) shown: bool,
    pub(super) evidence: Option<String>,
}

impl WriteRoute {
    /// The back end that it is of.
    #[must_use]
    pub fn upstream(&self) -> &str {
        &self.upstream
    }

    /// How it is sent.
    #[must_use]
    pub const fn method(&self) -> WriteMethod {
        self.method
    }

    /// Its route in the form that is carried out at once.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }

    /// What it does, for people: `change a product`.
    #[must_use]
    pub fn does(&self) -> &str {
        &self.does
    }

    /// What it is about.
    #[must_use]
    pub const fn subject(&self) -> &WriteSubject {
        &self.subject
    }

    /// Which views it takes.
    #[must_use]
    pub const fn views(&self) -> AllowedViews {
        self.views
    }

    /// Its tier, whatever its body holds that the entry does not name.
    #[must_use]
    pub const fn tier(&self) -> Tier {
        self.tier
    }

    /// How it may be repeated.
    #[must_use]
    pub const fn retry(&self) -> AllowedRetry {
        self.retry
    }

    /// Whether no other of its kind may be on its way to the same store.
    #[must_use]
    pub const fn is_serial(&self) -> bool {
        self.serial
    }

    /// Why it is never sent, where that is so.
    #[must_use]
    pub fn never(&self) -> Option<&str> {
        self.never.as_deref()
    }

    /// Whether its entry says what its body holds.
    #[must_use]
    pub const fn describes_body(&self) -> bool {
        self.body.is_some()
    }

    /// Whether it takes back what this other write made.
    #[must_use]
    pub fn takes_back(&self, made_by: &Self) -> bool {
        self.upstream == made_by.upstream
            && self
                .takes_back
                .as_ref()
                .is_some_and(|(method, route)| (*method, route) == (made_by.method, &made_by.route))
    }

    /// Where the answer to a create has the id of what is new.
    #[must_use]
    pub const fn answers(&self) -> Option<&Pointer> {
        self.answers.as_ref()
    }

    /// Whether the store itself gives what stands here: with it a create would change what is there.
    /// The names lead to a field within its body.
    #[must_use]
    pub fn is_new_id(&self, names: &[String]) -> bool {
        self.new_ids.iter().any(|place| is_place(names, place))
    }

    /// Whether what stands here chooses a view of the store.
    #[must_use]
    pub fn is_scope(&self, names: &[String]) -> bool {
        self.scope.iter().any(|place| is_place(names, place))
    }

    /// The fields of a product that it sets, where its body is no product.
    #[must_use]
    pub fn sets(&self) -> &[String] {
        &self.sets
    }

    /// Whether a read can show that it happened.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        self.shown
    }

    /// Where a read of its subject shows that it happened, of what may not be sent twice; `/total_count`
    /// stands beside a list that a search answers.
    #[must_use]
    pub fn evidence(&self) -> Option<&str> {
        self.evidence.as_deref()
    }

    /// The lowest tier that a body within these fields can have.
    #[must_use]
    pub fn lowest_tier(&self, fields: Option<&[PointerPattern]>) -> Tier {
        let possible = |lower: &&LowerTier| {
            fields.is_none_or(|fields| PointerPattern::uncovered(fields, &lower.sample()).is_none())
        };
        let lower = self.lower.iter().filter(possible).map(|lower| lower.tier);
        lower.fold(self.tier, Ord::min)
    }

    /// The highest tier that a body can have.
    #[must_use]
    pub fn highest_tier(&self) -> Tier {
        self.raise.iter().map(|raised| raised.tier).fold(self.tier, Ord::max)
    }

    /// The name of this parameter's place in the path, counted from behind the version.
    pub(super) fn parameter_position(&self, name: &str) -> Option<usize> {
        self.segments().position(|segment| parameter(segment).is_some_and(|own| own == name))
    }

    /// Whether it begins as a route of the store's API does.
    pub(super) fn has_version(&self) -> bool {
        self.route.segments().next() == Some("V1")
    }

    /// Its segments from behind the version on.
    pub(super) fn segments(&self) -> impl Iterator<Item = &str> {
        self.route.segments().skip(usize::from(self.has_version()))
    }

    /// Whether a request goes, or could go, here.
    pub(super) fn matches(&self, target: &WriteTarget<'_>) -> bool {
        self.has_version() == target.has_version
            && self.segments().count() == target.segments.len()
            && self.segments().zip(&target.segments).all(|(own, segment)| {
                parameter(own).is_some()
                    || segment.is_none_or(|text| text.eq_ignore_ascii_case(own))
            })
    }

    /// Whether a granted route has its parameters where this has them.
    pub(super) fn is_spelled_by(&self, target: &WriteTarget<'_>) -> bool {
        self.matches(target)
            && self.segments().zip(&target.segments).all(|(own, segment)| {
                match (parameter(own).is_some(), segment) {
                    (true, None) | (false, Some(_)) => true,
                    (true, Some(text)) => {
                        target.form == RequestForm::AsyncBulk && stands_for_parameter(text)
                    }
                    (false, None) => false,
                }
            })
    }

    /// Whether all that is not known of a path is a parameter here.
    pub(super) fn is_spelled_around(&self, target: &WriteTarget<'_>) -> bool {
        let mut pairs = self.segments().zip(&target.segments);
        pairs.all(|(own, segment)| segment.is_some() || parameter(own).is_some())
    }

    /// Whether a path is known and matches to the letter.
    pub(super) fn is_spelled_exactly(&self, target: &WriteTarget<'_>) -> bool {
        let mut pairs = self.segments().zip(&target.segments);
        pairs.all(|(own, segment)| {
            segment.is_some_and(|text| parameter(own).is_some() || text == own)
        })
    }

    /// As Magento sorts it: of several routes that match it takes the last, and words come after
    /// parameters.
    pub(super) fn precedence(&self) -> String {
        let segment = |segment| match parameter(segment) {
            Some(name) => format!(":{name}"),
            None => segment.to_owned(),
        };
        self.segments().map(segment).collect::<Vec<_>>().join("/")
    }
}

impl fmt::Display for WriteRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", souk_model::Method::Write(self.method), self.route)
    }
}

impl LowerTier {
    /// A body that is of this tier.
    fn sample(&self) -> Value {
        let mut body = Value::Object(serde_json::Map::new());
        for (path, value) in &self.only {
            put(&mut body, path, value);
        }
        body
    }
}

fn put(body: &mut Value, path: &[String], value: &Value) {
    let Some((first, rest)) = path.split_first() else {
        *body = value.clone();
        return;
    };
    if let Value::Object(members) = body {
        let slot =
            members.entry(first.clone()).or_insert_with(|| Value::Object(serde_json::Map::new()));
        put(slot, rest, value);
    }
}

/// Whether a place of a body is this one; `*` is any element of a list.
pub(super) fn is_place(place: &[String], wanted: &[String]) -> bool {
    place.len() == wanted.len()
        && place.iter().zip(wanted).all(|(is, wanted)| wanted == "*" || same_name(is, wanted))
}
