//! A call for which only a scope is missing is answered before it begins, in the way that clients know how
//! to come again with another token.

use axum::body::Bytes;
use http::{Method, Request};
use serde::Deserialize;
use serde_json::{Map, Value};
use souk_model::{Actions, Failure, Principal, ToolCall};
use souk_telemetry::{RequestOrigin, RequestScope};

/// What of a message says which tool is called.
#[derive(Deserialize)]
struct CallMessage {
    method: String,
    params: CallParams,
}

#[derive(Deserialize)]
struct CallParams {
    name: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

/// The scopes to come again with, where that is all that is missing. Of a batch each call is answered by
/// itself, and not here.
///
/// # Errors
/// The refusal cannot be written down.
pub(super) async fn missing_scopes(
    actions: &dyn Actions,
    principal: &Principal,
    request: &Request<Bytes>,
) -> Result<Option<Vec<String>>, Failure> {
    if principal.access().is_none() || request.method() != Method::POST {
        return Ok(None);
    }
    let Ok(CallMessage { method, params }) = serde_json::from_slice(request.body()) else {
        return Ok(None);
    };
    if method != "tools/call" {
        return Ok(None);
    }
    let call = ToolCall::new(principal.clone(), params.name, params.arguments);
    // Its line on the trail has the id that its answer has.
    let asked = actions.missing_scopes(&call);
    match request.extensions().get::<RequestOrigin>() {
        Some(origin) => RequestScope::of(origin.clone()).run(asked).await,
        None => asked.await,
    }
}
