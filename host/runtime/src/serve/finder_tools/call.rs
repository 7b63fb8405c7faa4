//! Calls of the tools that find others.

use serde_json::{Map, Value, json};
use souk_model::{Code, Failure, Principal};
use souk_policy::Rules;

use super::args::{DescribeToolsArgs, SearchToolsArgs};
use super::tool::{FinderTool, RunKind};
use crate::serve::native_args;
use crate::serve::tool::LoadedTool;
use crate::serve::tool_table::ToolTable;
use crate::text::printable;
use crate::tool_search::nearest;

/// A call of one of them, with everything it may look at.
pub(crate) struct FinderCall<'a> {
    pub(crate) tools: &'a ToolTable,
    pub(crate) rules: &'a Rules,
    pub(crate) principal: &'a Principal,
    pub(crate) arguments: &'a Map<String, Value>,
}

impl FinderCall<'_> {
    /// Answers a call of this tool.
    ///
    /// # Errors
    /// What refuses it.
    pub(crate) fn run(&self, finder: FinderTool) -> Result<Map<String, Value>, Failure> {
        match finder {
            FinderTool::Search => self.search(),
            FinderTool::Describe => self.describe(),
            // Such a call is one of the tool that it names, unless rules refuse that it be passed on
            // and no longer do by the time it is judged.
            FinderTool::Run(_) => {
                Err(Failure::new(Code::Unavailable, "the operator's rules changed meanwhile")
                    .remedy("call again"))
            }
        }
    }

    fn may(&self, tool: &LoadedTool) -> bool {
        tool.is_allowed(self.rules, self.principal)
    }

    fn search(&self) -> Result<Map<String, Value>, Failure> {
        let SearchToolsArgs { query, limit } = native_args::read(self.arguments)?;
        let may = |name: &str| self.tools.tool(name).is_some_and(|tool| self.may(tool));
        let found = self.tools.index().search(&query, may);
        let tools: Vec<Value> = found
            .into_iter()
            .take(limit)
            .filter_map(|name| self.tools.tool(name))
            .map(|tool| {
                let tool = tool.tool();
                json!({"name": tool.name, "title": tool.title, "tier": tool.tier})
            })
            .collect();
        let mut result = Map::new();
        if tools.is_empty() {
            let message = "no tool that you may call has any of these words; try others, or what the \
                thing is called in Magento";
            result.insert("message".to_owned(), message.into());
        }
        result.insert("tools".to_owned(), tools.into());
        Ok(result)
    }

    fn describe(&self) -> Result<Map<String, Value>, Failure> {
        let DescribeToolsArgs { names } = native_args::read(self.arguments)?;
        let (mut tools, mut not_found) = (Vec::new(), Vec::new());
        let mut first_failure = None;
        for name in &names {
            match self.describe_one(name) {
                Ok(tool) => tools.push(tool),
                Err(failure) => {
                    let name = printable(name, 80);
                    not_found.push(json!({"name": name, "why": failure.render()}));
                    first_failure.get_or_insert(failure);
                }
            }
        }
        if let Some(failure) = first_failure.filter(|_| tools.is_empty()) {
            return Err(failure);
        }
        let mut result = Map::from_iter([("tools".to_owned(), tools.into())]);
        if !not_found.is_empty() {
            result.insert("not_found".to_owned(), not_found.into());
        }
        Ok(result)
    }

    fn describe_one(&self, name: &str) -> Result<Value, Failure> {
        let Some(tool) = self.tools.tool(name) else {
            return Err(no_such_tool(self.tools, name, "names", self.rules, self.principal));
        };
        self.rules.decide(self.principal, &tool.profile())?;
        let run_with = RunKind::of(tool.profile().effect).map(RunKind::tool);
        let tool = tool.tool();
        let mut described = json!({
            "name": tool.name,
            "title": tool.title,
            "tier": tool.tier,
            "description": tool.description,
            "inputSchema": *tool.published_input,
        });
        if let (Some(run_with), Some(described)) = (run_with, described.as_object_mut()) {
            described.insert("run_with".to_owned(), run_with.into());
        }
        Ok(described)
    }
}

/// What is told of a name that is none of a tool's that serves: that it waits for an approval, or which
/// may be meant.
pub(crate) fn no_such_tool(
    tools: &ToolTable,
    name: &str,
    argument: &str,
    rules: &Rules,
    principal: &Principal,
) -> Failure {
    if let Some(held) = tools.held_back(name, rules, principal) {
        return held;
    }
    let allowed = tools.tools().filter(|tool| tool.is_allowed(rules, principal));
    let known = allowed.map(|tool| tool.tool().name.as_str());
    let near: Vec<String> =
        nearest(name, known).into_iter().map(|near| format!("`{near}`")).collect();
    let meant = match near.as_slice() {
        [] => String::new(),
        near => format!("; near it are {}", near.join(", ")),
    };
    let message = format!("no tool is called `{}`{meant}", printable(name, 80));
    let mut failure = Failure::new(Code::ActionNotFound, message)
        .remedy("`tools_search` finds a tool by what it does");
    failure.argument = Some(argument.to_owned());
    failure
}
