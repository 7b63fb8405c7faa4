//! Everything the operator decided, as the parts of the host take it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use souk_model::Secret;
use souk_policy::Rules;
use souk_runtime::{OperatorConfig, PluginSettings};
use souk_upstream::{Magento, StoreConfig};

use crate::settings::load::{FileStamp, LoadedSettings, SettingsLoader};
use crate::settings::resolved::{ResolvedSettings, named_key};
use crate::settings::source::{SettingProblem, SettingSource, SettingValue};
use crate::settings::variables;
use crate::{cdn, rules, stores};

/// Whom the environment's bearer token tells. Not the local user: whoever comes over HTTP is told
/// apart from whoever sits at this machine, and `[principals.http]` can limit them.
const TOKEN_PRINCIPAL: &str = "http";

/// What the operator decided.
pub(crate) struct Setup {
    loader: SettingsLoader,
    /// What the files looked like just before they were read.
    stamps: Vec<Option<FileStamp>>,
    /// The files that were read.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) settings: ResolvedSettings,
    /// What a change may do.
    pub(crate) guards: souk_plans::Guards,
    /// How plans are kept and carried out.
    pub(crate) plans: souk_plans::PlansConfig,
    /// What plugins may use.
    pub(crate) limits: souk_runtime::Limits,
    /// What callers may take.
    pub(crate) mcp: souk_mcp::TransportLimits,
    /// How many calls they may have going at once.
    pub(crate) callers: souk_runtime::AdmissionLimits,
    /// How HTTP is served.
    pub(crate) http: souk_mcp::HttpConfig,
}

impl Setup {
    /// Reads all sources.
    ///
    /// # Errors
    /// Whatever is wrong in any, for people.
    pub(crate) fn read(flags: Vec<SettingValue>) -> anyhow::Result<Self> {
        let loader = loader(flags)?;
        // Before they are read: a change in between shows as one, and is read again.
        let stamps = loader.stamps();
        let (settings, files) = loader.load(&[]).sound()?;
        let wrong = |problem: SettingProblem| anyhow!("the configuration is wrong: {problem}");
        let setup = Self {
            guards: settings.section("guards").map_err(wrong)?,
            plans: settings.section("plans").map_err(wrong)?,
            limits: settings.section("limits").map_err(wrong)?,
            mcp: settings.section("mcp").map_err(wrong)?,
            callers: settings.section("mcp").map_err(wrong)?,
            http: settings.section("http").map_err(wrong)?,
            loader,
            stamps,
            files,
            settings,
        };
        // A rule that cannot be read must stop the start, not the first call.
        setup.rules()?;
        Ok(setup)
    }

    /// The files as they are watched for changes.
    pub(crate) fn watch(&self) -> ConfigWatch<'_> {
        ConfigWatch { setup: self, stamps: self.stamps.clone(), files: self.files.clone() }
    }

    /// What the operator may change while the host runs.
    ///
    /// # Errors
    /// A rule that cannot be read.
    pub(crate) fn operator_config(&self) -> anyhow::Result<OperatorConfig> {
        operator_config(&self.settings)
    }

    /// The operator's rules.
    ///
    /// # Errors
    /// One that cannot be read.
    pub(crate) fn rules(&self) -> anyhow::Result<Rules> {
        rules::build(&self.settings)
    }

    /// Whether to use the demo store.
    pub(crate) fn demo(&self) -> bool {
        self.settings.is_on("demo")
    }

    /// Whether a server's logins begin to ask the store what it can do.
    pub(crate) fn probe(&self) -> bool {
        self.settings.is_on("probe")
    }

    /// The stores, but for the demo store.
    ///
    /// # Errors
    /// A store that is none, or credentials or a cache that could be of several.
    pub(crate) fn stores(&self) -> anyhow::Result<Vec<StoreConfig>> {
        configured_stores(&self.settings)
    }

    /// Where to listen, if not on stdio.
    pub(crate) fn listen(&self) -> Option<SocketAddr> {
        self.settings.text("listen")?.parse().ok()
    }

    /// The bearer tokens, with the principals they tell.
    pub(crate) fn tokens(&self) -> Vec<(String, Secret)> {
        let own = self.settings.text("http_token");
        let own = own.map(|token| (TOKEN_PRINCIPAL.to_owned(), token.into()));
        let named = self.settings.names("principals").into_iter().filter_map(|name| {
            let key = named_key("principals", name, "token");
            let token = self.settings.given(&key).next()?.value.as_str()?.to_owned();
            Some((name.to_owned(), token.into()))
        });
        own.into_iter().chain(named).collect()
    }

    /// The directory of plugins.
    ///
    /// # Errors
    /// None is named, and it is not known where the executable is.
    pub(crate) fn plugins_dir(&self) -> anyhow::Result<PathBuf> {
        self.settings
            .path("plugins_dir")
            .ok_or_else(|| anyhow!("cannot tell where the plugins are; name them with --plugins"))
    }

    /// Where plans and the audit trail are kept.
    ///
    /// # Errors
    /// No directory is named, and there is no home.
    pub(crate) fn state_dir(&self) -> anyhow::Result<PathBuf> {
        self.settings.path("state_dir").ok_or_else(|| {
            anyhow!("there is no place for the audit trail: set SOUK_STATE_DIR or HOME")
        })
    }

    /// Where compiled plugins are kept; nowhere, if there is no home.
    pub(crate) fn cache_dir(&self) -> Option<PathBuf> {
        // The cache wants an absolute path.
        std::path::absolute(self.settings.path("cache_dir")?.join("compiled")).ok()
    }

    /// The audit trail's file, where it is not in the state directory.
    pub(crate) fn audit_path(&self) -> Option<PathBuf> {
        self.settings.given("audit_path").next()?;
        self.settings.path("audit_path")
    }
}

/// The sources: these flags, the environment of this process, and the files they lead to.
///
/// # Errors
/// The environment is not UTF-8.
pub(crate) fn loader(flags: Vec<SettingValue>) -> anyhow::Result<SettingsLoader> {
    SettingsLoader::new(flags, &variables::of_process, Path::new(""))
}

/// Everything that is wrong with what was read: what the sources say, and what the parts of the host
/// would refuse of it when they start.
pub(crate) fn problems(loaded: &LoadedSettings) -> Vec<SettingProblem> {
    let settings = &loaded.settings;
    let mut problems = loaded.problems.clone();
    problems.extend(settings.section::<souk_plans::Guards>("guards").err());
    problems.extend(settings.section::<souk_plans::PlansConfig>("plans").err());
    problems.extend(settings.section::<souk_mcp::TransportLimits>("mcp").err());
    problems.extend(settings.section::<souk_runtime::AdmissionLimits>("mcp").err());
    problems.extend(settings.section::<souk_mcp::HttpConfig>("http").err());
    match settings.section::<souk_runtime::Limits>("limits") {
        Ok(limits) => problems.extend(limits.check().err().map(|why| placed(settings, why))),
        Err(problem) => problems.push(problem),
    }
    let of_all = |error: anyhow::Error| SettingProblem::of_all(format!("{error:#}"));
    problems.extend(rules::build(settings).map_err(of_all).err());
    match configured_stores(settings) {
        Ok(stores) => problems.extend(stores.into_iter().filter_map(|store| {
            let name = store.name.clone();
            let refused = Magento::new(store).err()?;
            Some(SettingProblem::of_all(format!("the store `{name}`: {refused}")))
        })),
        Err(error) => problems.push(of_all(error)),
    }
    problems
}

/// A message that begins with a setting's key, where that was set.
fn placed(settings: &ResolvedSettings, message: String) -> SettingProblem {
    let key = message.split('`').nth(1).unwrap_or_default();
    let source = settings.given(key).find(|given| given.source != SettingSource::Default);
    match source {
        Some(given) => SettingProblem::at(&given.source, message.clone()),
        None => SettingProblem::of_all(message),
    }
}

fn configured_stores(settings: &ResolvedSettings) -> anyhow::Result<Vec<StoreConfig>> {
    let mut configured = stores::configured(settings)?;
    cdn::assign(&mut configured, settings)?;
    Ok(configured)
}

fn operator_config(settings: &ResolvedSettings) -> anyhow::Result<OperatorConfig> {
    Ok(OperatorConfig {
        rules: rules::build(settings)?,
        settings: plugin_settings(settings),
        confirm: settings.is_on("policy.confirm"),
        accept_credentials: settings.is_on("policy.accept_credentials"),
    })
}

/// The plugins' own settings.
fn plugin_settings(settings: &ResolvedSettings) -> PluginSettings {
    let of = |group: &str| {
        let key = named_key("plugins", group, "settings");
        let own = settings.given(&key).next().and_then(|given| given.value.as_object().cloned());
        (group.to_owned(), Arc::new(own.unwrap_or_default()))
    };
    settings.names("plugins").into_iter().map(of).collect()
}

/// The files, as they were when they were last read.
pub(crate) struct ConfigWatch<'s> {
    setup: &'s Setup,
    stamps: Vec<Option<FileStamp>>,
    files: Vec<PathBuf>,
}

/// What a changed file puts in force, and what it cannot.
pub(crate) struct ReloadedConfig {
    pub(crate) config: OperatorConfig,
    /// The files that were read.
    pub(crate) files: Vec<PathBuf>,
    /// What counts only after a restart, by its key.
    pub(crate) needs_restart: Vec<String>,
}

impl ConfigWatch<'_> {
    /// Whether any file looks other than it did.
    pub(crate) fn has_changed(&mut self) -> bool {
        let now = self.setup.loader.stamps();
        let changed = now != self.stamps;
        self.stamps = now;
        changed
    }

    /// Reads the files again. Flags and environment stay, and with them every limit they set.
    ///
    /// # Errors
    /// What is wrong in a file; what was in force stays so.
    pub(crate) fn reread(&mut self) -> anyhow::Result<ReloadedConfig> {
        let (settings, files) = self.setup.loader.load(&self.files).sound()?;
        let config = operator_config(&settings)?;
        let needs_restart = self.setup.settings.needs_restart(&settings);
        self.files.clone_from(&files);
        Ok(ReloadedConfig { config, files, needs_restart })
    }
}
