//! `souk.lock`: what a directory of plugins is meant to hold, for people and version control.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use souk_model::PluginManifest;

/// The version of the file's form.
const FORM: u32 = 1;

/// What stands above it.
const HEAD: &str = "# What the plugins beside this file are and may do. `souk plugins lock` writes it.\n\
                    # It approves nothing by itself: `souk plugins lock --accept` does.\n\n";

/// `souk.lock`: a proposal of what to approve, and a pin for what nobody has approved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockFile {
    /// By group. Texts are digests.
    pub plugins: BTreeMap<String, PluginManifest>,
}

/// Why a file is no `souk.lock`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`souk.lock` cannot be read: {0}")]
pub struct InvalidLockFile(pub String);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockFileForm {
    form: u32,
    #[serde(default)]
    plugins: BTreeMap<String, PluginManifest>,
}

impl LockFile {
    /// Of these versions.
    #[must_use]
    pub fn of(plugins: impl IntoIterator<Item = PluginManifest>) -> Self {
        let entries = plugins.into_iter().map(PluginManifest::without_texts);
        Self { plugins: entries.map(|entry| (entry.group.clone(), entry)).collect() }
    }

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidLockFile> {
        let form: LockFileForm =
            toml::from_str(text).map_err(|error| InvalidLockFile(error.message().to_owned()))?;
        if form.form != FORM {
            return Err(InvalidLockFile(format!("its form is {}, not {FORM}", form.form)));
        }
        if let Some((name, entry)) = form.plugins.iter().find(|(name, entry)| **name != entry.group)
        {
            let why = format!("the entry `{name}` is of the group `{}`", entry.group);
            return Err(InvalidLockFile(why));
        }
        Ok(Self { plugins: form.plugins })
    }

    /// As it is written.
    ///
    /// # Errors
    /// It cannot be put into TOML.
    pub fn write(&self) -> Result<String, InvalidLockFile> {
        let form = LockFileForm { form: FORM, plugins: self.plugins.clone() };
        let text = toml::to_string(&form).map_err(|error| InvalidLockFile(error.to_string()))?;
        Ok(format!("{HEAD}{text}"))
    }
}
