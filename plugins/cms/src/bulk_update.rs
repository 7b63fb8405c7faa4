//! Changes of many pages or blocks.
//!
//! Magento keeps one content for a page or block, whatever view a request names
//! (`cms_store_semantics.jsonl`): writes go to `all`, and a scope narrower than that only chooses
//! among them by where they are shown.

use std::collections::{BTreeMap, BTreeSet};

use souk_sdk::core::nothing_matches;
use souk_sdk::magento::{EntityValues, LIST_BUDGET, Stores, WriteScope};
use souk_sdk::prelude::*;

/// The same values for many pages or blocks.
pub(crate) struct ContentUpdate<'a> {
    pub(crate) entity: Entity,
    pub(crate) ids: Option<&'a [EntityId]>,
    /// The argument that lists ids.
    pub(crate) ids_argument: &'static str,
    pub(crate) identifier: Option<&'a str>,
    pub(crate) updates: EntityValues,
    pub(crate) scope: &'a Scope,
}

/// Pages or blocks as the store answers them, by their ids.
type ContentById = BTreeMap<u64, Value>;

impl ContentUpdate<'_> {
    pub(crate) fn prepare(&self, context: &PrepareContext) -> Result<PreparedResult, Failure> {
        let scope = self.scope.target(context)?;
        let matched = self.matched(context)?;
        let warnings = self.check_shown(context, &scope, &matched)?;
        let mut draft = context.draft(&Intent {
            summary: format!("set {} of {}s", self.updates.names(), self.entity.label()),
            view: StoreView::Global,
            lookup: self.entity.lookup(&self.updates)?,
        });
        for before in matched.values() {
            let mut change = self.entity.update(before, &self.updates)?;
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

    /// What fits the match.
    fn matched(&self, context: &PrepareContext) -> Result<ContentById, Failure> {
        let noun = self.entity.noun();
        let identifier = self.identifier.filter(|identifier| !identifier.is_empty());
        let mut found = ContentById::new();
        match self.ids.filter(|ids| !ids.is_empty()) {
            None => {
                let Some(identifier) = identifier else {
                    let message = format!("an empty match would be every {noun}");
                    return Err(Failure::argument("match", message)
                        .remedy(format!("give `{}` or `identifier`", self.ids_argument)));
                };
                let filter = Filter::new("identifier", Condition::Eq, identifier)?;
                self.search(context, Criteria::new().filter(filter), &mut found)?;
            }
            Some(ids) => {
                let ids: Vec<String> = ids.iter().map(|id| id.get().to_string()).collect();
                for filter in Filter::split(self.entity.id_filter(), &ids, LIST_BUDGET / 2)? {
                    self.search(context, Criteria::new().filter(filter), &mut found)?;
                }
                let exists = |id: &&String| id.parse().is_ok_and(|id: u64| found.contains_key(&id));
                let missing: BTreeSet<&str> =
                    ids.iter().filter(|id| !exists(id)).map(String::as_str).collect();
                if !missing.is_empty() {
                    let missing: Vec<_> = missing.into_iter().collect();
                    let message = format!("the store has no {noun} {}", missing.join(", "));
                    return Err(Failure::argument(
                        &["/match/", self.ids_argument].concat(),
                        message,
                    ));
                }
                found.retain(|_, content| {
                    identifier.is_none_or(|identifier| content["identifier"] == identifier)
                });
            }
        }
        if found.is_empty() {
            return Err(nothing_matches(noun));
        }
        Ok(found)
    }

    /// Adds all that a search finds.
    fn search(
        &self,
        context: &PrepareContext,
        criteria: Criteria,
        found: &mut ContentById,
    ) -> Result<(), Failure> {
        for content in self.entity.scan(context, criteria, &["identifier", "title"])?.all()? {
            found.insert(self.entity.id_in(&content)?, content);
        }
        Ok(())
    }

    /// Which of them are shown in a view; the view's id, or 0 for those shown in all.
    fn shown_in(
        &self,
        context: &PrepareContext,
        view: i64,
        matched: &ContentById,
    ) -> Result<BTreeSet<u64>, Failure> {
        let ids: Vec<String> = matched.keys().map(u64::to_string).collect();
        let mut shown = ContentById::new();
        for filter in Filter::split(self.entity.id_filter(), &ids, LIST_BUDGET / 2)? {
            // One view at a time: the filter takes no list.
            let in_view = Filter::new("store_id", Condition::Eq, view.to_string())?;
            let criteria = Criteria::new().filter(filter).filter(in_view);
            self.search(context, criteria, &mut shown)?;
        }
        Ok(shown.into_keys().collect())
    }

    /// Refuses what is not shown where the scope says, and warns of what is shown elsewhere too.
    fn check_shown(
        &self,
        context: &PrepareContext,
        scope: &WriteScope,
        matched: &ContentById,
    ) -> Result<Vec<String>, Failure> {
        if scope.is_global() {
            return Ok(Vec::new());
        }
        let stores = Stores::read(context)?;
        if !stores.views().any(|(code, _)| scope.covers(code)) {
            let known: Vec<_> = stores.views().map(|(code, _)| code).collect();
            return Err(Failure::argument("/scope/store_view_code", "there is no such store view")
                .remedy(format!("one of: {}", known.join(", "))));
        }
        let mut there = BTreeSet::new();
        let mut elsewhere = Vec::new();
        for (code, id) in stores.views() {
            let shown = self.shown_in(context, id, matched)?;
            if scope.covers(code) {
                there.extend(shown);
            } else if !shown.is_empty() {
                elsewhere.push(code);
            }
        }
        let not_there: Vec<String> =
            matched.keys().filter(|id| !there.contains(id)).map(u64::to_string).collect();
        let noun = self.entity.noun();
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
}
