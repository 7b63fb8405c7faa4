//! What is loaded at one instant, and which file serves a name that several claim.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::files::FileStamp;
use super::plugin::Plugin;
use super::sandbox::PluginRejection;

/// When a file that the machine was too busy for is tried again: after so long, and after twice as
/// long each time, up to a minute.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// A file that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRefusal {
    /// The file's name, without its directory.
    pub file: String,
    /// Why, for people.
    pub why: String,
    /// A version of it that was loaded before goes on serving.
    pub older_serves: bool,
}

/// What is loaded at one instant. Calls hold on to the one they started with.
#[derive(Default)]
pub struct PluginSet {
    /// By group name.
    pub plugins: BTreeMap<String, Arc<Plugin>>,
    /// By file name.
    pub refused: Vec<FileRefusal>,
}

/// What the last scan made of a file.
#[derive(Clone)]
pub(crate) struct FileScan {
    /// What it looked like before it was read.
    pub(crate) stamp: Option<FileStamp>,
    /// Of its bytes; of the reason, where they could not be had.
    pub(crate) digest: String,
    pub(crate) outcome: Result<Arc<Plugin>, PluginRejection>,
    /// The last version that loaded, while a newer one is refused.
    pub(crate) older: Option<Arc<Plugin>>,
    /// When it is tried again though it stays as it is, and how often it was.
    retry: Option<(Instant, u32)>,
}

impl FileScan {
    /// What became of a file, and of the one by that name before it.
    pub(crate) fn new(
        stamp: Option<FileStamp>,
        digest: String,
        outcome: Result<Arc<Plugin>, PluginRejection>,
        before: Option<&Self>,
    ) -> Self {
        let older = match (&outcome, before) {
            (Err(_), Some(before)) => before.serving().cloned(),
            _ => None,
        };
        let retry = outcome.as_ref().err().filter(|why| why.for_now).map(|_| {
            let same = before.filter(|before| before.digest == digest);
            let tried = same.and_then(|before| before.retry).map_or(0, |(_, tried)| tried);
            let wait = FIRST_RETRY.saturating_mul(1 << tried.min(10)).min(LAST_RETRY);
            (Instant::now() + wait, tried.saturating_add(1))
        });
        Self { stamp, digest, outcome, older, retry }
    }

    /// The same, of a file that was touched and has the same bytes.
    pub(crate) fn looking_like(self, stamp: Option<FileStamp>) -> Self {
        Self { stamp, ..self }
    }

    /// The version that serves calls, if one does.
    pub(crate) fn serving(&self) -> Option<&Arc<Plugin>> {
        self.outcome.as_ref().ok().or(self.older.as_ref())
    }

    /// When it is tried again though it stays as it is.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.retry.map(|(at, _)| at)
    }

    /// Whether its bytes need to be taken through the checks no more.
    pub(crate) fn is_settled(&self) -> bool {
        self.retry_at().is_none_or(|at| at > Instant::now())
    }

    /// Whether its bytes were found wanting, and it still looks as it did then. Not so where there was
    /// no room for it, in which case nobody has read it.
    pub(crate) fn was_read_and_refused(&self, stamp: Option<FileStamp>) -> bool {
        let was_read = self.outcome.as_ref().is_err_and(|why| why.to_string() != self.digest);
        was_read
            && self.serving().is_none()
            && self.is_settled()
            && stamp.is_some()
            && self.stamp == stamp
    }

    /// Whether it serves the same, or is refused for the same reason.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.digest == other.digest && self.outcome.as_ref().err() == other.outcome.as_ref().err()
    }
}

impl PluginSet {
    /// Decides who gets a name that two files claim: the file named after the group, and where there
    /// is none the first by name. A file dropped in beside `catalog.wasm` cannot take its place, not
    /// even while that one is refused.
    ///
    /// While files are `pending`, only what is named after its group, or served it before, gets one.
    pub(crate) fn of(
        seen: &BTreeMap<String, FileScan>,
        pending: &BTreeSet<String>,
        before: &Self,
    ) -> Self {
        let mut loaded = Self::default();
        let mut claims: BTreeMap<&str, Vec<(&str, &Arc<Plugin>)>> = BTreeMap::new();
        for (file, seen) in seen {
            if let Some(plugin) = seen.serving() {
                claims.entry(&plugin.group.name).or_default().push((file, plugin));
            }
            if let Err(why) = &seen.outcome {
                loaded.refused.push(FileRefusal {
                    file: file.clone(),
                    why: why.to_string(),
                    older_serves: seen.older.is_some(),
                });
            }
        }
        for (group, mut claimants) in claims {
            let named = format!("{group}.wasm");
            claimants.sort_by_key(|(file, _)| (*file != named, *file));
            let mut owner = claimants.first().map_or(named.as_str(), |(file, _)| *file);
            if seen.contains_key(&named) || pending.contains(&named) {
                owner = &named;
            }
            for (file, plugin) in claimants {
                let served = before.plugins.get(group).is_some_and(|serving| serving.file == file);
                if file != owner {
                    loaded.refused.push(FileRefusal {
                        file: file.to_owned(),
                        why: format!("the group `{group}` is {owner}'s"),
                        older_serves: false,
                    });
                } else if pending.is_empty() || file == named || served {
                    loaded.plugins.insert(group.to_owned(), plugin.clone());
                }
            }
        }
        loaded
    }
}
