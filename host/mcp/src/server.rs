//! The handler: both eras of the protocol over [`Actions`].

#![expect(deprecated, reason = "older clients subscribe and set levels by methods of their own")]

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult,
    ContentBlock, CustomRequest, CustomResult, DiscoverResult, GetPromptRequestParams,
    GetPromptResponse, InitializeRequestParams, InitializeResult, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ServerConfig,
    SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, Tool as McpTool,
    UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer, SubscriptionContext};
use serde_json::{Map, Value};
use souk_model::{CallFailure, Failure, Principal, PromptRequest, Tool, ToolCall, ToolResult};
use tokio::task::AbortHandle;

use crate::call_log::{CallLog, LogForwarder, LogLevelFilter, level_of};
use crate::caller::Caller;
use crate::elicitation::{ClientAnswers, McpClient};
use crate::instructions::instructions;
use crate::message::failure_error;
use crate::methods::{not_understood, refuse_cursor, require, speaks_older};
use crate::news::{self, ResourceSubscriptions};
use crate::progress::ProgressForwarder;
use crate::server_state::ServerState;
use crate::{content, origin, prompts, resources};

/// How long a client that introduces itself waits for what was there at the start: what was compiled
/// before is there by then.
const ORIENTING: Duration = Duration::from_millis(150);

/// One connection's handler; over HTTP one request's, so it is cheap to make.
pub(crate) struct McpHandler {
    shared: Arc<ServerState>,
    caller: Caller,
    /// Tells a client that sent `initialize` of changed lists, for as long as this handler lives.
    list_change_task: Mutex<Option<AbortHandle>>,
    /// What such a client watches, and from where on it wants to know how calls go.
    watched: ResourceSubscriptions,
    log_level: LogLevelFilter,
}

impl McpHandler {
    pub(crate) fn new(shared: Arc<ServerState>, caller: Caller) -> Self {
        Self {
            shared,
            caller,
            list_change_task: Mutex::new(None),
            watched: ResourceSubscriptions::default(),
            log_level: LogLevelFilter::default(),
        }
    }

    fn principal(&self, context: &RequestContext<RoleServer>) -> Result<Principal, ErrorData> {
        self.caller.principal(&context.extensions, speaks_older(context))
    }

    /// The log of one call, as far as its client wants one.
    fn log(&self, context: &RequestContext<RoleServer>) -> (CallLog, LogForwarder) {
        let from = if !self.shared.features.logging {
            None
        } else if speaks_older(context) {
            Some(self.log_level.get())
        } else {
            context.meta.log_level().map(|level| level_of(level) as u8)
        };
        CallLog::new(context.peer.clone(), from)
    }

    /// The client of one request, and what carries its log.
    fn client(
        &self,
        context: &RequestContext<RoleServer>,
        describe: impl FnOnce() -> String,
        brought: ClientAnswers,
    ) -> Result<(Arc<McpClient>, LogForwarder), ErrorData> {
        let (log, logs) = self.log(context);
        let client = McpClient::new(context, log, &self.shared.sealer, describe, brought)?;
        Ok((client, logs))
    }

    async fn run(
        &self,
        principal: Principal,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let tool = request.name.into_owned();
        let brought =
            ClientAnswers { responses: request.input_responses, state: request.request_state };
        let describe = || request_text(&principal, "tools/call", &tool, &arguments);
        let (client, logs) = self.client(context, describe, brought)?;
        let mut call = ToolCall::new(principal, tool, arguments);
        call.client = Some(client.clone());
        let outcome = match context.meta.get_progress_token() {
            None => logs.while_running(self.catch_panic(call)).await,
            Some(token) => {
                let (progress, forwarder) = ProgressForwarder::new(context.peer.clone(), token);
                call.progress = Some(progress);
                forwarder.while_running(logs.while_running(self.catch_panic(call))).await
            }
        };
        if let Some(questions) = client.questions(&self.shared.sealer) {
            return Ok(questions.into());
        }
        let result = match outcome {
            Ok(answer) => {
                let first = answer.headline.as_ref().map(ContentBlock::text);
                let beside = content::blocks(&answer, resources::understands_links(context));
                let mut result = CallToolResult::structured(Value::Object(answer.result));
                result.content.splice(0..0, first);
                result.content.extend(beside);
                result.meta = content::result_meta(answer.usage.as_ref(), answer.plan.as_ref());
                result
            }
            Err(failure) => error_result(failure),
        };
        Ok(result.into())
    }

    /// What a caller is told before its first call. A start that takes its time is not waited for.
    async fn instructions(&self, principal: &Principal) -> String {
        let _ = tokio::time::timeout(ORIENTING, self.shared.actions.ready()).await;
        instructions(&self.shared.actions.orientation(principal))
    }

    /// Waits for what was there at the start.
    async fn ready(&self, context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
        unless_cancelled(context, self.shared.actions.ready()).await
    }

    /// A panic below must not leave a client without an answer: it would wait for ever.
    async fn catch_panic(&self, call: ToolCall) -> Result<ToolResult, CallFailure> {
        let tool = call.tool.clone();
        catch_panic(&tool, self.shared.actions.call(call)).await
    }
}

impl Drop for McpHandler {
    fn drop(&mut self) {
        let list_change_task =
            self.list_change_task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(list_change_task) = list_change_task.take() {
            list_change_task.abort();
        }
    }
}

async fn catch_panic<T, F: From<Failure>>(
    what: &str,
    work: impl Future<Output = Result<T, F>>,
) -> Result<T, F> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(_) => {
            tracing::error!(what, "the call panicked");
            Err(Failure::internal(format!("`{what}` broke inside the host"))
                .remedy("tell the operator; the host's log has the details")
                .into())
        }
    }
}

/// A failure is text, with structure only where that conforms to the tool's output schema. Clients
/// check structured content against it even when it is an error, and would show that complaint
/// instead of ours.
fn error_result(failed: CallFailure) -> CallToolResult {
    let mut result = CallToolResult::error(vec![ContentBlock::text(failed.failure.render())]);
    result.structured_content = failed.result.map(Value::Object);
    result.meta = content::failure_meta(failed.usage.as_ref(), failed.failure.waiting.as_deref());
    result
}

/// What comes of some work, unless its client gives it up before.
async fn unless_cancelled<T>(
    context: &RequestContext<RoleServer>,
    work: impl Future<Output = T>,
) -> Result<T, ErrorData> {
    tokio::select! {
        biased;
        () = context.ct.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
        done = work => Ok(done),
    }
}

/// What tells a request from all others that may be sent with answers to questions.
fn request_text(
    principal: &Principal,
    method: &str,
    name: &str,
    arguments: &Map<String, Value>,
) -> String {
    serde_json::to_string(&(principal.as_str(), method, name, arguments)).unwrap_or_default()
}

impl ServerHandler for McpHandler {
    /// Without instructions: whom they would be for is not known here.
    fn get_info(&self) -> ServerConfig {
        self.shared.info.clone()
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let principal = self.principal(&context)?;
        context.peer.set_peer_info(request.clone());
        let negotiated = self.negotiate_initialize(&request)?;
        Ok(negotiated.with_instructions(self.instructions(&principal).await))
    }

    async fn discover(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        let principal = self.principal(&context)?;
        let info = self.get_info().with_instructions(self.instructions(&principal).await);
        let versions = ServerHandler::supported_protocol_versions(self).into_owned();
        Ok(DiscoverResult::from_server_info(versions, info))
    }

    fn get_tool(&self, name: &str) -> Option<McpTool> {
        // It is asked for with each call, and only its arguments are looked at.
        let tool = self.shared.actions.find(name)?;
        let Tool { name, description, published_input, .. } = &*tool;
        Some(McpTool::new(name.clone(), description.clone(), published_input.clone()))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        refuse_cursor(request, "tools")?;
        let principal = self.principal(&context)?;
        self.ready(&context).await?;
        let list = self.shared.actions.list(&principal);
        Ok(ListToolsResult::with_all_items(self.shared.lists.of(&list).to_vec()))
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        refuse_cursor(request, "resources")?;
        let principal = self.principal(&context)?;
        let listed = catch_panic("resources/list", self.shared.actions.resources(&principal));
        let listed = unless_cancelled(&context, listed).await?;
        let listed = listed.map_err(|failure| resources::read_error(&failure, None))?;
        Ok(ListResourcesResult::with_all_items(listed.iter().map(resources::resource).collect()))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        refuse_cursor(request, "resource templates")?;
        let principal = self.principal(&context)?;
        self.ready(&context).await?;
        let families = self.shared.actions.resource_families(&principal);
        let templates = families.into_iter().map(resources::family).collect();
        Ok(ListResourceTemplatesResult::with_all_items(templates))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (principal, uri) = (self.principal(&context)?, request.uri);
        self.ready(&context).await?;
        let read = catch_panic("resources/read", self.shared.actions.resource(&principal, &uri));
        let read = origin::scope(&context).run(read);
        let read = match context.meta.get_progress_token() {
            None => unless_cancelled(&context, read).await?,
            Some(token) => {
                let (_, forwarder) = ProgressForwarder::new(context.peer.clone(), token);
                unless_cancelled(&context, forwarder.while_running(read)).await?
            }
        };
        let resource = read.map_err(|failure| resources::read_error(&failure, Some(&uri)))?;
        Ok(ReadResourceResult::new(vec![resources::contents(resource)]).into())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        require(self.shared.features.resource_changes, "resources/subscribe")?;
        self.watched.add(request.uri).map_err(|why| ErrorData::invalid_params(why, None))
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        require(self.shared.features.resource_changes, "resources/unsubscribe")?;
        self.watched.remove(&request.uri);
        Ok(())
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        require(self.shared.features.logging && speaks_older(&context), "logging/setLevel")?;
        self.log_level.set(request.level);
        Ok(())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        require(self.shared.features.prompts, "prompts/list")?;
        refuse_cursor(request, "prompts")?;
        let principal = self.principal(&context)?;
        self.ready(&context).await?;
        let listed = self.shared.actions.prompts(&principal);
        Ok(ListPromptsResult::with_all_items(listed.into_iter().map(prompts::listed).collect()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        require(self.shared.features.prompts, "prompts/get")?;
        let principal = self.principal(&context)?;
        self.ready(&context).await?;
        let (name, arguments) = (request.name, request.arguments.unwrap_or_default());
        let brought =
            ClientAnswers { responses: request.input_responses, state: request.request_state };
        let describe = || request_text(&principal, "prompts/get", &name, &arguments);
        let (client, logs) = self.client(&context, describe, brought)?;
        let asked = PromptRequest { principal, name, arguments, client: Some(client.clone()) };
        let made = catch_panic("prompts/get", self.shared.actions.prompt(asked));
        let made = origin::scope(&context).run(made);
        let made = unless_cancelled(&context, logs.while_running(made)).await?;
        if let Some(questions) = client.questions(&self.shared.sealer) {
            return Ok(questions.into());
        }
        Ok(prompts::result(made.map_err(|failure| failure_error(&failure))?).into())
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        require(self.shared.features.completions, "completion/complete")?;
        let principal = self.principal(&context)?;
        let asked = prompts::completion_request(request)?;
        self.ready(&context).await?;
        let made =
            catch_panic("completion/complete", self.shared.actions.complete(&principal, asked));
        let made = origin::scope(&context).run(made);
        let made = unless_cancelled(&context, made).await?;
        Ok(prompts::completion(made.map_err(|failure| failure_error(&failure))?))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let principal = self.principal(&context)?;
        unless_cancelled(&context, self.shared.actions.await_tool(&request.name)).await?;
        if !self.shared.actions.answers(&request.name) {
            let name: String = request.name.chars().take(100).collect();
            return Err(ErrorData::invalid_params(
                format!("no tool is called `{name}`: `tools_search` finds those there are"),
                None,
            ));
        }
        let run = origin::scope(&context).run(self.run(principal, request, &context));
        unless_cancelled(&context, run).await?
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        // Only `initialize` leaves this behind; the newer era subscribes instead.
        if context.peer.peer_info().is_none() {
            return;
        }
        let Ok(principal) = self.caller.principal(&context.extensions, true) else { return };
        let (actions, watched) = (self.shared.actions.clone(), self.watched.clone());
        let task = tokio::spawn(news::tell_older(actions, principal, watched, context.peer));
        let mut list_change_task =
            self.list_change_task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = list_change_task.replace(task.abort_handle()) {
            earlier.abort();
        }
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        // rmcp takes out what there is not.
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let principal = self.principal(context.request_context())?;
        // Where nobody brings a token, all are one.
        let is_only = principal.as_str() == Principal::LOCAL;
        let opened = self.shared.subscriptions.open(&principal, is_only);
        let _place = opened.map_err(|why| ErrorData::internal_error(why, None))?;
        let tell = news::tell_newer(&*self.shared.actions, principal, &context);
        tokio::select! {
            () = context.cancelled() => {}
            () = self.shared.ending.cancelled() => {}
            () = tell => {}
        }
        Ok(())
    }

    /// Whatever rmcp could not make sense of, be it the method or its parameters.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(not_understood(&request.method, speaks_older(&context)))
    }
}
