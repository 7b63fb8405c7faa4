//! Which documents are there, so that their owners hear of those that go: because they have expired,
//! or because somebody removed them, and of those that another host made.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use souk_model::{Document, Failure};
use souk_state::Timestamp;
use souk_state::exports::{ExportRecord, Exports};

use super::documents::blocking;

/// How often it is looked for changes.
pub(super) const LOOK: Duration = Duration::from_secs(2);

/// What was there when it was last looked.
#[derive(Default)]
pub(super) struct DocumentWatch {
    /// Whose each is, by its URI.
    owners: HashMap<String, String>,
    /// When the first of them expires.
    next_expiry: Option<Timestamp>,
    changed_at: Option<SystemTime>,
    has_looked: bool,
}

impl DocumentWatch {
    /// Looks again, and names those whose documents are others than before. Who hears of documents
    /// otherwise is not named for them.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub(super) async fn look(
        &mut self,
        exports: &Arc<Exports>,
    ) -> Result<BTreeSet<String>, Failure> {
        let changed_at = exports.changed_at();
        let has_expired = self.next_expiry.is_some_and(|at| at <= Timestamp::now());
        // Two changes within one tick of the file system's clock look like one.
        let is_fresh = changed_at.and_then(|at| at.elapsed().ok()).is_none_or(|age| age < LOOK * 2);
        if self.has_looked && changed_at == self.changed_at && !has_expired && !is_fresh {
            return Ok(BTreeSet::new());
        }
        let exports = exports.clone();
        let found = blocking(move || exports.list_all()).await?;
        self.changed_at = changed_at;
        Ok(self.compare(&found))
    }

    /// Takes in documents whose owner has been told of them.
    pub(super) fn note(&mut self, owner: &str, documents: &[Document]) {
        let noted = documents.iter().map(|document| (document.uri.clone(), owner.to_owned()));
        self.owners.extend(noted);
    }

    fn compare(&mut self, found: &[ExportRecord]) -> BTreeSet<String> {
        let now: HashMap<String, String> =
            found.iter().map(|kept| (kept.id.uri(), kept.owner.principal.clone())).collect();
        self.next_expiry = found.iter().map(|kept| kept.expires_at).min();
        let before = std::mem::replace(&mut self.owners, now);
        // What is there when it first looks is not new; what was noted may be gone by then.
        let has_looked = std::mem::replace(&mut self.has_looked, true);
        let gone = before.iter().filter(|(uri, _)| !self.owners.contains_key(*uri));
        let new = self.owners.iter().filter(|(uri, _)| has_looked && !before.contains_key(*uri));
        gone.chain(new).map(|(_, owner)| owner.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use souk_model::Tier;
    use souk_state::exports::{ExportId, ExportOwner};

    use super::*;

    fn kept(number: u8, principal: &str) -> ExportRecord {
        let now = Timestamp::now();
        ExportRecord {
            id: ExportId::from_random([number; 16]),
            owner: ExportOwner {
                principal: principal.to_owned(),
                store: None,
                group: "probe".to_owned(),
                tool: "probe_export".to_owned(),
                tier: Tier::Safe,
            },
            name: "a.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            size: 1,
            created_at: now,
            expires_at: now,
        }
    }

    #[test]
    fn owners_hear_of_what_goes_and_of_what_comes_by_another_way() {
        let mut watch = DocumentWatch::default();
        watch.note("ann", &[kept(1, "ann").document(), kept(2, "ann").document()]);
        let names = |owners: BTreeSet<String>| owners.into_iter().collect::<Vec<_>>().join(" ");
        // One is gone before it first looks, and those of before are not new.
        assert_eq!(names(watch.compare(&[kept(1, "ann"), kept(3, "bob")])), "ann");
        assert_eq!(names(watch.compare(&[kept(1, "ann"), kept(3, "bob")])), "");
        assert_eq!(names(watch.compare(&[kept(1, "ann"), kept(4, "eve")])), "bob eve");
        // Who was told already is not told again.
        watch.note("ann", &[kept(5, "ann").document()]);
        assert_eq!(names(watch.compare(&[1, 5].map(|number| kept(number, "ann")))), "eve");
        assert_eq!(names(watch.compare(&[])), "ann");
    }
}
