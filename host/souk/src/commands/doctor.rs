//! `souk doctor`: is everything as it must be, and if not, what to do.

mod report;
mod store;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use souk_console::HealthSection;
use souk_model::counted;
use souk_runtime::Registry;
use souk_state::audit::{self, AuditTrail};
use souk_upstream::{CapabilityReport, StoreConfig, StoreHooks};

use self::report::{HealthReport, Section};
use self::store::StoreReport;
use crate::cli::DoctorArgs;
use crate::host_figures;
use crate::output::{print, print_json};
use crate::refused_config;
use crate::setup::Setup;
use crate::{shared_codes, wiring};

/// More tools than this are counted and not named.
const NAMED_TOOLS: usize = 4;

pub(crate) async fn run(
    setup: anyhow::Result<Setup>,
    doctor: DoctorArgs,
) -> anyhow::Result<ExitCode> {
    let mut report = HealthReport::default();
    let mut stores = Vec::new();
    match setup {
        Ok(setup) => stores = check_all(&setup, &mut report).await,
        Err(error) => {
            let mut section = Section::new("configuration");
            section.failed("read", &error);
            report.sections.push(section);
        }
    }
    if doctor.json {
        let all =
            json!({"sound": report.is_sound(), "sections": report.sections, "stores": stores});
        print_json(&all)?;
    } else {
        print(&report.to_string())?;
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Looks at everything; what each store can do, for machines.
async fn check_all(setup: &Setup, report: &mut HealthReport) -> Vec<serde_json::Value> {
    report.sections.push(configuration(setup));
    let mut capabilities_json = Vec::new();
    let mut first = None;
    match check_stores(setup).await {
        Ok(reports) => {
            for (name, StoreReport { sections, capabilities }) in reports {
                report.sections.extend(sections);
                capabilities_json.extend(
                    capabilities.as_deref().map(|capabilities| store_json(&name, capabilities)),
                );
                first = first.or(capabilities);
            }
        }
        Err(error) => {
            let mut section = Section::new("stores");
            section.failed("configured", &error);
            report.sections.push(section);
        }
    }
    report.sections.push(plugins(setup, first.as_deref()).await);
    report.sections.push(state(setup));
    capabilities_json
}

/// What a store can do, the names of all its modules included.
fn store_json(name: &str, capabilities: &CapabilityReport) -> serde_json::Value {
    let names = capabilities.modules.known().map(|modules| &modules.names);
    json!({"store": name, "capabilities": **capabilities, "module_names": names})
}

fn configuration(setup: &Setup) -> Section {
    let mut section = Section::new("configuration");
    for file in &setup.files {
        let holds_secrets =
            setup.shapes.iter().any(|shape| shape.path == *file && shape.holds_secrets());
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        let shown = file.display();
        // It is there: it was read.
        if holds_secrets && is_readable_by_others(&file) {
            section.warn(
                "file",
                format!("{shown} holds secrets, and others can read it"),
                &format!(
                    "run `chmod 600 {shown}`, or keep the secrets in files of their own: \
                     `{{ file = \"…\" }}`"
                ),
            );
        } else {
            section.fine("file", format!("{shown}, nobody else's to write"));
        }
    }
    if setup.files.is_empty() {
        section.note("file", "none; the environment and the defaults count");
    }
    for warning in crate::setup::unknown_variables() {
        section.warn("environment", warning, "correct its name, or remove it");
    }
    section.note("probe at login", if setup.probe() { "on" } else { "off" });
    section
}

/// Whether others than its owner may read a file. Where they cannot enter its directory it is nobody
/// else's to read, all the same.
fn is_readable_by_others(file: &Path) -> bool {
    let mode = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.permissions().mode());
    let directory = file.parent().map_or(0, mode);
    mode(file) & 0o044 != 0 && directory & 0o011 != 0
}

async fn check_stores(setup: &Setup) -> anyhow::Result<Vec<(String, StoreReport)>> {
    let (configs, _) = wiring::configured(setup).await?;
    if configs.is_empty() {
        anyhow::bail!(
            "none: set MAGENTO_BASE_URL and credentials, write a `[[stores]]` entry in souk.toml, \
             or try it with --demo"
        );
    }
    check_configured(configs, setup.state_dir().ok().as_deref()).await
}

/// How these stores are, for the console.
pub(crate) async fn console_view(configs: &[StoreConfig], state: &Path) -> Vec<HealthSection> {
    let sections = match check_configured(configs.to_vec(), Some(state)).await {
        Ok(reports) => reports.into_iter().flat_map(|(_, report)| report.sections).collect(),
        Err(error) => {
            let mut section = Section::new("stores");
            section.failed("configured", &error);
            vec![section]
        }
    };
    let shown = |section: &Section| serde_json::from_value(json!(section)).ok();
    sections.iter().filter_map(shown).collect()
}

async fn check_configured(
    configs: Vec<StoreConfig>,
    state: Option<&Path>,
) -> anyhow::Result<Vec<(String, StoreReport)>> {
    let mut reports = Vec::new();
    for config in configs {
        let name = config.name.clone();
        let cache = store::cache(&config.cdn);
        let shared_codes = state.map(|state| shared_codes::shared_in(state, &config));
        let hooks = StoreHooks { shared_codes, on_secret: None };
        let store = souk_upstream::Magento::with_hooks(config, hooks)?;
        let mut found = store::check(&store).await;
        found.add_cache(cache.as_deref());
        reports.push((name, found));
    }
    Ok(reports)
}

/// What is loaded, and what of it the first store does not serve.
async fn plugins(setup: &Setup, capabilities: Option<&CapabilityReport>) -> Section {
    let registry = match wiring::load(setup).await {
        Ok(registry) => registry,
        Err(error) => {
            let mut section = Section::new("plugins");
            section.failed("load", &error);
            return section;
        }
    };
    let mut section = Section::new(format!("plugins in {}", registry.directory().display()));
    let parked = setup.state_dir().map(|state| host_figures::parked(&state)).unwrap_or_default();
    add_plugins(&mut section, &registry, capabilities, &parked);
    for note in super::plugins::lock_notes(&registry).await {
        section.warn(souk_runtime::LOCK_FILE, note, "`souk plugins lock` writes it anew");
    }
    if let Some(mode) = registry.loaded().trust {
        section.note("trust", format!("`{mode}` (`plugins.trust`)"));
    }
    let limits = &setup.limits;
    section.fine(
        "room",
        format!(
            "{} of plugins may run at once, {} of one plugin",
            counted(limits.concurrent_calls, "call", "calls"),
            limits.concurrent_calls_per_plugin
        ),
    );
    section
}

fn add_plugins(
    section: &mut Section,
    registry: &Arc<Registry>,
    capabilities: Option<&CapabilityReport>,
    parked: &[(String, String)],
) {
    let loaded = registry.loaded();
    for plugin in loaded.plugins.values() {
        let group = &plugin.group;
        let mut found = match group.actions.len() {
            1 => format!("{}, one action", group.version),
            count => format!("{}, {count} actions", group.version),
        };
        // Each thing that is not served, and the actions that may ask for it.
        let mut unavailable_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for action in &group.actions {
            for grant in &action.grants {
                if let Some(why) =
                    capabilities.and_then(|capabilities| capabilities.unavailable_reason(grant))
                {
                    let what = format!("{} {}: {why}", grant.method, grant.route.as_str());
                    unavailable_reason.entry(what).or_default().push(&action.tool);
                }
            }
        }
        for (what, tools) in &unavailable_reason {
            let named = tools.iter().take(NAMED_TOOLS).copied().collect::<Vec<_>>().join(", ");
            let more = tools.len().saturating_sub(NAMED_TOOLS);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            found.push_str(&format!("\nnot here: {what} ({named}{more})"));
        }
        if unavailable_reason.is_empty() {
            section.fine(&group.name, found);
        } else {
            section.lacking(&group.name, found);
        }
    }
    for (plugin, how) in parked {
        let remedy = format!(
            "`souk plugins top` shows what it uses; raise the limit (`[plugins.{plugin}.limits]`), mend \
             it, or let it serve at once: `souk plugins approve {plugin}`"
        );
        section.warn(plugin, how.clone(), &remedy);
    }
    for waiting in loaded.undecided() {
        let remedy = format!(
            "look what it asks for (`souk plugins`), then `{}` or `souk plugins reject {}`",
            waiting.approve_command(),
            waiting.plugin.group.name
        );
        section.warn(&waiting.plugin.file, waiting.to_string(), &remedy);
    }
    for problem in &loaded.trust_problems {
        section.broken("approvals", problem, None);
    }
    for refused in &loaded.refused {
        let remedy = "replace or remove the file; `souk plugins inspect` looks into one";
        section.broken(&refused.file, format!("refused: {}", refused.why), Some(remedy.to_owned()));
    }
    if loaded.plugins.is_empty() && loaded.refused.is_empty() {
        section.broken("plugins", "none", Some("build them with `make plugins`".to_owned()));
    }
}

/// Where plans and the trail are kept: may we write, may others read, is the trail whole.
fn state(setup: &Setup) -> Section {
    let directory = match setup.state_dir() {
        Ok(directory) => directory,
        Err(error) => {
            let mut section = Section::new("state");
            section.failed("directory", &error);
            return section;
        }
    };
    let mut section = Section::new(format!("state in {}", directory.display()));
    let opened = match souk_state::StateDir::open(&directory) {
        Ok(opened) => opened,
        Err(error) => {
            section.failed("directory", &error.into());
            return section;
        }
    };
    match opened.check_room() {
        Ok(()) => section.fine("room", "there is some"),
        Err(error) => section.failed("room", &error.into()),
    }
    match exposed(&directory) {
        Ok(exposed) if exposed.is_empty() => {
            section.fine("directory", "writable, and nobody else's to read");
        }
        Ok(exposed) => section.warn(
            "directory",
            format!("others can read {}", exposed.join(", ")),
            "run `chmod -R go-rwx` on the directory",
        ),
        Err(error) => section.failed("directory", &error),
    }
    let (path, key_path) =
        (wiring::trail_path(setup, &opened), wiring::trail_key_path(setup, &opened));
    if !path.exists() && !key_path.exists() {
        section.fine("audit trail", "none yet: no host has served from here");
        return section;
    }
    for refused in refused_config::of_running(&directory) {
        section.broken(
            "configuration",
            format!(
                "the host with process {} has refused it at {}: {}",
                refused.pid, refused.at, refused.why
            ),
            Some("correct the file; it is read again at once".to_owned()),
        );
    }
    let trail = match wiring::open_trail(setup, &opened) {
        Ok(trail) => trail,
        Err(error) => {
            section.failed("audit trail", &error);
            return section;
        }
    };
    match continuity(&opened, &key_path, &trail) {
        Ok(missing) if missing.is_empty() => section.fine("continuity", "nothing is missing"),
        Ok(missing) => section.broken(
            "continuity",
            missing.join("\n"),
            Some(
                "find out who removed it; then `souk state accept` takes things as they are, and \
                 money moves again"
                    .to_owned(),
            ),
        ),
        Err(error) => {
            section.failed("audit trail", &error);
            return section;
        }
    }
    // It may be on a disk of its own.
    if let Err(error) = trail.writable() {
        section.failed("audit trail", &error.into());
    }
    let key = match wiring::trail_key(setup, &opened) {
        Ok(key) => key,
        Err(error) => {
            section.failed("key of the trail", &error);
            return section;
        }
    };
    match audit::verify(&path, None, Some(&key)) {
        Ok(verified) => {
            section.fine(
                "audit trail",
                format!("{}, unbroken and sealed", counted(verified.lines, "line", "lines")),
            );
            for (line, notice) in &verified.notices {
                section.warn(
                    "audit trail",
                    format!("line {line}: {notice}"),
                    "`souk audit verify --file` checks the other file",
                );
            }
        }
        Err(error) => section.broken(
            "audit trail",
            format!("{:#}", anyhow::Error::from(error)),
            Some(format!(
                "keep `{}` as it is and find out who wrote to it; where a loss is accepted, say so \
                 with `souk state accept`",
                path.display()
            )),
        ),
    }
    section
}

/// What of the state is not as hosts left it.
fn continuity(
    directory: &souk_state::StateDir,
    key: &Path,
    trail: &AuditTrail,
) -> anyhow::Result<Vec<String>> {
    let (missing, plans) = souk_state::continuity::examine(directory, key, trail)?;
    let noted = plans.and_then(|plans| plans.lost);
    Ok(missing.map(|missing| missing.what).into_iter().chain(noted).collect())
}

/// The files in a directory that others can read, and the directory itself where they can enter it.
/// Files in a directory that nobody else can enter are nobody else's to read.
fn exposed(directory: &Path) -> anyhow::Result<Vec<String>> {
    let open = |path: &Path| -> anyhow::Result<bool> {
        Ok(std::fs::symlink_metadata(path)?.permissions().mode() & 0o077 != 0)
    };
    if !open(directory)? {
        return Ok(Vec::new());
    }
    let mut exposed = Vec::new();
    for file in std::fs::read_dir(directory)? {
        let file = file?;
        if open(&file.path())? {
            exposed.push(format!("`{}`", file.file_name().to_string_lossy()));
        }
    }
    exposed.sort();
    Ok(exposed)
}
