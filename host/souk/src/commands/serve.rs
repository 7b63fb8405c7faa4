//! `souk serve`

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use souk_console::{Console, ConsoleAddresses};
use souk_mcp::{HttpServer, TransportLimits};
use souk_model::counted;
use souk_plans::EndUrgency;
use souk_runtime::Registry;
use souk_state::audit::Transport;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::console_host;
use crate::end_signals::EndSignals;
use crate::host_figures::ConsoleNote;
use crate::host_listeners::{ANY_PORT, HostListeners};
use crate::notify::Notifier;
use crate::operate::{Operations, SpanExport};
use crate::output::prompt;
use crate::refused_config::RefusalNote;
use crate::reload::{ConfigWatch, ReloadedConfig};
use crate::setup::Setup;
use crate::upkeep::Upkeep;
use crate::wiring::RunningHost;

/// How often the configuration's file is looked at for changes.
const CONFIG_POLL: Duration = Duration::from_millis(500);
/// How long answers to calls that have ended are given to be written.
const LAST_ANSWERS: Duration = Duration::from_millis(100);
/// Open files that are enough for everything that is allowed by default, many times over.
const DESCRIPTORS: u64 = 65_536;

pub(crate) async fn run(setup: Setup) -> anyhow::Result<ExitCode> {
    for warning in crate::setup::unknown_variables() {
        tracing::warn!("{warning}");
    }
    crate::logging::write_json(setup.logs_json());
    let setup = Arc::new(setup);
    let (demo, listen) = (setup.demo(), setup.listen());
    let transport = if listen.is_some() { Transport::Http } else { Transport::Stdio };
    // Refused before anything is started: an open door is not opened for a moment either.
    let callers = setup.rules()?.callers();
    if let Some(address) = listen {
        souk_mcp::check_bind(address, &callers)?;
    }
    let listen_at = listen.or_else(|| setup.console_on_stdio().then_some(ANY_PORT));
    if listen_at.is_some() {
        raise_descriptors();
    }
    let access = crate::oauth::access_tokens(&setup.settings).await?;
    let export = SpanExport::of(&setup.settings)?.and_then(SpanExport::start);
    let host = RunningHost::start(&setup, transport).await?;
    if let Some(demo) = &host.demo {
        tracing::info!("demo store at http://{}/", demo.store);
        if let Some(cache) = demo.cache {
            tracing::info!("demo cache at http://{cache}/, its log at /__cdn/requests");
        }
    }
    if let Some(notifier) = Notifier::of(&setup.settings)? {
        notifier.start(&host.plans);
    }
    let mut operations = Operations::start(&host, &setup, access.clone()).await?;
    let end_of_pages = CancellationToken::new();
    // To the very end: until then it is told that the host is not ready.
    let _end_of_pages = end_of_pages.clone().drop_guard();
    operations.serve(&host, &setup, end_of_pages)?;
    tokio::spawn(souk_runtime::follow(host.registry.clone()));
    tokio::spawn(tell_what_serves(host.registry.clone()));
    let listeners = match listen_at {
        Some(address) => Some(HostListeners::bind(address).await?),
        None => None,
    };
    let (console, where_to_decide) = match &listeners {
        Some(listeners) => open_console(&host, &setup, listeners)?,
        None => (None, ConsoleNote::default()),
    };
    let console_url = where_to_decide.url.clone();
    let pages = console.map(|console| console.router()).unwrap_or_default();
    let (end, ended) = tokio::sync::oneshot::channel();
    let upkeep = tokio::spawn(Upkeep::of(&host, &setup, where_to_decide).run(ended));
    tokio::spawn(crate::allocator::give_back());
    let note = RefusalNote::new(&setup.state_dir()?);
    let following = follow_configuration(setup.clone(), host.dispatcher.clone(), note);
    let following = AbortOnDropHandle::new(tokio::spawn(following));
    let limits = setup.mcp.clone();
    let mut signals = EndSignals::listen();
    match listeners {
        None => serve_stdio(&host, &operations, limits, &mut signals).await?,
        Some(listeners) if listen.is_none() => {
            let (sockets, config) = (listeners.sockets, setup.http.clone());
            let serving = async move { souk_mcp::serve_pages(sockets, pages, &config).await };
            let _serving = AbortOnDropHandle::new(tokio::spawn(serving));
            serve_stdio(&host, &operations, limits, &mut signals).await?;
        }
        Some(HostListeners { sockets, address, .. }) => {
            if setup.logs_json() {
                // Whoever reads the log by a program finds nothing else in it.
                tracing::info!("serves MCP at http://{address}/mcp");
            } else {
                let console = console_url.as_deref();
                prompt(&how_to_connect(address, demo, callers.is_open(), console));
            }
            let (actions, config) = (host.dispatcher.clone(), setup.http.clone());
            let pages = pages.merge(operations.pages(actions.clone()));
            let drain = Duration::from_secs(config.drain_s);
            let http = HttpServer { actions, access, limits, config, pages };
            // Calls get their answers while they are given time to end.
            let asked_to_end = async {
                signals.next().await;
                operations.begin_to_end();
                let _ = tokio::time::timeout(drain, signals.next()).await;
                let _ = host.plans.end_runs(EndUrgency::AfterRequests);
            };
            souk_mcp::serve_http(sockets, http, asked_to_end).await?;
        }
    }
    // What is under way in the store is answered and written down, and its plan given back.
    tokio::select! {
        () = host.plans.runs_ended() => {}
        () = signals.next() => tracing::warn!("asked to end again: a run is given up"),
    }
    drop(following);
    // What is still to be said on the trail is said before the host is gone.
    drop(end);
    if let Err(error) = upkeep.await {
        tracing::error!("the state is not looked after to the end: {error}");
    }
    if let Some(export) = export {
        export.finish().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// The console, where it can be served, and what is noted of it for `souk console`.
fn open_console(
    host: &RunningHost,
    setup: &Setup,
    listeners: &HostListeners,
) -> anyhow::Result<(Option<Arc<Console>>, ConsoleNote)> {
    let port = listeners.console_port();
    if let Err(why) = &port {
        tracing::warn!("the console is not served on this machine: {why}");
    }
    let console = console_host::console(host, setup, port.as_ref().ok().copied())?;
    let note = |addresses: Option<&ConsoleAddresses>| ConsoleNote {
        url: addresses.map(ConsoleAddresses::url),
        why_not: port.err(),
    };
    Ok(match console {
        Some((console, addresses)) => (Some(console), note(Some(&addresses))),
        None => (None, note(None)),
    })
}

/// Says what serves, once everything that was there at the start has been looked at.
async fn tell_what_serves(registry: Arc<Registry>) {
    if registry.settled().wait_for(Option::is_some).await.is_err() {
        return;
    }
    let plugins = &registry.loaded().plugins;
    let tools: usize = plugins.values().map(|plugin| plugin.group.actions.len()).sum();
    tracing::info!(
        "{} of {} from {}",
        counted(tools, "tool", "tools"),
        counted(plugins.len(), "plugin", "plugins"),
        registry.directory().display()
    );
}

/// Lets this process have as many files open as it may: each connection is one, and the usual limit
/// is from times when that was a danger to others.
fn raise_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current < limit.maximum || limit.maximum.is_none() {
        limit.current = limit.maximum.or(Some(DESCRIPTORS)).map(|most| most.min(DESCRIPTORS));
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "the limit on open files stays as it is");
        }
    }
}

/// Serves the client at standard input until it leaves or the process is asked to end.
async fn serve_stdio(
    host: &RunningHost,
    operations: &Operations,
    limits: TransportLimits,
    signals: &mut EndSignals,
) -> anyhow::Result<()> {
    let mut serving = std::pin::pin!(souk_mcp::serve_stdio(host.dispatcher.clone(), limits));
    tokio::select! {
        served = &mut serving => return Ok(served?),
        () = signals.next() => {
            operations.begin_to_end();
            let _ = host.plans.end_runs(EndUrgency::AfterRequests);
        },
    }
    // Whoever waits for a commit that was stopped may still read what came of it.
    let ended = async {
        host.plans.runs_ended().await;
        tokio::time::sleep(LAST_ANSWERS).await;
    };
    tokio::select! {
        served = &mut serving => served?,
        () = ended => {}
        () = signals.next() => {}
    }
    Ok(())
}

/// Puts the rules and the plugins' settings in force again whenever a file changes, or SIGHUP asks
/// for it, and says what else has changed and needs a restart.
async fn follow_configuration(
    setup: Arc<Setup>,
    dispatcher: Arc<souk_runtime::Dispatcher>,
    note: RefusalNote,
) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    let mut watch = ConfigWatch::new(&setup);
    loop {
        let asked = tokio::select! {
            _ = hangup.recv() => true,
            () = tokio::time::sleep(CONFIG_POLL) => false,
        };
        if !watch.has_changed() && !asked {
            continue;
        }
        match watch.reread(asked) {
            Ok(ReloadedConfig { config, files, needs_restart }) => {
                dispatcher.reconfigure(config);
                note.withdraw();
                for file in files {
                    tracing::info!("{} is in force", file.display());
                }
                if !needs_restart.is_empty() {
                    tracing::warn!(
                        "changed, and in force only after a restart: {}",
                        needs_restart.join(", ")
                    );
                }
            }
            Err(error) => {
                let why = format!("{error:#}; what was in force stays so");
                tracing::error!("{why}");
                if let Err(error) = note.write(&why) {
                    tracing::warn!("cannot note that for `souk doctor`: {error}");
                }
                dispatcher.refuse_config(&why);
            }
        }
    }
}

/// What a newcomer needs to see.
fn how_to_connect(address: SocketAddr, demo: bool, open: bool, console: Option<&str>) -> String {
    let url = format!("http://{address}/mcp");
    let (claude, codex, json) = if open {
        (String::new(), String::new(), String::new())
    } else {
        (
            " --header \"Authorization: Bearer $TOKEN\"".to_owned(),
            " --bearer-token-env-var TOKEN".to_owned(),
            ", \"headers\": {\"Authorization\": \"Bearer …\"}".to_owned(),
        )
    };
    let souk = std::env::args().next().unwrap_or_else(|| "souk".to_owned());
    let demo = if demo { " --demo" } else { "" };
    let console = console.map_or_else(String::new, |console| {
        format!("A person reviews and decides at {console} (`souk console` signs in)\n\n")
    });
    let try_it =
        format!("  {souk} call catalog_search_products{demo} page_size=3 fields=sku,name,price");
    format!(
        "\nSouk serves MCP at {url}\n\n\
         Claude Code   claude mcp add --transport http souk {url}{claude}\n\
         Codex         codex mcp add souk --url {url}{codex}\n\
         others        {{\"mcpServers\": {{\"souk\": {{\"type\": \"http\", \"url\": \"{url}\"{json}}}}}}}\n\n\
         Or without a client, in another terminal:\n{try_it}\n\n\
         {console}Ctrl-C ends it.\n\n"
    )
}
