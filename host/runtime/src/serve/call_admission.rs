//! What lies between a call and its run: may it, is its plugin parked, and are there places for it.

use std::sync::Arc;

use souk_model::{Failure, Principal};
use souk_policy::EffectKind;

use super::admission::{Admission, CallPermit, PluginShare};
use super::operator_config::OperatorConfig;
use super::plugin_monitor::{MonitoredCall, PluginMonitor};
use super::tool::{LoadedTool, ToolKind};
use crate::load::registry::Registry;

/// Lets calls through, or not.
pub(super) struct CallGate<'d> {
    pub(super) registry: &'d Registry,
    pub(super) admission: &'d Admission,
    pub(super) monitor: &'d Arc<PluginMonitor>,
    pub(super) config: &'d OperatorConfig,
}

/// A call that has its places.
pub(super) struct AdmittedCall<'t> {
    pub(super) tool: &'t LoadedTool,
    pub(super) permit: CallPermit,
    pub(super) monitored: MonitoredRun,
}

/// Whether a plugin may run for a call.
pub(super) enum MonitoredRun {
    /// None runs for it.
    NoPlugin,
    Admitted(MonitoredCall),
    /// Its plugin is parked. What it asks for may have been done already, and then that is answered.
    Parked(Failure),
}

impl MonitoredRun {
    /// Goes on to the run.
    ///
    /// # Errors
    /// The plugin is parked.
    pub(super) fn admitted(self) -> Result<Option<MonitoredCall>, Failure> {
        match self {
            Self::NoPlugin => Ok(None),
            Self::Admitted(call) => Ok(Some(call)),
            Self::Parked(failure) => Err(failure),
        }
    }
}

impl CallGate<'_> {
    /// Waits for the call's places. What the rules refuse or is parked waits for nothing, but what may
    /// have been done already.
    ///
    /// # Errors
    /// The rules forbid it, its plugin is parked, or no place came free in time.
    pub(super) async fn admit<'t>(
        &self,
        tool: &'t LoadedTool,
        principal: &Principal,
    ) -> Result<AdmittedCall<'t>, Failure> {
        let Self { registry, admission, monitor, config } = self;
        config.rules.decide(principal, &tool.profile())?;
        let ToolKind::Action { plugin, .. } = &tool.kind else {
            let permit = admission.admit(principal, None).await?;
            return Ok(AdmittedCall { tool, permit, monitored: MonitoredRun::NoPlugin });
        };
        let monitored =
            match monitor.admit(plugin, &registry.approvals(), principal, config.parking) {
                Ok(call) => MonitoredRun::Admitted(call),
                Err(failure) if tool.profile().effect == EffectKind::Apply => {
                    MonitoredRun::Parked(failure)
                }
                Err(failure) => return Err(failure),
            };
        let own = config.limits.get(&*plugin.name);
        let share = PluginShare::of(&plugin.name, &registry.sandbox().limits, own);
        let permit = admission.admit(principal, Some(share)).await?;
        Ok(AdmittedCall { tool, permit, monitored })
    }
}
