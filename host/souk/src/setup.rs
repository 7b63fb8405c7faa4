//! Everything the operator decided, from flags, environment and file, in one place.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use souk_model::Secret;
use souk_plans::Caps;
use souk_policy::Rules;
use souk_runtime::Settings;

use crate::cli::Common;
use crate::config::Config;
use crate::environment::Environment;
use crate::rules;

/// The configuration that is read where none is named.
const CONFIG_HERE: &str = "souk.toml";

/// Whom the environment's bearer token tells. Not the local user: whoever comes over HTTP is told
/// apart from whoever sits at this machine, and `[principals.http]` can limit them.
const TOKEN_OF_ENVIRONMENT: &str = "http";

/// By what a file is told from what it was: its inode, length and time of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp(u64, u64, i64, i64);

impl Stamp {
    /// Of the file as it is now; none where it cannot be looked at.
    pub(crate) fn of(file: &Path) -> Option<Self> {
        let found = std::fs::metadata(file).ok()?;
        Some(Self(found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
    }
}

/// What the operator decided.
pub(crate) struct Setup {
    flags: Common,
    environment: Environment,
    /// The file that was read, if one was.
    pub(crate) file: Option<PathBuf>,
    /// What the file looked like just before it was read.
    pub(crate) stamp: Option<Stamp>,
    pub(crate) config: Config,
}

impl Setup {
    /// Reads the environment and the configuration.
    ///
    /// # Errors
    /// Whatever is wrong in either, for people.
    pub(crate) fn read(flags: Common) -> anyhow::Result<Self> {
        let environment = Environment::read()?;
        let named = flags.config.clone().or_else(|| environment.config.clone());
        let here = PathBuf::from(CONFIG_HERE);
        let file = named.or_else(|| here.exists().then_some(here));
        // Before it is read: a change in between shows as one, and is read again.
        let stamp = file.as_deref().and_then(Stamp::of);
        let config = match &file {
            Some(file) => Config::read(file)?,
            None => Config::default(),
        };
        let setup = Self { flags, environment, file, stamp, config };
        // A rule that cannot be read must stop the start, not the first call.
        setup.rules()?;
        Ok(setup)
    }

    /// Reads the configuration again. Flags and environment stay, and with them every limit they
    /// set.
    ///
    /// # Errors
    /// What is wrong in the file; what was in force stays so.
    pub(crate) fn reread(&self) -> anyhow::Result<(Rules, Settings)> {
        let Some(file) = &self.file else { return Ok((self.rules()?, self.settings())) };
        let config = Config::read(file)?;
        let rules = rules::build(&self.flags, &self.environment, &config, file)?;
        Ok((rules, settings(&config)))
    }

    /// The operator's rules.
    pub(crate) fn rules(&self) -> anyhow::Result<Rules> {
        let file = self.file.as_deref().unwrap_or(Path::new(CONFIG_HERE));
        rules::build(&self.flags, &self.environment, &self.config, file)
    }

    /// The plugins' own settings.
    pub(crate) fn settings(&self) -> Settings {
        settings(&self.config)
    }

    /// Whether to use the demo store.
    pub(crate) fn demo(&self) -> bool {
        self.flags.demo
    }

    /// Whether callers may log in with credentials of their own.
    pub(crate) fn accept_credentials(&self) -> bool {
        self.flags.accept_credentials
            || self.environment.accept_credentials
            || self.config.policy.accept_credentials
    }

    /// What the operator allows a change to do: the configuration, narrowed or widened by
    /// magento-mcp's variables, which win because a client's own settings name them.
    pub(crate) fn guards(&self) -> souk_plans::Guards {
        let mut guards = self.config.guards.clone();
        let set = &self.environment;
        guards.bulk_cap = set.bulk_cap.unwrap_or(guards.bulk_cap);
        guards.coupon_cap = set.coupon_cap.unwrap_or(guards.coupon_cap);
        guards.price_threshold_pct = set.price_threshold_pct.unwrap_or(guards.price_threshold_pct);
        guards.max_discount_pct = set.max_discount_pct.unwrap_or(guards.max_discount_pct);
        let caps = |set: &Option<Caps>, cap: Caps| set.clone().unwrap_or(cap);
        guards.max_refund = caps(&set.max_refund, guards.max_refund);
        guards.max_refund_per_day = caps(&set.max_refund_per_day, guards.max_refund_per_day);
        guards.max_cancel_per_day = caps(&set.max_cancel_per_day, guards.max_cancel_per_day);
        guards
    }

    /// How plans are kept and carried out.
    pub(crate) fn plans(&self) -> souk_plans::Config {
        let mut plans = self.config.plans.clone();
        plans.expiry_min = self.environment.plan_expiry_min.unwrap_or(plans.expiry_min);
        plans
    }

    /// Whether writes from tier risk up need to be confirmed.
    pub(crate) fn confirm(&self) -> bool {
        self.environment.confirm.unwrap_or(self.config.policy.confirm)
    }

    /// Whether a server's logins begin to ask the store what it can do.
    pub(crate) fn probe(&self) -> bool {
        self.environment.probe.or(self.config.probe).unwrap_or(true)
    }

    /// The stores, but for the demo store.
    pub(crate) fn stores(&self) -> anyhow::Result<Vec<souk_upstream::StoreConfig>> {
        let mut stores = crate::stores::configured(&self.environment, &self.config.stores)?;
        crate::cdn::assign(&mut stores, &self.config.cdn, &self.environment)?;
        Ok(stores)
    }

    /// The cache that the operator wants the demo store to have, in place of the demo's own.
    ///
    /// It has to be asked for by `SOUK_CDN` or `SOUK_CDN_URL`: Fastly's variables alone, which a
    /// client's settings may hold for the real store, would have a demo purge real pages.
    pub(crate) fn demo_cdn(&self) -> souk_upstream::CdnSettings {
        let mut cdn = self.environment.cdn.clone();
        if cdn.provider.is_none() && cdn.url.is_none() {
            cdn.service_id = None;
            cdn.token = None;
        }
        cdn
    }

    /// Where to listen, if not on stdio.
    pub(crate) fn listen(&self, flag: Option<SocketAddr>) -> Option<SocketAddr> {
        flag.or(self.environment.http).or(self.config.listen)
    }

    /// The bearer tokens, with the principals they tell.
    pub(crate) fn tokens(&self) -> Vec<(String, Secret)> {
        let own = self.environment.http_token.clone();
        let own = own.map(|token| (TOKEN_OF_ENVIRONMENT.to_owned(), token));
        let of_file = self
            .config
            .principals
            .iter()
            .filter_map(|(name, limited)| Some((name.clone(), limited.token.clone()?)));
        own.into_iter().chain(of_file).collect()
    }

    /// The directory of plugins: the first that is named, else `../plugins` beside the executable.
    pub(crate) fn plugins_dir(&self) -> anyhow::Result<PathBuf> {
        let named = [&self.flags.plugins, &self.environment.plugins, &self.config.plugins_dir];
        if let Some(named) = named.into_iter().flatten().next() {
            return Ok(named.clone());
        }
        let executable = std::env::current_exe().context("cannot tell where `souk` is")?;
        executable
            .parent()
            .and_then(Path::parent)
            .map(|above| above.join("plugins"))
            .ok_or_else(|| anyhow!("cannot tell where the plugins are; name them with --plugins"))
    }

    /// Where plans and the audit trail are kept.
    pub(crate) fn state_dir(&self) -> anyhow::Result<PathBuf> {
        self.config.state_dir.clone().or_else(|| self.environment.state_dir.clone()).ok_or_else(
            || anyhow!("there is no place for the audit trail: set SOUK_STATE_DIR or HOME"),
        )
    }

    /// Where compiled plugins are kept; nowhere, if there is no home.
    pub(crate) fn cache_dir(&self) -> Option<PathBuf> {
        let dir = self.config.cache_dir.clone().or_else(|| self.environment.cache_dir.clone())?;
        // The cache wants an absolute path.
        std::path::absolute(dir.join("compiled")).ok()
    }

    /// The audit trail's file, where it is not in the state directory.
    pub(crate) fn audit_path(&self) -> Option<PathBuf> {
        self.environment.audit_path.clone().or_else(|| self.config.audit_path.clone())
    }
}

fn settings(config: &Config) -> Settings {
    config
        .plugins
        .iter()
        .map(|(group, plugin)| (group.clone(), Arc::new(plugin.settings.clone())))
        .collect()
}
