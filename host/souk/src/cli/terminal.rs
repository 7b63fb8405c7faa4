//! Arguments of the commands that use the tools from a terminal.

use clap::Args;

/// `souk call`
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The action: `catalog_get_product`.
    pub(crate) action: String,
    /// Its arguments: one JSON object, or `key=value` for each. `scope.store_view_code=de` reaches
    /// inside. The one that an action cannot do without needs no key.
    pub(crate) arguments: Vec<String>,
    /// Print the answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `souk actions`
#[derive(Debug, Args)]
pub(crate) struct ActionsArgs {
    /// One action, with its arguments, or those of one group: `orders_why`, `orders`.
    pub(crate) name: Option<String>,
    /// Print the reference of all tools as a page of Markdown.
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `souk tools`
#[derive(Debug, Args)]
pub(crate) struct ToolsArgs {
    /// Explain this tool alone: `catalog_get_product`.
    pub(crate) name: Option<String>,
    /// Whose list.
    #[arg(long, default_value = souk_model::Principal::LOCAL)]
    pub(crate) principal: String,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}
