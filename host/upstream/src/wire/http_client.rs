//! The HTTP client of one back end.

use std::fmt;
use std::time::Duration;

use http::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Certificate, ClientBuilder, Proxy, redirect, retry};
use souk_model::{Code, Failure};
use tokio::sync::OnceCell;

use super::transport_error::innermost_cause;
use super::upstream::UPSTREAM;
use crate::config::limits::RequestLimits;

/// How long a connection is kept that nobody uses: long enough for the calls of one conversation, and
/// shorter than stores and the proxies before them keep theirs.
const IDLE: Duration = Duration::from_secs(30);

/// A client that is built when it is first needed: loading the system's certificates takes some ten
/// milliseconds, which a host that starts has better uses for.
#[derive(Debug)]
pub(crate) struct HttpClient {
    encrypted: bool,
    limits: RequestLimits,
    way: ConnectionWay,
    built: OnceCell<reqwest::Client>,
}

/// What stands between this machine and a back end. By default nothing: proxies are not taken from
/// the environment.
#[derive(Default, Clone)]
pub(crate) struct ConnectionWay {
    /// By which it is reached.
    pub proxy: Option<Proxy>,
    /// That its certificate may be signed by, beside the system's.
    pub authorities: Vec<Certificate>,
}

impl fmt::Debug for ConnectionWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConnectionWay([REDACTED])")
    }
}

impl HttpClient {
    pub(crate) fn new(encrypted: bool, limits: RequestLimits) -> Self {
        Self::by(ConnectionWay::default(), encrypted, limits)
    }

    /// A client that reaches its back end this way. `encrypted` where any part of the way is.
    pub(crate) fn by(way: ConnectionWay, encrypted: bool, limits: RequestLimits) -> Self {
        Self { encrypted, limits, way, built: OnceCell::new() }
    }

    /// The client, built now if it is not yet.
    ///
    /// # Errors
    /// `UNAVAILABLE` where it cannot be built, as without readable certificates.
    pub(crate) async fn get(&self) -> Result<&reqwest::Client, Failure> {
        self.built.get_or_try_init(|| self.build()).await
    }

    async fn build(&self) -> Result<reqwest::Client, Failure> {
        let mut builder = builder(&self.limits);
        if let Some(proxy) = &self.way.proxy {
            builder = builder.proxy(proxy.clone());
        }
        if !self.way.authorities.is_empty() {
            builder = builder.tls_certs_merge(self.way.authorities.clone());
        }
        let built = if self.encrypted {
            // The system's certificates, through rustls' platform verifier.
            let building = tokio::task::spawn_blocking(move || builder.build());
            building.await.map_err(|_| Failure::internal("building the HTTP client panicked"))?
        } else {
            // Nothing here is encrypted, and without certificates to load it takes no time.
            builder.tls_certs_only([]).build()
        };
        built.map_err(|error| {
            let message = format!("no HTTP client can be built: {}", innermost_cause(error));
            Failure::new(Code::Unavailable, message)
                .from_upstream(UPSTREAM, None)
                .remedy("check that the system's certificates are installed and can be read")
        })
    }
}

fn builder(limits: &RequestLimits) -> ClientBuilder {
    // The only provider this program is built with. A second store finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    // Without it Magento answers errors as HTML or XML.
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    reqwest::Client::builder()
        .user_agent(concat!("souk/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        // What is sent again is decided here and nowhere below. One thing the connection pool still
        // does: a request of which not a byte was written, since its connection was found closed,
        // goes to another.
        .retry(retry::never().max_retries_per_request(0))
        .no_proxy()
        .http1_only()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .connect_timeout(limits.connect_timeout)
        .pool_max_idle_per_host(limits.concurrency)
        .pool_idle_timeout(IDLE)
}
