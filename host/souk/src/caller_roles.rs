//! Which roles callers have.

use anyhow::bail;
use serde_json::Value;

use crate::settings::nearest;
use crate::settings::resolved::{ResolvedSettings, named_key};

/// The roles of a caller; none where it needs none.
///
/// # Errors
/// One that is nowhere defined.
pub(crate) fn of(settings: &ResolvedSettings, name: &str) -> anyhow::Result<Option<Vec<String>>> {
    let key = named_key("principals", name, "roles");
    let Some(given) = settings.given(&key).next() else { return Ok(None) };
    let known = settings.names("roles");
    let roles = given.value.as_array().into_iter().flatten().filter_map(Value::as_str);
    let roles: Vec<String> = roles.map(str::to_owned).collect();
    for role in &roles {
        check_known(&key, role, &known)?;
    }
    Ok(Some(roles))
}

/// Whether a role is defined.
///
/// # Errors
/// It is not, with what may be meant.
pub(crate) fn check_known(key: &str, role: &str, known: &[&str]) -> anyhow::Result<()> {
    if known.contains(&role) {
        return Ok(());
    }
    let meant = nearest(role, known.iter().copied());
    let hint = meant.map(|meant| format!("; is `{meant}` meant?")).unwrap_or_default();
    bail!("`{key}`: there is no role `{role}`, which would be a table `[roles.{role}]`{hint}");
}
