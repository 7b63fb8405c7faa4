//! Where spans are exported to: an address of the operator's that speaks OTLP over HTTP.

use std::time::Duration;

use http::HeaderValue;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use souk_model::{ExposeSecret, Secret};
use url::Url;

use crate::config::limits::RequestLimits;
use crate::wire::address::is_loopback;
use crate::wire::http_client::HttpClient;
use crate::wire::secret_header::secret_header;
use crate::wire::transport_error::innermost_cause;

/// How long one export may take, as OpenTelemetry's exporters wait.
const PATIENCE: Duration = Duration::from_secs(10);
/// The path of traces, as the protocol has it, where the address names none.
const TRACES: &str = "/v1/traces";

/// Takes spans of OTLP in JSON.
#[derive(Debug)]
pub struct SpanCollector {
    url: Url,
    authorization: Option<HeaderValue>,
    client: HttpClient,
}

/// Why a collector has not taken what it was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct ExportError {
    why: String,
    /// Whether the same may be taken later: no answer, or one that says so.
    pub is_transient: bool,
}

impl SpanCollector {
    /// At this address; to `/v1/traces` of it where it has no path. `authorization` is sent as the header
    /// of that name.
    ///
    /// # Errors
    /// The address is none, would send a credential in the clear to another machine, or the credential
    /// cannot be sent. For people.
    pub fn new(url: &str, authorization: Option<&Secret>) -> Result<Self, String> {
        let mut url = Url::parse(url).map_err(|error| format!("`{url}` is no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("`{url}` must begin with http or https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "a login stands in the address; `traces.authorization` is sent as a header"
                    .to_owned(),
            );
        }
        let is_encrypted = url.scheme() == "https";
        if authorization.is_some() && !is_encrypted && !is_loopback(&url) {
            return Err(format!("`{url}` must begin with https: a credential is sent there"));
        }
        if matches!(url.path(), "" | "/") {
            url.set_path(TRACES);
        }
        let authorization = authorization
            .map(|secret| secret_header(secret.expose_secret()).map_err(|failure| failure.message))
            .transpose()?;
        let client = HttpClient::new(is_encrypted, RequestLimits::default());
        Ok(Self { url, authorization, client })
    }

    /// Sends an `ExportTraceServiceRequest` once. Redirects are not followed.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn export(&self, body: Vec<u8>) -> Result<(), ExportError> {
        let error = |why: String, is_transient| ExportError { why, is_transient };
        let client = self.client.get().await.map_err(|failure| error(failure.message, true))?;
        let mut request =
            client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        match tokio::time::timeout(PATIENCE, request.send()).await {
            Err(_) => Err(error(format!("no answer within {} s", PATIENCE.as_secs()), true)),
            Ok(Err(failed)) => Err(error(innermost_cause(failed), true)),
            Ok(Ok(response)) if response.status().is_success() => Ok(()),
            Ok(Ok(response)) => {
                let status = response.status().as_u16();
                // Those that the protocol calls retryable.
                Err(error(format!("status {status}"), matches!(status, 429 | 502..=504)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_traces_and_no_credential_goes_in_the_clear() {
        let secret = Secret::from("Bearer abc");
        let at = |url: &str, secret| SpanCollector::new(url, secret).map(|one| one.url.to_string());
        for (url, to) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://otel.example:4318/", "http://otel.example:4318/v1/traces"),
            ("https://otel.example/custom", "https://otel.example/custom"),
        ] {
            assert_eq!(at(url, None).unwrap(), to);
        }
        assert!(at("http://127.0.0.1:4318", Some(&secret)).is_ok());
        assert!(at("https://otel.example", Some(&secret)).is_ok());
        for wrong in ["http://otel.example:4318", "grpc://otel.example", "otel"] {
            assert!(at(wrong, Some(&secret)).is_err(), "{wrong}");
        }
    }
}
