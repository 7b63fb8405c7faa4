//! `souk.toml`. Every key is optional; an unknown one is an error, so that a misspelt rule cannot
//! silently mean nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use souk_model::{Secret, Tier};
use souk_upstream::{CdnSettings, StoreConfig};

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The directory of plugins. Relative paths are relative to the file.
    pub(crate) plugins_dir: Option<PathBuf>,
    /// Where plans and the audit trail are kept.
    pub(crate) state_dir: Option<PathBuf>,
    /// Where compiled plugins are kept.
    pub(crate) cache_dir: Option<PathBuf>,
    /// The audit trail's file.
    pub(crate) audit_path: Option<PathBuf>,
    /// What may be called, by everybody.
    pub(crate) policy: Policy,
    /// What one principal may call, on top of that.
    pub(crate) principals: BTreeMap<String, Limited>,
    /// By group name.
    pub(crate) plugins: BTreeMap<String, Plugin>,
    /// The stores; the first is the default.
    pub(crate) stores: Vec<StoreConfig>,
    /// The cache before the only store; of several stores each has its own `cdn`.
    pub(crate) cdn: CdnSettings,
    /// Whether a login of a server begins to ask the store what it can do: at most twenty small
    /// reads in the background. It does unless this is off.
    pub(crate) probe: Option<bool>,
    /// What a change may do.
    pub(crate) guards: souk_plans::Guards,
    /// Which of the limits on changes the file itself sets: a default is no source.
    #[serde(skip)]
    pub(crate) guards_set: BTreeSet<String>,
    /// How plans are kept and carried out.
    pub(crate) plans: souk_plans::PlansConfig,
    /// What plugins may use.
    pub(crate) limits: souk_runtime::Limits,
    /// What callers may take.
    pub(crate) mcp: souk_mcp::TransportLimits,
    /// Serve over HTTP at this address instead of stdio.
    pub(crate) listen: Option<SocketAddr>,
    /// How HTTP is served.
    pub(crate) http: souk_mcp::HttpConfig,
}

/// `[policy]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Policy {
    /// Nothing above this tier.
    pub(crate) max_tier: Option<Tier>,
    /// Nothing that changes the store.
    pub(crate) read_only: bool,
    /// Only these tools.
    pub(crate) allow: Option<Vec<String>>,
    /// Never these.
    pub(crate) deny: Option<Vec<String>>,
    /// The only groups that may touch a session, in place of `auth` and `scope`.
    pub(crate) session_plugins: Option<Vec<String>>,
    /// Let callers log in with credentials of their own.
    pub(crate) accept_credentials: Option<bool>,
    /// Whether writes from tier risk up need `confirm` and a `reason`. They do unless this is off.
    pub(crate) confirm: Option<bool>,
    /// Mask personal data: `true` for everybody in everything, or `[[policy.mask_pii]]` for some.
    pub(crate) mask_pii: MaskPii,
}

/// `policy.mask_pii`
#[derive(Debug, Default)]
pub(crate) enum MaskPii {
    /// Nothing is masked.
    #[default]
    Off,
    /// For everybody, in everything.
    Everything,
    /// For these principals, in what these plugins answer.
    Some(Vec<MaskedFor>),
}

/// `[[policy.mask_pii]]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MaskedFor {
    /// Names, or `support-*`; for everybody where left out.
    pub(crate) principals: Option<Vec<String>>,
    /// Groups; in all of them where left out.
    pub(crate) plugins: Option<Vec<String>>,
}

impl<'de> Deserialize<'de> for MaskPii {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MaskPiiVisitor)
    }
}

/// By hand, so that a misspelt key is named.
struct MaskPiiVisitor;

impl<'de> Visitor<'de> for MaskPiiVisitor {
    type Value = MaskPii;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("true, false, or tables `[[policy.mask_pii]]`")
    }

    fn visit_bool<E: de::Error>(self, on: bool) -> Result<MaskPii, E> {
        Ok(if on { MaskPii::Everything } else { MaskPii::Off })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<MaskPii, A::Error> {
        let mut some = Vec::new();
        while let Some(one) = seq.next_element()? {
            some.push(one);
        }
        Ok(MaskPii::Some(some))
    }
}

/// `[principals.NAME]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limited {
    /// Nothing above this tier.
    pub(crate) max_tier: Option<Tier>,
    /// Nothing that changes the store.
    pub(crate) read_only: bool,
    /// Only these tools.
    pub(crate) allow: Option<Vec<String>>,
    /// Never these.
    pub(crate) deny: Option<Vec<String>>,
    /// The bearer token that tells this principal over HTTP.
    pub(crate) token: Option<Secret>,
}

/// `[plugins.NAME]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Plugin {
    /// Nothing of it above this tier.
    pub(crate) max_tier: Option<Tier>,
    /// What the plugin itself may read.
    pub(crate) settings: Map<String, Value>,
}

impl Config {
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let mut config: Self = toml::from_str(text)?;
        let table: toml::Table = toml::from_str(text)?;
        let guards = table.get("guards").and_then(toml::Value::as_table);
        config.guards_set = guards.into_iter().flat_map(toml::Table::keys).cloned().collect();
        Ok(config)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, is not TOML, or holds something that Souk does not know; said with the
    /// line.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration `{}`", path.display()))?;
        let mut config = Self::parse(&text)
            .with_context(|| format!("the configuration `{}` is wrong", path.display()))?;
        let base = path.parent().unwrap_or(Path::new("."));
        for relative in [
            &mut config.plugins_dir,
            &mut config.state_dir,
            &mut config.cache_dir,
            &mut config.audit_path,
        ]
        .into_iter()
        .flatten()
        {
            *relative = base.join(&*relative);
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_misspelt_key_is_refused_and_named() {
        for (text, key) in [
            ("max_tier = \"safe\"", "max_tier"),
            ("[policy]\nreadonly = true", "readonly"),
            ("[[policy.mask_pii]]\nprincipal = [\"a\"]", "principal"),
            ("[policy]\nmask_pii = \"yes\"", "mask_pii"),
            ("[limits]\nmemory = 1", "memory"),
            ("[http]\nallowed_host = []", "allowed_host"),
            ("[plugins.cms]\ntier = \"safe\"", "tier"),
            ("[cdn]\nsecret = \"x\"", "secret"),
            ("[[stores]]\nname = \"a\"\nbase_url = \"https://a\"\npassword = \"x\"", "password"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn secrets_in_the_file_are_not_printed() {
        for text in [
            "[principals.ci]\ntoken = \"hunter2-hunter2-hunter2\"",
            "[cdn]\nservice_id = \"a\"\ntoken = \"hunter2\"",
        ] {
            let config = parse(text).unwrap();
            assert!(!format!("{config:?}").contains("hunter2"));
        }
    }
}
