//! `souk plugins remove`: takes a plugin's file out of the directory, with its signature and its pin.

use std::process::ExitCode;

use anyhow::{Context, bail};
use souk_runtime::note_removed;

use super::decide::decisions_trail;
use super::fetched_plugin::{check_name, digest_of, remove_if_there, signature_of};
use super::lock_edit::DirectoryTurn;
use super::registry_access::file_limit;
use crate::output::print;
use crate::setup::Setup;
use crate::wiring;

/// Removes `NAME.wasm`. What was approved of it stays on the record, and open plans wait, as those of any
/// plugin whose file goes.
pub(super) async fn run(setup: &Setup, name: &str) -> anyhow::Result<ExitCode> {
    check_name(name)?;
    let directory = setup.plugins_dir()?;
    wiring::check_directory(&directory)?;
    let trail = decisions_trail(setup).await?;
    let turn = DirectoryTurn::take(&directory)?;
    let mut lock = turn.lock()?;
    let file = format!("{name}.wasm");
    let path = directory.join(&file);
    let digest = digest_of(&path, &file_limit(setup, Some(name))?)?;
    let source = lock.sources.remove(name);
    if digest.is_none() && source.is_none() {
        bail!("there is no `{file}` in `{}`", directory.display());
    }
    let unremoved = || format!("cannot remove `{}`", path.display());
    if let Some(digest) = &digest {
        note_removed(&trail, &file, digest)?;
        remove_if_there(&path).with_context(unremoved)?;
        lock.unpin(digest);
    }
    remove_if_there(&signature_of(&path)).with_context(unremoved)?;
    if let Some(source) = &source {
        lock.unpin(&source.digest);
    }
    turn.write_if_changed(&lock)?;
    let was_there = if digest.is_some() { "removed" } else { "was gone already:" };
    let from = source.map(|source| format!(", which came from {}", source.reference));
    print(&format!("{was_there} {file}{}\n", from.unwrap_or_default()))?;
    Ok(ExitCode::SUCCESS)
}
