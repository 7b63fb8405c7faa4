//! rmcp's client, in both eras of the protocol.

use std::process::Stdio;
use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientConfig, JsonObject, ProtocolVersion,
    ReadResourceRequestParams, Resource, ResourceContents, SubscriptionFilter, Tool,
};
use rmcp::service::{NotificationContext, RoleClient, RunningService, ServiceError, Subscription};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt};
use serde_json::Value;
use tokio::process::Command;
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;

use crate::{PATIENCE, Process};

/// The two ways a conversation can begin.
pub const ERAS: [Era; 2] = [Era::Legacy, Era::Modern];

/// A way a conversation can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// With `initialize`, as most clients do.
    Legacy,
    /// Without, as 2026-07-28 has it.
    Modern,
}

impl Era {
    /// What rmcp calls it.
    #[must_use]
    pub fn lifecycle(self) -> ClientLifecycleMode {
        match self {
            Self::Legacy => ClientLifecycleMode::Initialize,
            Self::Modern => ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            },
        }
    }
}

/// Notes when the client is told that the list of tools has changed.
#[derive(Debug, Clone, Default)]
pub struct Listener(Arc<Notify>);

impl ClientHandler for Listener {
    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.0.notify_one();
    }

    fn get_info(&self) -> ClientConfig {
        ClientConfig::default()
    }
}

/// A JSON object as a call's arguments.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn arguments(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// Why a test changes something.
pub const REASON: &str = "a test of the whole system";

/// Arguments with the confirmation that changes need.
#[must_use]
pub fn confirmed(mut arguments: Value) -> Value {
    arguments["confirm"] = true.into();
    arguments["reason"] = REASON.into();
    arguments
}

/// A connected client, with the server behind it where it is a child of ours.
#[derive(Debug)]
pub struct Mcp {
    client: RunningService<RoleClient, Listener>,
    /// In the newer era changes are told to those who ask.
    subscription: Option<Mutex<Subscription>>,
    process: Option<Process>,
}

impl Mcp {
    /// A client of a child process.
    pub(crate) async fn stdio(mut command: Command, era: Era) -> Self {
        command.stdin(Stdio::piped());
        let mut process = Process::start(command);
        // It answers before that, and says in its instructions what it knows by then.
        process.loaded().await;
        let streams = process.streams();
        let opening = Listener::default().serve_with_lifecycle(streams, era.lifecycle());
        let client = match timeout(PATIENCE, opening).await {
            Ok(Ok(client)) => client,
            failed => panic!("no conversation: {:?}\n{}", failed.map(Result::err), process.log()),
        };
        Self::new(client, era, Some(process)).await
    }

    pub(crate) async fn new(
        client: RunningService<RoleClient, Listener>,
        era: Era,
        process: Option<Process>,
    ) -> Self {
        let subscription = match era {
            Era::Legacy => None,
            Era::Modern => {
                let filter = SubscriptionFilter::builder().tools_list_changed().build();
                Some(Mutex::new(client.listen(filter).await.unwrap()))
            }
        };
        Self { client, subscription, process }
    }

    /// The server, where it is a child of this client.
    ///
    /// # Panics
    /// Over HTTP.
    #[must_use]
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("the server is a child of this client")
    }

    /// Calls a tool, and takes what comes.
    ///
    /// # Errors
    /// Errors of the protocol; a tool's own are in its result.
    pub async fn call(&self, tool: &str, given: Value) -> Result<CallToolResult, ServiceError> {
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments(given));
        let calling = self.client.call_tool(request);
        timeout(PATIENCE, calling).await.unwrap_or_else(|_| panic!("`{tool}` does not answer"))
    }

    /// Calls a tool that must succeed, and answers its structured content.
    ///
    /// # Panics
    /// When it fails, or its text says something else than its structure.
    pub async fn answer(&self, tool: &str, given: Value) -> Value {
        let result = self.call(tool, given).await.unwrap();
        let text = text(&result);
        assert_ne!(result.is_error, Some(true), "`{tool}`: {text}");
        let answer = result.structured_content.expect("an answer has structure");
        // Beside it the host may say what came of a plan.
        let texts = result.content.iter().filter_map(|block| block.as_text());
        let mut told = texts.filter_map(|block| serde_json::from_str::<Value>(&block.text).ok());
        assert_eq!(told.next().as_ref(), Some(&answer), "{text}");
        answer
    }

    /// Calls a tool that carries changes out, and answers what came of them: of a failure, too.
    ///
    /// # Panics
    /// When what it answers has no structure.
    pub async fn outcome(&self, tool: &str, given: Value) -> Value {
        let result = self.call(tool, given).await.unwrap();
        let text = text(&result);
        result.structured_content.unwrap_or_else(|| panic!("`{tool}` has no outcome: {text}"))
    }

    /// As [`answer`](Self::answer), of a call that makes documents: each is linked beside the text.
    ///
    /// # Panics
    /// When it fails, or links nothing.
    pub async fn answer_linked(&self, tool: &str, given: Value) -> Value {
        let result = self.call(tool, given).await.unwrap();
        assert_ne!(result.is_error, Some(true), "`{tool}`: {}", text(&result));
        assert!(result.content.iter().any(|block| block.as_resource_link().is_some()));
        result.structured_content.expect("an answer has structure")
    }

    /// Calls a tool that must fail, and answers what it says.
    ///
    /// # Panics
    /// When it succeeds.
    pub async fn refusal(&self, tool: &str, given: Value) -> String {
        let result = self.call(tool, given).await.unwrap();
        assert_eq!(result.is_error, Some(true), "`{tool}` answered {}", text(&result));
        text(&result)
    }

    /// Calls a tool that may fail: what it says then, or else what it answers.
    ///
    /// # Errors
    /// The answer of a call that went through.
    ///
    /// # Panics
    /// When its answer has no structure.
    pub async fn refused_or_answered(&self, tool: &str, given: Value) -> Result<String, Value> {
        let result = self.call(tool, given).await.unwrap();
        if result.is_error == Some(true) {
            return Ok(text(&result));
        }
        Err(result.structured_content.expect("an answer has structure"))
    }

    /// Logs in with the operator's credentials.
    ///
    /// # Panics
    /// When that fails.
    pub async fn log_in(&self) -> Value {
        self.answer("auth_login", serde_json::json!({})).await
    }

    /// The tools, as they are listed.
    ///
    /// # Panics
    /// When they cannot be listed.
    pub async fn list(&self) -> Vec<Tool> {
        self.client.list_all_tools().await.unwrap()
    }

    /// The names of the tools.
    ///
    /// # Panics
    /// When they cannot be listed.
    pub async fn tools(&self) -> Vec<String> {
        self.list().await.into_iter().map(|tool| tool.name.into_owned()).collect()
    }

    /// What the server told the client before its first call.
    ///
    /// # Panics
    /// When it told nothing.
    #[must_use]
    pub fn instructions(&self) -> String {
        self.client.peer_info().and_then(|info| info.instructions.clone()).expect("instructions")
    }

    /// The documents that are kept for this client's principal.
    ///
    /// # Panics
    /// When they cannot be listed.
    pub async fn resources(&self) -> Vec<Resource> {
        self.client.list_all_resources().await.unwrap()
    }

    /// Reads a document: its text.
    ///
    /// # Errors
    /// That there is none of this URI for this client.
    ///
    /// # Panics
    /// When it is no text.
    pub async fn read(&self, uri: &str) -> Result<String, ServiceError> {
        let read = self.client.read_resource(ReadResourceRequestParams::new(uri)).await?;
        match &read.contents[..] {
            [ResourceContents::TextResourceContents { text, .. }] => Ok(text.clone()),
            other => panic!("a document is one text: {other:?}"),
        }
    }

    /// The URI templates of resources that are not listed one by one.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn families(&self) -> Vec<String> {
        let listed = self.client.list_all_resource_templates().await.unwrap();
        listed.into_iter().map(|family| family.uri_template).collect()
    }

    /// What is suggested for an argument of a prompt.
    ///
    /// # Errors
    /// That there is no such prompt or argument for this client.
    pub async fn suggested(
        &self,
        prompt: &str,
        argument: &str,
        typed: &str,
    ) -> Result<Vec<String>, ServiceError> {
        let done = self.client.complete_prompt_argument(prompt, argument, typed, None).await?;
        Ok(done.values)
    }

    /// What is suggested for the variable of a URI template.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn suggested_uri(&self, template: &str, variable: &str, typed: &str) -> Vec<String> {
        let done = self.client.complete_resource_argument(template, variable, typed, None);
        done.await.unwrap().values
    }

    /// The prompts that are listed.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn prompts(&self) -> Vec<rmcp::model::Prompt> {
        self.client.list_all_prompts().await.unwrap()
    }

    /// A prompt of one text, with its arguments.
    ///
    /// # Panics
    /// When there is no answer, or it is something else.
    pub async fn prompt(&self, name: &str, arguments: Value) -> String {
        let mut request = rmcp::model::GetPromptRequestParams::new(name);
        request.arguments = arguments.as_object().cloned();
        let prompt = self.client.get_prompt(request).await.unwrap();
        match &prompt.messages[..] {
            [message] => message.content.as_text().unwrap().text.clone(),
            other => panic!("a prompt is one text: {other:?}"),
        }
    }

    /// Whether the client is told within this time that the list has changed.
    ///
    /// # Panics
    /// When the subscription ended.
    pub async fn is_notified_within(&self, within: std::time::Duration) -> bool {
        let heard = async {
            match &self.subscription {
                None => self.client.service().0.notified().await,
                Some(subscription) => {
                    let told = subscription.lock().await.next().await.unwrap();
                    assert!(told.is_some(), "the subscription ended");
                }
            }
        };
        timeout(within, heard).await.is_ok()
    }

    /// Makes a change, and waits until the client is told. Over HTTP nobody can see from here
    /// whether a client of the older era already listens, so the change is made again if need be.
    ///
    /// # Panics
    /// When it is never told.
    pub async fn notified_of(&self, mut change: impl FnMut(u16)) {
        for attempt in 0..10 {
            change(attempt);
            if self.is_notified_within(PATIENCE / 10).await {
                return;
            }
        }
        panic!("the client was not told of a change");
    }

    /// Ends the conversation, and answers the exit status of a server that is a child of ours.
    ///
    /// # Panics
    /// When the server does not end.
    pub async fn close(self) -> Option<i32> {
        drop(self.subscription);
        self.client.cancel().await.unwrap();
        match self.process {
            Some(mut process) => process.ended().await,
            None => None,
        }
    }
}

fn text(result: &CallToolResult) -> String {
    let texts = result.content.iter().filter_map(|block| block.as_text());
    texts.map(|text| &*text.text).collect()
}
