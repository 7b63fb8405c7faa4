//! The way to an OCI registry: as whom it is asked, and how large a file it may send.

use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use anyhow::Context;
use souk_oci::{FileLimit, OciReference, OciRegistry, RegistryCredentials};

use crate::settings::variables;
use crate::setup::Setup;

/// Names the directory of docker's configuration, as docker and `wkg` read it; else it is `.docker` in
/// the home directory.
const DOCKER_CONFIG: &str = "DOCKER_CONFIG";
/// The largest such file that is read, in bytes.
const MAX_CONFIG: u64 = 1 << 20;

/// Opens the registry of a reference, with the credentials that docker keeps for it.
///
/// # Errors
/// What is kept cannot be read.
pub(super) async fn open(reference: &OciReference) -> anyhow::Result<OciRegistry> {
    let credentials = match docker_config()? {
        Some((file, config)) => {
            RegistryCredentials::from_docker_config(config, &file, reference).await?
        }
        None => RegistryCredentials::anonymous(),
    };
    Ok(OciRegistry::open(reference, credentials).await?)
}

/// Docker's configuration file, and what it holds; none where there is no such file.
fn docker_config() -> anyhow::Result<Option<(PathBuf, Vec<u8>)>> {
    let named = variables::of_process(DOCKER_CONFIG)?.map(PathBuf::from);
    let of_home = || {
        anyhow::Ok(variables::of_process("HOME")?.map(|home| PathBuf::from(home).join(".docker")))
    };
    let directory = match named {
        Some(named) => Some(named),
        None => of_home()?,
    };
    let Some(file) = directory.map(|directory| directory.join("config.json")) else {
        return Ok(None);
    };
    let unreadable = || format!("cannot read docker's configuration `{}`", file.display());
    let opened = match std::fs::File::open(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(unreadable)?,
    };
    let mut config = Vec::new();
    opened.take(MAX_CONFIG).read_to_end(&mut config).with_context(unreadable)?;
    Ok(Some((file, config)))
}

/// How large the file of a plugin may be; of one whose name is not known yet, any.
///
/// # Errors
/// A limit that cannot be.
pub(super) fn file_limit(setup: &Setup, name: Option<&str>) -> anyhow::Result<FileLimit> {
    let file = name.map(|name| format!("{name}.wasm")).unwrap_or_default();
    let bytes = setup.limits.max_file_bytes(&file, &setup.plugin_limits()?);
    Ok(FileLimit { bytes, setting: "`limits.file_bytes`".to_owned() })
}
