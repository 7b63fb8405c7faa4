//! What a registry, or the way to it, says, in words for people.

use std::time::Duration;

use oci_client::errors::{DigestError, OciDistributionError, OciErrorCode};
use souk_model::visible;

use crate::reference::OciReference;

/// The longest text of a registry's that is repeated, in characters.
const MAX_SAID: usize = 300;

/// Why nothing came of a request to a registry. For people: what failed, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("`{reference}`: {why}")]
pub struct OciError {
    reference: String,
    why: String,
}

/// How a request went wrong.
pub(crate) enum RequestFailure {
    /// As the library says.
    Library(OciDistributionError),
    /// The registry led to an address that plain HTTP may not reach.
    PlainHttp(String),
    /// It took too long.
    TooSlow(Duration),
    /// What came was too much, in bytes.
    TooMuch(u64),
    /// What came is not what it should be.
    Answer(String),
}

impl OciError {
    /// Of a request that went wrong; whether the registry was given credentials.
    pub(crate) fn of(reference: &OciReference, was_known: bool, failure: RequestFailure) -> Self {
        let why = match failure {
            RequestFailure::Library(error) => of_library(reference, was_known, error),
            RequestFailure::PlainHttp(address) => format!(
                "it leads to `{address}`, and plain HTTP is for this machine's own addresses alone"
            ),
            RequestFailure::TooSlow(limit) => {
                format!("the registry did not answer within {} seconds", limit.as_secs())
            }
            RequestFailure::TooMuch(most) => {
                format!("the registry answers without end: more than {most} bytes came")
            }
            RequestFailure::Answer(why) => said(&why),
        };
        Self { reference: reference.to_string(), why }
    }
}

fn of_library(reference: &OciReference, was_known: bool, error: OciDistributionError) -> String {
    let registry = reference.registry();
    match error {
        OciDistributionError::UnauthorizedError { .. }
        | OciDistributionError::AuthenticationFailure(_)
        | OciDistributionError::ServerError { code: 401 | 403, .. } => {
            unauthorized(registry, was_known)
        }
        OciDistributionError::RegistryError { envelope, .. } => {
            let codes: Vec<&OciErrorCode> = envelope.errors.iter().map(|one| &one.code).collect();
            let has = |wanted: &[OciErrorCode]| codes.iter().any(|code| wanted.contains(code));
            if has(&[OciErrorCode::Unauthorized, OciErrorCode::Denied]) {
                return unauthorized(registry, was_known);
            }
            if has(&[
                OciErrorCode::ManifestUnknown,
                OciErrorCode::NameUnknown,
                OciErrorCode::NotFound,
                OciErrorCode::BlobUnknown,
            ]) {
                return "there is nothing under that name in the registry".to_owned();
            }
            let texts: Vec<&str> = envelope.errors.iter().map(|one| &*one.message).collect();
            format!("the registry says: {}", said(&texts.join("; ")))
        }
        OciDistributionError::ServerError { code: 404, .. } => {
            "there is nothing under that name in the registry".to_owned()
        }
        OciDistributionError::ServerError { code, message, .. } => {
            format!("the registry answers with status {code}: {}", said(&message))
        }
        OciDistributionError::DigestError(error) => of_digest(&error),
        OciDistributionError::IoError(error) => {
            let verification =
                error.get_ref().and_then(|inner| inner.downcast_ref::<DigestError>());
            verification.map_or_else(|| unreachable(registry, &error), of_digest)
        }
        OciDistributionError::RequestError(error) => unreachable(registry, &error.without_url()),
        other => format!("the registry cannot be used: {}", said(&other.to_string())),
    }
}

fn unauthorized(registry: &str, was_known: bool) -> String {
    if was_known {
        format!(
            "`{registry}` refuses the credentials that docker's configuration has for it; \
             `docker login {registry}` renews them"
        )
    } else {
        format!(
            "`{registry}` wants a login, and there is none; `docker login {registry}` makes one"
        )
    }
}

fn of_digest(error: &DigestError) -> String {
    match error {
        DigestError::VerificationError { expected, actual } => format!(
            "the registry sent other bytes than it was asked for: `{}`, in place of `{}`",
            said(actual),
            said(expected)
        ),
        other => format!(
            "the registry names no digest that can be checked: {}",
            said(&other.to_string())
        ),
    }
}

/// The innermost cause says something; the ones around it say that there was one.
fn unreachable(registry: &str, error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("`{registry}` cannot be reached: {}", said(&innermost.to_string()))
}

/// A text of somebody else's, short and in one line.
fn said(text: &str) -> String {
    let text: String = text.trim().chars().take(MAX_SAID).collect();
    visible::line(&text).into_owned()
}
