//! The environment, read in one place.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::Value;

use super::kind::ValueKind;
use super::secret_file;
use super::setting::Setting;
use super::source::{SettingProblem, SettingSource, SettingValue};
use super::table;

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
        ValueKind::Secret => (text(name)?, text(&format!("{name}{FILE_SUFFIX}"))?),
        _ => (text(name)?, None),
    };
    let (value, source) = match (own, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message = format!("`{name}` and `{name}{FILE_SUFFIX}` are both set; one is enough");
            return Err(SettingProblem::at(&plain, message));
        }
        (Some(text), None) => (setting.kind.parse(&text), plain),
        (None, Some(path)) => (secret_file::read(Path::new(&path)).map(Value::from), by_file),
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
    let base = match environment(variable)? {
        Some(base) => Some(PathBuf::from(base)),
        None => environment("HOME")?.map(|home| Path::new(&home).join(below_home)),
    };
    Ok(base.map(|base| base.join("souk")))
}
