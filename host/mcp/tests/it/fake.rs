//! Actions without anything behind them, and clients to call them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientConfig, JsonObject, ProtocolVersion,
};
use rmcp::service::{NotificationContext, RoleClient, RunningService};
use rmcp::{ClientHandler, ClientLifecycleMode};
use serde_json::{Map, Value, json};
use souk_mcp::{TransportLimits, serve_streams};
use souk_model::{
    Actions, CallFailure, Callers, Code, CompletionRequest, Document, Elicitation,
    ElicitationAnswer, Failure, Features, NoAnswer, Principal, Suggestions, Tier, TokenDigest,
    Tool, ToolCall, ToolHints, ToolResult,
};
use tokio::io::{DuplexStream, duplex, split};
use tokio::sync::{Notify, Semaphore, watch};

/// `export` answers with a document, `whoami` and `echo` answer, `slow` waits for [`Fake::gate`], `fail` and `panic` do as they are
/// called, `count` reports progress, `secret` is ann's alone; `ask`, `ask_page` and `ask_twice`, which
/// are not listed, ask the person.
pub(crate) struct Fake {
    tools: Vec<Arc<Tool>>,
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) gate: Semaphore,
    pub(crate) running: AtomicUsize,
    pub(crate) most: AtomicUsize,
    pub(crate) dropped: Notify,
    callers: Mutex<Arc<Callers>>,
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

impl Fake {
    pub(crate) fn new() -> Arc<Self> {
        let tool = |name: &str| {
            Arc::new(Tool {
                name: name.to_owned(),
                title: format!("Title of {name}"),
                description: format!("Does {name}."),
                input: Arc::new(object(json!({"type": "object"}))),
                published_input: Arc::new(object(json!({"type": "object"}))),
                output: Arc::new(object(json!({"type": "object", "required": ["tool"]}))),
                tier: Tier::Risk,
                view: None,
                hints: ToolHints {
                    read_only: false,
                    destructive: true,
                    idempotent: false,
                    open_world: true,
                },
            })
        };
        let names = [
            "ask",
            "ask_page",
            "ask_twice",
            "count",
            "echo",
            "export",
            "fail",
            "panic",
            "secret",
            "slow",
            "whoami",
        ];
        Arc::new(Self {
            tools: names.map(tool).to_vec(),
            changes: watch::Sender::new(0),
            gate: Semaphore::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            dropped: Notify::new(),
            callers: Mutex::new(Arc::new(Callers::open())),
        })
    }

    /// From now on those with these tokens may call.
    pub(crate) fn admit(&self, tokens: &[(&str, &str)]) {
        let tokens = tokens
            .iter()
            .map(|(name, token)| ((*name).to_owned(), TokenDigest::of(token.as_bytes())));
        *self.callers.lock().unwrap() = Arc::new(Callers::of_tokens(tokens).unwrap());
        self.change();
    }

    /// From now on whoever is vouched for may call, and nobody else.
    pub(crate) fn admit_vouched_for(&self) {
        *self.callers.lock().unwrap() = Arc::new(Callers::of_tokens([]).unwrap().and_vouched_for());
        self.change();
    }

    pub(crate) fn change(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Returns when so many `slow` calls run.
    pub(crate) async fn until_running(&self, count: usize) {
        while self.running.load(Ordering::SeqCst) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// The only document there is.
fn document() -> Document {
    Document {
        uri: "souk://exports/1".to_owned(),
        name: "coupons.csv".to_owned(),
        media_type: "text/csv".to_owned(),
        size: 9,
        expires_at: "2026-11-23T18:00:00Z".to_owned(),
        tool: "export".to_owned(),
        store: Some("demo".to_owned()),
    }
}

fn form() -> Elicitation {
    let schema = object(json!({
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    }));
    Elicitation::Form { message: "Who are you?".to_owned(), schema }
}

fn page() -> Elicitation {
    Elicitation::Url {
        message: "Confirm".to_owned(),
        url: "https://a.example/1".to_owned(),
        id: "1".to_owned(),
    }
}

/// Asks, and tells what was answered.
async fn ask(call: &ToolCall, key: &str, question: Elicitation) -> Result<String, Failure> {
    let client = call.client.as_ref().expect("every transport has a client");
    match client.elicit(key, question).await {
        Ok(ElicitationAnswer::Accepted(content)) => {
            Ok(format!("accepted {}", Value::from(content)))
        }
        Ok(ElicitationAnswer::Declined) => Ok("declined".to_owned()),
        Ok(ElicitationAnswer::Dismissed) => Ok("dismissed".to_owned()),
        Err(NoAnswer::Unsupported) => Ok("unsupported".to_owned()),
        Err(NoAnswer::Later) => Err(Failure::internal("later")),
        Err(why) => Ok(format!("failed: {why}")),
    }
}

fn said(answers: &[String]) -> ToolResult {
    object(json!({"tool": "ask", "said": answers.join(", ")})).into()
}

struct Running<'a>(&'a Fake);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.dropped.notify_one();
    }
}

#[async_trait::async_trait]
impl Actions for Fake {
    fn list(&self, principal: &Principal) -> Arc<[Arc<Tool>]> {
        let may = |tool: &&Arc<Tool>| match tool.name.as_str() {
            "secret" => principal.as_str() == "ann",
            name => !name.starts_with("ask"),
        };
        let changes = *self.changes.borrow();
        let shown = |tool: &Arc<Tool>| match tool.name.as_str() {
            // Only a list that is another one is told of.
            "whoami" if changes > 0 => {
                Arc::new(Tool { title: format!("{} {changes}", tool.title), ..(**tool).clone() })
            }
            _ => tool.clone(),
        };
        self.tools.iter().filter(may).map(shown).collect()
    }

    fn find(&self, name: &str) -> Option<Arc<Tool>> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call(&self, call: ToolCall) -> Result<ToolResult, CallFailure> {
        match call.tool.as_str() {
            "fail" => {
                return Err(Failure::argument("sku", "there is no sku").remedy("give one").into());
            }
            "panic" => panic!("as called"),
            "count" => {
                let progress = call.progress.as_ref().expect("a progress token was sent");
                for done in [1, 2, 2, 1, 3] {
                    progress.report(done, Some(3), "counting");
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                // Far more than anybody reads: what cannot be delivered is dropped.
                for done in 10..10_000 {
                    progress.report(done, None, "");
                }
            }
            "slow" => {
                let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
                self.most.fetch_max(now, Ordering::SeqCst);
                let _running = Running(self);
                self.gate.acquire().await.expect("never closed").forget();
            }
            "ask" => return Ok(said(&[ask(&call, "who", form()).await?])),
            "ask_page" => return Ok(said(&[ask(&call, "page", page()).await?])),
            "ask_twice" => {
                let who = ask(&call, "who", form()).await?;
                return Ok(said(&[who, ask(&call, "page", page()).await?]));
            }
            _ => {}
        }
        let documents = (call.tool == "export").then(document).into_iter().collect();
        let result = object(json!({
            "tool": call.tool,
            "principal": call.principal.as_str(),
            "arguments": call.arguments,
        }));
        Ok(ToolResult { result, documents, ..ToolResult::default() })
    }

    fn features(&self) -> Features {
        Features { completions: true, ..Features::default() }
    }

    /// Waits for the gate.
    async fn complete(
        &self,
        _: &Principal,
        request: CompletionRequest,
    ) -> Result<Suggestions, Failure> {
        self.running.fetch_add(1, Ordering::SeqCst);
        let _running = Running(self);
        self.gate.acquire().await.expect("never closed").forget();
        Ok(Suggestions { values: vec![request.typed], total: None })
    }

    async fn documents(&self, principal: &Principal) -> Result<Vec<Document>, Failure> {
        Ok((principal.as_str() == Principal::LOCAL).then(document).into_iter().collect())
    }

    async fn document(&self, _: &Principal, uri: &str) -> Result<(Document, String), Failure> {
        let document = document();
        if document.uri != uri {
            return Err(Failure::new(Code::NotFound, "no such document"));
        }
        Ok((document, "code\nMAY\n".to_owned()))
    }

    fn callers(&self) -> Arc<Callers> {
        self.callers.lock().unwrap().clone()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// The two ways a conversation can begin.
pub(crate) const ERAS: [Era; 2] = [Era::Legacy, Era::Modern];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    Legacy,
    Modern,
}

impl Era {
    pub(crate) fn lifecycle(self) -> ClientLifecycleMode {
        match self {
            Self::Legacy => ClientLifecycleMode::Initialize,
            Self::Modern => ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            },
        }
    }
}

/// A client that counts what it is told.
#[derive(Clone, Default)]
pub(crate) struct Listener {
    pub(crate) list_changed: Arc<Notify>,
}

impl ClientHandler for Listener {
    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.list_changed.notify_one();
    }

    fn get_info(&self) -> ClientConfig {
        ClientConfig::default()
    }
}

pub(crate) type Client = RunningService<RoleClient, Listener>;

/// A server on streams in memory, and the client's ends of them.
pub(crate) fn streams(
    fake: &Arc<Fake>,
    limits: TransportLimits,
) -> (DuplexStream, tokio::task::JoinHandle<()>) {
    let (near, far) = duplex(64 * 1024);
    let (reader, writer) = split(far);
    let actions = fake.clone();
    let server = tokio::spawn(async move {
        serve_streams(actions, limits, reader, writer).await.unwrap();
    });
    (near, server)
}

pub(crate) fn named(name: &'static str, arguments: Value) -> CallToolRequestParams {
    let arguments: JsonObject = object(arguments);
    CallToolRequestParams::new(name).with_arguments(arguments)
}

pub(crate) fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| &*text.text).collect()
}
