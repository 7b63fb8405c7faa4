//! The plugins that are loaded now, and how a directory becomes that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};

use super::files::{self, PluginFile};
use super::plugin::Plugin;
use super::sandbox::{PluginBytes, PluginRejection, Sandbox};

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

/// Keeps [`PluginSet`] in step with a directory.
pub struct Registry {
    sandbox: Sandbox,
    directory: PathBuf,
    loaded: ArcSwap<PluginSet>,
    version: watch::Sender<u64>,
    /// One scan at a time; holds what the last one saw, by file name.
    scans: Mutex<BTreeMap<String, FileScan>>,
}

/// What the last scan made of a file.
#[derive(Clone)]
struct FileScan {
    digest: String,
    outcome: Result<Arc<Plugin>, PluginRejection>,
    /// The last version that loaded, while a newer one is refused.
    older: Option<Arc<Plugin>>,
}

impl Registry {
    /// A registry of nothing yet; [`scan`](Self::scan) fills it.
    #[must_use]
    pub fn new(sandbox: Sandbox, directory: PathBuf) -> Self {
        Self {
            sandbox,
            directory,
            loaded: ArcSwap::default(),
            version: watch::Sender::new(0),
            scans: Mutex::default(),
        }
    }

    /// What is loaded now.
    #[must_use]
    pub fn loaded(&self) -> Arc<PluginSet> {
        self.loaded.load_full()
    }

    /// Counts up whenever [`loaded`](Self::loaded) changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// What the registry loads plugins into.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The directory it watches.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Reads the directory again and loads what is new in it. Files are compiled side by side; a
    /// file that is refused leaves the rest, and its own older version, as they were.
    ///
    /// # Errors
    /// The directory cannot be read; what was loaded stays.
    pub async fn scan(&self) -> std::io::Result<Arc<PluginSet>> {
        let mut seen = self.scans.lock().await;
        let limit = self.sandbox.limits.file_bytes;
        let directory = self.directory.clone();
        let found = tokio::task::spawn_blocking(move || files::read(&directory, limit))
            .await
            .map_err(std::io::Error::other)??;
        let next =
            futures::future::join_all(found.into_iter().map(|found| self.take(found, &seen)))
                .await
                .into_iter()
                .collect::<BTreeMap<_, _>>();
        for (file, now) in &next {
            if let Err(why) = &now.outcome
                && seen.get(file).is_none_or(|before| before.digest != now.digest)
            {
                tracing::warn!("refused {file}: {why}");
            }
        }
        let changed = !same(&seen, &next);
        *seen = next;
        if changed {
            let loaded = Arc::new(assemble(&seen));
            self.loaded.store(loaded);
            self.version.send_modify(|version| *version += 1);
        }
        Ok(self.loaded())
    }

    async fn take(
        &self,
        found: PluginFile,
        seen: &BTreeMap<String, FileScan>,
    ) -> (String, FileScan) {
        let PluginFile { file, bytes } = found;
        let before = seen.get(&file);
        let older =
            before.and_then(|seen| seen.outcome.clone().ok().or_else(|| seen.older.clone()));
        let (digest, outcome) = match bytes {
            Err(why) => (why.clone(), Err(PluginRejection(why))),
            Ok(bytes) => {
                let bytes = PluginBytes::new(bytes);
                if let Some(same) = before.filter(|before| before.digest == bytes.digest) {
                    return (file, same.clone());
                }
                let digest = bytes.digest.clone();
                (digest, self.sandbox.load(&file, bytes).await.map(Arc::new))
            }
        };
        let older = if outcome.is_ok() { None } else { older };
        (file, FileScan { digest, outcome, older })
    }
}

fn same(before: &BTreeMap<String, FileScan>, now: &BTreeMap<String, FileScan>) -> bool {
    before.len() == now.len()
        && before
            .iter()
            .all(|(file, seen)| now.get(file).is_some_and(|other| other.digest == seen.digest))
}

/// Decides who gets a name that two files claim: the file named after the group, else the first by
/// name. A file dropped in beside `catalog.wasm` cannot take its place.
fn assemble(seen: &BTreeMap<String, FileScan>) -> PluginSet {
    let mut loaded = PluginSet::default();
    let mut claims: BTreeMap<&str, Vec<(&str, &Arc<Plugin>)>> = BTreeMap::new();
    for (file, seen) in seen {
        if let Some(plugin) = seen.outcome.as_ref().ok().or(seen.older.as_ref()) {
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
        claimants.sort_by_key(|(file, _)| (*file != format!("{group}.wasm"), *file));
        let mut claimants = claimants.into_iter();
        let Some((winner, plugin)) = claimants.next() else { continue };
        for (file, _) in claimants {
            tracing::warn!("refused {file}: the group `{group}` is {winner}'s");
            loaded.refused.push(FileRefusal {
                file: file.to_owned(),
                why: format!("the group `{group}` is {winner}'s"),
                older_serves: false,
            });
        }
        loaded.plugins.insert(group.to_owned(), plugin.clone());
    }
    loaded
}
