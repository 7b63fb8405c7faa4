//! `souk plugins add`: a plugin from a registry. It approves nothing unless it is told to.

use std::process::ExitCode;

use souk_oci::OciReference;

use super::decide;
use super::fetched_plugin::{FetchedPlugin, check_name};
use super::registry_access;
use super::standing::standing;
use crate::output::print;
use crate::setup::Setup;
use crate::wiring;

/// Fetches what lies there, as `NAME.wasm`: of this name, or of its group's.
pub(super) async fn run(
    setup: &Setup,
    reference: &OciReference,
    name: Option<&str>,
    approve: bool,
) -> anyhow::Result<ExitCode> {
    name.map_or(Ok(()), check_name)?;
    wiring::check_directory(&setup.plugins_dir()?)?;
    let registry = registry_access::open(reference).await?;
    let manifest = registry.manifest(reference).await?;
    let fetched = FetchedPlugin::fetch(setup, &registry, reference.clone(), manifest, name).await?;
    let group = fetched.plugin.group.name.clone();
    let installed = fetched.install(setup, name.unwrap_or(&group)).await?;
    print(&installed.told)?;
    if approve {
        return decide::approve(setup, &[installed.group], false, Some(&installed.digest)).await;
    }
    let registry = wiring::load(setup).await?;
    let standing = standing(&registry, &installed);
    print(&standing.text)?;
    Ok(standing.exit())
}
