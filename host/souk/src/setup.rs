//! Everything the operator decided, from flags, environment and file, in one place.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use souk_model::Secret;
use souk_policy::Rules;
use souk_runtime::{OperatorConfig, Settings};

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
    pub(crate) fn reread(&self) -> anyhow::Result<OperatorConfig> {
        match &self.file {
            Some(file) => self.operator_config_of(&Config::read(file)?),
            None => self.operator_config(),
        }
    }

    /// What the operator may change while the host runs.
    pub(crate) fn operator_config(&self) -> anyhow::Result<OperatorConfig> {
        self.operator_config_of(&self.config)
    }

    fn operator_config_of(&self, config: &Config) -> anyhow::Result<OperatorConfig> {
        let file = self.file.as_deref().unwrap_or(Path::new(CONFIG_HERE));
        let (variables, policy) = (&self.environment, &config.policy);
        let flag = self.flags.accept_credentials.then_some(true);
        let accept = [flag, variables.accept_credentials, policy.accept_credentials];
        let confirm = [variables.confirm, policy.confirm];
        Ok(OperatorConfig {
            rules: rules::build(&self.flags, variables, config, file)?,
            settings: settings(config),
            confirm: confirm
                .into_iter()
                .flatten()
                .reduce(|one, other| one || other)
                .unwrap_or(true),
            accept_credentials: accept
                .into_iter()
                .flatten()
                .reduce(|one, other| one && other)
                .unwrap_or(false),
        })
    }

    /// The operator's rules.
    pub(crate) fn rules(&self) -> anyhow::Result<Rules> {
        Ok(self.operator_config()?.rules)
    }

    /// Whether to use the demo store.
    pub(crate) fn demo(&self) -> bool {
        self.flags.demo
    }

    /// What a change may do: of the sources that set a limit, the strictest. A default is no source,
    /// so magento-mcp's variables alone still widen the defaults.
    pub(crate) fn guards(&self) -> souk_plans::Guards {
        let mut guards = self.config.guards.clone();
        let (variables, file) = (&self.environment, &self.config.guards_set);
        strictest(&mut guards.bulk_cap, variables.bulk_cap, file.contains("bulk_cap"), u32::min);
        strictest(
            &mut guards.coupon_cap,
            variables.coupon_cap,
            file.contains("coupon_cap"),
            u64::min,
        );
        strictest(
            &mut guards.price_threshold_pct,
            variables.price_threshold_pct,
            file.contains("price_threshold_pct"),
            f64::min,
        );
        strictest(
            &mut guards.max_discount_pct,
            variables.max_discount_pct,
            file.contains("max_discount_pct"),
            f64::min,
        );
        for (cap, key, variable) in [
            (&mut guards.max_refund, "max_refund", &variables.max_refund),
            (&mut guards.max_refund_per_day, "max_refund_per_day", &variables.max_refund_per_day),
            (&mut guards.max_cancel_per_day, "max_cancel_per_day", &variables.max_cancel_per_day),
        ] {
            strictest(cap, variable.clone(), file.contains(key), |one, other| one.lower(&other));
        }
        guards
    }

    /// How plans are kept and carried out.
    pub(crate) fn plans(&self) -> souk_plans::PlansConfig {
        let mut plans = self.config.plans.clone();
        plans.expiry_min = self.environment.plan_expiry_min.unwrap_or(plans.expiry_min);
        plans
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

/// Puts a variable's value in the place of the default, and beside the file's the stricter of both.
fn strictest<T: Clone>(
    limit: &mut T,
    variable: Option<T>,
    file_sets: bool,
    stricter: fn(T, T) -> T,
) {
    if let Some(variable) = variable {
        *limit = if file_sets { stricter(limit.clone(), variable) } else { variable };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn setup(flags: &[&str], environment: Environment, file: &str) -> Setup {
        let cli = crate::cli::Cli::parse_from([&["souk", "actions"], flags].concat());
        let crate::cli::Command::Actions(list) = cli.command else { panic!("not `actions`") };
        let config = Config::parse(file).unwrap();
        Setup { flags: list.common, environment, file: None, stamp: None, config }
    }

    #[test]
    fn of_what_several_sources_set_the_strictest_counts() {
        for (file, expected) in [("", 900), ("bulk_cap = 700", 700), ("bulk_cap = 950", 900)] {
            let set = Environment { bulk_cap: Some(900), ..Environment::default() };
            let guards = setup(&[], set, &format!("[guards]\n{file}")).guards();
            assert_eq!(guards.bulk_cap, expected, "{file}");
        }
        for (file, expected) in [
            ("", "EUR=500, *=9000"),
            ("max_refund = 200", "EUR=200, *=200"),
            ("max_refund = { JPY = 80000, EUR = 900 }", "EUR=500, JPY=9000"),
        ] {
            let set = Environment {
                max_refund: Some("EUR=500, *=9000".parse().unwrap()),
                ..Environment::default()
            };
            let guards = setup(&[], set, &format!("[guards]\n{file}")).guards();
            assert_eq!(guards.max_refund, expected.parse().unwrap(), "{file}");
        }
    }

    #[test]
    fn no_source_takes_back_what_another_asked_for() {
        for (variable, file, confirm) in [
            (None, "", true),
            (Some(false), "", false),
            (Some(false), "confirm = true", true),
            (Some(true), "confirm = false", true),
            (None, "confirm = false", false),
        ] {
            let set = Environment { confirm: variable, ..Environment::default() };
            let config = setup(&[], set, &format!("[policy]\n{file}")).operator_config().unwrap();
            assert_eq!(config.confirm, confirm, "{variable:?} {file}");
        }
        for (flags, variable, file, accept) in [
            (&[][..], None, "", false),
            (&["--accept-credentials"], None, "", true),
            (&["--accept-credentials"], None, "accept_credentials = false", false),
            (&["--accept-credentials"], Some(false), "accept_credentials = true", false),
            (&[], Some(true), "accept_credentials = false", false),
            (&[], Some(true), "", true),
        ] {
            let set = Environment { accept_credentials: variable, ..Environment::default() };
            let config = setup(flags, set, &format!("[policy]\n{file}")).operator_config().unwrap();
            assert_eq!(config.accept_credentials, accept, "{flags:?} {variable:?} {file}");
        }
    }
}
