//! Everything the operator decided, as the parts of the host take it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use souk_policy::Rules;
use souk_policy::writes::WriteCatalogue;
use souk_runtime::{
    CallerRates, OperatorConfig, PluginLimits, PluginSettings, PluginTrust, RateOverrides,
    SigningKeys,
};
use souk_state::approvals::ApprovalStore;
use souk_upstream::{Magento, StoreConfig};

use crate::notify::Notifier;
use crate::operate::SpanExport;
use crate::settings::load::{FileStamp, LoadedSettings, SettingsLoader};
use crate::settings::resolved::{ResolvedSettings, named_key};
use crate::settings::shape::FileShape;
use crate::settings::source::{SettingProblem, SettingValue};
use crate::settings::variables;
use crate::state_settings::StateSettings;
use crate::{
    cdn, decisions, oauth, plugin_limits, rule_examples, rules, shipped_plugins, signing_keys,
    stores, tool_sets,
};

/// What the operator decided.
pub(crate) struct Setup {
    loader: SettingsLoader,
    /// What the files looked like just before they were read.
    stamps: Vec<Option<FileStamp>>,
    /// The files that were read, and what each was.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) shapes: Vec<FileShape>,
    /// The files that hold secrets of theirs.
    pub(crate) secret_files: Vec<PathBuf>,
    is_closed: bool,
    pub(crate) settings: ResolvedSettings,
    /// What a change may do.
    pub(crate) guards: souk_plans::Guards,
    /// How plans are kept and carried out.
    pub(crate) plans: souk_plans::PlansConfig,
    /// What of the state is kept, and how much of it.
    pub(crate) state: StateSettings,
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
        let loaded = loader.load(&[]);
        Self::of(loader, loaded)
    }

    /// What was read, where nothing is wrong with it.
    ///
    /// # Errors
    /// Whatever is.
    pub(crate) fn of(loader: SettingsLoader, loaded: LoadedSettings) -> anyhow::Result<Self> {
        let (shapes, secret_files) = (loaded.shapes.clone(), loaded.secret_files.clone());
        let stamps = loaded.stamps.clone();
        let (settings, files) = loaded.sound()?;
        let setup = Self {
            guards: souk_plans::Guards {
                catalogue: catalogue(&settings)?,
                ..settings.section("guards").map_err(wrong)?
            },
            plans: settings.section("plans").map_err(wrong)?,
            state: settings.section("state").map_err(wrong)?,
            limits: settings.section("limits").map_err(wrong)?,
            mcp: settings.section("mcp").map_err(wrong)?,
            callers: settings.section("mcp").map_err(wrong)?,
            http: settings.section("http").map_err(wrong)?,
            // A rule that cannot be read must stop the start, not the first call.
            is_closed: {
                let rules = rules::build(&settings, false)?;
                rule_examples::check_examples(&settings)?;
                !rules.callers().is_open()
            },
            loader,
            stamps,
            shapes,
            secret_files,
            files,
            settings,
        };
        Ok(setup)
    }

    /// What the files looked like when they were read.
    pub(crate) fn stamps(&self) -> &[Option<FileStamp>] {
        &self.stamps
    }

    /// What the operator may change while the host runs.
    ///
    /// # Errors
    /// A rule that cannot be read.
    pub(crate) fn operator_config(&self) -> anyhow::Result<OperatorConfig> {
        operator_config(&self.settings, false)
    }

    /// What plugins may use that have limits of their own.
    ///
    /// # Errors
    /// A limit that cannot be.
    pub(crate) fn plugin_limits(&self) -> anyhow::Result<PluginLimits> {
        plugin_limits::of_plugins(&self.settings).map_err(wrong)
    }

    /// The operator's rules.
    ///
    /// # Errors
    /// One that cannot be read.
    pub(crate) fn rules(&self) -> anyhow::Result<Rules> {
        rules::build(&self.settings, false)
    }

    /// Whether to use the demo store.
    pub(crate) fn demo(&self) -> bool {
        self.settings.is_on("demo") || self.demo_data().is_some()
    }

    /// Where the demo store is kept, if it is.
    pub(crate) fn demo_data(&self) -> Option<PathBuf> {
        self.settings.path("demo_data")
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

    /// Where the operator's tools are listened for, if they have a listener of their own.
    pub(crate) fn metrics_listen(&self) -> Option<SocketAddr> {
        self.settings.text("metrics.listen")?.parse().ok()
    }

    /// Whether that listener wants an operator's token: where others reach it.
    pub(crate) fn metrics_ask_for_tokens(&self, address: SocketAddr) -> bool {
        !address.ip().to_canonical().is_loopback() && !self.settings.is_on("metrics.open")
    }

    /// Whether a store that does not answer makes the host unready.
    pub(crate) fn readiness_needs_stores(&self) -> bool {
        self.settings.is_on("ready.needs_stores")
    }

    /// Whether lines of the log are JSON.
    pub(crate) fn logs_json(&self) -> bool {
        self.settings.text("log_format").is_some_and(|format| format == "json")
    }

    /// Whether a host on stdio serves the console on a loopback address.
    pub(crate) fn console_on_stdio(&self) -> bool {
        self.settings.is_on("console.stdio")
    }

    /// Whether callers over a network need a token.
    pub(crate) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The sources.
    pub(crate) const fn loader(&self) -> &SettingsLoader {
        &self.loader
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

    /// What is trusted of plugins.
    ///
    /// # Errors
    /// A mode that is none; a record that whoever drops plugins could write; a key that is none.
    pub(crate) fn plugin_trust(&self) -> anyhow::Result<PluginTrust> {
        let directory = self.plugins_dir()?;
        let mode = self.settings.text("plugins.trust").unwrap_or_default();
        let record = self.settings.given("plugins.lock").next().is_some();
        let record = self.settings.path("plugins.lock").filter(|_| record);
        if let Some(record) = &record {
            shipped_plugins::refuse_inside(record, &directory)?;
        }
        let store = self.settings.path("state_dir").map(|state| ApprovalStore::new(state, record));
        Ok(PluginTrust {
            mode: mode.parse()?,
            store,
            shipped: shipped_plugins::digests(&directory),
            keys: self.signing_keys()?,
        })
    }

    /// The keys whose signatures approve plugins.
    ///
    /// # Errors
    /// One that is none.
    pub(crate) fn signing_keys(&self) -> anyhow::Result<SigningKeys> {
        signing_keys::configured(&self.settings)
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

    /// The file of the key that seals the audit trail, where it is not in the state directory.
    pub(crate) fn audit_key_path(&self) -> Option<PathBuf> {
        self.settings.given("audit.key_file").next()?;
        self.settings.path("audit.key_file")
    }

    /// Where the trail's head is noted, and how often, in seconds.
    pub(crate) fn audit_anchor(&self) -> Option<(String, u64)> {
        let every = self.settings.value("audit.anchor_s").and_then(|value| value.as_u64());
        Some((self.settings.text("audit.anchor")?, every.unwrap_or(60).max(1)))
    }

    /// The audit trail's file, where it is not in the state directory.
    pub(crate) fn audit_path(&self) -> Option<PathBuf> {
        self.settings.given("audit_path").next()?;
        self.settings.path("audit_path")
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes it so")]
fn wrong(problem: SettingProblem) -> anyhow::Error {
    anyhow!("the configuration is wrong: {problem}")
}

/// The catalogue of the store's writes, with what the operator says of modules.
///
/// # Errors
/// An entry that is wrong; each was looked at where it was read.
fn catalogue(settings: &ResolvedSettings) -> anyhow::Result<Arc<WriteCatalogue>> {
    let own = settings.given("routes").next().and_then(|given| given.value.as_array());
    let entries = own.map_or(&[][..], Vec::as_slice);
    Ok(Arc::new(WriteCatalogue::shipped().with_operator_routes(entries)?))
}

/// The sources: these flags, the environment of this process, and the files they lead to.
///
/// # Errors
/// The environment is not UTF-8.
pub(crate) fn loader(flags: Vec<SettingValue>) -> anyhow::Result<SettingsLoader> {
    SettingsLoader::new(flags, &variables::of_process, Path::new(""))
}

/// Variables of the environment that look like souk's and set nothing, a line each. They are no error:
/// another version may know them.
pub(crate) fn unknown_variables() -> Vec<String> {
    let names = variables::names_of_process();
    let unknown = variables::unknown(names.iter().map(String::as_str));
    unknown
        .into_iter()
        .map(|(name, meant)| {
            let hint = meant.map(|meant| format!("; is `{meant}` meant?")).unwrap_or_default();
            format!("`{name}` is set and sets nothing{hint}")
        })
        .collect()
}

/// Everything that is wrong with what was read: what the sources say, and what the parts of the host
/// would refuse of it when they start.
pub(crate) fn problems(loaded: &LoadedSettings) -> Vec<SettingProblem> {
    let settings = &loaded.settings;
    let mut problems = loaded.problems.clone();
    problems.extend(settings.section::<souk_plans::Guards>("guards").err());
    problems.extend(settings.section::<souk_plans::PlansConfig>("plans").err());
    problems.extend(settings.section::<StateSettings>("state").err());
    problems.extend(settings.section::<souk_mcp::TransportLimits>("mcp").err());
    problems.extend(settings.section::<souk_runtime::AdmissionLimits>("mcp").err());
    problems.extend(settings.section::<souk_mcp::HttpConfig>("http").err());
    problems.extend(settings.section::<souk_runtime::RateLimits>("rates").err());
    match settings.section::<souk_runtime::Limits>("limits") {
        Ok(limits) => {
            problems.extend(limits.check().err().map(|why| settings.placed(why)));
            problems.extend(plugin_limits::of_plugins(settings).err());
        }
        Err(problem) => problems.push(problem),
    }
    problems.extend(plugin_limits::parking(settings).err());
    let of_key = |error: anyhow::Error| settings.placed(format!("{error:#}"));
    let of_all = |error: anyhow::Error| SettingProblem::of_all(format!("{error:#}"));
    match rules::build(settings, false) {
        Ok(_) => problems.extend(rule_examples::check_examples(settings).map_err(of_key).err()),
        Err(error) => problems.push(of_key(error)),
    }
    problems.extend(oauth::check(settings).map_err(of_key).err());
    problems.extend(decisions::build(settings).map_err(of_all).err());
    let notifier = Notifier::of(settings).map_err(|error| settings.placed(format!("{error:#}")));
    problems.extend(notifier.err());
    let export = SpanExport::of(settings).map_err(|error| settings.placed(format!("{error:#}")));
    problems.extend(export.err());
    problems.extend(tool_sets::build(settings).map_err(of_all).err());
    problems.extend(signing_keys::configured(settings).map_err(of_key).err());
    if let (Some(record), Some(plugins)) =
        (settings.path("plugins.lock"), settings.path("plugins_dir"))
        && let Err(error) = shipped_plugins::refuse_inside(&record, &plugins)
    {
        problems.push(settings.placed(format!("{error:#}")));
    }
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

fn configured_stores(settings: &ResolvedSettings) -> anyhow::Result<Vec<StoreConfig>> {
    let mut configured = stores::configured(settings)?;
    cdn::assign(&mut configured, settings)?;
    Ok(configured)
}

/// What the operator may change while the host runs; `was_closed` where callers needed a token before.
///
/// # Errors
/// A rule or a rate that cannot be read.
pub(crate) fn operator_config(
    settings: &ResolvedSettings,
    was_closed: bool,
) -> anyhow::Result<OperatorConfig> {
    rule_examples::check_examples(settings)?;
    Ok(OperatorConfig {
        rules: rules::build(settings, was_closed)?,
        decisions: decisions::build(settings)?,
        wait_max: Duration::from_secs(settings.size("approvals.wait_max_s") as u64),
        rates: caller_rates(settings)?,
        settings: plugin_settings(settings),
        limits: plugin_limits::of_plugins(settings).map_err(wrong)?,
        parking: plugin_limits::parking(settings).map_err(wrong)?,
        tools: tool_sets::build(settings)?,
        confirm: settings.is_on("policy.confirm"),
        accept_credentials: settings.is_on("policy.accept_credentials"),
        result_bytes: settings.size("result_bytes"),
    })
}

/// How often callers may call.
fn caller_rates(settings: &ResolvedSettings) -> anyhow::Result<CallerRates> {
    let of = |table: &str| -> BTreeMap<String, RateOverrides> {
        let of_one = |name: &str| {
            let rate = |last: &str| {
                let key = named_key(table, name, last);
                let given = settings.given(&key).filter_map(|given| given.value.as_u64());
                given.min().map(|rate| u32::try_from(rate).unwrap_or(u32::MAX))
            };
            RateOverrides {
                calls_per_s: rate("calls_per_s"),
                refused_per_s: rate("refused_per_s"),
                logins_per_min: rate("logins_per_min"),
            }
        };
        settings.names(table).into_iter().map(|name| (name.to_owned(), of_one(name))).collect()
    };
    Ok(CallerRates {
        everybody: settings.section("rates").map_err(wrong)?,
        principals: of("principals"),
        roles: of("roles"),
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
