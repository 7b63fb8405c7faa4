//! Projects actions onto the Model Context Protocol.
//!
//! This crate owns the transports (stdio and streamable HTTP, each in both eras of the protocol),
//! who may reach them, and what a client may take of the host. It knows actions by the
//! [`Actions`](souk_model::Actions) trait and must not know what runs them: no wasm, no store, no
//! policy. It decides nothing about an action; it asks, and tells the answer.
//!
//! ```
//! use std::sync::Arc;
//!
//! use souk_model::{Actions, CallFailure, Failure, Principal, Tool, ToolCall, ToolResult};
//! use tokio::sync::watch;
//!
//! struct Nothing(watch::Sender<u64>);
//!
//! #[async_trait::async_trait]
//! impl Actions for Nothing {
//!     fn list(&self, _: &Principal) -> Arc<[Arc<Tool>]> {
//!         Arc::new([])
//!     }
//!     fn find(&self, _: &str) -> Option<Arc<Tool>> {
//!         None
//!     }
//!     async fn call(&self, _: ToolCall) -> Result<ToolResult, CallFailure> {
//!         Err(Failure::internal("there is nothing to call").into())
//!     }
//!     fn changes(&self) -> watch::Receiver<u64> {
//!         self.0.subscribe()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let actions = Arc::new(Nothing(watch::Sender::new(0)));
//! let asked: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
//! // Serves until the input has ended and everything in it is answered.
//! let limits = souk_mcp::TransportLimits::default();
//! souk_mcp::serve_streams(actions, limits, asked, tokio::io::sink()).await.unwrap();
//! # }
//! ```
//!
//! # Logs
//! At `debug`, rmcp logs whole arguments and results, which may be private, and at `info` it logs
//! a line for each notification. Add [`LOG_DIRECTIVE`] to the log filter.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod call_log;
mod caller;
mod content;
mod elicitation;
mod forwarding;
mod http;
mod instructions;
mod limits;
mod line_batches;
mod line_reader;
mod line_transport;
mod message;
mod methods;
mod news;
mod origin;
mod progress;
mod prompts;
mod request_id;
mod request_state;
mod resources;
mod server;
mod server_state;
mod session_header;
mod stdio;
mod subscriptions;
mod tool_list;
mod views;

pub use content::{CONSOLE_META, PLAN_META, USAGE_META, WAITING_META};
pub use http::{
    AllowedHost, AllowedOrigin, BindError, HttpConfig, HttpServer, InvalidHostRule, check_bind,
    for_operators, router, serve_http, serve_operators, serve_pages,
};
pub use limits::TransportLimits;
pub use stdio::{serve_stdio, serve_streams};
pub use tool_list::TIER_META;

/// What a log filter needs so that rmcp tells of trouble and not of arguments.
pub const LOG_DIRECTIVE: &str = "rmcp=warn";

/// Why serving ended otherwise than by being asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The server itself failed.
    #[error("the MCP server broke: {0}")]
    Broken(String),
    /// The address may not be served without tokens.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The listener failed.
    #[error("the listener failed: {0}")]
    Io(#[from] std::io::Error),
}
