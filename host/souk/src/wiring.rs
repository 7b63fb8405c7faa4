//! What is in this program: every part, and how they are joined.

use std::sync::Arc;

use anyhow::{Context, bail};
use souk_model::{Principal, Secret};
use souk_runtime::{Dispatcher, Registry, Sandbox, SessionHost};
use souk_state::StateDir;
use souk_state::audit::{AuditTrail, Transport};
use souk_upstream::{Credentials, Magento, StoreConfig};

use crate::setup::Setup;
use crate::stores;

/// The running host.
pub(crate) struct Host {
    pub(crate) registry: Arc<Registry>,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) sessions: Arc<SessionHost>,
    /// Of the demo store, where there is one.
    pub(crate) demo: Option<std::net::SocketAddr>,
}

impl Host {
    /// Opens the trail, reaches for the stores, and loads the plugins.
    ///
    /// # Errors
    /// Whatever keeps the host from serving, for people.
    pub(crate) async fn start(setup: &Setup, transport: Transport) -> anyhow::Result<Self> {
        let trail = Arc::new(open_trail(setup)?);
        let (stores, demo) = if setup.demo() {
            let (store, address) = stores::demo().await?;
            (vec![store], Some(address))
        } else {
            (setup.stores()?, None)
        };
        // A store on https needs the system's certificates, which take as long to read as plugins.
        let (stores, registry) = tokio::try_join!(reach(stores, trail.clone()), load(setup))?;
        let sessions = Arc::new(SessionHost::new(stores, setup.accept_credentials()));
        let dispatcher = Dispatcher::new(
            registry.clone(),
            setup.rules()?,
            setup.settings(),
            sessions.clone(),
            trail,
            transport,
        );
        Ok(Self { registry, dispatcher, sessions, demo })
    }

    /// Logs the operator in, for commands of the terminal.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn log_in(&self) -> Result<(), souk_model::Failure> {
        self.sessions.login(&Principal::local(), None, Vec::new()).await.map(drop)
    }
}

/// Loads the plugins of the configured directory.
pub(crate) async fn load(setup: &Setup) -> anyhow::Result<Arc<Registry>> {
    let sandbox = Sandbox::new(setup.config.limits.clone(), setup.cache_dir().as_deref())?;
    let directory = setup.plugins_dir()?;
    if !directory.is_dir() {
        bail!(
            "there is no plugin directory `{}`: build the plugins with `make plugins`, or name one \
             with --plugins",
            directory.display()
        );
    }
    let registry = Arc::new(Registry::new(sandbox, directory));
    registry.scan().await.with_context(|| {
        format!("cannot read the plugins in `{}`", registry.directory().display())
    })?;
    Ok(registry)
}

/// The trail's own file, or the one in the state directory.
pub(crate) fn open_trail(setup: &Setup) -> anyhow::Result<AuditTrail> {
    let state = StateDir::open(setup.state_dir()?)?;
    let path = setup.audit_path().unwrap_or_else(|| state.audit_trail());
    Ok(AuditTrail::open(path, state.digest_key()?)?)
}

/// Makes ready to talk to the stores, without sending them anything yet.
async fn reach(configs: Vec<StoreConfig>, trail: Arc<AuditTrail>) -> anyhow::Result<Vec<Magento>> {
    let ready = move |config: StoreConfig| {
        for secret in config.credentials.iter().flat_map(secrets) {
            trail.redactor().register(secret);
        }
        let name = config.name.clone();
        Magento::new(config).with_context(|| format!("the store `{name}`"))
    };
    tokio::task::spawn_blocking(move || configs.into_iter().map(ready).collect()).await?
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
