//! The operator's settings of a server over HTTP.

use std::time::Duration;

use serde::Deserialize;
use souk_model::AddressRange;

use super::connections::{ConnectionLimits, ConnectionTimeouts};
use super::host_guard::{AllowedHost, AllowedOrigin};

/// How the protocol is served over HTTP.
///
/// ```
/// let config: souk_mcp::HttpConfig =
///     toml::from_str(r#"allowed_hosts = ["souk.example", "souk.example:8808"]"#).unwrap();
/// assert_eq!(config.body_bytes, 4 * 1024 * 1024);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Names that clients reach this server by, on top of `localhost`, the loopback addresses, the
    /// address it is bound to and the host of `public_url`. None.
    pub allowed_hosts: Vec<AllowedHost>,
    /// Web pages that may talk to this server, and whose browsers are told so (CORS). None. This
    /// machine's own are let in too, but what is answered is shared only with those named. Clients
    /// that are not web pages send no origin and are not concerned.
    pub allowed_origins: Vec<AllowedOrigin>,
    /// The address clients see, without a path, where a proxy stands in front:
    /// `https://souk.example`. By default what the request was sent to.
    pub public_url: Option<String>,
    /// Where that proxy is, if it is not on this machine: what comes from elsewhere under the public
    /// name did not come by TLS. None.
    pub proxies: Vec<AddressRange>,
    /// Bytes of one request's body. 4 MiB.
    pub body_bytes: usize,
    /// Open connections. Where there are more, one on which nothing is being answered is closed.
    /// 1,024.
    pub connections: usize,
    /// Open connections from one address; of IPv6 from one network of 64 bits. 512.
    pub connections_each: usize,
    /// Seconds in which a request's header must have come. 10.
    pub header_timeout_s: u64,
    /// Seconds in which a request's body must have come. 30.
    pub body_timeout_s: u64,
    /// Seconds after which a connection on which nothing is asked is closed, and one whose client
    /// takes nothing of what it is sent. 120: longer than clients keep a connection for.
    pub idle_timeout_s: u64,
    /// Sessions of clients of the older era, for each principal. One that was never used, or was used
    /// longest ago, is closed to make room; one in which a call is answered never. 64.
    pub sessions_each: usize,
    /// Seconds after which an unused session is closed. 14,400: a client whose user went for
    /// lunch should still hear of changed tools.
    pub session_idle_s: u64,
    /// Seconds that calls under way have to end when the server is stopped. 10.
    pub shutdown_s: u64,
    /// Seconds that a host which was asked to end goes on as before, for whoever sends it requests to
    /// hear of it. It is the host's to wait, before it shuts this server down. 0.
    pub drain_s: u64,
}

impl HttpConfig {
    /// How many connections there may be, within what the system lets this process have open.
    pub(super) fn connection_limits(&self) -> ConnectionLimits {
        let limits = ConnectionLimits { all: self.connections, each: self.connections_each };
        limits.within_descriptors()
    }

    /// How long clients may take.
    pub(super) fn connection_timeouts(&self) -> ConnectionTimeouts {
        let seconds = Duration::from_secs;
        ConnectionTimeouts {
            header: seconds(self.header_timeout_s),
            body: seconds(self.body_timeout_s),
            idle: seconds(self.idle_timeout_s),
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            public_url: None,
            proxies: Vec::new(),
            body_bytes: 4 * 1024 * 1024,
            connections: 1_024,
            connections_each: 512,
            header_timeout_s: 10,
            body_timeout_s: 30,
            idle_timeout_s: 120,
            sessions_each: 64,
            session_idle_s: 4 * 60 * 60,
            shutdown_s: 10,
            drain_s: 0,
        }
    }
}
