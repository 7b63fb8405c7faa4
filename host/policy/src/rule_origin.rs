//! Where a rule comes from.

use std::fmt;
use std::path::PathBuf;

/// Where the operator set a rule, so that a refusal can say whom to ask.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleOrigin {
    /// A command-line flag: `--max-tier`.
    Flag(&'static str),
    /// An environment variable: `SOUK_MAX_TIER`.
    Env(&'static str),
    /// A key of a configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The key in it: `policy.max_tier`.
        key: String,
    },
    /// Souk's own default.
    Default,
    /// The rules as they were when a plan was proposed.
    AtProposal,
}

impl RuleOrigin {
    /// What a person must do to change a rule set here.
    pub(crate) fn change(&self, to: &str) -> String {
        match self {
            Self::Default => format!("{to} in souk's configuration"),
            Self::AtProposal => "propose it again".to_owned(),
            set => format!("{to} where it is set: {set}"),
        }
    }
}

impl fmt::Display for RuleOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Env(name) => write!(f, "`{name}`"),
            Self::File { path, key } => write!(f, "`{key}` in `{}`", path.display()),
            Self::Default => f.write_str("souk's default"),
            Self::AtProposal => f.write_str("the rule that held when it was proposed"),
        }
    }
}
