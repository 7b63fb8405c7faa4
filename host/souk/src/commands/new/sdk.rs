//! The SDKs as they are written beside plugins: whole, so that they need no registry.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use souk_runtime::CONTRACT_VERSION;
use toml::{Table, Value};

use super::packed::{PYTHON_SDK, PackedFile, RUST_SDK, TYPESCRIPT_SDK};
use super::written_file::WrittenFile;
use crate::plugin_language::PluginLanguage;

/// Digits of the digest in a directory's name.
const DIGITS: usize = 8;
/// The crates that a plugin in Rust is built with.
const CRATES: [&str; 2] = ["plugins/sdk", "plugins/sdk-macros"];

/// An SDK, ready to be written.
pub(super) struct Sdk {
    /// Its directory's name, which tells versions apart: by the contract's and by what is in it.
    pub(super) directory: String,
    pub(super) files: Vec<WrittenFile>,
}

impl Sdk {
    /// That of a language.
    ///
    /// # Errors
    /// What is packed is not as it should be.
    pub(super) fn of(language: PluginLanguage) -> anyhow::Result<Self> {
        let (name, table) = match language {
            PluginLanguage::Rust => ("rust", RUST_SDK),
            PluginLanguage::TypeScript => ("ts", TYPESCRIPT_SDK),
            PluginLanguage::Python => ("py", PYTHON_SDK),
        };
        let files = table.iter().map(written).collect::<anyhow::Result<Vec<WrittenFile>>>()?;
        let mut digest = Sha256::new();
        for WrittenFile { path, text } in &files {
            for part in [path, text] {
                digest.update(part.len().to_le_bytes());
                digest.update(part);
            }
        }
        let digest = hex::encode(digest.finalize());
        let directory = format!("sdk-{name}-{CONTRACT_VERSION}-{}", &digest[..DIGITS]);
        Ok(Self { directory, files })
    }

    /// Writes it into this directory, unless it is there already, file for file. Whoever looks meanwhile
    /// sees all of it or nothing. What builds have made of it is not taken on trust, and made anew.
    ///
    /// # Errors
    /// It cannot be written; what is there under its name is something else.
    pub(super) fn write_below(&self, parent: &Path) -> anyhow::Result<()> {
        let directory = parent.join(&self.directory);
        match self.compare(&directory)? {
            SdkInPlace::Whole => return Ok(()),
            SdkInPlace::Other(path) => bail!(
                "`{}` is not what this souk writes there, and a plugin would be built with it: remove \
                 `{}`",
                directory.join(path).display(),
                directory.display()
            ),
            SdkInPlace::Nothing | SdkInPlace::Built => {}
        }
        let half = tempfile::Builder::new()
            .prefix(".sdk-")
            .tempdir_in(parent)
            .with_context(|| format!("cannot write in `{}`", parent.display()))?;
        let whole = half.path().join("sdk");
        for file in &self.files {
            file.write_below(&whole)?;
        }
        // What is there goes where the half is, and with it.
        if directory.is_dir() {
            let _ = fs::rename(&directory, half.path().join("before"));
        }
        match fs::rename(&whole, &directory) {
            // Somebody else was as fast.
            Err(_) if matches!(self.compare(&directory)?, SdkInPlace::Whole) => Ok(()),
            renamed => renamed.with_context(|| format!("cannot write `{}`", directory.display())),
        }
    }

    /// What lies in the SDK's place: whoever made the directory may have laid anything there.
    fn compare(&self, directory: &Path) -> anyhow::Result<SdkInPlace> {
        if directory.symlink_metadata().is_err() {
            return Ok(SdkInPlace::Nothing);
        }
        if directory.symlink_metadata()?.is_symlink() || !directory.is_dir() {
            return Ok(SdkInPlace::Other(String::new()));
        }
        let mut missing: BTreeMap<&str, &str> =
            self.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
        let mut place = SdkInPlace::Whole;
        let mut open = vec![String::new()];
        while let Some(below) = open.pop() {
            let entries = fs::read_dir(directory.join(&below))
                .with_context(|| format!("cannot read `{}`", directory.join(&below).display()))?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
                let kind = entry.file_type()?;
                if kind.is_dir() && is_built(&name) {
                    place = SdkInPlace::Built;
                } else if kind.is_dir() {
                    open.push(path);
                } else if !(kind.is_file()
                    && missing.remove(path.as_str()).is_some_and(|text| holds(&entry.path(), text)))
                {
                    return Ok(SdkInPlace::Other(path));
                }
            }
        }
        Ok(match missing.keys().next() {
            Some(path) => SdkInPlace::Other((*path).to_owned()),
            None => place,
        })
    }
}

/// What lies in the place of an SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
enum SdkInPlace {
    Nothing,
    /// The SDK, file for file.
    Whole,
    /// The SDK, and what builds have made beside its files.
    Built,
    /// This, below the directory, is missing, different, or not of the SDK.
    Other(String),
}

/// Whether a directory of this name is made by builds.
fn is_built(name: &str) -> bool {
    ["target", "node_modules", "__pycache__", "build"].contains(&name)
        || name.ends_with(".egg-info")
}

fn holds(path: &Path, text: &str) -> bool {
    let is_as_long = path.symlink_metadata().is_ok_and(|found| found.len() == text.len() as u64);
    is_as_long && fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes())
}

fn written(packed: &PackedFile) -> anyhow::Result<WrittenFile> {
    let text = if packed.path == "Cargo.toml" {
        rust_workspace(packed.text).context("the program's copy of its workspace")?
    } else {
        packed.text.to_owned()
    };
    Ok(WrittenFile { path: packed.path.to_owned(), text })
}

/// The workspace of the SDK's crates alone, made of the one that they are developed in.
fn rust_workspace(manifest: &str) -> anyhow::Result<String> {
    let mut whole: Table = manifest.parse()?;
    let workspace =
        whole.remove("workspace").and_then(into_table).context("it has no workspace")?;
    let mut kept = Table::new();
    kept.insert("members".to_owned(), CRATES.map(Value::from).to_vec().into());
    for (key, value) in workspace {
        match (key.as_str(), value) {
            ("dependencies", Value::Table(all)) => {
                kept.insert(key, sdk_dependencies(all)?.into());
            }
            ("package" | "lints" | "resolver", value) => {
                kept.insert(key, value);
            }
            _ => {}
        }
    }
    let comment = "# The SDK's crates, as Souk has them. Written by `souk new`.\n";
    let workspace = Table::from_iter([("workspace".to_owned(), Value::Table(kept))]);
    Ok(format!("{comment}{}", toml::to_string(&workspace)?))
}

/// Of the workspace's dependencies those that the SDK's manifests name.
fn sdk_dependencies(mut all: Table) -> anyhow::Result<Table> {
    let mut named = Vec::new();
    for path in CRATES {
        let path = format!("{path}/Cargo.toml");
        let manifest = super::packed::find(RUST_SDK, &path).context("a crate has a manifest")?;
        let manifest: Table = manifest.parse()?;
        for section in ["dependencies", "dev-dependencies"] {
            let section = manifest.get(section).and_then(Value::as_table);
            named.extend(section.into_iter().flat_map(|section| section.keys().cloned()));
        }
    }
    all.retain(|name, _| named.iter().any(|known| known == name));
    Ok(all)
}

fn into_table(value: Value) -> Option<Table> {
    match value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rust_sdk_is_a_workspace_of_its_own_with_nothing_of_the_hosts() {
        let sdk = Sdk::of(PluginLanguage::Rust).unwrap();
        let manifest = sdk.files.iter().find(|file| file.path == "Cargo.toml").unwrap();
        let parsed: Table = manifest.text.parse().unwrap();
        let workspace = parsed["workspace"].as_table().unwrap();
        let mut names: Vec<&String> =
            workspace["dependencies"].as_table().unwrap().keys().collect();
        names.retain(|name| ["wasmtime", "tokio", "souk-policy"].contains(&name.as_str()));
        assert!(names.is_empty(), "{names:?}");
        assert!(workspace["dependencies"].as_table().unwrap().contains_key("wit-bindgen"));
        assert_eq!(workspace["members"].as_array().unwrap().len(), 2);
        for needed in ["wit/souk.wit", "plugins/sdk/src/lib.rs", "plugins/sdk-macros/src/lib.rs"] {
            assert!(sdk.files.iter().any(|file| file.path == needed), "{needed}");
        }
    }

    #[test]
    fn what_lies_in_an_sdks_place_is_it_file_for_file_or_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let sdk = Sdk::of(PluginLanguage::Python).unwrap();
        let directory = root.path().join(&sdk.directory);
        sdk.write_below(root.path()).unwrap();
        sdk.write_below(root.path()).unwrap();
        // What a build has left there is made anew.
        fs::create_dir(directory.join("build")).unwrap();
        fs::write(directory.join("build/planted.py"), "").unwrap();
        sdk.write_below(root.path()).unwrap();
        assert_eq!(sdk.compare(&directory).unwrap(), SdkInPlace::Whole);
        let other = |path: &str| {
            let why = sdk.write_below(root.path()).unwrap_err().to_string();
            assert!(why.contains(path) && why.contains("remove"), "{why}");
        };
        fs::write(directory.join("setup.cfg"), "planted").unwrap();
        other("setup.cfg");
        fs::remove_file(directory.join("setup.cfg")).unwrap();
        let file = directory.join(&sdk.files[0].path);
        fs::write(&file, "planted").unwrap();
        other(&sdk.files[0].path);
        fs::remove_file(&file).unwrap();
        other(&sdk.files[0].path);
        std::os::unix::fs::symlink("/dev/null", &file).unwrap();
        other(&sdk.files[0].path);
    }

    #[test]
    fn every_sdk_brings_the_contract_as_it_is() {
        let contract = super::super::packed::find(RUST_SDK, "wit/souk.wit").unwrap();
        for (language, path) in [
            (PluginLanguage::TypeScript, "wit/souk.wit"),
            (PluginLanguage::Python, "souk_py/souk.wit"),
        ] {
            let sdk = Sdk::of(language).unwrap();
            let file = sdk.files.iter().find(|file| file.path == path).unwrap();
            assert!(file.text == contract, "{path}");
        }
    }
}
