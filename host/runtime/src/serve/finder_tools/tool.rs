//! What the tools that find and run others are called, what they take and what they answer.

use serde_json::{Map, Value, json};
use souk_model::ToolHints;
use souk_policy::EffectKind;

use super::args::{DescribeToolsArgs, RunToolArgs, SearchToolsArgs};
use crate::serve::native_args::{object, schema_of};

/// One of the host's own tools that find and run others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FinderTool {
    Search,
    Describe,
    Run(RunKind),
}

/// Which tools one of them runs: so that what clients are told of it is true of whatever it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunKind {
    /// Those that only read.
    Queries,
    /// All others.
    Others,
}

impl RunKind {
    /// Who runs tools of this effect; nobody those that run others themselves.
    pub(crate) const fn of(effect: EffectKind) -> Option<Self> {
        match effect {
            EffectKind::Query => Some(Self::Queries),
            EffectKind::Prepare | EffectKind::Apply | EffectKind::Session | EffectKind::Commit => {
                Some(Self::Others)
            }
            EffectKind::Relay => None,
        }
    }

    pub(crate) const fn tool(self) -> &'static str {
        match self {
            Self::Queries => "tools_read",
            Self::Others => "tools_write",
        }
    }
}

impl FinderTool {
    /// The group's name; no plugin may have it.
    pub(crate) const GROUP: &'static str = "tools";

    /// All of them.
    pub(crate) const ALL: [Self; 4] =
        [Self::Search, Self::Describe, Self::Run(RunKind::Queries), Self::Run(RunKind::Others)];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Search => "tools_search",
            Self::Describe => "tools_describe",
            Self::Run(kind) => kind.tool(),
        }
    }

    /// Whether one of them is called so.
    pub(crate) fn is_name(name: &str) -> bool {
        Self::ALL.iter().any(|tool| tool.name() == name)
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Search => "Search tools",
            Self::Describe => "Describe tools",
            Self::Run(RunKind::Queries) => "Run a tool that reads",
            Self::Run(RunKind::Others) => "Run a tool that changes something",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Search => {
                "Finds the tools for a task among all that you may call, those that are not listed included. Returns name, title and tier, the best first. Then see their arguments with tools_describe and run them with tools_read or tools_write."
            }
            Self::Describe => {
                "Shows what tools do, the JSON Schema of their arguments, and which of tools_read and tools_write runs them."
            }
            Self::Run(RunKind::Queries) => {
                "Runs any tool that only reads, listed or not, with its own arguments, and returns what that returns. See those with tools_describe first."
            }
            Self::Run(RunKind::Others) => {
                "Runs any tool that does more than read, listed or not, with its own arguments, under its own rules, and returns what that returns. See those with tools_describe first."
            }
        }
    }

    /// What clients are told: of one that runs others, what is true of all that it can run.
    pub(crate) const fn hints(self) -> ToolHints {
        let runs = matches!(self, Self::Run(_));
        let changes = matches!(self, Self::Run(RunKind::Others));
        ToolHints {
            read_only: !changes,
            destructive: changes,
            idempotent: !changes,
            open_world: runs,
        }
    }

    /// The schema of its arguments.
    pub(crate) fn input(self) -> Map<String, Value> {
        match self {
            Self::Search => schema_of::<SearchToolsArgs>(),
            Self::Describe => schema_of::<DescribeToolsArgs>(),
            Self::Run(_) => schema_of::<RunToolArgs>(),
        }
    }

    pub(crate) fn output(self) -> Map<String, Value> {
        let schema = match self {
            Self::Search => json!({
                "type": "object",
                "properties": {
                    "tools": {"type": "array", "items": {"type": "object"}, "description": "Each with name, title and tier, the best first."},
                    "message": {"type": "string", "description": "What to do where nothing was found."},
                },
                "required": ["tools"],
            }),
            Self::Describe => json!({
                "type": "object",
                "properties": {
                    "tools": {"type": "array", "items": {"type": "object"}, "description": "Each with name, title, tier, description, inputSchema, and run_with: the tool that runs it."},
                    "not_found": {"type": "array", "items": {"type": "object"}, "description": "Names that are none or that you may not call, each with the reason."},
                },
                "required": ["tools"],
            }),
            // Whatever the tool that it runs answers.
            Self::Run(_) => json!({"type": "object"}),
        };
        object(schema)
    }
}
