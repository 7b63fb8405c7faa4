//! The templates: a plugin that builds and passes its cases as it comes.

use anyhow::Context;

use super::packed::{self, TEMPLATES, TYPESCRIPT_LOCK};
use super::written_file::WrittenFile;
use crate::plugin_language::PluginLanguage;
use crate::plugin_template::PluginTemplate;

/// A plugin that is about to be written.
pub(super) struct NewPlugin<'a> {
    /// Its group's name, which is a plain one.
    pub(super) name: &'a str,
    pub(super) language: PluginLanguage,
    pub(super) template: PluginTemplate,
    /// Where its SDK is, as seen from its own directory.
    pub(super) sdk: String,
}

impl NewPlugin<'_> {
    /// The tool that it will have.
    pub(super) fn tool(&self) -> String {
        format!("{}_{}", self.name, self.template.action())
    }

    /// All its files.
    ///
    /// # Errors
    /// What is packed is not as it should be.
    pub(super) fn files(&self) -> anyhow::Result<Vec<WrittenFile>> {
        let language = match self.language {
            PluginLanguage::Rust => "rust",
            PluginLanguage::TypeScript => "ts",
            PluginLanguage::Python => "py",
        };
        let template = self.template.name();
        let below = [format!("{language}/common/"), format!("{language}/{template}/")];
        let mut files: Vec<WrittenFile> = TEMPLATES
            .iter()
            .filter_map(|file| {
                let path = below.iter().find_map(|below| file.path.strip_prefix(below.as_str()))?;
                Some(WrittenFile { path: path.to_owned(), text: self.filled(file.text) })
            })
            .collect();
        let cases = packed::find(TEMPLATES, &format!("cases/{template}.toml"));
        let cases = cases.context("every template has cases")?;
        files.push(WrittenFile { path: "cases.toml".to_owned(), text: self.filled(cases) });
        if self.language == PluginLanguage::TypeScript {
            files.push(self.typescript_lock()?);
        }
        Ok(files)
    }

    fn filled(&self, text: &str) -> String {
        let title = self.name[..1].to_ascii_uppercase() + &self.name[1..];
        text.replace("@name@", self.name)
            .replace("@title@", &title)
            .replace("@tool@", &self.tool())
            .replace("@sdk@", &self.sdk)
    }

    /// What npm installs, to the digest: as the example has it, which is built with every change of the
    /// SDK.
    fn typescript_lock(&self) -> anyhow::Result<WrittenFile> {
        let example = packed::find(TYPESCRIPT_LOCK, "package-lock.json");
        let example = example.context("the example has a lock file")?;
        let text = example
            .replace("\"name\": \"blocks\"", &format!("\"name\": \"{}\"", self.name))
            .replace("file:../../sdk-js", &format!("file:{}", self.sdk));
        Ok(WrittenFile { path: "package-lock.json".to_owned(), text })
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_template_of_every_language_is_whole_and_filled() {
        for language in PluginLanguage::ALL {
            for template in PluginTemplate::value_variants() {
                let sdk = "../.souk/sdk-x".to_owned();
                let plugin = NewPlugin { name: "greet", language, template: *template, sdk };
                let files = plugin.files().unwrap();
                for needed in ["build.sh", "cases.toml", "README.md", ".gitignore"] {
                    assert!(files.iter().any(|file| file.path == needed), "{needed}");
                }
                let all: String = files.iter().map(|file| file.text.as_str()).collect();
                for left in ["@name@", "@title@", "@tool@", "@sdk@", "sdk-js\"", "\"blocks\""] {
                    assert!(!all.contains(left), "{language:?} {template:?}: `{left}`");
                }
                assert!(all.contains(template.action()) && all.contains("../.souk/sdk-x"));
            }
        }
    }

    /// What is built without a network is what the workspace has built before.
    #[test]
    fn a_rust_plugin_is_built_of_the_versions_that_the_workspace_has() {
        let packages = |lock: &str| -> Vec<(String, String)> {
            let lock: toml::Table = lock.parse().unwrap();
            let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
            let all = lock["package"].as_array().unwrap().iter();
            all.map(|package| (text(package, "name"), text(package, "version"))).collect()
        };
        let workspace = packages(include_str!("../../../../../Cargo.lock"));
        let own = packages(packed::find(TEMPLATES, "rust/common/Cargo.lock").unwrap());
        let foreign: Vec<_> = own
            .iter()
            .filter(|package| {
                !package.0.starts_with("souk-plugin-") && !workspace.contains(package)
            })
            .collect();
        assert!(own.len() > 10, "{own:?}");
        assert!(
            foreign.is_empty(),
            "the workspace has no {foreign:?}: update `host/souk/templates/rust/common/Cargo.lock`"
        );
    }
}
