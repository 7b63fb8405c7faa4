//! A plugin that came from a registry: checked as any file is, and put into the directory of plugins,
//! where it is one like any other.

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use souk_model::short_digest;
use souk_oci::{ArtifactManifest, FileLimit, OciReference, OciRegistry, sha256};
use souk_policy::trust::{LockFile, PluginSource};
use souk_runtime::{Plugin, note_fetched, read_if_there};
use tempfile::TempDir;

use super::decide::decisions_trail;
use super::lock_edit::DirectoryTurn;
use super::offer::named;
use super::registry_access::file_limit;
use crate::setup::Setup;
use crate::wiring;

/// Where it lies before it has a name: beside the plugins, in a directory that no host looks into.
const STAGING: &str = ".souk-fetched-";
/// In place of a digest: what has the name is no file that holds anything.
const NO_FILE: &str = "no file";
/// In place of a digest: it is larger than any plugin.
const TOO_LARGE: &str = "too large to be a plugin";
/// The longest name of a file, in letters.
const MAX_NAME: usize = 64;

/// A plugin that was fetched and that loads. It is gone again where it is not put anywhere.
pub(super) struct FetchedPlugin {
    pub(super) plugin: Plugin,
    reference: OciReference,
    manifest: ArtifactManifest,
    staged: PathBuf,
    /// Removes what is left of it.
    _staging: TempDir,
}

/// A plugin that was put into the directory.
pub(super) struct InstalledPlugin {
    /// What was done, for people.
    pub(super) told: String,
    pub(super) file: String,
    pub(super) group: String,
    pub(super) digest: String,
}

impl FetchedPlugin {
    /// Fetches the file that a manifest names, and takes it through every check. `name` is that of its
    /// file, where it is known beforehand.
    ///
    /// # Errors
    /// It cannot be had, or is no plugin that this host loads.
    pub(super) async fn fetch(
        setup: &Setup,
        registry: &OciRegistry,
        reference: OciReference,
        manifest: ArtifactManifest,
        name: Option<&str>,
    ) -> anyhow::Result<Self> {
        let wasm = registry.file(&reference, &manifest, &file_limit(setup, name)?).await?;
        let directory = setup.plugins_dir()?;
        let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(&directory);
        let staging = staging
            .with_context(|| format!("cannot write to the directory `{}`", directory.display()))?;
        let staged = staging.path().join(format!("{}.wasm", name.unwrap_or("fetched")));
        write(&staged, &wasm)?;
        if let Some(signature) = &manifest.signature {
            write(&signature_of(&staged), signature.as_bytes())?;
        }
        let inspected = wiring::sandbox(setup)?.inspect(&staged, &setup.signing_keys()?).await;
        let plugin =
            inspected.map_err(|why| anyhow!("what lies at `{reference}` is refused: {why}"))?;
        Ok(Self { plugin, reference, manifest, staged, _staging: staging })
    }

    /// Puts it into the directory as `NAME.wasm`, and into `souk.lock` what it is and where it came from.
    /// That it was fetched is on the audit trail before.
    ///
    /// # Errors
    /// Its name may not be, or another file has it; something cannot be written.
    pub(super) async fn install(
        self,
        setup: &Setup,
        name: &str,
    ) -> anyhow::Result<InstalledPlugin> {
        check_name(name)?;
        let limit = file_limit(setup, Some(name))?;
        if self.plugin.size as u64 > limit.bytes {
            let size = self.plugin.size;
            bail!("`{name}.wasm` has {size} bytes, more than {} ({})", limit.bytes, limit.setting);
        }
        let trail = decisions_trail(setup).await?;
        let directory = setup.plugins_dir()?;
        let turn = DirectoryTurn::take(&directory)?;
        let mut lock = turn.lock()?;
        let file = format!("{name}.wasm");
        let path = directory.join(&file);
        let before = digest_of(&path, &limit)?;
        self.check_free(&lock, name, before.as_deref())?;
        let origin = self.reference.at_digest(&self.manifest.digest);
        note_fetched(&trail, &self.plugin, &file, &self.told_on_trail())?;
        let Plugin { digest, group, .. } = &self.plugin;
        if before.as_ref() != Some(digest) || self.manifest.signature.is_some() {
            self.put(&path)?;
        }
        // Not before: what an older lock names does not let a newer file serve, and the other way round
        // the older file would stop for a moment.
        let manifest = self.plugin.manifest(&setup.guards.catalogue).clone();
        let title = named(&manifest);
        if let Some(before) = &before {
            lock.unpin(before);
        }
        lock.pin(manifest);
        lock.sources.insert(name.to_owned(), self.source());
        turn.write(&lock)?;
        let verb = match &before {
            None => "added",
            Some(before) if before == digest => "kept",
            Some(_) => "replaced",
        };
        let instead = before
            .filter(|before| before != digest)
            .map(|before| format!(", in place of {}", short_digest(&before)))
            .unwrap_or_default();
        Ok(InstalledPlugin {
            told: format!("{verb} {file}: {title}{instead}\n  from {origin}\n"),
            file,
            group: group.name.clone(),
            digest: digest.clone(),
        })
    }

    /// A name belongs to the file that has it, unless that came from the same repository, or is the same.
    fn check_free(&self, lock: &LockFile, name: &str, before: Option<&str>) -> anyhow::Result<()> {
        let Some(before) = before.filter(|before| *before != self.plugin.digest) else {
            return Ok(());
        };
        let from = lock.sources.get(name).map(|source| source.reference.as_str());
        match from.map(str::parse::<OciReference>) {
            Some(Ok(from)) if from.is_beside(&self.reference) => Ok(()),
            Some(_) => bail!(
                "`{name}.wasm` is there already and came from `{}`; `souk plugins remove {name}` \
                 makes room, and `--name` gives this one another name",
                from.unwrap_or_default()
            ),
            None => bail!(
                "`{name}.wasm` ({}) is there already and came from no registry; `souk plugins remove \
                 {name}` makes room, and `--name` gives this one another name",
                short_digest(before)
            ),
        }
    }

    /// The signature first, since a file without the one that fits it may be refused. One of the file
    /// before would refuse this one.
    fn put(&self, path: &Path) -> anyhow::Result<()> {
        let unwritten = || format!("cannot write `{}`", path.display());
        let beside = signature_of(path);
        if self.manifest.signature.is_some() {
            fs::rename(signature_of(&self.staged), beside).with_context(unwritten)?;
        } else {
            remove_if_there(&beside).with_context(unwritten)?;
        }
        fs::rename(&self.staged, path).with_context(unwritten)
    }

    /// Where it came from, without an `@`: what looks like an e-mail address is masked on the trail.
    fn told_on_trail(&self) -> String {
        let reference = self.reference.to_string();
        let named = reference.split('@').next().unwrap_or_default();
        format!("{named}, manifest {}", self.manifest.digest)
    }

    fn source(&self) -> PluginSource {
        PluginSource {
            reference: self.reference.to_string(),
            manifest: self.manifest.digest.clone(),
            digest: self.plugin.digest.clone(),
        }
    }
}

/// Letters, digits, `-` and `_`: the name of a file, and of no path.
pub(super) fn check_name(name: &str) -> anyhow::Result<()> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_name) {
        bail!(
            "`{}` is no name of a plugin's file: up to {MAX_NAME} letters, digits, `-` and `_`, \
             without `.wasm`",
            souk_model::visible::line(name)
        );
    }
    Ok(())
}

/// The SHA-256 of a file; none where there is no such file. A link is not followed, and is another file
/// than any, as is one that is larger than a plugin may be: whoever can write the directory decides how
/// large, and it is not read.
///
/// # Errors
/// It is there and cannot be read.
pub(super) fn digest_of(path: &Path, limit: &FileLimit) -> anyhow::Result<Option<String>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Ok(found) if !found.is_file() => return Ok(Some(NO_FILE.to_owned())),
        Ok(found) if found.len() > limit.bytes => return Ok(Some(TOO_LARGE.to_owned())),
        _ => {}
    }
    let read = read_if_there(path, limit.bytes, &limit.setting);
    let bytes = read.map_err(|why| anyhow!("`{}`: {why}", path.display()))?;
    Ok(bytes.map(|bytes| sha256(&bytes)))
}

/// The path of the signature beside a file.
pub(super) fn signature_of(path: &Path) -> PathBuf {
    let mut beside: OsString = path.as_os_str().to_owned();
    beside.push(".minisig");
    beside.into()
}

/// Removes a file; whether it was there.
pub(super) fn remove_if_there(path: &Path) -> std::io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes a file, down to the disk.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let written = fs::File::create_new(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.with_context(|| format!("cannot write `{}`", path.display()))
}
