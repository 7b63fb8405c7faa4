//! `souk serve --http`, and clients of it.

use rmcp::ClientServiceExt;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;

use crate::{Era, Listener, Mcp, Process, http_client};

/// What stands before the server's address on its stderr.
const BEFORE_ADDRESS: &str = "Souk serves MCP at ";

/// A server on HTTP.
#[derive(Debug)]
pub struct HttpHost {
    process: Process,
    url: String,
}

impl HttpHost {
    pub(crate) async fn start(process: Process) -> Self {
        process.logged("Ctrl-C ends it.").await;
        process.loaded().await;
        let log = process.log();
        let (_, after) = log.split_once(BEFORE_ADDRESS).unwrap();
        let url = after.lines().next().unwrap().to_owned();
        Self { process, url }
    }

    /// Where it serves MCP.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Asks it to end, and answers its exit status.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn terminate(&mut self) -> Option<i32> {
        self.process.signal("TERM").await;
        self.process.ended().await
    }

    /// Its exit status, once it has ended.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn ended(&mut self) -> Option<i32> {
        self.process.ended().await
    }

    /// A client without a token.
    ///
    /// # Panics
    /// When it is not let in.
    pub async fn connect(&self, era: Era) -> Mcp {
        self.open(era, None).await
    }

    /// A client with a bearer token.
    ///
    /// # Panics
    /// When it is not let in.
    pub async fn connect_as(&self, era: Era, token: &str) -> Mcp {
        self.open(era, Some(token.to_owned())).await
    }

    async fn open(&self, era: Era, token: Option<String>) -> Mcp {
        Mcp::http(&self.url, era, token).await
    }
}

impl Mcp {
    /// A client of whatever serves MCP over HTTP at an address.
    ///
    /// # Panics
    /// When it is not let in.
    pub async fn http(url: &str, era: Era, token: Option<String>) -> Self {
        let mut config = StreamableHttpClientTransportConfig::with_uri(url.to_owned());
        config.auth_header = token;
        let transport = StreamableHttpClientTransport::with_client(http_client(), config);
        let client =
            Listener::default().serve_with_lifecycle(transport, era.lifecycle()).await.unwrap();
        Self::new(client, era, None).await
    }
}
