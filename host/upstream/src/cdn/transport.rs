//! One purge and its answer. A purge is harmless to repeat, so it is sent again as a read is.

use bytes::Bytes;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use reqwest::{Request, Response};
use souk_model::{Code, Failure};
use url::Url;

use crate::config::limits::RequestLimits;
use crate::wire::echo::EchoFilter;
use crate::wire::http_client::HttpClient;
use crate::wire::reply::clean_prefix;
use crate::wire::retry;
use crate::wire::transport_error::innermost_cause;

/// Caches answer in a line or two.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The connections to one cache.
#[derive(Debug)]
pub(super) struct CacheTransport {
    provider: &'static str,
    client: HttpClient,
    limits: RequestLimits,
    /// What finds the cache's credentials in its answers.
    echoes: EchoFilter,
}

/// A cache's answer, whatever its status.
#[derive(Debug)]
pub(super) struct CacheReply {
    pub(super) status: u16,
    /// At most [`MAX_ANSWER_BYTES`] of it.
    pub(super) body: Bytes,
    retry_after: Option<std::time::Duration>,
}

impl CacheTransport {
    pub(super) fn new(
        provider: &'static str,
        client: HttpClient,
        limits: RequestLimits,
        echoes: EchoFilter,
    ) -> Self {
        Self { provider, client, limits, echoes }
    }

    /// Sends a request until it is answered, or may not be tried any more.
    pub(super) async fn send(
        &self,
        request: impl Fn() -> Result<Request, Failure>,
    ) -> Result<CacheReply, Failure> {
        let limit = self.limits.total_timeout;
        tokio::time::timeout(limit, self.try_send(request)).await.unwrap_or_else(|_| {
            let message =
                format!("`{}` did not answer within {} s", self.provider, limit.as_secs_f32());
            Err(self.error(message).remedy("it may have purged; purging again is harmless"))
        })
    }

    async fn try_send(
        &self,
        request: impl Fn() -> Result<Request, Failure>,
    ) -> Result<CacheReply, Failure> {
        let client = self.client.get().await?;
        let mut attempts = 0;
        loop {
            let outcome = client.execute(request()?).await;
            let (outcome, asked) = match outcome {
                Ok(response) => {
                    let reply = read_reply(response, &self.echoes).await;
                    if !retry::is_transient(reply.status) {
                        return Ok(reply);
                    }
                    let asked = reply.retry_after;
                    (Ok(reply), asked)
                }
                Err(error) => (Err(self.failure_without_reply(error)), None),
            };
            attempts += 1;
            let Some(wait) = retry::wait(&self.limits, attempts, asked) else { return outcome };
            tracing::debug!(cdn = self.provider, attempts, ?wait, "the cache is asked again");
            tokio::time::sleep(wait).await;
        }
    }

    fn failure_without_reply(&self, error: reqwest::Error) -> Failure {
        let what = if error.is_connect() { "cannot be reached" } else { "gave no answer" };
        self.error(format!("`{}` {what}: {}", self.provider, innermost_cause(error)))
            .remedy("the operator checks that the cache is up, and its address in SOUK_CDN_URL")
    }

    fn error(&self, message: String) -> Failure {
        Failure::new(Code::UpstreamError, message).from_upstream(self.provider, None)
    }
}

/// An address that is sent as it is written. Should the URL parser see it otherwise than we do,
/// nothing is sent.
pub(super) fn exact_url(text: &str) -> Result<Url, Failure> {
    match Url::parse(text) {
        Ok(url) if url.as_str() == text => Ok(url),
        _ => Err(Failure::internal("a purge's address would change on its way; nothing sent")),
    }
}

async fn read_reply(response: Response, echoes: &EchoFilter) -> CacheReply {
    let status = response.status().as_u16();
    let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = header.and_then(|after| retry::retry_after(after, Timestamp::now()));
    CacheReply { status, body: clean_prefix(response, MAX_ANSWER_BYTES, echoes).await, retry_after }
}
