//! Settings that a command has of its own: it works in a place where it harms nobody.

use anyhow::Context;
use serde_json::Value;

use crate::settings::source::SettingValue;
use crate::settings::table;

/// The flags, with these settings in place of what they say of them. The rest of the configuration counts
/// as ever.
///
/// # Errors
/// There is no such setting.
pub(crate) fn with_own<const N: usize>(
    command: &'static str,
    flags: Vec<SettingValue>,
    own: [(&'static str, Value); N],
) -> anyhow::Result<Vec<SettingValue>> {
    let mut flags: Vec<SettingValue> =
        flags.into_iter().filter(|flag| !own.iter().any(|(key, _)| flag.key == *key)).collect();
    for (key, value) in own {
        let set = table::set_by(command, key, value);
        flags.push(set.with_context(|| format!("there is no setting `{key}`"))?);
    }
    Ok(flags)
}
