//! `souk plugins push`: a plugin's file into a registry, as `wkg` pushes it.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use souk_oci::{OciReference, PluginArtifact, sha256};

use super::fetched_plugin::signature_of;
use super::registry_access;
use crate::output::{complain, path_line, print};
use crate::setup::Setup;
use crate::wiring;

/// The longest signature that is read, in bytes; a longer one is refused where the file is looked at.
const MAX_SIGNATURE: u64 = 16 << 10;

/// Pushes a file that loads, with the signature beside it.
pub(super) async fn run(
    setup: &Setup,
    file: &Path,
    reference: &OciReference,
) -> anyhow::Result<ExitCode> {
    if reference.digest().is_some() {
        bail!("a digest is what comes of it: `{reference}` has to name a tag instead");
    }
    let inspected = wiring::sandbox(setup)?.inspect(file, &setup.signing_keys()?).await;
    let plugin = match inspected {
        Ok(plugin) => plugin,
        Err(why) => {
            complain(format_args!("`{}` is refused: {why}", path_line(file)));
            return Ok(ExitCode::FAILURE);
        }
    };
    let wasm = std::fs::read(file).with_context(|| format!("cannot read `{}`", path_line(file)))?;
    if sha256(&wasm) != plugin.digest {
        bail!("`{}` was changed while it was looked at", path_line(file));
    }
    let artifact = PluginArtifact {
        wasm,
        file: plugin.file,
        title: plugin.group.name.clone(),
        version: plugin.group.version.clone(),
        signature: signature(file)?,
    };
    let signed = if artifact.signature.is_some() { " with its signature" } else { "" };
    let digest = registry_access::open(reference).await?.push(reference, artifact).await?;
    print(&format!(
        "pushed {} {}{signed} to {reference}\ndigest: {digest}\n",
        plugin.group.name, plugin.group.version
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The signature beside a file, if there is one.
fn signature(file: &Path) -> anyhow::Result<Option<String>> {
    let path = signature_of(file);
    let unreadable = || format!("cannot read `{}`", path_line(&path));
    let opened = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(unreadable)?,
    };
    let mut text = String::new();
    opened.take(MAX_SIGNATURE).read_to_string(&mut text).with_context(unreadable)?;
    Ok(Some(text))
}
