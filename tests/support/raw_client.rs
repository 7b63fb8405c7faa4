//! A client that writes and reads plain lines, for what no library would send and to see every byte.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::{PATIENCE, Process};

/// A conversation line by line.
#[derive(Debug)]
pub struct RawClient {
    lines: Lines<BufReader<ChildStdout>>,
    input: Option<ChildStdin>,
    /// Answers that came while another one was waited for.
    early: Vec<Value>,
    process: Process,
}

impl RawClient {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped());
        let mut process = Process::start(command);
        let (output, input) = process.streams();
        let lines = BufReader::new(output).lines();
        Self { lines, input: Some(input), early: Vec::new(), process }
    }

    /// The server's process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Writes bytes as they are.
    ///
    /// # Panics
    /// After the end of input.
    pub async fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).await.unwrap();
    }

    /// Writes a message.
    ///
    /// # Panics
    /// After the end of input.
    pub async fn send(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes()).await;
    }

    /// Opens the conversation as clients of the older era do.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn open_legacy(&mut self) {
        let client = json!({"name": "lines", "version": "1"});
        let params =
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        self.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}))
            .await;
        self.answer(0).await;
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    }

    /// Sends a request of the newer era.
    ///
    /// # Panics
    /// After the end of input.
    pub async fn ask(&mut self, id: i64, method: &str, params: Value) {
        self.send(&modern(id, method, params)).await;
    }

    /// Ends the input.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// The next line, which must be a JSON-RPC message; none at the end of output.
    ///
    /// # Panics
    /// When it is something else, or nothing comes.
    pub async fn next(&mut self) -> Option<Value> {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("a line comes");
        let line = line.unwrap()?;
        let message: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("no MCP on stdout: {error}: `{line}`"));
        assert_eq!(message["jsonrpc"], "2.0", "no MCP on stdout: {line}");
        Some(message)
    }

    /// The answer to this request, whenever it came.
    ///
    /// # Panics
    /// When the output ends before it.
    pub async fn answer(&mut self, id: i64) -> Value {
        if let Some(place) = self.early.iter().position(|answer| answer["id"] == id) {
            return self.early.swap_remove(place);
        }
        loop {
            let message = self.next().await.expect("the answer comes before the end");
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
            self.early.push(message);
        }
    }

    /// Waits for the server's end: no more lines, and its exit status.
    ///
    /// # Panics
    /// When there is more, or no end.
    pub async fn ended(mut self) -> Option<i32> {
        let rest = self.next().await;
        assert_eq!(rest, None);
        self.process.ended().await
    }
}

/// A request of the newer era, complete in itself.
#[must_use]
pub fn modern(id: i64, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "lines", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}
