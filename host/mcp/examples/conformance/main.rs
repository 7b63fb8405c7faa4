//! What the official conformance suite calls, as a fake of the `Actions` trait: fixtures, with this
//! crate's transports in front. `make conformance` runs the suite against it.
//!
//! ```sh
//! cargo run -p souk-mcp --example conformance 127.0.0.1:8810
//! ```

use std::sync::Arc;

use souk_mcp::{HttpConfig, HttpServer, TransportLimits, serve_http};
use souk_model::{
    Actions, CallFailure, Code, CompletionRequest, Failure, Features, Principal, PromptInfo,
    PromptMessage, PromptRequest, Resource, ResourceChange, ResourceContents, ResourceFamily,
    Suggestions, Tool, ToolCall, ToolResult,
};
use tokio::sync::{broadcast, watch};

mod prompts;
mod questions;
mod resources;
mod tools;

/// A picture of one red dot: PNG.
const PNG: &[u8] = include_bytes!("red.png");
/// A recording of silence: WAV.
const WAV: &[u8] = include_bytes!("silence.wav");

struct Fixtures {
    tools: Arc<[Arc<Tool>]>,
    changes: watch::Sender<u64>,
    resource_changes: broadcast::Sender<(Option<Principal>, ResourceChange)>,
}

#[async_trait::async_trait]
impl Actions for Fixtures {
    fn list(&self, _: &Principal) -> Arc<[Arc<Tool>]> {
        // Only a list that is another one is told of.
        let changes = *self.changes.borrow();
        if changes == 0 {
            return self.tools.clone();
        }
        let shown = |tool: &Arc<Tool>| {
            Arc::new(Tool { title: format!("{} {changes}", tool.title), ..(**tool).clone() })
        };
        self.tools.iter().map(shown).collect()
    }

    fn find(&self, name: &str) -> Option<Arc<Tool>> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call(&self, call: ToolCall) -> Result<ToolResult, CallFailure> {
        match call.tool.as_str() {
            "test_trigger_tool_change" | "test_trigger_prompt_change" => {
                self.changes.send_modify(|count| *count += 1);
                let _ = self.resource_changes.send((None, ResourceChange::List));
                Ok(tools::said("told"))
            }
            _ => tools::call(call).await,
        }
    }

    fn features(&self) -> Features {
        Features {
            prompts: true,
            completions: true,
            logging: true,
            resource_changes: true,
            views: false,
        }
    }

    async fn resources(&self, _: &Principal) -> Result<Vec<Resource>, Failure> {
        Ok(resources::list())
    }

    fn resource_families(&self, _: &Principal) -> Vec<ResourceFamily> {
        vec![resources::family()]
    }

    async fn resource(&self, _: &Principal, uri: &str) -> Result<ResourceContents, Failure> {
        resources::read(uri)
            .ok_or_else(|| Failure::new(Code::NotFound, format!("no resource has the URI `{uri}`")))
    }

    fn resource_changes(&self) -> Option<broadcast::Receiver<(Option<Principal>, ResourceChange)>> {
        Some(self.resource_changes.subscribe())
    }

    fn prompts(&self, _: &Principal) -> Vec<PromptInfo> {
        let changes = *self.changes.borrow();
        let mut prompts = prompts::list();
        if let Some(first) = prompts.first_mut().filter(|_| changes > 0) {
            first.title = format!("{} {changes}", first.title);
        }
        prompts
    }

    async fn prompt(&self, request: PromptRequest) -> Result<Vec<PromptMessage>, Failure> {
        prompts::get(request).await
    }

    async fn complete(
        &self,
        _: &Principal,
        request: CompletionRequest,
    ) -> Result<Suggestions, Failure> {
        let values: Vec<String> = ["paris", "park", "party"]
            .into_iter()
            .filter(|value| value.starts_with(&request.typed))
            .map(str::to_owned)
            .collect();
        Ok(Suggestions { values, total: None })
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("at which address? for example 127.0.0.1:8810")?;
    let actions = Arc::new(Fixtures {
        tools: tools::list(),
        changes: watch::Sender::new(0),
        resource_changes: broadcast::Sender::new(16),
    });
    let http = HttpServer {
        actions,
        access: None,
        limits: TransportLimits::default(),
        config: HttpConfig::default(),
        pages: axum::Router::new(),
    };
    let listener = tokio::net::TcpListener::bind(address).await?;
    // Whoever started it reads there where it is.
    eprintln!("http://{}/mcp", listener.local_addr()?);
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    Ok(serve_http(vec![listener], http, stop).await?)
}
