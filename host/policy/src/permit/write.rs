//! Writes: the steps of a proposed change.

use serde_json::Value;
use souk_model::plan::Step;
use souk_model::{Grant, Method, PointerPattern, Route, StoreView, WriteMethod};

use super::binding_values::{BindingValues, FirstResponse};
use super::missing_grant::MissingGrant;
use super::route_request::{RequestAddress, RouteRequest};
use crate::refusal::Refusal;

/// A write that a grant allows, in the form in which it is sent.
///
/// The body is not part of it: bodies are the plan's, which shows them before. Only [`permit_step`]
/// makes one, and a back end's writer takes nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermittedWrite {
    method: WriteMethod,
    address: RequestAddress,
}

impl PermittedWrite {
    /// The back end's name in the operator's configuration.
    #[must_use]
    pub fn upstream(&self) -> &str {
        &self.address.upstream
    }

    /// How it is sent.
    #[must_use]
    pub const fn method(&self) -> WriteMethod {
        self.method
    }

    /// The encoded path that follows `/rest/{store}`: `/V1/products/LAB%2F1`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.address.path
    }

    /// The encoded query, without `?`; empty where there is none. Names and values hold only
    /// unreserved characters and `%XX`; each parameter has exactly one `=`.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.address.query
    }

    /// Where it goes: never [`StoreView::SessionDefault`]. A code in it has Magento's form but may
    /// not exist.
    #[must_use]
    pub const fn view(&self) -> &StoreView {
        &self.address.view
    }

    /// The route as granted, for logs and metrics.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.address.route
    }
}

/// Decides whether an action with these grants may take this step of a change, and encodes it.
///
/// `subject` is the id of the change's subject, `first_response` the body of the
/// answer to its first step: parameters may take their values from both.
///
/// ```
/// use serde_json::json;
/// use souk_model::plan::Step;
/// use souk_model::{Binding, Grant, Method, BindingSource, StoreView, WriteMethod};
/// use souk_policy::permit_step;
///
/// let route = "/V1/salesRules/{ruleId}";
/// let method = WriteMethod::Delete;
/// let grant = Grant::new("magento", Method::Write(method), route.parse().unwrap());
/// let undo = Step {
///     upstream: "magento".into(),
///     method,
///     route: route.into(),
///     path: vec![Binding { name: "ruleId".into(), value: BindingSource::FromResponse("/rule_id".into()) }],
///     query: vec![],
///     view: StoreView::Global,
///     body: None,
///     body_bindings: vec![],
///     failure_responses: vec![],
/// };
/// let created = json!({"rule_id": 7});
/// let permitted = permit_step(&[grant], &undo, "spring sale", Some(&created)).unwrap();
/// assert_eq!(permitted.path(), "/V1/salesRules/7");
/// assert_eq!(permit_step(&[], &undo, "", Some(&created)).unwrap_err().rule, "grant");
/// ```
///
/// # Errors
/// A refusal by the rule `write-scope`, `grant`, `grant-fields`, `parameters`, `from-response`,
/// `path-segment`, `query` or `store-view`.
pub fn permit_step(
    grants: &[Grant],
    step: &Step,
    subject: &str,
    first_response: Option<&Value>,
) -> Result<PermittedWrite, Refusal> {
    bind(grants, step, subject, first_response.map_or(FirstResponse::None, FirstResponse::Received))
}

/// Decides what can be decided of a step before the change's first step was answered: all that
/// [`permit_step`] decides, but for what such an answer holds.
///
/// # Errors
/// As [`permit_step`].
pub fn check_step(grants: &[Grant], step: &Step, subject: &str) -> Result<(), Refusal> {
    bind(grants, step, subject, FirstResponse::Pending).map(drop)
}

fn bind(
    grants: &[Grant],
    step: &Step,
    subject: &str,
    first_response: FirstResponse<'_>,
) -> Result<PermittedWrite, Refusal> {
    if step.view == StoreView::SessionDefault {
        return Err(Refusal::new(
            "write-scope",
            "a write does not say where it goes",
            "a write names a store view, or the global scope; only reads fall back on the \
             session's scope",
        ));
    }
    let request = RouteRequest {
        upstream: &step.upstream,
        method: Method::Write(step.method),
        route: &step.route,
        path: &step.path,
        query: &step.query,
        view: &step.view,
    };
    let address = request.bind(grants, BindingValues { subject: Some(subject), first_response })?;
    check_fields(grants, &request, step)?;
    Ok(PermittedWrite { method: step.method, address })
}

/// Refuses a body that holds more than the grant names. Of several grants of one request one that
/// names all of it is enough.
fn check_fields(grants: &[Grant], request: &RouteRequest<'_>, step: &Step) -> Result<(), Refusal> {
    let mut uncovered = None;
    for grant in grants.iter().filter(|grant| request.is_granted_by(grant)) {
        let Some(fields) = &grant.fields else { return Ok(()) };
        match uncovered_field(fields, step) {
            None => return Ok(()),
            field => uncovered = field,
        }
    }
    let Some(field) = uncovered else { return Ok(()) };
    Err(MissingGrant::field(request.method, request.route, &field).into())
}

/// The first value of a step's body that these fields do not cover, as a pointer. What the host
/// itself will put into the body stands there already, whatever it will be.
fn uncovered_field(fields: &[PointerPattern], step: &Step) -> Option<String> {
    let mut body = step.body.clone()?;
    for binding in &step.body_bindings {
        // One whose parent is not there is refused where the change is reviewed.
        let _ = binding.at.put(&mut body, Value::Null);
    }
    PointerPattern::uncovered(fields, &body)
}
