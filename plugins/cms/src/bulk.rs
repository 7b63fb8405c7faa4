//! Changes of many pages or blocks.
//!
//! Magento keeps one content for a page or block, whatever view a request names
//! (`cms_store_semantics.jsonl`): writes go to `all`, and a scope narrower than that only chooses
//! among them by where they are shown.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};
use souk_sdk::{
    BindingSource, ChangeBuilder, Condition, Criteria, Direction, EntityId, Failure, Filter,
    Intent, LIST_BUDGET, Lookup, Method, PrepareContext, PreparedResult, Scope, SearchPage,
    StoreView, Stores, WriteScope, nothing_matches, projection,
};

use crate::kind::{Field, Kind};

/// How many are read at once.
const PAGE: u32 = 200;

/// What a change of many needs, of pages as of blocks.
pub(crate) struct Bulk<'a> {
    pub(crate) kind: &'static Kind,
    pub(crate) ids: Option<&'a [EntityId]>,
    pub(crate) identifier: Option<&'a str>,
    pub(crate) updates: &'a Map<String, Value>,
    pub(crate) scope: &'a Scope,
}

/// What has to be known of a page or block to change it.
#[derive(Debug, Deserialize)]
struct Item {
    id: u64,
    #[serde(default)]
    identifier: String,
    title: Option<String>,
}

impl Bulk<'_> {
    pub(crate) fn prepare(&self, context: &PrepareContext) -> Result<PreparedResult, Failure> {
        let values = self.values()?;
        let target = self.scope.target(context)?;
        let items = self.items(context)?;
        let warnings = self.shown_there(context, &target, &items)?;
        let mut draft = context.draft(&self.intent(&values)?);
        for item in items.values() {
            let mut change = ChangeBuilder::of(self.kind.subject, item.id.to_string())
                .label(item.title.as_deref());
            let step =
                self.kind.write.step(Method::Put, [BindingSource::Subject], StoreView::Global);
            let put = change.step(step);
            let root = ["/", self.kind.noun].concat();
            if self.kind.needs_identifier {
                let identifier = Value::String(item.identifier.clone());
                change.constant(put, &[&root, "/identifier"].concat(), identifier);
            }
            for (field, value) in &values {
                let place = ["/", field.member()].concat();
                change.set(put, field.name(), &[&root, &*place].concat(), &place, value.clone());
            }
            for warning in &warnings {
                change.warn(warning);
            }
            draft.add([change.done()?])?;
        }
        for warning in warnings {
            draft.warn(warning);
        }
        draft.propose()
    }

    /// The values to set, checked.
    fn values(&self) -> Result<Vec<(Field, Value)>, Failure> {
        if self.updates.is_empty() {
            return Err(Failure::argument("updates", "nothing is to be changed"));
        }
        let read = |(name, value): (&String, &Value)| {
            let place = ["/updates/", name].concat();
            let fields = self.kind.fields;
            let Some(field) = fields.iter().find(|field| field.name() == name) else {
                let known: Vec<_> = fields.iter().map(|field| field.name()).collect();
                return Err(Failure::argument(&place, format!("`{name}` cannot be changed here"))
                    .remedy(format!("one of: {}", known.join(", "))));
            };
            checked(*field, value)
                .map(|value| (*field, value))
                .map_err(|why| Failure::argument(&place, format!("`{name}` {why}")))
        };
        self.updates.iter().map(read).collect()
    }

    /// What fits the match, by id.
    fn items(&self, context: &PrepareContext) -> Result<BTreeMap<u64, Item>, Failure> {
        let identifier = self.identifier.filter(|identifier| !identifier.is_empty());
        let ids: Option<Vec<String>> =
            self.ids.map(|ids| ids.iter().map(|id| id.get().to_string()).collect());
        let mut criteria = Criteria::new();
        if let Some(identifier) = identifier {
            criteria = criteria.filter(Filter::new("identifier", Condition::Eq, identifier)?);
        }
        let mut found = BTreeMap::new();
        match ids.filter(|ids| !ids.is_empty()) {
            None if identifier.is_none() => {
                let message = format!("an empty match would be every {}", self.kind.noun);
                return Err(Failure::argument("match", message)
                    .remedy(format!("give `{}` or `identifier`", self.kind.ids_argument)));
            }
            None => self.search(context, &criteria, &mut found)?,
            Some(ids) => {
                let mut known = BTreeMap::new();
                for filter in Filter::split(self.kind.id_filter, &ids, LIST_BUDGET / 2)? {
                    self.search(context, &Criteria::new().filter(filter), &mut known)?;
                }
                let missing: BTreeSet<&str> = ids
                    .iter()
                    .filter(|id| !id.parse().is_ok_and(|id: u64| known.contains_key(&id)))
                    .map(String::as_str)
                    .collect();
                if !missing.is_empty() {
                    let missing: Vec<_> = missing.into_iter().collect();
                    let message =
                        format!("the store has no {} {}", self.kind.noun, missing.join(", "));
                    let place = ["/match/", self.kind.ids_argument].concat();
                    return Err(Failure::argument(&place, message));
                }
                found = known;
                found.retain(|_, item| identifier.is_none_or(|wanted| item.identifier == wanted));
            }
        }
        if found.is_empty() {
            return Err(nothing_matches(self.kind.noun));
        }
        Ok(found)
    }

    /// Adds all that a search finds.
    fn search(
        &self,
        context: &PrepareContext,
        criteria: &Criteria,
        found: &mut BTreeMap<u64, Item>,
    ) -> Result<(), Failure> {
        let mut after = 0;
        loop {
            let mut criteria = criteria.clone();
            if after > 0 {
                let after = after.to_string();
                criteria = criteria.filter(Filter::new(self.kind.id_filter, Condition::Gt, after)?);
            }
            let criteria = criteria
                .sort(self.kind.id_filter, Direction::Asc)?
                .page(PAGE, 1)
                .fields(projection(["id", "identifier", "title"])?);
            let read = self.kind.search.read([]).search(&criteria).at(StoreView::Global);
            let page: SearchPage<Item> = context.get(&read)?;
            let full = page.items.len() >= PAGE as usize;
            let last = page.items.iter().map(|item| item.id).max().unwrap_or_default();
            found.extend(page.items.into_iter().map(|item| (item.id, item)));
            if !full || last <= after {
                return Ok(());
            }
            after = last;
        }
    }

    /// Which of them are shown in a view; the view's id, or 0 for those shown in all.
    fn shown_in(
        &self,
        context: &PrepareContext,
        view: i64,
        items: &BTreeMap<u64, Item>,
    ) -> Result<BTreeSet<u64>, Failure> {
        let ids: Vec<String> = items.keys().map(u64::to_string).collect();
        let mut shown = BTreeMap::new();
        for filter in Filter::split(self.kind.id_filter, &ids, LIST_BUDGET / 2)? {
            // One view at a time: the filter takes no list.
            let criteria = Criteria::new().filter(filter).filter(Filter::new(
                "store_id",
                Condition::Eq,
                view.to_string(),
            )?);
            self.search(context, &criteria, &mut shown)?;
        }
        Ok(shown.into_keys().collect())
    }

    /// Refuses what is not shown where the scope says, and warns of what is shown elsewhere too.
    fn shown_there(
        &self,
        context: &PrepareContext,
        target: &WriteScope,
        items: &BTreeMap<u64, Item>,
    ) -> Result<Vec<String>, Failure> {
        if target.is_global() {
            return Ok(Vec::new());
        }
        let stores = Stores::read(context)?;
        if !stores.views().any(|(code, _)| target.covers(code)) {
            let known: Vec<_> = stores.views().map(|(code, _)| code).collect();
            return Err(Failure::argument("/scope/store_view_code", "there is no such store view")
                .remedy(format!("one of: {}", known.join(", "))));
        }
        let mut there = BTreeSet::new();
        let mut elsewhere = Vec::new();
        for (code, id) in stores.views() {
            let shown = self.shown_in(context, id, items)?;
            if target.covers(code) {
                there.extend(shown);
            } else if !shown.is_empty() {
                elsewhere.push(code);
            }
        }
        let not_there: Vec<String> =
            items.keys().filter(|id| !there.contains(id)).map(u64::to_string).collect();
        let noun = self.kind.noun;
        if !not_there.is_empty() {
            let message = format!(
                "Magento keeps one content for a {noun}, and {noun} {} does not belong to that \
                 scope alone",
                not_there.join(", ")
            );
            return Err(Failure::argument("scope", message).remedy(
                "pass `\"scope\": {\"scope\": \"global\"}` to change it wherever it is shown",
            ));
        }
        Ok(match &elsewhere[..] {
            [] => Vec::new(),
            codes => vec![format!(
                "Magento keeps one content for a {noun}: some of these are shown in {} as well and \
                 change there too",
                codes.join(", ")
            )],
        })
    }

    fn intent(&self, values: &[(Field, Value)]) -> Result<Intent, Failure> {
        let mut fields = vec!["id", "identifier", "title"];
        for (field, _) in values {
            if !fields.contains(&field.member()) {
                fields.push(field.member());
            }
        }
        let one =
            self.kind.one.read_by([BindingSource::Subject]).query("fields", &fields.join(","));
        let filter = |key: &str| format!("searchCriteria[filter_groups][0][filters][0][{key}]");
        let many = self
            .kind
            .search
            .read([])
            .query(&filter("field"), self.kind.id_filter)
            .query(&filter("condition_type"), Condition::In.as_str())
            .query("searchCriteria[pageSize]", "300")
            .query("searchCriteria[currentPage]", "1")
            .query("fields", &projection(fields.iter().copied())?)
            .at(StoreView::Global);
        let names: Vec<_> = values.iter().map(|(field, _)| field.name()).collect();
        Ok(Intent {
            summary: format!("set {} of CMS {}s", names.join(", "), self.kind.noun),
            at: StoreView::Global,
            lookup: Lookup::one(one.at(StoreView::Global)).many(
                many,
                &filter("value"),
                "/items",
                "/id",
            ),
        })
    }
}

/// A value as Magento takes it, or the end of a sentence that begins with the field.
fn checked(field: Field, value: &Value) -> Result<Value, String> {
    match (field, value) {
        // Anything that is not a boolean, "abc" too, Magento takes for false.
        (Field::IsActive, Value::Bool(_)) => Ok(value.clone()),
        (Field::IsActive, Value::Number(number)) if number.as_u64().is_some_and(|n| n < 2) => {
            Ok(Value::Bool(number.as_u64() == Some(1)))
        }
        (Field::IsActive, _) => Err("is true or false".to_owned()),
        (Field::Title, Value::String(text)) if text.trim().is_empty() => {
            Err("cannot be empty".to_owned())
        }
        (Field::Title | Field::ContentHeading | Field::MetaTitle, Value::String(text))
            if text.chars().count() > 255 =>
        {
            Err("is longer than 255 characters".to_owned())
        }
        (_, Value::String(_)) => Ok(value.clone()),
        _ => Err("is a text".to_owned()),
    }
}
