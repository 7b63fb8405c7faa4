//! The defaults of the table as values.

use serde_json::Value;

use super::setting::{DefaultValue, Setting};

/// The default of a setting that has one of the same everywhere.
pub(crate) fn of(setting: &Setting) -> Option<Value> {
    match setting.default {
        DefaultValue::Toml(toml) => literal(setting, toml),
        DefaultValue::Unset(_) | DefaultValue::Computed(_) | DefaultValue::SameAs(_) => None,
    }
}

/// A value of a setting, written as TOML. A test reads every one in the table.
pub(crate) fn literal(setting: &Setting, toml: &str) -> Option<Value> {
    let value: toml::Value =
        toml::from_str::<toml::Table>(&format!("value = {toml}")).ok()?.remove("value")?;
    setting.kind.check(serde_json::to_value(value).ok()?).ok()
}
