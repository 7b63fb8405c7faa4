//! The environment, read in one place.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::Value;

use super::kind::ValueKind;
use super::nearest::nearest;
use super::secret_file;
use super::setting::Setting;
use super::source::{SettingProblem, SettingSource, SettingValue};
use super::table;

/// Begins the name of every variable that is souk's alone.
const PREFIX: &str = "SOUK_";
/// Begins the name of every variable that magento-mcp has for itself, and not for the store.
const OF_MAGENTO_MCP: &str = "MCP_";
/// Begins those that name the store.
const OF_STORE: &str = "MAGENTO_";
/// One of them that sets nothing here.
const SETS_NOTHING: &str = "MCP_IDEMPOTENCY_PATH";
/// Begins those that the tests of souk itself know.
const TESTS: &str = "SOUK_TEST_";
/// Ends the name of a variable that holds the path of a file which holds the secret.
const FILE_SUFFIX: &str = "_FILE";

/// The environment of this process.
///
/// An empty variable counts as not set, which is how shells and client configurations often leave
/// them.
///
/// # Errors
/// It is not UTF-8.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn of_process(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => bail!("`{name}` is not valid UTF-8"),
    }
}

/// What tells a variable's text.
pub(crate) type Environment<'e> = &'e dyn Fn(&str) -> anyhow::Result<Option<String>>;

/// The names of magento-mcp's own variables: whoever sets one had it before.
pub(crate) fn of_magento_mcp() -> impl Iterator<Item = &'static str> {
    let names = table::all().flat_map(|setting| setting.variables.iter().copied());
    names.filter(|name| name.starts_with(OF_MAGENTO_MCP)).chain([SETS_NOTHING])
}

/// The values of all variables that set a setting.
pub(crate) fn read(environment: Environment<'_>) -> (Vec<SettingValue>, Vec<SettingProblem>) {
    let (mut values, mut problems) = (Vec::new(), Vec::new());
    for setting in table::all() {
        for &name in setting.variables {
            match variable(setting, name, environment) {
                Ok(found) => values.extend(found),
                Err(problem) => problems.push(problem),
            }
        }
    }
    (values, problems)
}

fn variable(
    setting: &'static Setting,
    name: &'static str,
    environment: Environment<'_>,
) -> Result<Option<SettingValue>, SettingProblem> {
    let text = |name: &str| {
        environment(name).map_err(|error| SettingProblem::of_all(format!("{error:#}")))
    };
    let plain = SettingSource::Variable { name, file: false };
    let by_file = SettingSource::Variable { name, file: true };
    let (own, file) = match setting.kind {
        ValueKind::Secret | ValueKind::Token => {
            (text(name)?, text(&format!("{name}{FILE_SUFFIX}"))?)
        }
        _ => (text(name)?, None),
    };
    let (value, source) = match (own, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message = format!("`{name}` and `{name}{FILE_SUFFIX}` are both set; one is enough");
            return Err(SettingProblem::at(&plain, message));
        }
        (Some(text), None) => (setting.kind.parse(&text), plain),
        (None, Some(path)) => (secret(setting.kind, Path::new(&path)), by_file),
    };
    match value {
        Ok(value) => Ok(Some(SettingValue {
            setting,
            key: setting.key.to_owned(),
            name: None,
            value,
            source,
        })),
        Err(why) => Err(SettingProblem::at(&source, why)),
    }
}

/// The value that is kept in a file of its own.
///
/// # Errors
/// Why it is none, for people.
pub(crate) fn secret(kind: ValueKind, path: &Path) -> Result<Value, String> {
    secret_file::read(path).and_then(|secret| kind.check(secret.into()))
}

/// The files in which the values of variables are kept, by the names of the variables.
pub(crate) fn files(environment: Environment<'_>) -> Vec<(&'static str, PathBuf)> {
    let names = table::all().filter(|setting| setting.kind.is_secret());
    names
        .flat_map(|setting| setting.variables.iter().copied())
        .filter_map(|name| {
            let path = environment(&format!("{name}{FILE_SUFFIX}")).ok().flatten()?;
            Some((name, PathBuf::from(path)))
        })
        .collect()
}

/// Variables that look as if they were meant for souk and set nothing, each with the name that may
/// be meant.
pub(crate) fn unknown<'n>(
    set: impl IntoIterator<Item = &'n str>,
) -> Vec<(&'n str, Option<&'static str>)> {
    let known = |name: &str| {
        let plain = name.strip_suffix(FILE_SUFFIX).unwrap_or(name);
        table::all().any(|setting| {
            setting.variables.contains(&name)
                || setting.kind.is_secret() && setting.variables.contains(&plain)
        })
    };
    let names = || table::all().flat_map(|setting| setting.variables.iter().copied());
    set.into_iter()
        .filter(|name| name.starts_with(PREFIX) && !known(name))
        .filter(|name| !name.starts_with(TESTS))
        .map(|name| (name, nearest(name, names())))
        .collect()
}

/// The names of all variables of this process that are text.
pub(crate) fn names_of_process() -> Vec<String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
}

/// The names of the variables of this process that are for souk: its own, those that set something, and
/// those that look as if they named the store or what it is asked with.
pub(crate) fn own_names() -> Vec<String> {
    let sets = |name: &str| {
        let plain = name.strip_suffix(FILE_SUFFIX).unwrap_or(name);
        table::all().any(|setting| setting.variables.contains(&plain))
    };
    let is_own = |name: &String| {
        [PREFIX, OF_MAGENTO_MCP, OF_STORE].iter().any(|prefix| name.starts_with(prefix))
            || sets(name)
    };
    names_of_process().into_iter().filter(is_own).collect()
}

/// Where this user keeps files of a kind: `souk` in the directory that a variable of the XDG
/// convention names, else in its usual place below the home directory.
///
/// # Errors
/// A variable is not UTF-8.
pub(crate) fn user_dir(
    environment: Environment<'_>,
    variable: &str,
    below_home: &str,
) -> anyhow::Result<Option<PathBuf>> {
    let absolute = |path: String| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    // The convention has a relative one ignored; it would lead into the working directory.
    let base = match environment(variable)?.and_then(absolute) {
        Some(base) => Some(base),
        None => environment("HOME")?.and_then(absolute).map(|home| home.join(below_home)),
    };
    Ok(base.map(|base| base.join("souk")))
}
