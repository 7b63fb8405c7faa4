//! Adobe Commerce as a Cloud Service: its addresses begin with the tenant and have no `/rest`, the
//! store view is named by a header, and tokens come from Adobe's identity service, of which this
//! stands in for the one route that programs use.

use axum::http::HeaderMap;
use serde_json::{Value, json};

use crate::credentials::Credential;
use crate::php;

/// The tenant's segment.
pub(super) const TENANT: &str = "/9Xf2DemoTenant41";
/// What a token for Commerce has to be good for.
const SCOPE: &str = "commerce.accs";

/// The service, and the one client that it knows.
#[derive(Debug)]
pub(crate) struct CloudService {
    client_id: String,
    client_secret: String,
    org_id: String,
}

impl CloudService {
    /// Where the identity service gives out tokens, at the same port as the store.
    pub(crate) const TOKENS: &str = "/ims/token/v3";

    pub(super) fn new() -> Self {
        let chance = |length| (0..length).map(|_| fastrand::alphanumeric()).collect::<String>();
        Self {
            client_id: chance(32).to_ascii_lowercase(),
            client_secret: format!("p8e-{}", chance(32)),
            org_id: "0123456789ABCDEF0A49412F@AdobeOrg".to_owned(),
        }
    }

    pub(super) fn credential(&self) -> Credential {
        Credential::Ims {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            org_id: self.org_id.clone(),
            token_path: Self::TOKENS.to_owned(),
        }
    }

    /// Whether a form asks for a token with the right credentials; what is answered if not.
    ///
    /// # Errors
    /// Status and body, as the identity service words them.
    pub(crate) fn check_form(&self, form: &[u8]) -> Result<(), (u16, Value)> {
        let form = php::parse_query(&String::from_utf8_lossy(form));
        let field = |name: &str| form.get(name).map(php::text_of).unwrap_or_default();
        let wrong = |status: u16, error: &str, why: &str| {
            Err((status, json!({ "error": error, "error_description": why })))
        };
        if field("grant_type") != "client_credentials" {
            return wrong(400, "unsupported_grant_type", "the grant type is not supported");
        }
        if field("client_id") != self.client_id {
            return wrong(400, "invalid_client", "invalid client_id parameter");
        }
        if field("client_secret") != self.client_secret {
            return wrong(401, "invalid_client", "invalid client_secret parameter");
        }
        if !field("scope").split([',', ' ']).any(|scope| scope == SCOPE) {
            return wrong(400, "invalid_scope", "the scope is not bound to the client");
        }
        Ok(())
    }

    /// What the gateway before the store answers to whoever does not say who they are.
    pub(super) fn refuse(&self, headers: &HeaderMap) -> Option<(u16, Value)> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (status, code, message) = if header("authorization").is_none() {
            (401, "401010", "Oauth token is missing")
        } else if header("x-api-key") != Some(&self.client_id) {
            (403, "403003", "Api Key is invalid")
        } else if header("x-gw-ims-org-id") != Some(&self.org_id) {
            (403, "403004", "Organization is invalid")
        } else {
            return None;
        };
        Some((status, json!({ "error_code": code, "message": message })))
    }

    /// What it answers to a token that it does not know.
    pub(crate) fn unknown_token() -> (u16, Value) {
        (401, json!({ "error_code": "401013", "message": "Oauth token is not valid" }))
    }
}

/// The path as a Magento of its own would have it: `/rest/{view}/V1/…`, the view from the header.
pub(super) fn own_path(path: &str, headers: &HeaderMap) -> Option<String> {
    let rest = path.strip_prefix(TENANT).filter(|rest| rest.starts_with('/'))?;
    if !(rest.starts_with("/V1/") || rest.starts_with("/async/")) {
        return ["/graphql", "/__demo/"]
            .iter()
            .any(|own| rest.starts_with(own))
            .then(|| rest.to_owned());
    }
    match headers.get("store").and_then(|view| view.to_str().ok()) {
        Some(view) => Some(["/rest/", view, rest].concat()),
        None => Some(["/rest", rest].concat()),
    }
}
