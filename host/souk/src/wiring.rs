//! What is in this program: every part, and how they are joined.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use souk_model::{Principal, Secret};
use souk_plans::{Plans, SealKey, SystemClock};
use souk_runtime::{Dispatcher, DispatcherDeps, Registry, Sandbox, SessionHost};
use souk_state::StateDir;
use souk_state::audit::{AuditTrail, Transport};
use souk_state::exports::Exports;
use souk_state::plans::SqlitePlanStore;
use souk_upstream::{Credentials, Magento, StoreConfig};

use crate::compiler_process::compiler;
use crate::setup::Setup;
use crate::stores;

/// How long a server waits for its plugins before it serves those that are there. Whoever follows
/// the directory loads the rest.
const LOADING: Duration = Duration::from_secs(20);

/// The running host.
pub(crate) struct RunningHost {
    pub(crate) registry: Arc<Registry>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) sessions: Arc<SessionHost>,
    pub(crate) plans: Arc<Plans>,
    pub(crate) exports: Arc<Exports>,
    /// Of the demo store, where there is one.
    pub(crate) demo: Option<DemoAddresses>,
}

/// Where the demo listens.
pub(crate) struct DemoAddresses {
    pub(crate) store: SocketAddr,
    /// Its own cache, unless the operator named another.
    pub(crate) cache: Option<SocketAddr>,
}

impl RunningHost {
    /// Opens the trail, reaches for the stores, and loads the plugins.
    ///
    /// # Errors
    /// Whatever keeps the host from serving, for people.
    pub(crate) async fn start(setup: &Setup, transport: Transport) -> anyhow::Result<Self> {
        let state = StateDir::open(setup.state_dir()?)?;
        let trail = Arc::new(open_trail(setup, &state)?);
        let (stores, demo) = configured(setup).await?;
        let stores = reach(stores, &trail)?;
        let patience = (transport != Transport::Terminal).then_some(LOADING);
        let registry = load_within(setup, patience).await?;
        let probe = transport != Transport::Terminal && setup.probe();
        let sessions = SessionHost::new(stores).probe_at_login(probe);
        let sessions = Arc::new(sessions);
        let plans = open_plans(setup, &state, trail.clone())?;
        let exports = Arc::new(Exports::open(&state, setup.limits.exports())?);
        let parts = DispatcherDeps {
            registry: registry.clone(),
            sessions: sessions.clone(),
            plans: plans.clone(),
            exports: exports.clone(),
            trail,
            callers: setup.callers.clone(),
            transport,
        };
        let dispatcher = Dispatcher::new(parts, setup.operator_config()?);
        Ok(Self { registry, dispatcher, sessions, plans, exports, demo })
    }

    /// Logs the operator in, for commands of the terminal.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn log_in(&self) -> Result<(), souk_model::Failure> {
        self.sessions.login_configured(&Principal::local()).await.map(drop)
    }
}

/// The operator's stores; for the demo its store, started, with the cache before it.
///
/// # Errors
/// A configuration that is not one, or no port for the demo.
pub(crate) async fn configured(
    setup: &Setup,
) -> anyhow::Result<(Vec<StoreConfig>, Option<DemoAddresses>)> {
    if !setup.demo() {
        return Ok((setup.stores()?, None));
    }
    let (mut store, address) = stores::demo().await?;
    store.cdn = crate::cdn::of_demo(&setup.settings)?;
    let cache = if store.cdn.names_a_cache() {
        None
    } else {
        let (settings, address) = crate::cdn::demo().await?;
        store.cdn = settings.overridden_by(store.cdn);
        Some(address)
    };
    Ok((vec![store], Some(DemoAddresses { store: address, cache })))
}

/// Where files are taken through every check.
pub(crate) fn sandbox(setup: &Setup) -> anyhow::Result<Sandbox> {
    Ok(Sandbox::new(setup.limits.clone(), setup.cache_dir().as_deref(), compiler())?)
}

/// Loads the plugins of the configured directory.
pub(crate) async fn load(setup: &Setup) -> anyhow::Result<Arc<Registry>> {
    load_within(setup, None).await
}

/// Loads them, or what can be loaded in this time.
async fn load_within(setup: &Setup, patience: Option<Duration>) -> anyhow::Result<Arc<Registry>> {
    let sandbox = sandbox(setup)?;
    let directory = setup.plugins_dir()?;
    if !directory.is_dir() {
        bail!(
            "there is no plugin directory `{}`: build the plugins with `make plugins`, or name one \
             with --plugins",
            directory.display()
        );
    }
    let registry = Arc::new(Registry::new(sandbox, directory));
    match tokio::time::timeout(patience.unwrap_or(Duration::MAX), registry.scan()).await {
        Ok(scanned) => drop(scanned.with_context(|| {
            format!("cannot read the plugins in `{}`", registry.directory().display())
        })?),
        Err(_) => tracing::warn!("serving while plugins are still being loaded"),
    }
    Ok(registry)
}

/// Plans are kept in the state directory, which every host of this user shares.
fn open_plans(
    setup: &Setup,
    state: &StateDir,
    trail: Arc<AuditTrail>,
) -> anyhow::Result<Arc<Plans>> {
    let key = SealKey::new(state.seal_key()?);
    let store = Arc::new(SqlitePlanStore::open(state)?);
    let (guards, config) = (setup.guards.clone(), setup.plans.clone());
    Ok(Plans::new(store, guards, config, key, Arc::new(SystemClock), trail))
}

/// The trail's own file, or the one in the state directory.
pub(crate) fn open_trail(setup: &Setup, state: &StateDir) -> anyhow::Result<AuditTrail> {
    let path = setup.audit_path().unwrap_or_else(|| state.audit_trail());
    Ok(AuditTrail::open(path, state.digest_key()?)?)
}

fn reach(configs: Vec<StoreConfig>, trail: &AuditTrail) -> anyhow::Result<Vec<Magento>> {
    configs
        .into_iter()
        .map(|config| {
            let of_cdn = config.cdn.token.as_ref();
            for secret in config.credentials.iter().flat_map(secrets).chain(of_cdn) {
                trail.redactor().register(secret);
            }
            let name = config.name.clone();
            // Tokens that a store hands out are secrets too, and may come back in its errors.
            let redactor = trail.redactor().clone();
            let learn = Arc::new(move |secret: &Secret| redactor.register(secret));
            Magento::with_on_secret(config, learn).with_context(|| format!("the store `{name}`"))
        })
        .collect()
}

fn secrets(credentials: &Credentials) -> Vec<&Secret> {
    match credentials {
        Credentials::Oauth { consumer_key, consumer_secret, token, token_secret } => {
            vec![consumer_key, consumer_secret, token, token_secret]
        }
        Credentials::IntegrationToken(token) => vec![token],
        Credentials::Admin { password, .. } => vec![password],
    }
}
