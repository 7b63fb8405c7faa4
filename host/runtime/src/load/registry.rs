//! The plugins that are loaded now, and how a directory becomes that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures::StreamExt;
use tokio::sync::{Mutex, watch};

use souk_state::approvals::{ApprovalSource, Approvals, ApprovedVersion};
use souk_state::audit::AuditTrail;

use super::files::{self, ListedFile};
use super::lineage::needed_from_kept;
use super::plugin::Plugin;
use super::plugin_record::PluginRecord;
use super::plugin_set::{FileScan, PluginSet, ScanView};
use super::plugin_signature::PluginSignature;
use super::plugin_trust::{PluginTrust, TrustSnapshot};
use super::sandbox::{PluginBytes, PluginRejection, Sandbox};
use super::signature_file::check_beside;
use super::waiting::WaitingVersion;

/// Files of which the bytes are held at once: those that are compiled, and those that describe
/// themselves.
const LOADING: usize = 4;
/// Files that serve or are to be read, of one scan. What was read and refused takes nobody's place, and
/// what is beyond comes with the next scans.
const FILES: usize = 1_000;
/// Files of one scan of which it is logged why they are refused.
const REFUSALS_LOGGED: usize = FILES;
/// How often what is loaded so far is published while a scan goes on.
const PUBLISHING: Duration = Duration::from_millis(250);

/// Keeps [`PluginSet`] in step with a directory.
pub struct Registry {
    sandbox: Sandbox,
    directory: PathBuf,
    trust: PluginTrust,
    /// What of it was in force at the last scan.
    snapshot: ArcSwap<TrustSnapshot>,
    loaded: ArcSwap<PluginSet>,
    /// Whether whoever reads the log hears of what waits: of a command that ends at once nobody does.
    is_announcing: AtomicBool,
    version: watch::Sender<u64>,
    /// The version that came of everything there was to look at; none while something is looked at that
    /// may serve soon.
    settled: watch::Sender<Option<u64>>,
    /// One scan at a time.
    scans: Mutex<ScanState>,
}

/// What scans leave to the next one, be they dropped halfway.
#[derive(Default)]
struct ScanState {
    /// By file name.
    seen: BTreeMap<String, FileScan>,
    /// Approved versions that serve in place of what their files hold by now, by digest.
    kept: BTreeMap<String, Arc<Plugin>>,
    /// Where it is written down what serves, once there is a trail.
    record: Option<PluginRecord>,
    /// Whether the directory was read to its end at least once.
    is_known: bool,
    /// Whether something of it is not published yet.
    unpublished: bool,
}

impl Registry {
    /// A registry of nothing yet; [`scan`](Self::scan) fills it.
    #[must_use]
    pub fn new(sandbox: Sandbox, directory: PathBuf, trust: PluginTrust) -> Self {
        let snapshot = ArcSwap::from_pointee(TrustSnapshot::read(&trust, &directory));
        Self {
            sandbox,
            directory,
            trust,
            snapshot,
            loaded: ArcSwap::default(),
            is_announcing: AtomicBool::new(false),
            version: watch::Sender::new(0),
            settled: watch::Sender::new(None),
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

    /// The version that came of everything there was to look at; none while something is looked at that
    /// may serve soon, and before anything was.
    #[must_use]
    pub fn settled(&self) -> watch::Receiver<Option<u64>> {
        self.settled.subscribe()
    }

    /// Whether something is looked at that may serve soon. Cheap: it is asked with each call.
    pub(crate) fn is_loading(&self) -> bool {
        self.settled.borrow().is_none()
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

    /// Reads the directory again and loads what is new in it, and what the machine was too busy for
    /// before. A few files are held at once, and each is published soon after it is loaded: one that
    /// takes long does not hold up the others. A file that is refused leaves the rest, and its own
    /// older version, as they were.
    ///
    /// Where the future is dropped, what was loaded until then stays, and the next scan goes on.
    ///
    /// # Errors
    /// The directory cannot be read; what was loaded stays.
    pub async fn scan(&self) -> std::io::Result<Arc<PluginSet>> {
        let mut state = self.scans.lock().await;
        // However it ends: what is not there by then is not waited for.
        let _end = ScanEnd(self);
        let ScanState { seen, kept, record, is_known, unpublished } = &mut *state;
        let (directory, trust) = (self.directory.clone(), self.trust.clone());
        let before = self.snapshot.load_full();
        let look = move || (files::list(&directory), before.read_again(&trust, &directory));
        let (listed, trust) =
            tokio::task::spawn_blocking(look).await.map_err(std::io::Error::other)?;
        let listed = listed?;
        *unpublished |= !self.snapshot.load().says_the_same(&trust);
        let trust = Arc::new(trust);
        self.snapshot.store(trust.clone());
        let names: BTreeSet<String> = listed.iter().map(|listed| listed.file.clone()).collect();
        let before = seen.len();
        seen.retain(|file, _| names.contains(&**file));
        *unpublished |= seen.len() != before;
        self.load_kept(seen, kept, &names, &trust).await;

        let planned = self.plan(listed, seen);
        if !planned.is_empty() {
            self.settled.send_if_modified(|settled| settled.take().is_some());
        }
        let mut pending: BTreeSet<String> =
            planned.iter().map(|plan| plan.listed.file.clone()).collect();
        let mut loading =
            futures::stream::iter(planned).map(|plan| self.take(plan)).buffer_unordered(LOADING);
        let (mut published, mut refusals) = (Instant::now(), 0_usize);
        while let Some((file, now)) = loading.next().await {
            pending.remove(&file);
            let before = seen.insert(file.clone(), now.clone());
            if before.is_some_and(|before| before.same(&now)) {
                continue;
            }
            *unpublished = true;
            if let Err(why) = &now.outcome {
                refusals += 1;
                if refusals <= REFUSALS_LOGGED {
                    tracing::warn!("refused {file}: {why}");
                }
            }
            if published.elapsed() > PUBLISHING {
                self.publish(&self.view(seen, kept, &names, &pending, &trust));
                published = Instant::now();
            }
        }
        drop(loading);
        if refusals > REFUSALS_LOGGED {
            let more = refusals - REFUSALS_LOGGED;
            tracing::warn!("{more} more files are refused; `souk plugins` lists them all");
        }
        if *unpublished {
            self.load_kept(seen, kept, &names, &trust).await;
            self.publish(&self.view(seen, kept, &names, &BTreeSet::new(), &trust));
        }
        let is_first = !std::mem::replace(is_known, true);
        let is_news = std::mem::take(unpublished) || is_first;
        if let Some(record) = record.as_mut().filter(|_| is_news) {
            record.note(&self.loaded(), &self.sandbox).await;
        }
        Ok(self.loaded())
    }

    /// Writes down from now on what serves and what does not, and first what changed since it was last
    /// written down; where nothing was looked at yet, as soon as it was. Of what the program was built with the bytes are kept, as of all that is approved.
    pub async fn keep_record(&self, trail: Arc<AuditTrail>) {
        let mut state = self.scans.lock().await;
        let record = PluginRecord::new(trail, self.trust.store.clone(), self.directory.clone());
        let is_known = state.is_known;
        let record = state.record.insert(record);
        if !self.is_announcing.swap(true, Ordering::Relaxed) {
            announce(&self.loaded().waiting, &[]);
        }
        if is_known {
            record.note(&self.loaded(), &self.sandbox).await;
        }
    }

    /// Whether the record of approvals was changed since the last scan.
    pub(crate) fn has_new_approvals(&self) -> bool {
        self.snapshot.load().is_outdated(&self.trust)
    }

    /// What was approved when it was last looked at.
    #[must_use]
    pub fn approvals(&self) -> Arc<Approvals> {
        self.snapshot.load().approvals.clone()
    }

    /// Approves a version that lies in the directory: its bytes are kept, and the record says so. A
    /// running host obeys as soon as it looks.
    ///
    /// # Errors
    /// The file is another by now; nothing can be kept. For people.
    pub fn approve(&self, plugin: &Plugin, by: ApprovalSource) -> Result<ApprovedVersion, String> {
        let store = self.trust.store.as_ref().ok_or("there is no state directory to keep it in")?;
        let manifest = plugin.manifest(&self.sandbox.catalogue).clone();
        super::plugin_record::approve(store, &self.directory, &plugin.file, manifest, by)
    }

    /// Every version that lies in the directory and loads, as its file offers it.
    pub async fn offered(&self) -> Vec<Arc<Plugin>> {
        let state = self.scans.lock().await;
        state.seen.values().filter_map(|seen| seen.outcome.as_ref().ok().cloned()).collect()
    }

    /// Whether a version is approved to serve its group, as a whole: by the record, or by a signature
    /// that no host has written down yet.
    #[must_use]
    pub fn is_approved(&self, plugin: &Plugin) -> bool {
        let (group, digest, loaded) = (&plugin.group.name, &plugin.digest, self.loaded());
        let serves = loaded.plugins.get(group).is_some_and(|serving| {
            serving.digest == *digest && serving.approval == Some(ApprovalSource::Signature)
        });
        let waits = || loaded.waiting.iter().any(|waiting| waiting.plugin.digest == *digest);
        self.snapshot.load().is_wholly_approved(group, digest) || (serves && !waits())
    }

    /// What a version is and asks for, as far as an approval is about it.
    #[must_use]
    pub fn manifest(&self, plugin: &Plugin) -> souk_model::PluginManifest {
        plugin.manifest(&self.sandbox.catalogue).clone()
    }

    fn view<'s>(
        &'s self,
        seen: &'s BTreeMap<String, FileScan>,
        kept: &'s BTreeMap<String, Arc<Plugin>>,
        files: &'s BTreeSet<String>,
        pending: &'s BTreeSet<String>,
        trust: &'s TrustSnapshot,
    ) -> ScanView<'s> {
        ScanView { seen, files, pending, trust, kept, catalogue: &self.sandbox.catalogue }
    }

    /// Loads approved versions from what is kept, where their files hold something else by now, and lets
    /// go of those that are not needed any more.
    async fn load_kept(
        &self,
        seen: &BTreeMap<String, FileScan>,
        kept: &mut BTreeMap<String, Arc<Plugin>>,
        files: &BTreeSet<String>,
        trust: &TrustSnapshot,
    ) {
        let Some(store) = &self.trust.store else { return };
        let needed = needed_from_kept(trust, |file| {
            let seen = seen.get(file).and_then(FileScan::serving);
            files.contains(file).then(|| seen.map(|plugin| plugin.digest.clone()))
        });
        kept.retain(|digest, _| needed.iter().any(|one| one.manifest.digest == *digest));
        for ApprovedVersion { manifest, file, .. } in needed {
            if kept.contains_key(&manifest.digest) {
                continue;
            }
            let limit = self.sandbox.max_file_bytes(file);
            let (store, digest) = (store.clone(), manifest.digest.clone());
            let read = tokio::task::spawn_blocking(move || store.kept(&digest, limit)).await;
            let loaded = match read.unwrap_or_else(|panic| Err(panic.to_string())) {
                Ok(bytes) => self.sandbox.load(file, PluginBytes::new(bytes)).await,
                Err(why) => Err(PluginRejection::new(why)),
            };
            match loaded {
                Ok(plugin) => {
                    let signature = PluginSignature::recorded(manifest.signer.clone());
                    let plugin = Arc::new(plugin.with_signature(signature));
                    kept.insert(manifest.digest.clone(), plugin);
                }
                Err(why) => tracing::error!(
                    "the approved version of `{}` cannot serve in place of {file}: {why}",
                    manifest.group
                ),
            }
        }
    }

    /// When a file is tried again though nothing changes.
    pub(crate) async fn next_retry(&self) -> Option<Instant> {
        self.scans.lock().await.seen.values().filter_map(FileScan::retry_at).min()
    }

    fn publish(&self, view: &ScanView<'_>) {
        let before = self.loaded();
        let loaded = Arc::new(PluginSet::of(view, &before));
        for refused in &loaded.refused {
            let told = before.refused.contains(refused);
            let told = told || view.seen.get(&refused.file).is_some_and(|one| one.outcome.is_err());
            if !told {
                tracing::warn!("refused {}: {}", refused.file, refused.why);
            }
        }
        if self.is_announcing.load(Ordering::Relaxed) {
            announce(&loaded.waiting, &before.waiting);
        }
        for problem in &loaded.trust_problems {
            if !before.trust_problems.contains(problem) {
                tracing::error!("{problem}");
            }
        }
        self.loaded.store(loaded);
        self.version.send_modify(|version| *version += 1);
    }

    /// What is to be read. Places go to what serves already, then to what has lain there for longest:
    /// when a file was changed nobody can set, so that what is dropped in, however much it is, comes
    /// after what the operator has put there. Of those, room goes to the small before the large.
    fn plan(
        &self,
        mut listed: Vec<ListedFile>,
        seen: &BTreeMap<String, FileScan>,
    ) -> Vec<PlannedFile> {
        let serves = |listed: &ListedFile| {
            seen.get(&listed.file).is_some_and(|seen| seen.serving().is_some())
        };
        listed.retain(|listed| {
            !seen.get(&listed.file).is_some_and(|seen| seen.was_read_and_refused(listed.stamp))
        });
        listed.sort_by_key(|listed| (!serves(listed), listed.changed));
        let later = listed.split_off(listed.len().min(FILES));
        // Those of the same size stay in the order of their age.
        listed.sort_by_key(|listed| (!serves(listed), listed.size));
        let (most, mut bytes) = (self.sandbox.limits.all_files_bytes, 0_u64);
        let planned = listed.into_iter().map(|listed| {
            if listed.has_hidden_name {
                let why = "its name has characters that cannot be seen, or a line break";
                let refused = Some(PluginRejection::new(why));
                return PlannedFile { before: seen.get(&listed.file).cloned(), listed, refused };
            }
            // What is too large by itself is not counted: it is refused for that.
            let counts = listed.size <= self.sandbox.max_file_bytes(&listed.file);
            bytes = bytes.saturating_add(if counts { listed.size } else { 0 });
            let refused = (counts && bytes > most).then(|| {
                PluginRejection::new(format!(
                    "with it all plugins have more than {most} bytes (`limits.all_files_bytes`)"
                ))
            });
            PlannedFile { before: seen.get(&listed.file).cloned(), listed, refused }
        });
        let later = later.into_iter().map(|listed| {
            let why = format!("of new files {FILES} are read at once, the oldest first");
            // It has not been tried: the next time is no later for its having waited.
            PlannedFile { before: None, listed, refused: Some(PluginRejection::for_now(why)) }
        });
        planned.chain(later).filter(|plan| !plan.is_known()).collect()
    }

    async fn take(&self, plan: PlannedFile) -> (String, FileScan) {
        let PlannedFile { listed, before, refused } = plan;
        let ListedFile { file, stamp, .. } = &listed;
        let before = before.as_ref();
        let refuse = |why: PluginRejection| {
            (file.clone(), FileScan::new(*stamp, why.to_string(), Err(why), before))
        };
        if let Some(why) = refused {
            return refuse(why);
        }
        let (path, limit) = (self.directory.join(file), self.sandbox.max_file_bytes(file));
        let keys = self.trust.keys.clone();
        let read = tokio::task::spawn_blocking(move || {
            let bytes = files::read_file(&path, limit)?;
            let signature = check_beside(&keys, &path, &bytes);
            Ok::<_, String>((PluginBytes::new(bytes), signature))
        });
        let (bytes, signature) = match read.await {
            Ok(Ok(read)) => read,
            // What cannot be read is looked at again by the next scan, whatever it looks like.
            Ok(Err(why)) => {
                let unread = Err(PluginRejection::new(why.clone()));
                return (file.clone(), FileScan::new(None, why, unread, before));
            }
            Err(panic) => return refuse(PluginRejection::new(format!("cannot read it: {panic}"))),
        };
        let digest = bytes.digest.clone();
        let scan = |outcome| FileScan::new(*stamp, digest, outcome, before);
        let signature = match signature {
            Ok(signature) => signature,
            // Its bytes are of no account then, whatever mode it is.
            Err(why) => return (file.clone(), scan(Err(PluginRejection::new(why)))),
        };
        if let Some(before) = before
            && before.digest == bytes.digest
            && before.is_settled()
        {
            if before.signature.as_ref() == Some(&signature) {
                return (file.clone(), before.clone().looking_like(*stamp));
            }
            if let Ok(plugin) = &before.outcome {
                return (file.clone(), scan(Ok(Arc::new(plugin.with_signature(signature)))));
            }
        }
        let loaded = self.sandbox.load(file, bytes).await;
        let outcome = loaded.map(|plugin| Arc::new(plugin.with_signature(signature.clone())));
        (file.clone(), scan(outcome).signed(signature))
    }
}

/// Says at the end of a scan that nothing is waited for any more.
struct ScanEnd<'r>(&'r Registry);

impl Drop for ScanEnd<'_> {
    fn drop(&mut self) {
        let version = *self.0.version.borrow();
        self.0.settled.send_if_modified(|settled| settled.replace(version).is_none());
    }
}

/// Tells of what waits and did not before.
fn announce(waiting: &[WaitingVersion], before: &[WaitingVersion]) {
    for waiting in waiting.iter().filter(|one| !before.iter().any(|earlier| earlier.same(one))) {
        tracing::warn!("{waiting}");
    }
}

/// A file that is to be read.
struct PlannedFile {
    listed: ListedFile,
    before: Option<FileScan>,
    /// Why it is not.
    refused: Option<PluginRejection>,
}

impl PlannedFile {
    /// Whether it looks as it did when it was read last, and is not to be tried again.
    fn is_known(&self) -> bool {
        let Some(before) = &self.before else { return false };
        match &self.refused {
            Some(why) => why.why == before.digest,
            None => {
                before.stamp.is_some() && before.stamp == self.listed.stamp && before.is_settled()
            }
        }
    }
}
