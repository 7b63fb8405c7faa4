//! Reading the catalogue: entries as they are written, strictly.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use souk_model::{Decimal, Grant, Pointer, Route, Tier, WriteMethod};

use super::catalogue::WriteCatalogue;
use super::route::{
    AllowedRetry, AllowedViews, IdPlace, LowerTier, RaisedTier, WriteRoute, WriteSubject,
};
use super::shape::{FieldKind, KindChoice, MemberSpec, NumberLimit, Shape, ShapeIndex, ValueSpec};

/// Why an entry is not taken, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{entry}: {why}")]
pub struct InvalidCatalogue {
    entry: String,
    why: String,
}

/// The files of the shipped catalogue.
const SHIPPED: [&str; 2] = [include_str!("catalogue.toml"), include_str!("shapes.toml")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoutesFile {
    #[serde(default)]
    subjects: BTreeMap<String, SubjectEntry>,
    routes: Vec<RouteEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShapesFile {
    shapes: BTreeMap<String, Members>,
}

/// What is known of a kind of subjects, whatever is written to them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectEntry {
    lookups: Vec<String>,
}

/// One route as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RouteEntry {
    route: String,
    upstream: Option<String>,
    does: Option<String>,
    subject: Option<String>,
    #[serde(default)]
    id: Vec<String>,
    #[serde(default)]
    parts: Vec<String>,
    lookups: Option<Vec<String>>,
    body: Option<Members>,
    #[serde(default)]
    path: BTreeMap<String, String>,
    #[serde(default)]
    rows: Vec<String>,
    views: Option<ViewsWord>,
    tier: Option<Tier>,
    #[serde(default)]
    lower: Vec<LowerEntry>,
    #[serde(default)]
    raise: Vec<RaiseEntry>,
    retry: Option<RetryWord>,
    serial: Option<bool>,
    never: Option<String>,
    takes_back: Option<String>,
    answers: Option<Pointer>,
    #[serde(default)]
    new_ids: Vec<String>,
    #[serde(default)]
    scope: Vec<String>,
    #[serde(default)]
    sets: Vec<String>,
    shown: Option<bool>,
    evidence: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum ViewsWord {
    Any,
    Global,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum RetryWord {
    Idempotent,
    Once,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LowerEntry {
    tier: Tier,
    only: BTreeMap<String, Value>,
    #[serde(default)]
    beside: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RaiseEntry {
    tier: Tier,
    at: String,
    #[serde(default)]
    unless: Vec<Value>,
}

type Members = BTreeMap<String, MemberEntry>;

/// A member of a body: a word, or more of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum MemberEntry {
    Word(String),
    Choice(ChoiceEntry),
    Limited(LimitedEntry),
    Object(ObjectEntry),
    Rows(RowsEntry),
}

/// What another member decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceEntry {
    by: String,
    when: BTreeMap<String, String>,
}

/// A number with limits of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitedEntry {
    kind: String,
    least: Option<String>,
    most: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectEntry {
    object: Members,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowsEntry {
    rows: Members,
}

/// Reads the catalogue that is part of the program.
pub(super) fn parse_shipped() -> Result<WriteCatalogue, InvalidCatalogue> {
    let [routes, shapes] = SHIPPED;
    let file = |name: &str, error: &toml::de::Error| InvalidCatalogue {
        entry: name.to_owned(),
        why: error.to_string(),
    };
    let routes: RoutesFile =
        toml::from_str(routes).map_err(|error| file("catalogue.toml", &error))?;
    let shapes: ShapesFile = toml::from_str(shapes).map_err(|error| file("shapes.toml", &error))?;
    let mut reader = EntryReader::default();
    for name in shapes.shapes.keys() {
        reader.names.insert(name.clone(), reader.shapes.len());
        reader.shapes.push(Shape::default());
    }
    for (name, members) in &shapes.shapes {
        let shape = reader.shape(members).map_err(|why| invalid(&format!("shapes.{name}"), why))?;
        if let Some(slot) = reader.names.get(name).and_then(|index| reader.shapes.get_mut(*index)) {
            *slot = shape;
        }
    }
    let mut all: Vec<WriteRoute> = Vec::new();
    for entry in &routes.routes {
        let route =
            reader.route(entry, &routes.subjects).map_err(|why| invalid(&entry.route, why))?;
        if all.iter().any(|other| is_same(other, &route)) {
            return Err(invalid(&entry.route, "it is there twice".into()));
        }
        all.push(route);
    }
    Ok(WriteCatalogue::new(all, reader.shapes))
}

/// Adds an operator's entries.
pub(super) fn with_operator_routes(
    mut catalogue: WriteCatalogue,
    entries: &[Value],
) -> Result<WriteCatalogue, InvalidCatalogue> {
    let mut own: Vec<WriteRoute> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let label = entry.get("route").and_then(Value::as_str);
        let label = match label {
            Some(route) => format!("`[[routes]]` of `{route}`"),
            None => format!("`[[routes]]`, the entry {}", index + 1),
        };
        let entry: RouteEntry = serde_json::from_value(entry.clone())
            .map_err(|error| invalid(&label, error.to_string()))?;
        let mut reader =
            EntryReader { shapes: std::mem::take(catalogue.shapes_mut()), names: BTreeMap::new() };
        let route = reader.route(&entry, &BTreeMap::new()).map_err(|why| invalid(&label, why))?;
        *catalogue.shapes_mut() = reader.shapes;
        if own.iter().any(|other| is_same(other, &route)) {
            return Err(invalid(&label, "it is there twice".into()));
        }
        let known = catalogue.routes_mut().find(|known| is_same(known, &route));
        match known {
            Some(known) => tighten(known, &entry).map_err(|why| invalid(&label, why))?,
            None => catalogue.add(route.clone()),
        }
        own.push(route);
    }
    Ok(catalogue)
}

/// Makes an entry of the catalogue stricter.
fn tighten(known: &mut WriteRoute, entry: &RouteEntry) -> Result<(), String> {
    let said = entry.body.is_some()
        || !(entry.id.is_empty() && entry.parts.is_empty() && entry.path.is_empty())
        || !(entry.rows.is_empty() && entry.lower.is_empty() && entry.raise.is_empty())
        || entry.lookups.is_some()
        || entry.subject.is_some()
        || !(entry.new_ids.is_empty() && entry.scope.is_empty() && entry.sets.is_empty())
        || entry.answers.is_some()
        || entry.shown == Some(true)
        || entry.evidence.is_some()
        || entry.takes_back.is_some();
    if said {
        return Err("the catalogue knows this route: an entry for it can set `tier`, `views`, \
                    `retry`, `serial` and `never`, and nothing else"
            .into());
    }
    let looser = |what: &str| {
        Err(format!(
            "it would loosen what the catalogue says of this route (`{what}`); an entry \
                     can only tighten"
        ))
    };
    if let Some(tier) = entry.tier {
        if tier < known.tier {
            return looser("tier");
        }
        known.tier = tier;
        // No body is below what the operator says of the route.
        known.lower.clear();
    }
    match entry.views {
        Some(ViewsWord::Any) if known.views == AllowedViews::Global => return looser("views"),
        Some(ViewsWord::Global) => known.views = AllowedViews::Global,
        _ => {}
    }
    match entry.retry {
        Some(RetryWord::Idempotent) if known.retry == AllowedRetry::Once => return looser("retry"),
        Some(RetryWord::Once) => known.retry = AllowedRetry::Once,
        _ => {}
    }
    match entry.serial {
        Some(false) if known.serial => return looser("serial"),
        Some(true) => known.serial = true,
        _ => {}
    }
    known.shown &= entry.shown.unwrap_or(true);
    if let Some(why) = &entry.never {
        known.never.get_or_insert_with(|| why.clone());
    }
    Ok(())
}

fn invalid(entry: &str, why: String) -> InvalidCatalogue {
    InvalidCatalogue { entry: entry.to_owned(), why }
}

/// Whether two entries are of the same requests, whatever their parameters are called.
fn is_same(a: &WriteRoute, b: &WriteRoute) -> bool {
    let spelled = |route: &WriteRoute| -> Vec<String> {
        let segments = route.route.segments();
        segments
            .map(|segment| match segment.starts_with('{') {
                true => "{}".to_owned(),
                false => segment.to_ascii_lowercase(),
            })
            .collect()
    };
    (a.method, &a.upstream, spelled(a)) == (b.method, &b.upstream, spelled(b))
}

/// Reads entries, and collects the shapes that they describe.
#[derive(Default)]
struct EntryReader {
    shapes: Vec<Shape>,
    names: BTreeMap<String, ShapeIndex>,
}

impl EntryReader {
    fn route(
        &mut self,
        entry: &RouteEntry,
        subjects: &BTreeMap<String, SubjectEntry>,
    ) -> Result<WriteRoute, String> {
        let (method, route) = method_and_route(&entry.route)?;
        let upstream = entry.upstream.clone().unwrap_or_else(|| Grant::STORE.to_owned());
        if upstream == Grant::STORE && route.segments().next() != Some("V1") {
            return Err("a route of the store begins with `/V1`; its asynchronous forms are the \
                        same entry"
                .into());
        }
        let kind = entry.subject.clone().unwrap_or_default();
        let lookups = match (&entry.lookups, subjects.get(&kind)) {
            (Some(own), _) => own,
            (None, Some(subject)) => &subject.lookups,
            (None, None) => &Vec::new(),
        };
        let lookups = lookups.iter().map(|text| parsed_route(text)).collect::<Result<_, _>>()?;
        let body = match &entry.body {
            Some(members) => {
                let shape = self.shape(members)?;
                Some(self.add(shape))
            }
            None => None,
        };
        let path_values = entry
            .path
            .iter()
            .map(|(name, word)| match named(&route, name) {
                true => Ok((name.clone(), ValueSpec::of(kind_of(word)?))),
                false => Err(format!("the route has no parameter `{name}`")),
            })
            .collect::<Result<_, String>>()?;
        let places = |texts: &[String]| {
            texts.iter().map(|text| id_place(&route, text)).collect::<Result<Vec<_>, _>>()
        };
        let takes_back = entry.takes_back.as_deref().map(method_and_route).transpose()?;
        Ok(WriteRoute {
            does: entry.does.clone().unwrap_or_else(|| entry.route.clone()),
            subject: WriteSubject {
                kind,
                ids: places(&entry.id)?,
                parts: places(&entry.parts)?,
                lookups,
            },
            body,
            path_values,
            rows: members(&entry.rows)?,
            views: match entry.views {
                Some(ViewsWord::Global) => AllowedViews::Global,
                Some(ViewsWord::Any) | None => AllowedViews::Any,
            },
            tier: entry.tier.unwrap_or(Tier::Critical),
            lower: entry.lower.iter().map(lower).collect::<Result<_, _>>()?,
            raise: entry.raise.iter().map(raised).collect::<Result<_, _>>()?,
            retry: match entry.retry {
                Some(RetryWord::Idempotent) => AllowedRetry::Idempotent,
                Some(RetryWord::Once) | None => AllowedRetry::Once,
            },
            serial: entry.serial.unwrap_or(false),
            never: entry.never.clone(),
            takes_back,
            answers: entry.answers.clone(),
            new_ids: members(&entry.new_ids)?,
            scope: members(&entry.scope)?,
            sets: entry.sets.clone(),
            shown: entry.shown.unwrap_or(true),
            evidence: entry.evidence.clone(),
            upstream,
            method,
            route,
        })
    }

    fn add(&mut self, shape: Shape) -> ShapeIndex {
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    fn shape(&mut self, members: &Members) -> Result<Shape, String> {
        let mut shape = Shape::default();
        for (name, entry) in members {
            let spec = self.member(entry).map_err(|why| format!("`{name}`: {why}"))?;
            shape.add(name, spec)?;
        }
        Ok(shape)
    }

    fn member(&mut self, entry: &MemberEntry) -> Result<MemberSpec, String> {
        Ok(match entry {
            MemberEntry::Word(word) => return self.word(word),
            MemberEntry::Choice(choice) => {
                let kinds = choice
                    .when
                    .iter()
                    .map(|(says, kind)| Ok((says.to_ascii_lowercase(), kind_of(kind)?)))
                    .collect::<Result<_, String>>()?;
                let choice = KindChoice { by: choice.by.clone(), kinds };
                MemberSpec::Value(ValueSpec::new(FieldKind::Undecided, Some(choice), None))
            }
            MemberEntry::Limited(limited) => {
                let number = |text: &Option<String>| {
                    let parsed = text.as_deref().map(str::parse::<Decimal>).transpose();
                    parsed.map_err(|error| error.to_string())
                };
                let limit =
                    NumberLimit { least: number(&limited.least)?, most: number(&limited.most)? };
                MemberSpec::Value(ValueSpec::new(kind_of(&limited.kind)?, None, Some(limit)))
            }
            MemberEntry::Object(ObjectEntry { object }) => {
                let shape = self.shape(object)?;
                MemberSpec::Object(self.add(shape))
            }
            MemberEntry::Rows(RowsEntry { rows }) => {
                let shape = self.shape(rows)?;
                MemberSpec::Rows(self.add(shape))
            }
        })
    }

    /// `text`, `[text]`, `@shape`, `[@shape]`, `#shape`.
    fn word(&self, word: &str) -> Result<MemberSpec, String> {
        let named = |name: &str| {
            self.names.get(name).copied().ok_or_else(|| format!("there is no shape `{name}`"))
        };
        if let Some(inner) = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return Ok(match inner.strip_prefix('@') {
                Some(name) => MemberSpec::Rows(named(name)?),
                None => MemberSpec::Values(ValueSpec::of(kind_of(inner)?)),
            });
        }
        Ok(match (word.strip_prefix('@'), word.strip_prefix('#')) {
            (Some(name), _) => MemberSpec::Object(named(name)?),
            (None, Some(name)) => MemberSpec::Attributes(named(name)?),
            (None, None) => MemberSpec::Value(ValueSpec::of(kind_of(word)?)),
        })
    }
}

fn kind_of(word: &str) -> Result<FieldKind, String> {
    FieldKind::from_word(word).ok_or_else(|| format!("`{word}` is no kind of value"))
}

fn parsed_route(text: &str) -> Result<Route, String> {
    text.parse().map_err(|error: souk_model::InvalidRoute| error.to_string())
}

/// `PUT /V1/products/{sku}`.
fn method_and_route(text: &str) -> Result<(WriteMethod, Route), String> {
    let (method, route) = text.split_once(' ').ok_or("it has no method: `PUT /V1/…`")?;
    let method = match method {
        "POST" => WriteMethod::Post,
        "PUT" => WriteMethod::Put,
        "PATCH" => WriteMethod::Patch,
        "DELETE" => WriteMethod::Delete,
        other => return Err(format!("`{other}` is no method that writes")),
    };
    Ok((method, parsed_route(route)?))
}

fn named(route: &Route, parameter: &str) -> bool {
    route.parameters().any(|name| name == parameter)
}

/// `{sku}` of the path, or `/product/sku` of the body.
fn id_place(route: &Route, text: &str) -> Result<IdPlace, String> {
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) if named(route, name) => Ok(IdPlace::Path(name.to_owned())),
        Some(name) => Err(format!("the route has no parameter `{name}`")),
        None => members_of(text).map(IdPlace::Body),
    }
}

/// `/product/sku`, as names; `*` is any element of a list.
fn members_of(text: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("`{text}` is no place of a body: `/product/sku`");
    let rest = text.strip_prefix('/').ok_or_else(wrong)?;
    let names: Vec<String> = rest.split('/').map(str::to_owned).collect();
    if names.iter().any(String::is_empty) { Err(wrong()) } else { Ok(names) }
}

fn members(texts: &[String]) -> Result<Vec<Vec<String>>, String> {
    texts.iter().map(|text| members_of(text)).collect()
}

fn lower(entry: &LowerEntry) -> Result<LowerTier, String> {
    if entry.only.is_empty() {
        return Err("a lower tier needs values that it is for".into());
    }
    let only = entry.only.iter().map(|(at, value)| Ok((members_of(at)?, value.clone())));
    Ok(LowerTier {
        tier: entry.tier,
        only: only.collect::<Result<_, String>>()?,
        beside: members(&entry.beside)?,
    })
}

fn raised(entry: &RaiseEntry) -> Result<RaisedTier, String> {
    Ok(RaisedTier { tier: entry.tier, at: members_of(&entry.at)?, unless: entry.unless.clone() })
}
