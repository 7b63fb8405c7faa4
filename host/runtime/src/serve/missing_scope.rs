//! Whether only a scope is missing for a call, of somebody whom another service vouches for.

use souk_model::{Failure, ToolCall};
use souk_policy::CallFacts;
use souk_state::audit::{AuditTrail, CallOutcome, CallResources, Transport};

use super::audit_guard::AuditGuard;
use super::call_target::CallTarget;
use super::operator_config::OperatorConfig;
use super::tool_table::ToolTable;

/// The scopes to come again with: those that the caller has and the one that is missing, where one alone
/// would do. The call is on the trail as refused then.
///
/// # Errors
/// The trail takes no line.
pub(super) fn missing_scopes(
    tools: &ToolTable,
    config: &OperatorConfig,
    (trail, transport): (&AuditTrail, Transport),
    call: &ToolCall,
) -> Result<Option<Vec<String>>, Failure> {
    let Some(access) = call.principal.access() else { return Ok(None) };
    let mut call = call.clone();
    let CallTarget { tool, arguments, .. } = CallTarget::of(tools, &config.rules, &mut call);
    let Some(tool) = tool else { return Ok(None) };
    let facts = CallFacts::of(tool.profile());
    let Some(missing) = config.rules.missing_scope(&call.principal, &facts) else {
        return Ok(None);
    };
    let mut scopes: Vec<String> = access.scopes().map(str::to_owned).collect();
    scopes.push(missing.to_owned());
    let refused = config.rules.decide_call(&call.principal, &facts).map(drop);
    let guard = AuditGuard::of_call(trail, transport, &call, Some(tool), &arguments);
    let outcome: Result<(), Failure> = refused.map_err(Failure::from);
    guard.end(CallResources::default(), CallOutcome::of(&outcome))?;
    Ok(Some(scopes))
}
