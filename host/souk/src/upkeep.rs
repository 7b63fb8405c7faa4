//! What a serving host does beside calls: it looks whether the trail and the plans are where they were,
//! notes the trail's head elsewhere and what plugins use, and clears away what is kept no longer.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use souk_plans::Plans;
use souk_runtime::{Dispatcher, PluginFigures, PluginSet};
use souk_state::audit::{AuditTrail, Position};
use souk_state::exports::Exports;
use souk_state::plans::SqlitePlanStore;
use souk_state::{Timestamp, continuity};
use souk_telemetry::metrics;

use crate::host_figures::{ConsoleNote, FiguresNote};
use crate::setup::Setup;
use crate::wiring::RunningHost;

/// How often the trail and the plans are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often what has expired is cleared away.
const CLEAR: Duration = Duration::from_secs(600);
/// How long a command may take that notes a head.
const ANCHOR_WAIT: Duration = Duration::from_secs(10);

/// Looks after a host's state for as long as it serves.
pub(crate) struct Upkeep {
    trail: Arc<AuditTrail>,
    plan_store: Arc<SqlitePlanStore>,
    plans: Arc<Plans>,
    exports: Arc<Exports>,
    anchor: Option<Anchor>,
    dispatcher: Arc<Dispatcher>,
    /// What plugins use, for whoever looks from outside.
    figures: Option<FiguresNote>,
    /// How long values of plans are kept.
    values_days: u32,
    /// Whether it was said that the plans were taken away.
    is_moved: bool,
}

/// Where heads are noted.
struct Anchor {
    target: String,
    every: Duration,
    last: Option<(Position, Instant)>,
}

impl Upkeep {
    /// Of this host, whose console is there.
    pub(crate) fn of(host: &RunningHost, setup: &Setup, console: ConsoleNote) -> Self {
        let anchor = setup.audit_anchor().map(|(target, seconds)| Anchor {
            target,
            every: Duration::from_secs(seconds),
            last: None,
        });
        Self {
            trail: host.trail.clone(),
            plan_store: host.plan_store.clone(),
            plans: host.plans.clone(),
            exports: host.exports.clone(),
            anchor,
            dispatcher: host.dispatcher.clone(),
            figures: setup.state_dir().ok().map(|state| FiguresNote::new(&state, console)),
            values_days: setup.state.keep_days,
            is_moved: false,
        }
    }

    /// Does it until the sender of `end` is dropped; then once more, so that nothing is left unsaid.
    pub(crate) async fn run(mut self, mut end: tokio::sync::oneshot::Receiver<()>) {
        let mut ticks = tokio::time::interval(LOOK);
        let mut cleared: Option<Instant> = None;
        loop {
            let is_end = tokio::select! {
                _ = ticks.tick() => false,
                _ = &mut end => true,
            };
            if cleared.is_none_or(|at| at.elapsed() > CLEAR) && !is_end {
                cleared = Some(Instant::now());
                self.clear().await;
            }
            let is_stopped = matches!(self.plans.write_stop().await, Ok(Some(_)));
            metrics::WRITES_STOPPED.of(&[]).set(is_stopped.into());
            // Files are locked and flushed: not on a thread that serves.
            let looking = tokio::task::spawn_blocking(move || {
                self.look(is_end);
                self
            });
            match looking.await {
                Ok(upkeep) => self = upkeep,
                Err(error) => {
                    tracing::error!("the state is not looked after any more: {error}");
                    return;
                }
            }
            if is_end {
                return;
            }
        }
    }

    fn look(&mut self, is_end: bool) {
        if let Err(error) = self.trail.notice() {
            metrics::AUDIT_ERRORS.of(&[]).add(1);
            tracing::error!("the audit trail cannot be used: {:#}", anyhow::Error::from(error));
        }
        if let Err(error) = self.trail.write_sums() {
            tracing::error!("refused calls are not on the audit trail: {error}");
        }
        self.dispatcher.write_refused_tokens(is_end);
        let is_moved = !self.plan_store.is_in_place();
        if is_moved
            && !self.is_moved
            && let Err(error) = continuity::note_moved(&self.trail, self.plan_store.path())
        {
            tracing::error!("cannot write the audit trail: {error}");
        }
        self.is_moved = is_moved;
        let figures = self.dispatcher.plugin_figures();
        count_plugins(&self.dispatcher.loaded(), &figures);
        if let Some(note) = &mut self.figures {
            note.write(figures);
        }
        self.plan_store.close_idle();
        if let Some(anchor) = &mut self.anchor
            && let Ok((head, _)) = self.trail.head()
            && let Err(error) = anchor.note(head, is_end)
        {
            tracing::error!("the head of the audit trail is not noted (`audit.anchor`): {error:#}");
        }
    }

    async fn clear(&self) {
        // Before anything is cleared away: what was altered stays as it is.
        let now = Timestamp::now().as_millisecond();
        if let Err(error) = continuity::check_spends(&self.trail, &self.plan_store, now).await {
            tracing::error!("the account of money cannot be looked at: {error}");
        }
        match self.plans.tidy(self.values_days).await {
            Ok(0) => {}
            Ok(count) => tracing::info!("{count} old plans and forgotten drafts are gone"),
            Err(failure) => tracing::warn!("cannot clear old plans away: {failure}"),
        }
        let exports = self.exports.clone();
        if let Ok(Err(failure)) = tokio::task::spawn_blocking(move || exports.tidy()).await {
            tracing::warn!("cannot remove expired documents: {failure}");
        }
    }
}

/// Says how many plugins serve, and which are parked. What is gone is told no longer.
fn count_plugins(loaded: &PluginSet, figures: &[PluginFigures]) {
    let count = |state: &str, count: usize| {
        metrics::PLUGINS.of(&[state]).set(i64::try_from(count).unwrap_or(i64::MAX));
    };
    count("loaded", loaded.plugins.len());
    count("refused", loaded.refused.len());
    count("waiting", loaded.waiting.len());
    metrics::PLUGIN_PARKED.clear();
    for one in figures {
        let parked = i64::try_from(one.parked.len()).unwrap_or(i64::MAX);
        metrics::PLUGIN_PARKED.of(&[&one.plugin]).set(parked);
    }
}

impl Anchor {
    /// Notes the head, if it has changed and it is time to, or the host ends.
    fn note(&mut self, head: Position, is_end: bool) -> anyhow::Result<()> {
        let is_due = self
            .last
            .is_none_or(|(last, at)| last != head && (is_end || at.elapsed() >= self.every));
        if !is_due || head == Position::START {
            return Ok(());
        }
        // Also where it fails: it is not tried again at once.
        self.last = Some((head, Instant::now()));
        let line = format!("{:.0} {head}\n", Timestamp::now());
        match self.target.strip_prefix('|') {
            Some(command) => run(command, &line),
            None => {
                let mut file =
                    std::fs::OpenOptions::new().append(true).create(true).open(&self.target)?;
                file.write_all(line.as_bytes())?;
                Ok(file.sync_data()?)
            }
        }
    }
}

/// Has a command of the shell take the line.
fn run(command: &str, line: &str) -> anyhow::Result<()> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(line.as_bytes())?;
    }
    let begun = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => anyhow::bail!("`{command}` ended with {status}"),
            None if begun.elapsed() > ANCHOR_WAIT => {
                let _ = child.kill();
                let _ = child.wait();
                anyhow::bail!("`{command}` did not end");
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}
