//! A client that writes and reads plain lines, for what no library would send.

use std::sync::Arc;

use serde_json::{Value, json};
use souk_mcp::TransportLimits;
use tokio::io::{
    AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, split,
};
use tokio::task::JoinHandle;

use crate::fake::{Fake, streams};

pub(crate) struct Wire {
    reader: BufReader<ReadHalf<DuplexStream>>,
    writer: WriteHalf<DuplexStream>,
    server: JoinHandle<()>,
}

impl Wire {
    /// Not opened yet.
    pub(crate) fn new(fake: &Arc<Fake>, limits: TransportLimits) -> Self {
        let (near, server) = streams(fake, limits);
        let (reader, writer) = split(near);
        Self { reader: BufReader::new(reader), writer, server }
    }

    /// Opened in the older era.
    pub(crate) async fn legacy(fake: &Arc<Fake>, limits: TransportLimits) -> Self {
        let mut wire = Self::new(fake, limits);
        wire.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "lines", "version": "1"}}}))
            .await;
        assert_eq!(wire.receive().await["result"]["protocolVersion"], "2025-06-18");
        wire.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        wire
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes()).await;
    }

    pub(crate) async fn call(&mut self, id: i64, tool: &str) {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": {"name": tool, "arguments": {}}}))
            .await;
    }

    pub(crate) async fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.reader.read_line(&mut line).await.unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: `{line}`"))
    }

    /// No more input.
    pub(crate) async fn end_input(&mut self) {
        self.writer.shutdown().await.unwrap();
    }

    /// Returns when the server has ended by itself.
    pub(crate) async fn ended(self) {
        let Self { mut reader, server, .. } = self;
        let mut rest = String::new();
        assert_eq!(reader.read_line(&mut rest).await.unwrap(), 0, "{rest}");
        server.await.unwrap();
    }
}

/// What makes a request of the newer era complete.
pub(crate) fn modern(id: i64, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "lines", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}
