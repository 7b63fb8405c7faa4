//! `souk plugins update`: looks again where plugins came from. A tag that has moved brings another file,
//! which waits as any other does.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context, bail};
use souk_model::visible;
use souk_oci::OciReference;
use souk_policy::trust::PluginSource;

use super::fetched_plugin::{FetchedPlugin, check_name, digest_of};
use super::lock_edit::DirectoryTurn;
use super::registry_access::{self, file_limit};
use super::standing::standing;
use crate::output::{complain, print};
use crate::setup::Setup;
use crate::wiring;

/// Looks for the next version of this plugin, or of all that came from a registry.
pub(super) async fn run(setup: &Setup, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let sources = sources(setup, name)?;
    if sources.is_empty() {
        print("no plugin here came from a registry; `souk plugins add` fetches one\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut is_done = true;
    for (name, source) in sources {
        match update(setup, &name, &source).await {
            Ok(done) => is_done &= done,
            Err(why) => {
                let why = format!("{why:#}");
                complain(format_args!("{}: {}", visible::line(&name), visible::line(&why)));
                is_done = false;
            }
        }
    }
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where plugins came from, by the names of their files.
fn sources(setup: &Setup, name: Option<&str>) -> anyhow::Result<BTreeMap<String, PluginSource>> {
    let directory = setup.plugins_dir()?;
    wiring::check_directory(&directory)?;
    let mut sources = DirectoryTurn::take(&directory)?.lock()?.sources;
    if let Some(name) = name {
        let Some(source) = sources.remove(name) else {
            bail!(
                "`souk.lock` does not say that `{name}` came from a registry; `souk plugins add` \
                 fetches a plugin from one"
            );
        };
        return Ok(BTreeMap::from([(name.to_owned(), source)]));
    }
    Ok(sources)
}

/// Looks for the next version of one; whether what lies there is well.
async fn update(setup: &Setup, name: &str, source: &PluginSource) -> anyhow::Result<bool> {
    // Whoever can drop files into the directory can write the lock.
    check_name(name)?;
    let reference: OciReference = source.reference.parse().context("`souk.lock`")?;
    let registry = registry_access::open(&reference).await?;
    let manifest = registry.manifest(&reference).await?;
    let path = setup.plugins_dir()?.join(format!("{name}.wasm"));
    let limit = file_limit(setup, Some(name))?;
    let is_in_place = digest_of(&path, &limit)?.as_ref() == Some(&source.digest);
    if manifest.digest == source.manifest && is_in_place {
        print(&format!("{name}: {reference} is unchanged ({})\n", manifest.digest))?;
        return Ok(true);
    }
    let what = if manifest.digest == source.manifest {
        format!(
            "{name}: {name}.wasm is not the file that came from {reference}; it is fetched again\n"
        )
    } else {
        let before = &source.manifest;
        format!("{name}: {reference} has moved, from {before} to {}\n", manifest.digest)
    };
    print(&what)?;
    let fetched = FetchedPlugin::fetch(setup, &registry, reference, manifest, Some(name)).await?;
    let installed = fetched.install(setup, name).await?;
    let registry = wiring::load(setup).await?;
    let standing = standing(&registry, &installed);
    print(&format!("{}{}", installed.told, standing.text))?;
    Ok(!standing.is_refused())
}
