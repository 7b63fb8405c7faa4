//! Who makes a request, and in which session.

use rmcp::ErrorData;
use rmcp::model::Extensions;
use souk_model::Principal;

use crate::session_header::session_id;

/// How a handler knows who asks.
#[derive(Clone)]
pub(crate) enum Caller {
    /// The transport has one caller.
    Only(Principal),
    /// Authenticated for each HTTP request, and put among its extensions.
    OfRequest,
}

impl Caller {
    /// Who asks, and in which session, where the protocol has them.
    pub(crate) fn principal(
        &self,
        extensions: &Extensions,
        has_sessions: bool,
    ) -> Result<Principal, ErrorData> {
        match self {
            Self::Only(principal) => Ok(principal.clone()),
            Self::OfRequest => {
                let parts = extensions.get::<http::request::Parts>();
                let principal = parts.and_then(|parts| parts.extensions.get::<Principal>());
                let principal = principal.cloned().ok_or_else(|| {
                    ErrorData::internal_error("the request names no principal", None)
                })?;
                // That it is the principal's own was looked at before it came here.
                let session = parts.filter(|_| has_sessions);
                let session = session.and_then(|parts| session_id(&parts.headers));
                Ok(match session {
                    Some(session) => principal.in_session(session),
                    None => principal,
                })
            }
        }
    }
}
