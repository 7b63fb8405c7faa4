//! The attacks against a host that speaks MCP on its standard streams, and is shown a directory of
//! plugins. Nothing of it is Souk's but, where that is asked for, the words of its errors.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use rmcp::model::{CallToolRequestParams, CallToolResult, JsonObject};
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::TokioChildProcess;
use rmcp::{ServiceError, ServiceExt};
use serde_json::{Map, Value};
use tokio::process::Command;
use tokio::time::timeout;

use crate::case::{self, Case, Expected};
use crate::forgery::{self, Forgery};
use crate::report::TrialReport;

/// How long a host may take to load all attacks, and to answer one.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is tried, and how strictly.
#[derive(Debug, Clone, Default)]
pub struct TrialPlan {
    /// Whether errors must be in Souk's words, and not only errors.
    pub in_souks_words: bool,
    /// A tool of an honest plugin, with its arguments: it must go on answering after each attack.
    pub honest: Option<TrialCall>,
    /// A tool that is called before anything else: a login, say.
    pub first: Option<TrialCall>,
    /// Whether the forger is among the plugins, so that its proposals are tried.
    pub with_forger: bool,
}

/// A call of an honest tool.
#[derive(Debug, Clone)]
pub struct TrialCall {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
}

impl FromStr for TrialCall {
    type Err = serde_json::Error;

    /// A tool's name, and after a blank its arguments as JSON, where it takes some.
    fn from_str(text: &str) -> Result<Self, serde_json::Error> {
        let (tool, arguments) = text.split_once(' ').unwrap_or((text, "{}"));
        Ok(Self { tool: tool.to_owned(), arguments: serde_json::from_str(arguments)? })
    }
}

/// Writes all attacks into a directory, as `NAME.wasm`.
///
/// # Errors
/// They cannot be written.
pub fn write_cases(directory: &Path) -> anyhow::Result<Vec<Case>> {
    let cases = case::all();
    for case in &cases {
        let path = directory.join(format!("{}.wasm", case.name));
        std::fs::write(&path, &case.wasm).with_context(|| path.display().to_string())?;
    }
    Ok(cases)
}

/// Starts the host by this command and tries everything, each attack twice.
///
/// # Errors
/// The host cannot be started, or does not answer at all.
pub async fn run(
    command: Command,
    plan: &TrialPlan,
    cases: &[Case],
) -> anyhow::Result<TrialReport> {
    let transport = TokioChildProcess::new(command).context("the host cannot be started")?;
    let client =
        timeout(PATIENCE, ().serve(transport)).await.context("the host says nothing")??;
    let host = TriedHost { client, plan };
    if let Some(first) = &plan.first {
        host.honest(first).await.map_err(anyhow::Error::msg)?;
    }
    let tools = host.tools().await?;
    let mut report = TrialReport::default();
    for case in cases {
        let outcome = async {
            for _ in 0..2 {
                host.attack(case, &tools).await?;
            }
            host.check_honest().await
        };
        report.add(&case.name, outcome.await);
    }
    if plan.with_forger {
        for forgery in forgery::all() {
            let outcome = async {
                host.forge(&forgery).await?;
                host.check_honest().await
            };
            report.add(&forgery.name, outcome.await);
        }
    }
    let _ = host.client.cancel().await;
    Ok(report)
}

struct TriedHost<'p> {
    client: RunningService<RoleClient, ()>,
    plan: &'p TrialPlan,
}

impl TriedHost<'_> {
    async fn tools(&self) -> anyhow::Result<Vec<String>> {
        let listed = timeout(PATIENCE, self.client.list_all_tools()).await;
        let listed = listed.context("the host does not list its tools")??;
        Ok(listed.into_iter().map(|tool| tool.name.into_owned()).collect())
    }

    async fn call(
        &self,
        tool: &str,
        arguments: JsonObject,
    ) -> Result<CallToolResult, ServiceError> {
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let answer = timeout(PATIENCE, self.client.call_tool(request)).await;
        answer.unwrap_or(Err(ServiceError::Timeout { timeout: PATIENCE }))
    }

    /// A plugin that attacks.
    async fn attack(&self, case: &Case, tools: &[String]) -> Result<(), String> {
        let Expected { refused, fails, answers, .. } = &case.expected;
        let is_listed = tools.contains(&case.tool);
        if refused.is_some() {
            // Its name may be another plugin's tool; whose it is, the host's own log says.
            let is_anothers = ["catalog_", "auth_"].iter().any(|own| case.tool.starts_with(own));
            return if is_listed && !is_anothers { Err(offered(&case.tool)) } else { Ok(()) };
        }
        let result = match self.call(&case.tool, JsonObject::new()).await {
            Ok(result) => result,
            Err(ServiceError::McpError(_)) if fails.is_some() => return Ok(()),
            // Stricter than this kit: it is not even loaded.
            Err(ServiceError::McpError(_)) if !is_listed => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        let text = text_of(&result);
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(format!("control characters reach the caller: {text}"));
        }
        let failed = result.is_error == Some(true);
        match (fails, answers) {
            (Some(_), _) if !failed => Err(format!("it came to an end: {text}")),
            (Some(words), _) if self.plan.in_souks_words && !text.contains(words.as_str()) => {
                Err(format!("it said {text}"))
            }
            (None, Some(answer)) if failed || !text.contains(answer.as_str()) => {
                Err(format!("it answered {text}"))
            }
            _ => Ok(()),
        }
    }

    /// A proposal that lies.
    async fn forge(&self, forgery: &Forgery) -> Result<(), String> {
        let result = match self.call(&forgery.tool, forgery.arguments()).await {
            Ok(result) => result,
            Err(ServiceError::McpError(error)) => {
                return Err(format!("it could not be tried: {error}"));
            }
            Err(error) => return Err(error.to_string()),
        };
        let text = text_of(&result);
        if result.is_error != Some(true) {
            return Err(format!("it was taken: {text}"));
        }
        if self.plan.in_souks_words && !text.starts_with(&format!("{}: ", forgery.refused)) {
            return Err(format!("it said {text}"));
        }
        Ok(())
    }

    /// That others are served as if nothing had happened.
    async fn check_honest(&self) -> Result<(), String> {
        let Some(honest) = &self.plan.honest else { return Ok(()) };
        self.honest(honest).await.map_err(|why| format!("after it, {why}"))
    }

    async fn honest(&self, TrialCall { tool, arguments }: &TrialCall) -> Result<(), String> {
        match self.call(tool, arguments.clone()).await {
            Ok(result) if result.is_error != Some(true) => Ok(()),
            Ok(result) => Err(format!("`{tool}` fails: {}", text_of(&result))),
            Err(error) => Err(format!("`{tool}` is not answered: {error}")),
        }
    }
}

fn offered(tool: &str) -> String {
    format!("`{tool}` is offered")
}

fn text_of(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| &*text.text).collect()
}
