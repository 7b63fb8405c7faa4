//! The handler: both eras of the protocol over [`Actions`].

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use rmcp::ErrorData;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, ErrorCode, Implementation, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
    ServerConfig, SubscriptionFilter, Tool as McpTool,
};
use rmcp::service::{NotificationContext, Peer, RequestContext, RoleServer, SubscriptionContext};
use serde_json::Value;
use souk_model::{Actions, CallFailure, Failure, Principal, ToolCall, ToolResult};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::TransportLimits;
use crate::progress::ProgressForwarder;
use crate::subscriptions::Subscriptions;
use crate::tool_list::{ToolListCache, mcp_tool};
use crate::{content, documents};

/// What a model is told before it sees the tools.
const INSTRUCTIONS: &str = "\
Souk works on a Magento 2 / Adobe Commerce store through its REST API. Each tool is one action; \
its `_meta` tells a risk tier: safe, risk or critical.
- Log in first: call `auth_login`. Without arguments it uses the credentials that the operator \
configured. `auth_whoami` tells which store you are on.
- Values can differ by store view. Reads use the session's default scope unless you name one; \
writes always name theirs.
- A refusal begins with a code such as NOT_AUTHENTICATED, FORBIDDEN, VALIDATION_ERROR or \
NOT_FOUND and ends with a hint. FORBIDDEN is the operator's rule: do not try to get around it.
- What is too large for a result is kept as a document: its `uri` is a resource that you alone \
can read, for a time.";

/// Requests of MCP that this server understands if it understands their parameters.
const KNOWN_METHODS: [&str; 7] = [
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "server/discover",
    "subscriptions/listen",
    "tools/call",
    "tools/list",
];

/// Those that the newer era has done away with.
const HANDSHAKE_METHODS: [&str; 2] = ["initialize", "ping"];

/// What all handlers of one transport share.
pub(crate) struct ServerState {
    actions: Arc<dyn Actions>,
    subscriptions: Arc<Subscriptions>,
    lists: ToolListCache,
    info: ServerConfig,
    /// Ends the subscriptions when the transport is about to end, so that they hold nothing up.
    pub(crate) ending: CancellationToken,
}

impl ServerState {
    pub(crate) fn new(actions: Arc<dyn Actions>, limits: &TransportLimits) -> Arc<Self> {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_resources()
            .build();
        let implementation = Implementation::new("souk", env!("CARGO_PKG_VERSION"))
            .with_title("Souk")
            .with_description("Sandboxed actions for Magento 2 and Adobe Commerce stores");
        Arc::new(Self {
            actions,
            subscriptions: Subscriptions::new(limits.subscriptions),
            lists: ToolListCache::default(),
            info: ServerConfig::new(capabilities)
                .with_server_info(implementation)
                .with_instructions(INSTRUCTIONS),
            ending: CancellationToken::new(),
        })
    }
}

/// How a handler knows who asks.
#[derive(Clone)]
pub(crate) enum Caller {
    /// The transport has one caller.
    Only(Principal),
    /// Authenticated for each HTTP request, and put among its extensions.
    OfRequest,
}

/// One connection's handler; over HTTP one request's, so it is cheap to make.
pub(crate) struct McpHandler {
    shared: Arc<ServerState>,
    caller: Caller,
    /// Tells a client that sent `initialize` of changed lists, for as long as this handler lives.
    list_change_task: Mutex<Option<AbortHandle>>,
}

impl McpHandler {
    pub(crate) fn new(shared: Arc<ServerState>, caller: Caller) -> Self {
        Self { shared, caller, list_change_task: Mutex::new(None) }
    }

    fn principal(&self, context: &RequestContext<RoleServer>) -> Result<Principal, ErrorData> {
        match &self.caller {
            Caller::Only(principal) => Ok(principal.clone()),
            Caller::OfRequest => context
                .extensions
                .get::<http::request::Parts>()
                .and_then(|parts| parts.extensions.get::<Principal>())
                .cloned()
                .ok_or_else(|| ErrorData::internal_error("the request names no principal", None)),
        }
    }

    async fn run(
        &self,
        principal: Principal,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> CallToolResult {
        let mut call = ToolCall {
            principal,
            tool: request.name.into_owned(),
            arguments: request.arguments.unwrap_or_default(),
            progress: None,
        };
        let outcome = match context.meta.get_progress_token() {
            None => self.catch_panic(call).await,
            Some(token) => {
                let (progress, forwarder) = ProgressForwarder::new(context.peer.clone(), token);
                call.progress = Some(progress);
                forwarder.while_running(self.catch_panic(call)).await
            }
        };
        match outcome {
            Ok(answer) => {
                let first = answer.headline.as_ref().map(ContentBlock::text);
                let beside = content::blocks(&answer, documents::understands_links(context));
                let mut result = CallToolResult::structured(Value::Object(answer.result));
                result.content.splice(0..0, first);
                result.content.extend(beside);
                result
            }
            Err(failure) => error_result(failure),
        }
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
    result
}

/// Refuses every cursor: none was given out.
fn refuse_cursor(request: Option<PaginatedRequestParams>, what: &str) -> Result<(), ErrorData> {
    if request.is_some_and(|request| request.cursor.is_some()) {
        let why = format!("no such `cursor`: the list of {what} comes in one piece");
        return Err(ErrorData::invalid_params(why, None));
    }
    Ok(())
}

/// Tells a peer of the older era of changed lists until it is gone.
async fn notify_list_changes(shared: Arc<ServerState>, peer: Peer<RoleServer>) {
    let mut changes = shared.actions.changes();
    while changes.changed().await.is_ok() {
        if peer.notify_tool_list_changed().await.is_err() {
            return;
        }
    }
}

impl ServerHandler for McpHandler {
    fn get_info(&self) -> ServerConfig {
        self.shared.info.clone()
    }

    fn get_tool(&self, name: &str) -> Option<McpTool> {
        self.shared.actions.find(name).map(|tool| mcp_tool(&tool))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        refuse_cursor(request, "tools")?;
        let list = self.shared.actions.list(&self.principal(&context)?);
        Ok(ListToolsResult::with_all_items(self.shared.lists.of(&list).to_vec()))
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        refuse_cursor(request, "resources")?;
        let principal = self.principal(&context)?;
        let documents =
            catch_panic("resources/list", self.shared.actions.documents(&principal)).await;
        let documents = documents.map_err(|failure| documents::read_error(&failure, None))?;
        Ok(ListResourcesResult::with_all_items(documents.iter().map(documents::resource).collect()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (principal, uri) = (self.principal(&context)?, request.uri);
        let read = catch_panic("resources/read", self.shared.actions.document(&principal, &uri));
        let (document, text) = tokio::select! {
            biased;
            () = context.ct.cancelled() => {
                return Err(ErrorData::internal_error("cancelled", None));
            }
            read = read => read.map_err(|failure| documents::read_error(&failure, Some(&uri)))?,
        };
        Ok(documents::contents(document, text).into())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if self.shared.actions.find(&request.name).is_none() {
            let name: String = request.name.chars().take(100).collect();
            return Err(ErrorData::invalid_params(
                format!("no tool is called `{name}`: `tools/list` has those there are"),
                None,
            ));
        }
        let principal = self.principal(&context)?;
        tokio::select! {
            biased;
            () = context.ct.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
            result = self.run(principal, request, &context) => Ok(result.into()),
        }
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        // Only `initialize` leaves this behind; the newer era subscribes instead.
        if context.peer.peer_info().is_none() {
            return;
        }
        let task = tokio::spawn(notify_list_changes(self.shared.clone(), context.peer));
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
        let mut accepted = SubscriptionFilter::new();
        accepted.tools_list_changed = requested.tools_list_changed;
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let principal = self.principal(context.request_context())?;
        // Where nobody brings a token, all are one.
        let is_only = principal.as_str() == Principal::LOCAL;
        let opened = self.shared.subscriptions.open(&principal, is_only);
        let _place = opened.map_err(|why| ErrorData::internal_error(why, None))?;
        let mut changes = self.shared.actions.changes();
        let tell = async {
            while changes.changed().await.is_ok() {
                if context.accepted().tools_list_changed == Some(true)
                    && context.sink().notify_tool_list_changed().await.is_err()
                {
                    return;
                }
            }
            // Nothing will change any more, but the client has not hung up.
            std::future::pending::<()>().await;
        };
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
        let method: String = request.method.chars().take(100).collect();
        let opens = context.protocol_version().is_none_or(|version| version.has_initialize());
        let known = KNOWN_METHODS.contains(&method.as_str())
            || (opens && HANDSHAKE_METHODS.contains(&method.as_str()));
        if known {
            let what = format!("the parameters of `{method}` are not what the protocol asks for");
            return Err(ErrorData::invalid_params(what, None));
        }
        let what = format!("this server has no method `{method}`");
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, what, None))
    }
}
