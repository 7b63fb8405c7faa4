//! `souk plugins lock`: `souk.lock` beside the plugins, written from what lies there and taken over by
//! whoever may approve.

use std::process::ExitCode;

use anyhow::anyhow;
use souk_model::{PluginManifest, counted, visible};
use souk_policy::trust::{LockFile, PluginSource, diff, indented};
use souk_runtime::{LOCK_FILE, Registry, read_lock};
use souk_state::approvals::ApprovalSource;

use super::decide::{decisions_trail, take_over};
use super::lock_edit::DirectoryTurn;
use super::offer::{OfferedVersion, named, offered};
use crate::output::{complain, print};
use crate::setup::Setup;
use crate::wiring;

/// Writes it, of the version of each group that the directory holds.
pub(super) async fn write(setup: &Setup) -> anyhow::Result<ExitCode> {
    let registry = wiring::load(setup).await?;
    let mut versions = offered(&registry).await;
    // Of several files the one that is named after its group, else the first, comes last and counts.
    versions.reverse();
    versions.sort_by_key(|one| one.plugin.file == format!("{}.wasm", one.manifest.group));
    let mut lock = LockFile::of(versions.into_iter().map(|one| one.manifest));
    let directory = registry.directory();
    let turn = DirectoryTurn::take(directory)?;
    // Where files came from stays known, as long as they are there.
    lock.sources = read_lock(directory).unwrap_or_default().sources;
    lock.sources.retain(|name, _| directory.join(format!("{name}.wasm")).exists());
    turn.write(&lock)?;
    print(&format!(
        "{} in {}; `souk plugins lock --accept` approves what it says\n",
        counted(lock.plugins.len(), "plugin", "plugins"),
        directory.join(LOCK_FILE).display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Approves everything in it, or nothing where it does not say what the files are.
pub(super) async fn accept(setup: &Setup) -> anyhow::Result<ExitCode> {
    let registry = wiring::load(setup).await?;
    let directory = registry.directory();
    let lock = read_lock(directory).map_err(|why| anyhow!(why))?;
    if lock.plugins.is_empty() {
        complain(format_args!(
            "there is no `{LOCK_FILE}` in `{}`, or it is empty; `souk plugins lock` writes one",
            directory.display()
        ));
        return Ok(ExitCode::FAILURE);
    }
    let offered = offered(&registry).await;
    let mut wrong = Vec::new();
    let mut chosen: Vec<&OfferedVersion> = Vec::new();
    for entry in lock.plugins.values() {
        match matching(entry, &offered) {
            Ok(version) => chosen.push(version),
            Err(why) => wrong.push(why),
        }
    }
    if !wrong.is_empty() {
        complain(format_args!("nothing is approved:\n{}", wrong.join("\n")));
        return Ok(ExitCode::FAILURE);
    }
    let approvals = registry.approvals();
    chosen.retain(|version| {
        let approved = approvals.approved(&version.manifest.group);
        approved.is_none_or(|approved| approved.manifest.digest != version.manifest.digest)
            || !version.is_approved
            || approvals.is_rejected(&version.manifest.digest)
    });
    if chosen.is_empty() {
        print(&format!("everything in {LOCK_FILE} is approved already\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let trail = decisions_trail(setup).await?;
    for version in chosen {
        print(&take_over(&registry, &trail, version, ApprovalSource::Lock)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The file that an entry is of, if the entry says what it is.
fn matching<'o>(
    entry: &PluginManifest,
    offered: &'o [OfferedVersion],
) -> Result<&'o OfferedVersion, String> {
    let same = offered
        .iter()
        .find(|one| one.manifest.group == entry.group && one.manifest.digest == entry.digest);
    let Some(version) = same else {
        let there: Vec<String> = offered
            .iter()
            .filter(|one| one.manifest.group == entry.group)
            .map(|one| format!("{} is {}", one.plugin.file, named(&one.manifest)))
            .collect();
        let there = if there.is_empty() {
            "no file here is of that group".to_owned()
        } else {
            there.join(", ")
        };
        return Err(format!("{LOCK_FILE} has {}, and {there}", named(entry)));
    };
    // A signature that is there now and was not then says more, and nothing else.
    let signer = entry.signer.clone().or_else(|| version.manifest.signer.clone());
    if entry.clone().signed_by(signer) == version.manifest {
        return Ok(version);
    }
    // Of one digest nothing differs by the bytes; of an entry that was edited, by what it says.
    let edited = PluginManifest { digest: "what the lock says".to_owned(), ..entry.clone() };
    let mut why = format!(
        "{LOCK_FILE} says other than {} of {}:",
        version.plugin.file,
        named(&version.manifest)
    );
    why.push_str(&indented(diff(Some(&edited), &version.manifest).iter().skip(1)));
    Err(why)
}

/// Where `souk.lock` differs from the files, or from what is approved: lines for people.
pub(crate) async fn lock_notes(registry: &Registry) -> Vec<String> {
    let Ok(lock) = read_lock(registry.directory()) else { return Vec::new() };
    if lock.is_empty() {
        return Vec::new();
    }
    let offered = offered(registry).await;
    let note = |entry: &PluginManifest| match matching(entry, &offered) {
        Err(why) => Some(why),
        Ok(version) if !version.is_approved => Some(format!(
            "{LOCK_FILE} proposes {}; `souk plugins lock --accept` takes it over",
            named(entry)
        )),
        Ok(_) => None,
    };
    let of_sources =
        lock.sources.iter().filter_map(|(name, source)| elsewhere(name, source, &offered));
    lock.plugins.values().filter_map(note).chain(of_sources).collect()
}

/// That a file is not the one that came from where the lock says.
fn elsewhere(name: &str, source: &PluginSource, offered: &[OfferedVersion]) -> Option<String> {
    let file = format!("{name}.wasm");
    let lies = offered.iter().find(|one| one.plugin.file == file)?;
    (lies.plugin.digest != source.digest).then(|| {
        format!(
            "{file} is {}, and not what came from {}; `souk plugins update {name}` fetches that again",
            named(&lies.manifest),
            visible::line(&source.reference)
        )
    })
}
