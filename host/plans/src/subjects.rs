//! Reads subjects of the store: for what was before, for drift, for reading back.

use std::collections::HashMap;

use futures::StreamExt;
use serde_json::Value;
use souk_model::plan::{Batch, Lookup, PlanHeader, PlanItem};
use souk_model::{Code, Failure, Grant, Read, StoreView};
use souk_policy::PermittedRead;

use crate::observed::ObservedState;
use crate::store_reader::StoreReader;

/// Subjects in one read, and characters of their ids: far from the 8 kB at which stores answer 414,
/// even when each character is encoded as three.
const BATCH: usize = 50;
const BATCH_CHARS: usize = 1_800;
/// Reads under way at once. The store's own limit is lower or equal.
pub(crate) const AT_ONCE: usize = 16;

/// Reads subjects within one plan's grants.
pub(crate) struct SubjectReader<'a> {
    reader: StoreReader<'a>,
    grants: &'a [Grant],
    lookup: &'a Lookup,
}

/// What was found of each subject, by its id. `None`: it does not exist.
type SubjectMap = HashMap<String, Result<Option<Value>, Failure>>;

impl<'a> SubjectReader<'a> {
    /// Reads as a plan says, and no further than it may.
    pub(crate) fn of(reader: StoreReader<'a>, header: &'a PlanHeader) -> Self {
        Self { reader, grants: &header.grants, lookup: &header.lookup }
    }

    /// Reads the subject of each of the items.
    pub(crate) async fn read_items<'i>(
        &self,
        items: impl IntoIterator<Item = &'i PlanItem>,
    ) -> HashMap<String, Result<ObservedState, Failure>> {
        let ids: Vec<&str> =
            items.into_iter().map(|item| item.change.subject.id.as_str()).collect();
        self.read_all(&ids).await
    }

    /// Reads each of the subjects. A failure is that subject's alone.
    pub(crate) async fn read_all(
        &self,
        ids: &[&str],
    ) -> HashMap<String, Result<ObservedState, Failure>> {
        let view = &self.lookup.one.view;
        let inherits = self.lookup.inherits && *view != StoreView::Global;
        let (here, global) = if inherits {
            futures::join!(self.find(ids, view), self.find(ids, &StoreView::Global))
        } else {
            (self.find(ids, view).await, SubjectMap::new())
        };
        let mut global = global;
        here.into_iter()
            .map(|(id, here)| {
                let observed = here.and_then(|here| {
                    let global = match global.remove(&id) {
                        Some(found) => found?,
                        None => None,
                    };
                    Ok(ObservedState { here, global, inherits, own_memo: None })
                });
                (id, observed)
            })
            .collect()
    }

    /// What another read answers; none where the action of the plan may not make it.
    pub(crate) async fn read_granted(&self, read: &Read) -> Result<Option<Value>, Failure> {
        match souk_policy::permit(self.grants, read) {
            Ok(permitted) => self.get(&permitted).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Reads one subject.
    pub(crate) async fn read_one(&self, id: &str) -> Result<ObservedState, Failure> {
        self.read_all(&[id]).await.remove(id).unwrap_or_else(|| {
            Err(Failure::internal("a lookup answered for another subject than was asked"))
        })
    }

    async fn find(&self, ids: &[&str], view: &StoreView) -> SubjectMap {
        let mut found = SubjectMap::new();
        let mut singly: Vec<&str> = Vec::new();
        match &self.lookup.many {
            None => singly.extend(ids),
            Some(batch) => {
                let (together, alone): (Vec<&str>, Vec<&str>) =
                    ids.iter().partition(|id| !id.contains(','));
                singly.extend(alone);
                let reading: Vec<_> = groups(&together)
                    .into_iter()
                    .map(|group| async move { (self.batch(batch, &group, view).await, group) })
                    .collect();
                let answers: Vec<_> =
                    futures::stream::iter(reading).buffered(AT_ONCE).collect().await;
                for (answer, group) in answers {
                    // Where the search failed each may be readable alone, and then says best what
                    // is wrong.
                    let mut items = answer.unwrap_or_default();
                    for id in group {
                        match items.remove(id) {
                            Some(item) => {
                                found.insert(id.to_owned(), Ok(Some(item)));
                            }
                            // A search index may lag, and a page may be shorter than was asked:
                            // only reading it alone proves that a subject is not there.
                            None => singly.push(id),
                        }
                    }
                }
            }
        }
        let reading: Vec<_> = singly
            .into_iter()
            .map(|id| async move { (id.to_owned(), self.one(id, view).await) })
            .collect();
        let alone: Vec<_> = futures::stream::iter(reading).buffered(AT_ONCE).collect().await;
        found.extend(alone);
        found
    }

    async fn one(&self, id: &str, view: &StoreView) -> Result<Option<Value>, Failure> {
        let read = Read { view: view.clone(), ..self.lookup.one.clone() };
        let permitted = souk_policy::permit_lookup(self.grants, &read, id)?;
        match self.get(&permitted).await {
            Ok(value) => Ok(match self.lookup.one_of_a_list() {
                Some(batch) => listed(batch, value).remove(id),
                None => Some(value),
            }),
            Err(failure) if failure.code == Code::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn batch(
        &self,
        batch: &Batch,
        ids: &[&str],
        view: &StoreView,
    ) -> Result<HashMap<String, Value>, Failure> {
        let read = Read { view: view.clone(), ..batch.read.clone() };
        let batch = Batch { read, ..batch.clone() };
        let permitted = souk_policy::permit_batch(self.grants, &batch, ids)?;
        Ok(listed(&batch, self.get(&permitted).await?))
    }

    async fn get(&self, permitted: &PermittedRead) -> Result<Value, Failure> {
        let body = self.reader.get(permitted).await?;
        serde_json::from_slice(&body).map_err(|error| {
            Failure::new(Code::UpstreamError, format!("the store's answer is no JSON: {error}"))
                .from_upstream(permitted.upstream(), None)
        })
    }
}

/// The subjects in a list, by their ids.
fn listed(batch: &Batch, mut answer: Value) -> HashMap<String, Value> {
    let items = batch.items.find_mut(&mut answer).map(Value::take);
    let Some(Value::Array(items)) = items else { return HashMap::new() };
    items.into_iter().filter_map(|item| Some((text(batch.id.find(&item)?)?, item))).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn groups<'i>(ids: &[&'i str]) -> Vec<Vec<&'i str>> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    let mut chars = 0;
    for &id in ids {
        match groups.last_mut() {
            Some(group) if group.len() < BATCH && chars + id.len() < BATCH_CHARS => {
                chars += id.len() + 1;
                group.push(id);
            }
            _ => {
                chars = id.len();
                groups.push(vec![id]);
            }
        }
    }
    groups
}
