//! Which tool a call is of: the one that it names, or the one that it asks another to run.

use serde_json::{Map, Value};
use souk_model::{Failure, Principal, ToolCall};
use souk_policy::Rules;

use super::arguments::normalise;
use super::finder_tools::{FinderTool, RunKind, RunToolArgs, no_such_tool};
use super::native_args;
use super::refusals::no_such;
use super::tool::{LoadedTool, ToolKind};
use super::tool_table::ToolTable;

/// What a call is of. Everything that is decided, counted or written down about it goes by this.
pub(super) struct CallTarget<'t> {
    /// The tool, as far as one is known.
    pub(super) tool: Option<&'t LoadedTool>,
    /// Its arguments.
    pub(super) arguments: Value,
    /// The tool again, or why nothing can be called.
    pub(super) callable: Result<&'t LoadedTool, Failure>,
}

impl<'t> CallTarget<'t> {
    /// Takes a call's arguments off it. Where it asks for another tool to be run, it becomes a call of
    /// that one; where the rules keep its caller from asking so, it stays what it is and is refused
    /// for that.
    pub(super) fn of(tools: &'t ToolTable, rules: &Rules, call: &mut ToolCall) -> Self {
        let arguments = normalise(std::mem::take(&mut call.arguments));
        let Some(tool) = tools.tool(&call.tool) else {
            let held = tools.held_back(&call.tool, rules, &call.principal);
            let failure = held.unwrap_or_else(|| no_such(&call.tool));
            return Self { tool: None, arguments: arguments.into(), callable: Err(failure) };
        };
        match tool.kind {
            ToolKind::Finder(FinderTool::Run(kind)) if tool.is_allowed(rules, &call.principal) => {
                let target =
                    Self::passed_on(tools, (tool, kind), arguments, rules, &call.principal);
                if let Some(tool) = target.tool {
                    call.tool.clone_from(&tool.tool.name);
                }
                target
            }
            _ => Self { tool: Some(tool), arguments: arguments.into(), callable: Ok(tool) },
        }
    }

    fn passed_on(
        tools: &'t ToolTable,
        (finder, kind): (&'t LoadedTool, RunKind),
        arguments: Map<String, Value>,
        rules: &Rules,
        principal: &Principal,
    ) -> Self {
        let arguments = Value::Object(arguments);
        let RunToolArgs { name, arguments: inner } = match read(finder, &arguments) {
            Ok(args) => args,
            Err(failure) => {
                return Self { tool: Some(finder), arguments, callable: Err(failure) };
            }
        };
        let Some(tool) = tools.tool(&name) else {
            let failure = no_such_tool(tools, &name, "name", rules, principal);
            return Self { tool: Some(finder), arguments, callable: Err(failure) };
        };
        let callable = match RunKind::of(tool.profile().effect) {
            Some(right) if right == kind => Ok(tool),
            Some(right) => Err(wrong_kind(&name, kind, right)),
            None => {
                let failure =
                    Failure::argument("name", format!("`{name}` is not run by another tool"))
                        .remedy(format!("call `{name}` itself"));
                return Self { tool: Some(finder), arguments, callable: Err(failure) };
            }
        };
        Self { tool: Some(tool), arguments: normalise(inner).into(), callable }
    }
}

fn read(finder: &LoadedTool, arguments: &Value) -> Result<RunToolArgs, Failure> {
    let mut arguments = arguments.clone();
    finder.input.take(&mut arguments)?;
    native_args::read(arguments.as_object().unwrap_or(&Map::new()))
}

fn wrong_kind(name: &str, kind: RunKind, right: RunKind) -> Failure {
    let why = match right {
        RunKind::Queries => "only reads",
        RunKind::Others => "does more than read",
    };
    let (asked, right) = (kind.tool(), right.tool());
    Failure::argument("name", format!("`{name}` {why}, so `{asked}` does not run it"))
        .remedy(format!("call `{right}` with the same `name` and `arguments`"))
}
