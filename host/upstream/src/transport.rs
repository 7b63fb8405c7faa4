//! One store's connections: one client, bounded in time, bytes and number.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use reqwest::{Client, Request, Response, redirect};
use souk_model::{Code, Failure};
use tokio::sync::Semaphore;

use crate::address::{Address, ConfigError, Target};
use crate::complaint::tame;
use crate::signing::PathForm;
use crate::views::Views;
use crate::{Credentials, Limits, StoreConfig, UPSTREAM, retry};

/// Of an error's body no more than this is read, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// One configured store. Cheap to clone; all clones share connections, limits and what is known of
/// its store views.
///
/// Requests go to the operator's `base_url` and nowhere else: redirects are not followed, and
/// proxies are not taken from the environment (a proxy would see the credentials of a store without
/// TLS, and `HTTP_PROXY` is no place to decide that).
#[derive(Clone)]
pub struct Magento(Arc<Inner>);

struct Inner {
    name: String,
    environment: String,
    credentials: Option<Credentials>,
    limits: Limits,
    address: Address,
    client: Client,
    slots: Semaphore,
    views: Views,
    /// Whether the store was seen to verify paths as sent: see [`PathForm`].
    signs_as_sent: AtomicBool,
}

impl fmt::Debug for Magento {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Magento")
            .field("name", &self.0.name)
            .field("environment", &self.0.environment)
            .field("base_url", &self.0.address.shown)
            .finish_non_exhaustive()
    }
}

/// A store's answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    /// Whether the store says that it is JSON.
    pub json: bool,
    pub retry_after: Option<Duration>,
    /// Where a redirect points, fit to be shown.
    pub location: Option<String>,
    /// The whole body of a 2xx; of others at most [`MAX_ERROR_BYTES`].
    pub body: Bytes,
}

/// Why there is no answer.
enum Lost {
    /// Nothing came back: a read may be sent again.
    Unanswered(Failure),
    /// Sending it again would not help.
    Spoilt(Failure),
}

impl Magento {
    /// A store as configured. Nothing is sent yet.
    ///
    /// # Errors
    /// An address that is none, a limit of zero, or certificates that cannot be loaded.
    pub fn new(config: StoreConfig) -> Result<Self, ConfigError> {
        let StoreConfig { name, environment, base_url, signing_base_url, credentials, limits } =
            config;
        let address = Address::new(&name, &base_url, signing_base_url.as_ref())?;
        check(&name, &limits)?;
        if !address.encrypted && !address.loopback {
            tracing::warn!(store = name, base_url = address.shown, "credentials go unencrypted");
        }
        let client = client(&address, &limits)
            .map_err(|source| ConfigError::Client { store: name.clone(), source })?;
        Ok(Self(Arc::new(Inner {
            slots: Semaphore::new(limits.concurrency.min(Semaphore::MAX_PERMITS)),
            views: Views::default(),
            signs_as_sent: AtomicBool::new(false),
            name,
            environment,
            credentials,
            limits,
            address,
            client,
        })))
    }

    /// The operator's name for the store.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The store's environment: `production`, `staging`, …
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.0.environment
    }

    /// Where the store is, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.0.address.shown
    }

    /// The operator's credentials for the store, if there are any.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.0.credentials.as_ref()
    }

    /// What requests may cost.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn views(&self) -> &Views {
        &self.0.views
    }

    /// The start of every address, as signatures want it.
    pub(crate) fn signing_rest(&self) -> &str {
        &self.0.address.signing_rest
    }

    pub(crate) fn path_form(&self) -> PathForm {
        if self.0.signs_as_sent.load(Ordering::Relaxed) {
            PathForm::AsSent
        } else {
            PathForm::Decoded
        }
    }

    pub(crate) fn learn_path_form(&self, form: PathForm) {
        self.0.signs_as_sent.store(form == PathForm::AsSent, Ordering::Relaxed);
    }

    /// Ends what takes longer than one call may.
    pub(crate) async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let limit = self.0.limits.total_timeout;
        tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
            Err(upstream_error(format!(
                "the store did not answer within {} s",
                limit.as_secs_f32()
            ))
            .remedy("try again with less at once, or raise the store's `total_timeout`"))
        })
    }

    /// A GET, sent again where that may help. `authorize` is asked anew for each attempt, since a
    /// signature counts once.
    pub(crate) async fn read<A>(&self, target: &Target<'_>, authorize: A) -> Result<Answer, Failure>
    where
        A: Fn() -> Result<Option<HeaderValue>, Failure>,
    {
        let url = self.0.address.of(target, self.0.limits.max_url_bytes)?;
        self.with_retries(|| {
            let mut request = Request::new(Method::GET, url.clone());
            insert(request.headers_mut(), AUTHORIZATION, authorize()?);
            Ok(request)
        })
        .await
    }

    /// A POST of JSON that may be repeated harmlessly: getting a token.
    pub(crate) async fn post(&self, target: &Target<'_>, body: Vec<u8>) -> Result<Answer, Failure> {
        let url = self.0.address.of(target, self.0.limits.max_url_bytes)?;
        let body = Bytes::from(body);
        self.with_retries(|| {
            let mut request = Request::new(Method::POST, url.clone());
            let json = HeaderValue::from_static("application/json");
            insert(request.headers_mut(), CONTENT_TYPE, Some(json));
            *request.body_mut() = Some(body.clone().into());
            Ok(request)
        })
        .await
    }

    async fn with_retries(
        &self,
        request: impl Fn() -> Result<Request, Failure>,
    ) -> Result<Answer, Failure> {
        let mut attempts = 0;
        loop {
            let outcome = self.attempt(request()?).await;
            let asked = match &outcome {
                Ok(answer) if !retry::is_transient(answer.status) => return outcome.map_err(told),
                Ok(answer) => answer.retry_after,
                Err(Lost::Unanswered(_)) => None,
                Err(Lost::Spoilt(_)) => return outcome.map_err(told),
            };
            attempts += 1;
            let Some(wait) = retry::wait(&self.0.limits, attempts, asked) else {
                return outcome.map_err(told);
            };
            tracing::debug!(store = self.0.name, attempts, ?wait, "the store is asked again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, request: Request) -> Result<Answer, Lost> {
        let slot = self.0.slots.acquire().await;
        let _slot = slot.map_err(|_| Lost::Spoilt(Failure::internal("the store is shut down")))?;
        let response = self.0.client.execute(request).await.map_err(|error| self.lost(error))?;
        self.answer(response).await
    }

    async fn answer(&self, response: Response) -> Result<Answer, Lost> {
        let status = response.status();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let json = header(CONTENT_TYPE).is_some_and(|kind| kind.contains("json"));
        let retry_after =
            header(RETRY_AFTER).and_then(|after| retry::retry_after(after, Timestamp::now()));
        let location = header(LOCATION).map(|to| tame(to, 200));
        let body = if status.is_success() {
            whole_body(response, self.0.limits.max_answer_bytes).await.map_err(Lost::Spoilt)?
        } else {
            // Half of a complaint is better than none.
            some_body(response, MAX_ERROR_BYTES).await
        };
        Ok(Answer { status: status.as_u16(), json, retry_after, location, body })
    }

    fn lost(&self, error: reqwest::Error) -> Lost {
        let base_url = &self.0.address.shown;
        let failure = if error.is_timeout() && error.is_connect() {
            let limit = self.0.limits.connect_timeout.as_secs_f32();
            upstream_error(format!("`{base_url}` took no connection within {limit} s"))
        } else {
            upstream_error(format!("`{base_url}` cannot be reached: {}", causes(error)))
        };
        Lost::Unanswered(
            failure.remedy("check that the store is up and that its `base_url` is right"),
        )
    }
}

fn told(lost: Lost) -> Failure {
    match lost {
        Lost::Unanswered(failure) | Lost::Spoilt(failure) => failure,
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

pub(crate) fn upstream_error(message: impl Into<String>) -> Failure {
    Failure::new(Code::UpstreamError, message).from_upstream(UPSTREAM, None)
}

/// The innermost cause of a transport error, which is the one that says something. The address is
/// left out: it may hold a customer's data.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    tame(&innermost.to_string(), 200)
}

async fn whole_body(mut response: Response, max: usize) -> Result<Bytes, Failure> {
    let too_long = || {
        upstream_error(format!("the store's answer is longer than {max} bytes"))
            .remedy("ask for fewer items or fewer fields, or raise the store's `max_answer_bytes`")
    };
    let expected = response.content_length();
    if expected.is_some_and(|length| length > max as u64) {
        return Err(too_long());
    }
    let broken = |error| {
        upstream_error(format!("the store's answer broke off: {}", causes(error)))
            .remedy("try again; if it happens again, the store's log says why")
    };
    let Some(first) = response.chunk().await.map_err(broken)? else {
        return Ok(Bytes::new());
    };
    let mut rest: Option<BytesMut> = None;
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        let all = rest.get_or_insert_with(|| BytesMut::from(&first[..]));
        all.extend_from_slice(&chunk);
        if all.len() > max {
            return Err(too_long());
        }
    }
    let body = rest.map_or(first, BytesMut::freeze);
    if body.len() > max { Err(too_long()) } else { Ok(body) }
}

async fn some_body(mut response: Response, max: usize) -> Bytes {
    let mut body = BytesMut::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk[..chunk.len().min(max - body.len())]);
        if body.len() == max {
            break;
        }
    }
    body.freeze()
}

fn check(store: &str, limits: &Limits) -> Result<(), ConfigError> {
    let zero = [
        ("connect_timeout", limits.connect_timeout.is_zero()),
        ("total_timeout", limits.total_timeout.is_zero()),
        ("max_answer_bytes", limits.max_answer_bytes == 0),
        ("concurrency", limits.concurrency == 0),
        ("max_url_bytes", limits.max_url_bytes == 0),
    ];
    match zero.into_iter().find(|(_, zero)| *zero) {
        Some((limit, _)) => Err(ConfigError::Limit { store: store.to_owned(), limit }),
        None => Ok(()),
    }
}

fn client(address: &Address, limits: &Limits) -> reqwest::Result<Client> {
    // The only provider this program is built with. A second store finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    // Without it Magento answers errors as HTML or XML.
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let builder = Client::builder()
        .user_agent(concat!("souk/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .connect_timeout(limits.connect_timeout)
        .pool_max_idle_per_host(limits.concurrency);
    if address.encrypted {
        // The system's certificates, through rustls' platform verifier.
        builder.build()
    } else {
        // Loading them takes milliseconds, and nothing here is encrypted.
        builder.tls_certs_only([]).build()
    }
}

/// A header that no log may show.
pub(crate) fn secret_header(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Failure::new(Code::ValidationError, "a credential holds characters that HTTP cannot carry")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
