//! The keys whose signatures are approvals, as the operator lists them.

use anyhow::{Context, anyhow};
use serde_json::Value;
use souk_policy::trust::{GrantPattern, KeyCeiling};
use souk_runtime::{SigningKey, SigningKeys};

use crate::settings::resolved::{ResolvedSettings, named_key};
use crate::settings::table;

/// All keys of `plugins.keys`, each with what it may approve.
///
/// # Errors
/// A section without its key, a key that is none, or keys that cannot be told apart.
pub(crate) fn configured(settings: &ResolvedSettings) -> anyhow::Result<SigningKeys> {
    let names = settings.names("plugins.keys").into_iter();
    let keys = names.map(|name| listed_key(settings, name)).collect::<anyhow::Result<Vec<_>>>()?;
    SigningKeys::new(keys).map_err(|why| anyhow!("`plugins.keys`: {why}"))
}

fn listed_key(settings: &ResolvedSettings, name: &str) -> anyhow::Result<SigningKey> {
    let value = |last: &str| {
        let setting = table::find(&named_key("plugins.keys", "NAME", last))?;
        settings.effective(setting, &named_key("plugins.keys", name, last)).value
    };
    let key = value("key").and_then(|key| key.as_str().map(str::to_owned)).with_context(|| {
        format!("`plugins.keys.{name}` has no `key`: give the second line of its `minisign.pub`")
    })?;
    let max_tier = serde_json::from_value(value("max_tier").unwrap_or_default())
        .with_context(|| format!("`plugins.keys.{name}.max_tier`"))?;
    let grants = value("grants").map(|grants| patterns(&grants)).transpose()?;
    let ceiling = KeyCeiling { max_tier, grants };
    SigningKey::new(name, &key, ceiling).map_err(|why| anyhow!("`plugins.keys.{name}.key`: {why}"))
}

fn patterns(grants: &Value) -> anyhow::Result<Vec<GrantPattern>> {
    let texts = grants.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(|text| text.parse().map_err(anyhow::Error::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings;

    const KEY: &str = "RWSOHXY0FGoPfsPVNbFrbYtF2sw0E5/eMUiJSopdMeYO8nbkOdw5rWQX";

    #[test]
    fn a_section_without_its_key_and_two_keys_of_one_id_are_refused() {
        let refused = |file: &str| {
            let error = configured(&settings(&[], &[], file)).unwrap_err();
            format!("{error:#}")
        };
        let nameless = refused("[plugins.keys.release]\nmax_tier = 'risk'");
        assert!(nameless.contains("`plugins.keys.release` has no `key`"), "{nameless}");
        let twins = format!("[plugins.keys.a]\nkey = '{KEY}'\n[plugins.keys.b]\nkey = '{KEY}'");
        let twins = refused(&twins);
        assert!(twins.contains("have the same id"), "{twins}");
        let wrong = refused("[plugins.keys.a]\nkey = 'RWQ'");
        assert!(
            wrong.starts_with("`plugins.keys.a.key`: it is no public key of minisign"),
            "{wrong}"
        );
        let one = format!("[plugins.keys.a]\nkey = '{KEY}'\ngrants = ['GET /V1/products/*']");
        configured(&settings(&[], &[], &one)).unwrap();
    }
}
