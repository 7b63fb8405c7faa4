//! One configured store: its address, its limits, its connections.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::HeaderMap;
use souk_model::{Failure, Secret};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::connection_way::{connection_way, gateway_headers};
use super::known_secrets::KnownSecrets;
use super::used_codes::{SharedCodes, UsedCodes};
use super::views::StoreViews;
use crate::cdn::cache::Cdn;
use crate::config::base_url::{RestLayout, plain_base};
use crate::config::credentials::Credentials;
use crate::config::error::ConfigError;
use crate::config::limits::RequestLimits;
use crate::config::store::StoreConfig;
use crate::wire::address::StoreAddress;
use crate::wire::echo::EchoFilter;
use crate::wire::http_client::HttpClient;
use crate::wire::signing::PathForm;
use crate::wire::upstream::upstream_error;

/// Told of each secret that a store gives out, before it is used, so that logs can be kept free of
/// it: an admin's tokens.
pub type OnSecret = Arc<dyn Fn(&Secret) + Send + Sync>;

/// What a store is given of the host around it.
#[derive(Default)]
pub struct StoreHooks {
    /// Told of each secret that the store gives out.
    pub on_secret: Option<OnSecret>,
    /// What other processes know of one-time codes: asked before one is used.
    pub shared_codes: Option<Arc<dyn SharedCodes>>,
}

/// One configured store. Cheap to clone; all clones share connections, limits and what is known of
/// its store views.
///
/// Requests go to the operator's `base_url` and nowhere else: redirects are not followed, and
/// proxies are not taken from the environment (a proxy would see the credentials of a store without
/// TLS, and `HTTP_PROXY` is no place to decide that).
#[derive(Clone)]
pub struct Magento(Arc<MagentoInner>);

struct MagentoInner {
    name: String,
    environment: String,
    credentials: Option<Credentials>,
    limits: RequestLimits,
    four_byte: bool,
    address: StoreAddress,
    client: HttpClient,
    /// The cache before the store.
    cdn: Option<Arc<Cdn>>,
    slots: Semaphore,
    views: StoreViews,
    /// Whether the store was seen to verify paths as sent: see [`PathForm`].
    signs_as_sent: AtomicBool,
    /// Whether it was seen to verify signatures over its address without the port.
    signs_without_port: AtomicBool,
    /// What every request to it carries, for what stands before it.
    gateway_headers: HeaderMap,
    used_codes: UsedCodes,
    /// The largest page that it takes, once it has refused a larger one; before that 0.
    page_limit: AtomicUsize,
    on_secret: Option<OnSecret>,
    secrets: KnownSecrets,
}

impl fmt::Debug for Magento {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Magento")
            .field("name", &self.0.name)
            .field("environment", &self.0.environment)
            .field("base_url", &self.0.address.base_url)
            .finish_non_exhaustive()
    }
}

impl Magento {
    /// A store as configured. Nothing is sent yet, and no certificate loaded.
    ///
    /// # Errors
    /// An address that is none, a limit of zero, a cache that is half described.
    pub fn new(config: StoreConfig) -> Result<Self, ConfigError> {
        Self::with_hooks(config, StoreHooks::default())
    }

    /// As [`Magento::new`], with what the store is given of the host around it.
    ///
    /// # Errors
    /// As [`Magento::new`].
    pub fn with_hooks(config: StoreConfig, hooks: StoreHooks) -> Result<Self, ConfigError> {
        let (way, proxied_by_tls) = connection_way(&config)?;
        let gateway_headers = gateway_headers(&config)?;
        let secrets = KnownSecrets::new(config.secrets());
        let layout = layout_of(&config);
        let StoreConfig {
            name,
            environment,
            base_url,
            signing_base_url,
            credentials,
            limits,
            four_byte,
            cdn,
            ..
        } = config;
        let address = StoreAddress::new(&name, &base_url, signing_base_url.as_ref(), layout)?;
        check_limits(&name, &limits)?;
        let cdn =
            Cdn::new(&cdn, limits).map_err(|why| ConfigError::Cdn { store: name.clone(), why })?;
        if !address.encrypted && !address.loopback {
            tracing::warn!(store = name, base_url = address.base_url, "credentials go unencrypted");
        }
        Ok(Self(Arc::new(MagentoInner {
            slots: Semaphore::new(limits.concurrency.min(Semaphore::MAX_PERMITS)),
            views: StoreViews::default(),
            signs_as_sent: AtomicBool::new(false),
            signs_without_port: AtomicBool::new(false),
            gateway_headers,
            used_codes: UsedCodes::new(hooks.shared_codes),
            page_limit: AtomicUsize::new(0),
            on_secret: hooks.on_secret,
            secrets,
            client: HttpClient::by(way, address.encrypted || proxied_by_tls, limits),
            cdn: cdn.map(Arc::new),
            name,
            environment,
            credentials,
            limits,
            four_byte,
            address,
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
        &self.0.address.base_url
    }

    /// The operator's credentials for the store, if there are any.
    #[must_use]
    pub fn credentials(&self) -> Option<&Credentials> {
        self.0.credentials.as_ref()
    }

    /// What requests may cost.
    #[must_use]
    pub fn limits(&self) -> &RequestLimits {
        &self.0.limits
    }

    /// Whether the store keeps characters of four bytes, as its operator says.
    #[must_use]
    pub fn keeps_four_byte(&self) -> bool {
        self.0.four_byte
    }

    /// The cache before the store, where one is configured.
    pub(crate) fn cdn(&self) -> Option<&Arc<Cdn>> {
        self.0.cdn.as_ref()
    }

    pub(crate) fn views(&self) -> &StoreViews {
        &self.0.views
    }

    /// Whether this is where the store is, also where the address goes on to its API.
    #[must_use]
    pub fn is_at(&self, url: &str) -> bool {
        let base = url.parse().ok().and_then(|url| plain_base(&url, self.0.address.layout).ok());
        base.is_some_and(|base| base == self.0.address.base_url)
    }

    /// Whether it is Adobe Commerce as a Cloud Service.
    #[must_use]
    pub fn is_cloud_service(&self) -> bool {
        self.0.address.layout == RestLayout::CloudService
    }

    /// Whether the store was found to verify signatures over its address without the port.
    #[must_use]
    pub fn signs_without_port(&self) -> bool {
        self.0.signs_without_port.load(Ordering::Relaxed)
    }

    /// Whether it has a port that could be left out, and is not known to.
    pub(crate) fn may_sign_without_port(&self) -> bool {
        self.0.address.signing_rest_url_without_port.is_some() && !self.signs_without_port()
    }

    pub(crate) fn set_signs_without_port(&self, without_port: bool) {
        self.0.signs_without_port.store(without_port, Ordering::Relaxed);
    }

    /// The start of every address, as signatures want it.
    pub(crate) fn signing_rest_url(&self) -> &str {
        let address = &self.0.address;
        match &address.signing_rest_url_without_port {
            Some(without_port) if self.signs_without_port() => without_port,
            _ => &address.signing_rest_url,
        }
    }

    /// What every request to the store carries, for what stands before it.
    pub(crate) fn gateway_headers(&self) -> &HeaderMap {
        &self.0.gateway_headers
    }

    /// The largest page that it takes, as far as it has said so; else 0.
    pub(crate) fn page_limit(&self) -> usize {
        self.0.page_limit.load(Ordering::Relaxed)
    }

    /// Remembers the largest page that the store takes.
    pub(crate) fn learn_page_limit(&self, limit: usize) {
        self.0.page_limit.store(limit, Ordering::Relaxed);
    }

    /// Which one-time codes were used for it.
    pub(crate) fn used_codes(&self) -> &UsedCodes {
        &self.0.used_codes
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
        self.within(self.0.limits.total_timeout, work).await
    }

    /// Ends what takes longer than this.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
            Err(upstream_error(format!(
                "the store did not answer within {} s",
                limit.as_secs_f32()
            ))
            .remedy("try again with less at once, or raise the store's `total_timeout`"))
        })
    }

    /// Notes what a session proves itself with: no reply of the store is passed on with it.
    pub(crate) fn note_credentials(&self, credentials: &Credentials) {
        self.0.secrets.learn(credentials.secrets());
    }

    /// What finds credentials in the store's replies.
    pub(crate) fn echoes(&self) -> Arc<EchoFilter> {
        self.0.secrets.filter()
    }

    /// Notes a secret that the store gave out.
    pub(crate) fn report_secret(&self, secret: &Secret) {
        self.0.secrets.learn([secret]);
        if let Some(on_secret) = &self.0.on_secret {
            on_secret(secret);
        }
    }

    pub(crate) async fn client(&self) -> Result<&reqwest::Client, Failure> {
        self.0.client.get().await
    }

    pub(crate) fn address(&self) -> &StoreAddress {
        &self.0.address
    }

    /// A free place among the store's requests, held until the answer is read.
    pub(crate) async fn slot(&self) -> Result<SemaphorePermit<'_>, Failure> {
        let slot = self.0.slots.acquire().await;
        slot.map_err(|_| Failure::internal("the store is shut down"))
    }
}

/// How the store's addresses are built, as the operator says or as its credentials tell.
fn layout_of(config: &StoreConfig) -> RestLayout {
    let host = config.base_url.host_str().unwrap_or_default();
    let is_cloud_service = config.cloud_service.unwrap_or_else(|| {
        matches!(config.credentials, Some(Credentials::Ims(_)))
            || host.ends_with(".api.commerce.adobe.com")
    });
    if is_cloud_service { RestLayout::CloudService } else { RestLayout::Magento }
}

fn check_limits(store: &str, limits: &RequestLimits) -> Result<(), ConfigError> {
    let zero = [
        ("connect_timeout", limits.connect_timeout.is_zero()),
        ("total_timeout", limits.total_timeout.is_zero()),
        ("write_timeout", limits.write_timeout.is_zero()),
        ("max_answer_bytes", limits.max_answer_bytes == 0),
        ("concurrency", limits.concurrency == 0),
        ("max_url_bytes", limits.max_url_bytes == 0),
    ];
    match zero.into_iter().find(|(_, zero)| *zero) {
        Some((limit, _)) => Err(ConfigError::Limit { store: store.to_owned(), limit }),
        None => Ok(()),
    }
}
