//! Whether only a scope is missing for a call, of somebody whom another service vouches for.

use souk_model::{Failure, ToolCall};
use souk_policy::CallFacts;
use souk_state::audit::{AuditTrail, CallOutcome, CallResources, Transport};

use super::audit_guard::AuditGuard;
use super::call_target::CallTarget;
use super::call_watch;
use super::operator_config::OperatorConfig;
use super::tool_table::ToolTable;
use crate::rates::Rates;

/// The scopes to come again with: those that the caller has and the one that is missing, where one alone
/// would do. The call is then refused as any other: on the trail, counted, and within its caller's rates.
///
/// # Errors
/// The trail takes no line.
pub(super) fn missing_scopes(
    tools: &ToolTable,
    config: &OperatorConfig,
    (trail, transport): (&AuditTrail, Transport),
    rates: &Rates,
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
    let limits = config.rates_of(&call.principal);
    if rates.call(&call.principal, &limits).is_err() {
        // What is above its rate is refused for that, where all calls are.
        return Ok(None);
    }
    rates.refused(&call.principal, &limits);
    let mut scopes: Vec<String> = access.scopes().map(str::to_owned).collect();
    scopes.push(missing.to_owned());
    let refused = config.rules.decide_call(&call.principal, &facts).map(drop);
    let guard = AuditGuard::of_call(trail, transport, &call, Some(tool), &arguments);
    let outcome: Result<(), Failure> = refused.map_err(Failure::from);
    if let Err(failure) = &outcome {
        call_watch::refused_at_once(tool, failure);
    }
    guard.end(CallResources::default(), CallOutcome::of(&outcome))?;
    Ok(Some(scopes))
}
