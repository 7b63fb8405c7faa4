//! `souk.lock`: what a directory of plugins is meant to hold, for people and version control.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use souk_model::{PluginManifest, visible};

/// The version of the file's form.
const FORM: u32 = 1;

/// What stands above it.
const HEAD: &str = "# What the plugins beside this file are and may do, and where they came from. `souk plugins lock`\n\
                    # writes it anew, `add` and `update` what they fetched. It approves nothing by itself:\n\
                    # `souk plugins lock --accept` does.\n\n";

/// `souk.lock`: a proposal of what to approve, and a pin for what nobody has approved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LockFile {
    /// By group. Texts are digests.
    pub plugins: BTreeMap<String, PluginManifest>,
    /// Where files came from, by their names without `.wasm`. It tells where to look for the next
    /// version, and approves and holds back nothing.
    pub sources: BTreeMap<String, PluginSource>,
}

/// Where a plugin's file came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginSource {
    /// What was asked for: `oci://REGISTRY/REPOSITORY:TAG`.
    pub reference: String,
    /// The digest of the manifest that lay there then: `sha256:…`.
    pub manifest: String,
    /// Lower-case hex SHA-256 of the file that it named.
    pub digest: String,
}

/// Why a file is no `souk.lock`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`souk.lock` cannot be read: {0}")]
pub struct InvalidLockFile(pub String);

/// The longest text of it that a message repeats, in characters.
const MAX_MESSAGE: usize = 200;

/// Whoever can write the directory of plugins can write the file, and commands print what it says: no
/// name and no text in it may hold what steers a terminal, cannot be seen, or begins another line.
fn check_texts(value: &toml::Value) -> Result<(), InvalidLockFile> {
    let check = |text: &str| match visible::line(text) {
        Cow::Borrowed(_) => Ok(()),
        Cow::Owned(shown) => Err(InvalidLockFile(format!(
            "a text in it has characters that cannot be seen, or a line break: `{}`",
            visible::sentence(&shown, MAX_MESSAGE)
        ))),
    };
    match value {
        toml::Value::String(text) => check(text),
        toml::Value::Array(items) => items.iter().try_for_each(check_texts),
        toml::Value::Table(table) => {
            table.iter().try_for_each(|(name, value)| check(name).and_then(|()| check_texts(value)))
        }
        _ => Ok(()),
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockFileForm {
    form: u32,
    #[serde(default)]
    plugins: BTreeMap<String, PluginManifest>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sources: BTreeMap<String, PluginSource>,
}

impl LockFile {
    /// Of these versions, which came from nowhere that is known.
    #[must_use]
    pub fn of(plugins: impl IntoIterator<Item = PluginManifest>) -> Self {
        let mut lock = Self::default();
        for manifest in plugins {
            lock.pin(manifest);
        }
        lock
    }

    /// Names this version of its group from now on.
    pub fn pin(&mut self, manifest: PluginManifest) {
        let entry = manifest.without_texts();
        self.plugins.insert(entry.group.clone(), entry);
    }

    /// Names no version any more that is this file's, by its digest.
    pub fn unpin(&mut self, digest: &str) {
        self.plugins.retain(|_, entry| entry.digest != digest);
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plugins.is_empty() && self.sources.is_empty()
    }

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidLockFile> {
        // The parser's message may repeat a text of the file.
        let wrong = |error: toml::de::Error| {
            InvalidLockFile(visible::sentence(error.message(), MAX_MESSAGE))
        };
        check_texts(&toml::from_str(text).map_err(wrong)?)?;
        let form: LockFileForm = toml::from_str(text).map_err(wrong)?;
        if form.form != FORM {
            return Err(InvalidLockFile(format!("its form is {}, not {FORM}", form.form)));
        }
        if let Some((name, entry)) = form.plugins.iter().find(|(name, entry)| **name != entry.group)
        {
            let why = format!("the entry `{name}` is of the group `{}`", entry.group);
            return Err(InvalidLockFile(why));
        }
        for (name, source) in &form.sources {
            let PluginSource { reference, manifest, digest } = source;
            if [name, reference, manifest, digest].iter().any(|text| text.contains(' ')) {
                return Err(InvalidLockFile(format!("`sources.{name}` has a space in it")));
            }
        }
        Ok(Self { plugins: form.plugins, sources: form.sources })
    }

    /// As it is written.
    ///
    /// # Errors
    /// It cannot be put into TOML.
    pub fn write(&self) -> Result<String, InvalidLockFile> {
        let (plugins, sources) = (self.plugins.clone(), self.sources.clone());
        let form = LockFileForm { form: FORM, plugins, sources };
        let text = toml::to_string(&form).map_err(|error| InvalidLockFile(error.to_string()))?;
        Ok(format!("{HEAD}{text}"))
    }
}
