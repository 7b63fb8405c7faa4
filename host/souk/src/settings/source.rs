//! Where a value comes from, and what is wrong with one.

use std::fmt;
use std::path::PathBuf;

use serde_json::Value;
use souk_policy::RuleOrigin;

use super::setting::Setting;

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettingSource {
    /// A flag of the command line.
    Flag(&'static str),
    /// A variable of the environment; `file` where it only names the file that holds the value.
    Variable { name: &'static str, file: bool },
    /// The operator's file.
    File(FilePlace),
    /// A file of the working directory, which can only narrow.
    LocalFile(FilePlace),
    /// Nobody set it.
    Default,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilePlace {
    pub(crate) path: PathBuf,
    /// Counted from 1.
    pub(crate) line: usize,
}

impl SettingSource {
    /// Whether it can only narrow what counts without it.
    pub(crate) const fn only_narrows(&self) -> bool {
        matches!(self, Self::LocalFile(_))
    }

    /// Whether it is a variable.
    pub(crate) const fn is_variable(&self) -> bool {
        matches!(self, Self::Variable { .. })
    }

    /// Whether it is the operator's file.
    pub(crate) const fn is_operators_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The line of a file where it stands.
    pub(crate) const fn line(&self) -> Option<usize> {
        match self {
            Self::File(place) | Self::LocalFile(place) => Some(place.line),
            Self::Flag(_) | Self::Variable { .. } | Self::Default => None,
        }
    }

    /// The same for a refusal, which names whom to ask.
    pub(crate) fn origin(&self, key: &str) -> RuleOrigin {
        match self {
            Self::Flag(name) => RuleOrigin::Flag(name),
            Self::Variable { name, .. } => RuleOrigin::Env(name),
            Self::File(place) | Self::LocalFile(place) => {
                RuleOrigin::File { path: place.path.clone(), key: key.to_owned() }
            }
            Self::Default => RuleOrigin::Default,
        }
    }
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Variable { name, file: false } => f.write_str(name),
            Self::Variable { name, file: true } => write!(f, "{name}_FILE"),
            Self::File(place) | Self::LocalFile(place) => {
                write!(f, "{}:{}", place.path.display(), place.line)
            }
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value that a source sets.
#[derive(Clone)]
pub(crate) struct SettingValue {
    pub(crate) setting: &'static Setting,
    /// Its key with what stands for `NAME` and `[]`: `principals.ci.deny`, `stores[0].base_url`.
    /// Of a variable that describes a store, as the table has it.
    pub(crate) key: String,
    /// What stands for `NAME`.
    pub(crate) name: Option<String>,
    pub(crate) value: Value,
    pub(crate) source: SettingSource,
}

/// What is wrong with a source, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingProblem {
    /// The file and line, or the variable; none where it is not about one of them.
    pub(crate) place: Option<String>,
    /// What is wrong and, where that is known, what is meant.
    pub(crate) message: String,
}

impl SettingProblem {
    /// About a value of that source.
    pub(crate) fn at(source: &SettingSource, message: impl Into<String>) -> Self {
        Self { place: Some(source.to_string()), message: message.into() }
    }

    /// About nothing that has a place.
    pub(crate) fn of_all(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }
}

impl fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
