//! What `souk new` can begin a plugin with.

use clap::ValueEnum;

/// What a new plugin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PluginTemplate {
    /// A tool that finds products.
    Read,
    /// A tool that proposes a change of the store, to be reviewed, committed and undone.
    Change,
    /// A tool that writes a document.
    Report,
}

impl PluginTemplate {
    /// Its name, as it is typed.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Report => "report",
        }
    }

    /// Its tool, without the group's name.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Read => "find_products",
            Self::Change => "prepare_retitle",
            Self::Report => "product_report",
        }
    }

    /// A call of its tool, as it is typed after `call`.
    pub(crate) const fn example(self) -> &'static str {
        match self {
            Self::Read => "find_products name=Skarv",
            Self::Change => "prepare_retitle block_id=2 title='Last Days of Summer'",
            Self::Report => "product_report name=Skarv",
        }
    }
}
