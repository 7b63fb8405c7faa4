//! `souk tools`

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;
use souk_model::{Principal, Tool};
use souk_policy::Refusal;
use souk_runtime::{Attention, Listing, LoadedTool, OperatorConfig, ToolTable};

use crate::cli::ToolsArgs;
use crate::output::{complain, print, print_json};
use crate::render::TextTable;
use crate::settings::nearest::nearest;
use crate::setup::Setup;
use crate::wiring;

pub(crate) async fn run(setup: &Setup, args: ToolsArgs) -> anyhow::Result<ExitCode> {
    let config = setup.operator_config()?;
    let registry = wiring::load(setup).await?;
    let tools = ToolTable::of(&registry.loaded());
    let principal = Principal::named(&args.principal);
    let report = ToolReport::of(&tools, &config, &principal);
    let Some(name) = &args.name else {
        if args.json {
            print_json(&report.json())?;
        } else {
            print(&report.to_string())?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some(row) = report.rows.iter().find(|row| row.tool.name == *name) else {
        let names = report.rows.iter().map(|row| row.tool.name.as_str());
        let meant = nearest(name, names).map(|near| format!("; is `{near}` meant?"));
        complain(format_args!("there is no tool `{name}`{}", meant.unwrap_or_default()));
        return Ok(ExitCode::FAILURE);
    };
    if args.json {
        print_json(&row.json())?;
    } else {
        print(&row.explained(&args.principal))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What becomes of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum ToolStatus {
    Listed,
    SearchOnly,
    Unavailable,
    Forbidden,
}

impl ToolStatus {
    const fn describe(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::SearchOnly => "by search only",
            Self::Unavailable => "unavailable",
            Self::Forbidden => "forbidden",
        }
    }
}

/// A tool, and what becomes of it.
struct ToolRow<'t> {
    tool: &'t Tool,
    status: ToolStatus,
    bytes: usize,
    why: String,
    /// The setting or the rule that decides; none decides about those that find the rest.
    decided_by: Option<String>,
}

impl ToolRow<'_> {
    fn json(&self) -> serde_json::Value {
        json!({
            "tool": self.tool.name,
            "status": self.status,
            "bytes": self.bytes,
            "why": self.why,
            "decided_by": self.decided_by,
        })
    }

    fn explained(&self, principal: &str) -> String {
        let Self { tool, status, bytes, why, decided_by } = self;
        let decided_by = decided_by.as_ref().map(|by| format!("decided by: {by}\n"));
        format!(
            "`{}` is {} for `{principal}`: {why}\n{}title: {}\ntier: {}\nbytes of a list: {bytes}\n",
            tool.name,
            status.describe(),
            decided_by.unwrap_or_default(),
            tool.title,
            tool.tier
        )
    }
}

/// Every tool in the order of the list, then those that are forbidden.
struct ToolReport<'t> {
    rows: Vec<ToolRow<'t>>,
    /// Which sets are shown, and who said so.
    selection: String,
    budget: souk_runtime::ListBudget,
}

impl<'t> ToolReport<'t> {
    fn of(tools: &'t ToolTable, config: &OperatorConfig, principal: &Principal) -> Self {
        let decide = |tool: &LoadedTool| config.rules.decide(principal, &tool.profile());
        let (selection, budget) = (config.selection_of(principal), config.tools.budget());
        let allowed = tools.tools().filter(|tool| decide(tool).is_ok());
        let mut rows: Vec<ToolRow<'_>> = Listing::of(allowed, selection, budget)
            .tools
            .into_iter()
            .map(|one| {
                let unavailable = one.tool.unavailable(&config.settings);
                let status = match (&unavailable, one.attention.is_listed()) {
                    (Some(_), _) => ToolStatus::Unavailable,
                    (None, true) => ToolStatus::Listed,
                    (None, false) => ToolStatus::SearchOnly,
                };
                let decided_by = match (&unavailable, &one.attention) {
                    (Some(_), _) => Some("the rule `plugin-settings`".to_owned()),
                    (None, Attention::Always) => None,
                    (None, _) => Some(selection.to_string()),
                };
                ToolRow {
                    tool: one.tool.tool(),
                    status,
                    bytes: one.tool.list_bytes(),
                    why: unavailable.unwrap_or_else(|| one.attention.to_string()),
                    decided_by,
                }
            })
            .collect();
        rows.extend(tools.tools().filter_map(|tool| {
            let Refusal { rule, message, .. } = decide(tool).err()?;
            Some(ToolRow {
                tool: tool.tool(),
                status: ToolStatus::Forbidden,
                bytes: tool.list_bytes(),
                why: message,
                decided_by: Some(format!("the rule `{rule}`")),
            })
        }));
        Self { rows, selection: selection.to_string(), budget }
    }

    fn listed(&self) -> impl Iterator<Item = &ToolRow<'t>> {
        self.rows.iter().filter(|row| row.status == ToolStatus::Listed)
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "selection": self.selection,
            "budget": {"bytes": self.budget.bytes, "tools": self.budget.tools},
            "listed": {
                "bytes": self.listed().map(|row| row.bytes).sum::<usize>(),
                "tools": self.listed().count(),
            },
            "tools": self.rows.iter().map(ToolRow::json).collect::<Vec<_>>(),
        })
    }
}

impl std::fmt::Display for ToolReport<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut table = TextTable::new(["TOOL", "STATUS", "BYTES", "WHY"]);
        for row in &self.rows {
            table.row([
                row.tool.name.clone(),
                row.status.describe().to_owned(),
                row.bytes.to_string(),
                row.why.clone(),
            ]);
        }
        let (listed, all) = (self.listed().count(), self.rows.len());
        let bytes: usize = self.listed().map(|row| row.bytes).sum();
        let (budget, most) = (self.budget.bytes, self.budget.tools);
        writeln!(f, "{table}")?;
        writeln!(
            f,
            "{listed} of {all} tools are listed, with {bytes} bytes, by {}.\n\
             `auto` lists at most {most} tools with {budget} bytes, in this order.",
            self.selection
        )
    }
}
