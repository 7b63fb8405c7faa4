//! Every setting there is, by what it is about.

mod approvals;
mod callers;
mod cdn;
mod changes;
mod files;
mod listing;
mod oauth;
pub(crate) mod operating;
mod plugins;
mod policy;
mod serving;
mod state;
mod stores;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::setting::{Setting, SettingGroup};
use super::source::{SettingSource, SettingValue};

/// All of them, in the order in which the documentation has them.
pub(crate) const GROUPS: &[SettingGroup] = &[
    files::FILES,
    policy::POLICY,
    listing::LISTING,
    callers::PRINCIPALS,
    callers::ROLES,
    oauth::OAUTH,
    approvals::APPROVALS,
    changes::ROUTES,
    changes::GUARDS,
    changes::PLANS,
    state::AUDIT,
    state::STATE,
    stores::STORES,
    cdn::CDN,
    plugins::TRUST_IN_PLUGINS,
    plugins::KEYS,
    plugins::PARKING,
    plugins::PLUGINS,
    plugins::LIMITS,
    plugins::PLUGIN_LIMITS,
    serving::HTTP,
    serving::CONSOLE,
    serving::CALLERS,
    serving::RATES,
    operating::OPERATING,
    operating::TRACES,
];

static BY_KEY: LazyLock<HashMap<&'static str, &'static Setting>> =
    LazyLock::new(|| all().map(|setting| (setting.key, setting)).collect());

/// Every setting.
pub(crate) fn all() -> impl Iterator<Item = &'static Setting> {
    GROUPS.iter().flat_map(|group| group.settings)
}

/// The setting with this key, as the table writes it.
pub(crate) fn find(key: &str) -> Option<&'static Setting> {
    BY_KEY.get(key).copied()
}

/// A setting as a command sets it that has its own of it; none where there is no such setting. It stands
/// where a flag would.
pub(crate) fn set_by(command: &'static str, key: &str, value: Value) -> Option<SettingValue> {
    let setting = find(key)?;
    let source = SettingSource::Flag(command);
    Some(SettingValue { setting, key: key.to_owned(), name: None, value, source })
}
