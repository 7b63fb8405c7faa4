//! What the calls of each plugin use, and which plugins are parked for it: asked before a call waits for
//! its places, and told how it ended.
//!
//! What counts against a plugin is its own fault alone: a budget that it used up, a trap, an answer that
//! is not what it declares. A store that fails, an argument that is refused and a caller that leaves say
//! nothing of it. A plugin that somebody approves, or another file of it, begins anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use souk_model::{Code, Failure, Principal};
use souk_state::Timestamp;
use souk_state::approvals::Approvals;
use souk_state::audit::{AuditTrail, CallResources};

use super::circuit_breaker::{BreachRule, CircuitChange, ParkedUntil, ParkingLimits};
use super::plugin_circuits::{ParkedFor, Passages, PluginCircuits};
use super::plugin_figures::{PluginFigures, PluginParking, to_the_second};
use crate::load::plugin::Plugin;

/// Watches over the plugins of one host.
pub(crate) struct PluginMonitor {
    trail: Arc<AuditTrail>,
    /// By group.
    plugins: Mutex<BTreeMap<String, MonitoredPlugin>>,
}

#[derive(Default)]
struct MonitoredPlugin {
    version: ServedVersion,
    /// Counts up with each new beginning: what began before it says nothing of what is now.
    generation: u64,
    circuits: PluginCircuits,
    figures: PluginFigures,
}

/// What the circuits of a plugin are about: a file, and the last word of the operator's on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ServedVersion {
    digest: String,
    approved_at: Option<Timestamp>,
}

/// A call that was let through.
pub(crate) struct MonitoredCall {
    monitor: Arc<PluginMonitor>,
    group: String,
    caller: String,
    generation: u64,
    /// None once it has ended.
    passages: Option<Passages>,
    limits: ParkingLimits,
}

impl PluginMonitor {
    /// Of a host with this trail.
    pub(crate) fn new(trail: Arc<AuditTrail>) -> Arc<Self> {
        Arc::new(Self { trail, plugins: Mutex::default() })
    }

    /// Asks whether a call of a plugin may run.
    ///
    /// # Errors
    /// `PLUGIN_PARKED`: it is parked, for this caller or for everybody.
    pub(crate) fn admit(
        self: &Arc<Self>,
        plugin: &Plugin,
        approvals: &Approvals,
        principal: &Principal,
        limits: ParkingLimits,
    ) -> Result<MonitoredCall, Failure> {
        let group = &plugin.group.name;
        let version = ServedVersion {
            digest: plugin.digest.clone(),
            approved_at: approved_at(approvals, group),
        };
        let caller = principal.as_str();
        let (notices, admitted) = {
            let mut plugins = self.lock();
            let one = plugins.entry(group.clone()).or_default();
            let notices = one.follow(group, version);
            let admitted = one.circuits.admit(caller, Instant::now());
            one.figures.in_flight += u64::from(admitted.is_ok());
            (notices, admitted.map(|passages| (passages, one.generation)))
        };
        self.write_down(notices);
        let (passages, generation) =
            admitted.map_err(|(whom, until)| refusal(group, &whom, until, principal))?;
        Ok(MonitoredCall {
            monitor: self.clone(),
            group: group.clone(),
            caller: caller.to_owned(),
            generation,
            passages: Some(passages),
            limits,
        })
    }

    /// Lets all plugins begin anew: the operator has changed what counts.
    pub(crate) fn begin_anew(&self) {
        let mut notices = Vec::new();
        for (group, one) in self.lock().iter_mut() {
            notices.extend(one.begin_anew(group, "the configuration was changed"));
        }
        self.write_down(notices);
    }

    /// The figures of each plugin that was called, and for whom it is parked. One that was approved
    /// since begins anew.
    pub(crate) fn figures(&self, approvals: &Approvals) -> Vec<PluginFigures> {
        let mut notices = Vec::new();
        let figures = self
            .lock()
            .iter_mut()
            .map(|(group, one)| {
                let approved_at = approved_at(approvals, group);
                notices.extend(
                    one.follow(group, ServedVersion { approved_at, ..one.version.clone() }),
                );
                let parked = one.circuits.parked().into_iter().map(|(whom, parked)| {
                    let caller = match whom {
                        ParkedFor::Everybody => None,
                        ParkedFor::Caller(caller) => Some(caller),
                    };
                    PluginParking {
                        caller,
                        until: parked.until.map(wall),
                        rule: parked.rule.into(),
                    }
                });
                PluginFigures { parked: parked.collect(), ..one.figures.clone() }
            })
            .collect();
        self.write_down(notices);
        figures
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, MonitoredPlugin>> {
        self.plugins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says on the log and on the trail what became of a plugin. Not under the lock: it takes a disk's
    /// time.
    fn write_down(&self, notices: Vec<ParkingNotice>) {
        for ParkingNotice { is_parked, text } in notices {
            let code = if is_parked {
                tracing::warn!("parked the plugin {text}");
                "plugin-parked"
            } else {
                tracing::info!("the plugin {text}");
                "plugin-unparked"
            };
            if let Err(error) = self.trail.append_notice(code, &text) {
                tracing::error!("cannot write the audit trail: {error}");
            }
        }
    }
}

/// What is said of a plugin that was parked, or is not any more.
struct ParkingNotice {
    is_parked: bool,
    text: String,
}

impl MonitoredPlugin {
    /// Begins anew where another version serves, or the operator has approved this one since.
    fn follow(&mut self, group: &str, version: ServedVersion) -> Vec<ParkingNotice> {
        if self.version == version {
            return Vec::new();
        }
        let why = if self.version.digest == version.digest {
            "it was approved"
        } else {
            "another file serves"
        };
        let notices = self.begin_anew(group, why);
        self.figures.plugin = group.to_owned();
        self.figures.digest.clone_from(&version.digest);
        self.version = version;
        notices
    }

    fn begin_anew(&mut self, group: &str, why: &str) -> Vec<ParkingNotice> {
        let digest = souk_model::short_digest(&self.version.digest);
        let parked = self.circuits.parked();
        self.circuits = PluginCircuits::default();
        self.generation += 1;
        let notice = |(whom, _): (ParkedFor, ParkedUntil)| {
            let whom = describe(&whom);
            let text = format!("`{group}` ({digest}) serves {whom} again: {why}");
            ParkingNotice { is_parked: false, text }
        };
        parked.into_iter().map(notice).collect()
    }
}

impl MonitoredCall {
    /// It has run to its end: what it used, whether it failed, and by which rule it broke off, if it was
    /// the plugin's own fault.
    pub(crate) fn end(
        mut self,
        resources: &CallResources,
        is_failed: bool,
        breach: Option<BreachRule>,
    ) {
        let Some(passages) = self.passages.take() else { return };
        let (mut notices, now) = (Vec::new(), Instant::now());
        if let Some(one) = self.monitor.lock().get_mut(&self.group) {
            let figures = &mut one.figures;
            figures.in_flight -= 1;
            figures.calls += 1;
            figures.errors += u64::from(is_failed);
            figures.breaches += u64::from(breach.is_some());
            figures.cpu_us += resources.cpu_us;
            figures.cpu_us_most = figures.cpu_us_most.max(resources.cpu_us);
            figures.memory_bytes_most = figures.memory_bytes_most.max(resources.peak_memory_bytes);
            figures.host_calls += resources.host_calls;
            figures.requests += resources.request_count();
            figures.fetched_bytes += resources.fetched_bytes;
            if one.generation == self.generation {
                let changes = one.circuits.end(&self.caller, passages, breach, now, &self.limits);
                let digest = souk_model::short_digest(&one.version.digest);
                let notice = |(whom, change)| notice(&self.group, digest, &whom, change);
                notices.extend(changes.into_iter().map(notice));
            }
        }
        self.monitor.write_down(notices);
    }
}

impl Drop for MonitoredCall {
    fn drop(&mut self) {
        let Some(passages) = self.passages.take() else { return };
        if let Some(one) = self.monitor.lock().get_mut(&self.group) {
            one.figures.in_flight -= 1;
            if one.generation == self.generation {
                one.circuits.abandon(&self.caller, passages, Instant::now());
            }
        }
    }
}

fn approved_at(approvals: &Approvals, group: &str) -> Option<Timestamp> {
    approvals.approved(group).map(|approved| approved.at)
}

fn describe(whom: &ParkedFor) -> String {
    match whom {
        ParkedFor::Everybody => "everybody".to_owned(),
        ParkedFor::Caller(caller) => format!("`{caller}`"),
    }
}

fn notice(group: &str, digest: &str, whom: &ParkedFor, change: CircuitChange) -> ParkingNotice {
    let whom = describe(whom);
    match change {
        CircuitChange::Parked(parked) => ParkingNotice {
            is_parked: true,
            text: format!(
                "`{group}` ({digest}) for {whom}{}: its calls break off too often, the last by \
                 `{}`; `souk plugins approve {group}` lets it serve at once",
                until(parked),
                parked.rule
            ),
        },
        CircuitChange::Closed => ParkingNotice {
            is_parked: false,
            text: format!("`{group}` ({digest}) serves {whom} again: a call of it went well"),
        },
    }
}

/// What a caller is told.
fn refusal(group: &str, whom: &ParkedFor, parked: ParkedUntil, principal: &Principal) -> Failure {
    let whose = match whom {
        ParkedFor::Everybody => "calls of it",
        ParkedFor::Caller(_) => "your calls of it",
    };
    let message = format!(
        "the plugin `{group}` is parked{}: {whose} broke off too often, the last by `{}`",
        until(parked),
        parked.rule
    );
    let remedy = if principal.is_local_user() {
        format!(
            "wait until then; `souk plugins approve {group}` lets it serve at once, and `souk plugins \
             top` shows what it uses"
        )
    } else {
        "wait until then, and ask it for less in one call; the operator of this server can let it \
         serve sooner"
            .to_owned()
    };
    Failure::new(Code::PluginParked, message).rule("plugin-parked").remedy(remedy)
}

fn until(parked: ParkedUntil) -> String {
    match parked.until {
        Some(until) => format!(" until {}", to_the_second(wall(until))),
        None => " until a call that tries it has ended".to_owned(),
    }
}

/// By the clock on the wall.
fn wall(at: Instant) -> Timestamp {
    let now = Timestamp::now();
    now.checked_add(at.saturating_duration_since(Instant::now())).unwrap_or(now)
}
