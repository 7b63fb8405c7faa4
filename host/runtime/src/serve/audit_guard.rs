//! The audit line of a call, and of whatever else hands something out.

use std::time::Instant;

use serde_json::Value;
use souk_model::{Failure, Principal, ToolCall};
use souk_state::audit::{
    ArgumentsDigest, AuditTrail, CallEntry, CallOutcome, CallResources, Durability, PluginIdentity,
    Transport,
};
use souk_telemetry::metrics;

use super::arguments::seal;
use super::tool::LoadedTool;
use crate::guest::call_effects::EffectsRecord;
use crate::text::printable;

/// Characters of a name on a line, where nobody has looked whether it is a tool's.
const TOOL_CHARS: usize = 64;

/// The audit line of one call. Dropped without an end (the caller left, the host shuts down), it
/// is written as cancelled.
pub(crate) struct AuditGuard<'d> {
    trail: &'d AuditTrail,
    /// What the call has done: told of one whose caller left, too.
    effects: EffectsRecord,
    started: Instant,
    entry: Option<CallEntry>,
}

impl<'d> AuditGuard<'d> {
    /// The line of a call of a tool, which may or may not be there.
    pub(crate) fn of_call(
        trail: &'d AuditTrail,
        transport: Transport,
        call: &ToolCall,
        tool: Option<&LoadedTool>,
        arguments: &Value,
    ) -> Self {
        let digest = match tool.map(LoadedTool::sealed) {
            // Equal digests would show that two calls had the same password.
            Some(sealed) if !sealed.is_empty() => {
                let mut arguments = arguments.clone();
                seal(sealed, &mut arguments);
                trail.digest(&arguments)
            }
            _ => trail.digest(arguments),
        };
        let plugin = tool.and_then(LoadedTool::plugin).map(|plugin| PluginIdentity {
            group: plugin.group.name.clone(),
            version: plugin.group.version.clone(),
            digest: plugin.digest.clone(),
        });
        Self::begin(trail, transport, &call.principal, &call.tool, plugin, digest)
    }

    /// The line of a call that its caller's rate refuses: what it is of, and with which arguments, is
    /// not looked at.
    pub(crate) fn of_unseen_call(
        trail: &'d AuditTrail,
        transport: Transport,
        call: &ToolCall,
    ) -> Self {
        let digest = trail.digest(&Value::Null);
        let tool = printable(&call.tool, TOOL_CHARS);
        Self::begin(trail, transport, &call.principal, &tool, None, digest)
    }

    /// The line of something else that is handed out, by the method of MCP that asks for it.
    pub(crate) fn of_request(
        trail: &'d AuditTrail,
        transport: Transport,
        principal: &Principal,
        method: &str,
        params: &Value,
    ) -> Self {
        Self::begin(trail, transport, principal, method, None, trail.digest(params))
    }

    fn begin(
        trail: &'d AuditTrail,
        transport: Transport,
        principal: &Principal,
        action: &str,
        plugin: Option<PluginIdentity>,
        arguments: ArgumentsDigest,
    ) -> Self {
        let entry = CallEntry {
            at: souk_state::Timestamp::now(),
            transport,
            principal: principal.to_string(),
            request_id: souk_telemetry::request_id().map(|id| id.to_string()),
            action: action.to_owned(),
            plugin,
            arguments,
            outcome: CallOutcome::Failed {
                code: "CANCELLED".into(),
                rule: None,
                message: "the caller left before the answer".into(),
            },
            duration_us: 0,
            resources: CallResources::default(),
        };
        Self {
            trail,
            effects: EffectsRecord::default(),
            started: Instant::now(),
            entry: Some(entry),
        }
    }

    /// Where what the call does is noted.
    pub(crate) const fn effects(&self) -> &EffectsRecord {
        &self.effects
    }

    /// Writes the line. A result that is not on the trail is not given out.
    ///
    /// # Errors
    /// When the trail cannot be written.
    pub(crate) fn end(
        mut self,
        resources: CallResources,
        outcome: CallOutcome,
    ) -> Result<(), Failure> {
        let Some(mut entry) = self.entry.take() else { return Ok(()) };
        entry.outcome = outcome;
        entry.resources = resources;
        self.append(entry)
    }

    fn append(&self, mut entry: CallEntry) -> Result<(), Failure> {
        entry.duration_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        // A read's line outlives the process, not a power cut: nothing in the store hangs on it.
        let appended = if was_refused(&entry) {
            self.trail.append_refused(entry)
        } else {
            self.trail.append(entry, Durability::Written).map(drop)
        };
        appended.map_err(|error| {
            metrics::AUDIT_ERRORS.of(&[]).add(1);
            tracing::error!("cannot write the audit trail: {error}");
            Failure::internal("the audit trail cannot be written, so no result is given out")
                .rule("audit-trail")
                .remedy(
                    "the operator must make the trail writable again; the log says what is wrong",
                )
        })
    }
}

/// Whether the call failed before anything was done for it, no plugin run: a caller can have
/// thousands of those a second.
fn was_refused(entry: &CallEntry) -> bool {
    let CallResources { host_calls, peak_memory_bytes, requests, plans, purges, .. } =
        &entry.resources;
    let did_nothing = *host_calls == 0
        && *peak_memory_bytes == 0
        && requests.is_empty()
        && plans.is_empty()
        && *purges == 0;
    did_nothing && matches!(&entry.outcome, CallOutcome::Failed { code, .. } if code != "CANCELLED")
}

impl Drop for AuditGuard<'_> {
    fn drop(&mut self) {
        if let Some(mut entry) = self.entry.take() {
            entry.resources = self.effects.of_caller_who_left();
            let _ = self.append(entry);
        }
    }
}
