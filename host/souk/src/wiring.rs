//! What is in this program: every part, and how they are joined.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use souk_model::{Principal, Secret};
use souk_plans::{Plans, PlansDeps, SealKey, SystemClock};
use souk_runtime::{Dispatcher, DispatcherDeps, Registry, Sandbox, SessionHost};
use souk_state::audit::{AuditTrail, TrailKey, Transport};
use souk_state::exports::{ExportLimits, Exports};
use souk_state::people::People;
use souk_state::plans::SqlitePlanStore;
use souk_state::{StateDir, continuity};
use souk_upstream::{Magento, StoreConfig, StoreHooks};

use crate::compiler_process::compiler;
use crate::setup::Setup;
use crate::{shared_codes, stores};

/// The running host.
pub(crate) struct RunningHost {
    pub(crate) registry: Arc<Registry>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) sessions: Arc<SessionHost>,
    pub(crate) plans: Arc<Plans>,
    pub(crate) exports: Arc<Exports>,
    pub(crate) trail: Arc<AuditTrail>,
    pub(crate) plan_store: Arc<SqlitePlanStore>,
    /// Where the stores are, and how they are logged in to.
    pub(crate) stores: Vec<StoreConfig>,
    /// Of the demo store, where there is one.
    pub(crate) demo: Option<DemoAddresses>,
}

/// Plans without stores and plugins: for commands that decide of them.
pub(crate) struct PlansAlone {
    pub(crate) plans: Arc<Plans>,
}

impl PlansAlone {
    /// Opens trail and plans.
    ///
    /// # Errors
    /// Whatever keeps them from being opened, for people.
    pub(crate) async fn open(setup: &Setup) -> anyhow::Result<Self> {
        let state = StateDir::open(setup.state_dir()?)?;
        let trail = Arc::new(open_trail(setup, &state)?);
        let (plans, _) = open_plans(setup, &state, &trail).await?;
        Ok(Self { plans })
    }
}

/// Where the demo listens.
pub(crate) struct DemoAddresses {
    pub(crate) store: SocketAddr,
    /// Its own cache, unless the operator named another.
    pub(crate) cache: Option<SocketAddr>,
}

impl RunningHost {
    /// Opens the trail, reaches for the stores, and loads the plugins. A server does not wait for them:
    /// whoever follows its registry loads them, while it serves.
    ///
    /// # Errors
    /// Whatever keeps the host from serving, for people.
    pub(crate) async fn start(setup: &Setup, transport: Transport) -> anyhow::Result<Self> {
        let state = StateDir::open(setup.state_dir()?)?;
        let trail = Arc::new(open_trail(setup, &state)?);
        let (stores, demo) = configured(setup).await?;
        let configs = stores.clone();
        let stores = reach(stores, &trail, &state)?;
        let registry = registry(setup)?;
        if transport == Transport::Terminal {
            scan(&registry).await?;
        }
        let probe = transport != Transport::Terminal && setup.probe();
        let sessions = SessionHost::new(stores).probe_at_login(probe);
        let sessions = Arc::new(sessions);
        let (plans, plan_store) = open_plans(setup, &state, &trail).await?;
        if transport != Transport::Terminal {
            // Not before plans and trail are held against each other: a first start has no line.
            registry.keep_record(trail.clone()).await;
        }
        let exports = Arc::new(Exports::open(&state, export_limits(setup))?);
        let parts = DispatcherDeps {
            registry: registry.clone(),
            sessions: sessions.clone(),
            plans: plans.clone(),
            exports: exports.clone(),
            trail: trail.clone(),
            callers: setup.callers.clone(),
            plan_view: souk_console::plan_view(),
            transport,
        };
        let dispatcher = Dispatcher::new(parts, setup.operator_config()?);
        Ok(Self {
            registry,
            dispatcher,
            sessions,
            plans,
            exports,
            trail,
            plan_store,
            stores: configs,
            demo,
        })
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
    let (mut store, address) = stores::demo(setup.demo_data().as_deref()).await?;
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
    let sandbox = Sandbox::new(setup.limits.clone(), setup.cache_dir().as_deref(), compiler())?;
    let sandbox = sandbox.with_plugin_limits(setup.plugin_limits()?);
    Ok(sandbox.with_catalogue(setup.guards.catalogue.clone()))
}

/// Loads the plugins of the configured directory.
pub(crate) async fn load(setup: &Setup) -> anyhow::Result<Arc<Registry>> {
    let registry = registry(setup)?;
    scan(&registry).await?;
    Ok(registry)
}

/// The registry of the configured directory, with nothing loaded yet.
fn registry(setup: &Setup) -> anyhow::Result<Arc<Registry>> {
    let sandbox = sandbox(setup)?;
    let directory = setup.plugins_dir()?;
    check_directory(&directory)?;
    Ok(Arc::new(Registry::new(sandbox, directory, setup.plugin_trust()?)))
}

/// Whether there is a directory of plugins.
///
/// # Errors
/// There is none, and what to do.
pub(crate) fn check_directory(directory: &Path) -> anyhow::Result<()> {
    if !directory.is_dir() {
        bail!(
            "there is no plugin directory `{}`: build the plugins with `make plugins`, or name one \
             with --plugins",
            directory.display()
        );
    }
    Ok(())
}

async fn scan(registry: &Registry) -> anyhow::Result<()> {
    let scanned = registry.scan().await;
    drop(scanned.with_context(|| {
        format!("cannot read the plugins in `{}`", registry.directory().display())
    })?);
    Ok(())
}

/// Plans are kept in the state directory, which every host of this user shares.
async fn open_plans(
    setup: &Setup,
    state: &StateDir,
    trail: &Arc<AuditTrail>,
) -> anyhow::Result<(Arc<Plans>, Arc<SqlitePlanStore>)> {
    let key = SealKey::new(state.seal_key()?);
    let store = Arc::new(SqlitePlanStore::open(state)?.with_limits(setup.state.plan_limits()));
    reconcile(setup, state, trail, &store).await?;
    let deps = PlansDeps {
        store: store.clone(),
        guards: setup.guards.clone(),
        config: setup.plans.clone(),
        key,
        clock: Arc::new(SystemClock),
        trail: trail.clone(),
        people: People::new(state.path()),
        policy: setup.operator_config()?.decisions,
    };
    Ok((Plans::new(deps), store))
}

/// Holds plans and trail against each other: what is missing is found before anything is made of it.
pub(crate) async fn reconcile(
    setup: &Setup,
    state: &StateDir,
    trail: &AuditTrail,
    plans: &SqlitePlanStore,
) -> anyhow::Result<()> {
    let now = souk_state::Timestamp::now().as_millisecond();
    continuity::reconcile(&trail_key_path(setup, state), trail, plans, now).await?;
    Ok(())
}

/// What documents may take, and for how long they are kept.
pub(crate) fn export_limits(setup: &Setup) -> ExportLimits {
    let limits = setup.limits.exports();
    let most = Duration::from_secs(u64::from(setup.state.keep_days) * 24 * 3_600);
    ExportLimits { kept_for: limits.kept_for.min(most), ..limits }
}

/// The trail's own file, or the one in the state directory.
pub(crate) fn open_trail(setup: &Setup, state: &StateDir) -> anyhow::Result<AuditTrail> {
    Ok(AuditTrail::open(trail_path(setup, state), trail_key(setup, state)?)?)
}

/// The key that seals the trail, made the first time.
pub(crate) fn trail_key(setup: &Setup, state: &StateDir) -> anyhow::Result<TrailKey> {
    Ok(TrailKey::load_or_create(&trail_key_path(setup, state))?)
}

/// The trail's own file, or the one in the state directory.
pub(crate) fn trail_path(setup: &Setup, state: &StateDir) -> PathBuf {
    setup.audit_path().unwrap_or_else(|| state.audit_trail())
}

/// The file of the key that seals the trail: the operator's own, or the one in the state directory.
pub(crate) fn trail_key_path(setup: &Setup, state: &StateDir) -> PathBuf {
    setup.audit_key_path().unwrap_or_else(|| state.trail_key_path())
}

fn reach(
    configs: Vec<StoreConfig>,
    trail: &AuditTrail,
    state: &StateDir,
) -> anyhow::Result<Vec<Magento>> {
    configs
        .into_iter()
        .map(|config| {
            for secret in config.secrets() {
                trail.redactor().register(&secret);
            }
            let name = config.name.clone();
            // Tokens that a store hands out are secrets too, and may come back in its errors.
            let redactor = trail.redactor().clone();
            let learn = Arc::new(move |secret: &Secret| redactor.register(secret));
            let shared_codes = shared_codes::shared_in(state.path(), &config);
            let hooks = StoreHooks { on_secret: Some(learn), shared_codes: Some(shared_codes) };
            Magento::with_hooks(config, hooks).with_context(|| format!("the store `{name}`"))
        })
        .collect()
}
