//! Proposals that lie: about whom they are about, what they write, what was there before.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One proposal, for an action of the `forger`, which hands it to its host as it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forgery {
    /// In words for a list: `another-product-is-read`.
    pub name: String,
    /// What it tries.
    pub about: String,
    /// The tool that proposes it.
    #[serde(default = "prepare")]
    pub tool: String,
    /// Its arguments: an object, as JSON.
    proposal: String,
    /// The code that it is refused with.
    pub refused: String,
}

fn prepare() -> String {
    "forger_prepare".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forgeries {
    forgery: Vec<Forgery>,
}

impl Forgery {
    /// The arguments of its call.
    ///
    /// # Panics
    /// They are no object.
    #[must_use]
    pub fn arguments(&self) -> Map<String, Value> {
        serde_json::from_str(&self.proposal)
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// All of `forgeries.toml`.
///
/// # Panics
/// The file is not one.
#[must_use]
pub fn all() -> Vec<Forgery> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("forgeries.toml");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read: Forgeries =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    read.forgery
}
