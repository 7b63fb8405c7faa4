//! A server of one tool that answers with its arguments: on stdio, or over HTTP at an address.
//!
//! ```sh
//! cargo run -p souk-mcp --example echo               # stdio
//! cargo run -p souk-mcp --example echo 127.0.0.1:8809
//! ```

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use souk_mcp::{HttpConfig, HttpServer, TransportLimits, serve_http, serve_stdio};
use souk_model::{
    Actions, CallFailure, Failure, Principal, Tier, Tool, ToolCall, ToolHints, ToolResult,
};
use tokio::sync::watch;

struct Echo {
    tools: Arc<[Arc<Tool>]>,
    changes: watch::Sender<u64>,
}

fn object(value: &Value) -> Arc<Map<String, Value>> {
    Arc::new(value.as_object().cloned().unwrap_or_default())
}

impl Echo {
    fn new() -> Self {
        let input = object(&json!({
            "type": "object",
            "properties": {"seconds": {"type": "integer"}},
        }));
        let tool = Tool {
            name: "echo".to_owned(),
            title: "Echo".to_owned(),
            description: "Answers with its arguments, after `seconds` if given.".to_owned(),
            input: input.clone(),
            published_input: input,
            output: object(&json!({
                "type": "object",
                "properties": {"arguments": {"type": "object"}},
                "required": ["arguments"],
            })),
            tier: Tier::Safe,
            view: None,
            hints: ToolHints {
                read_only: true,
                destructive: false,
                idempotent: true,
                open_world: false,
            },
        };
        Self { tools: Arc::new([Arc::new(tool)]), changes: watch::Sender::new(0) }
    }
}

#[async_trait::async_trait]
impl Actions for Echo {
    fn list(&self, _: &Principal) -> Arc<[Arc<Tool>]> {
        self.tools.clone()
    }

    fn find(&self, name: &str) -> Option<Arc<Tool>> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call(&self, call: ToolCall) -> Result<ToolResult, CallFailure> {
        if let Some(seconds) = call.arguments.get("seconds") {
            let seconds = seconds
                .as_u64()
                .ok_or_else(|| Failure::argument("seconds", "`seconds` is not a whole number"))?;
            for done in 0..seconds {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if let Some(progress) = &call.progress {
                    progress.report(done + 1, Some(seconds), "waiting");
                }
            }
            self.changes.send_modify(|count| *count += 1);
        }
        let result = Map::from_iter([("arguments".to_owned(), Value::Object(call.arguments))]);
        Ok(result.into())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let actions = Arc::new(Echo::new());
    let Some(address) = std::env::args().nth(1) else {
        return Ok(serve_stdio(actions, TransportLimits::default()).await?);
    };
    let http = HttpServer {
        actions,
        access: None,
        limits: TransportLimits::default(),
        config: HttpConfig::default(),
        pages: axum::Router::new(),
    };
    let listener = tokio::net::TcpListener::bind(address).await?;
    eprintln!("serving MCP at http://{}/mcp", listener.local_addr()?);
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    Ok(serve_http(vec![listener], http, stop).await?)
}
