//! Purging through Fastly's API, by the surrogate keys of Fastly's module for Magento.

use http::{HeaderName, HeaderValue, Method};
use reqwest::Request;
use serde::Deserialize;
use souk_model::{Code, Failure};
use url::Url;

use super::purge::{PurgeReceipt, PurgeSubject};
use super::transport::{CacheReply, exact_url};
use crate::wire::text::sanitize;

const NAME: &str = "fastly";
const KEY: HeaderName = HeaderName::from_static("fastly-key");
const SOFT: HeaderName = HeaderName::from_static("fastly-soft-purge");
/// The longest text of Fastly's that a failure repeats, in characters.
const MAX_TEXT: usize = 200;

/// A service of Fastly's. Its token is marked as sensitive, so that it cannot be printed.
#[derive(Debug)]
pub(super) struct Fastly {
    pub(super) api: Url,
    pub(super) service: String,
    pub(super) token: HeaderValue,
    pub(super) soft: bool,
}

impl Fastly {
    pub(super) fn request(&self, subject: &PurgeSubject) -> Result<Request, Failure> {
        let api = self.api.as_str().trim_end_matches('/');
        let text = match subject {
            PurgeSubject::Product(id) => format!("{api}/service/{}/purge/p{id}", self.service),
            PurgeSubject::Category(id) => format!("{api}/service/{}/purge/c{id}", self.service),
            PurgeSubject::Page(page) => {
                format!("{api}/purge/{}{}", page.authority(), page.path_and_query())
            }
        };
        let mut request = Request::new(Method::POST, exact_url(&text)?);
        let headers = request.headers_mut();
        headers.insert(KEY, self.token.clone());
        if self.soft {
            headers.insert(SOFT, HeaderValue::from_static("1"));
        }
        headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        Ok(request)
    }
}

/// What Fastly answers, for better or worse.
#[derive(Debug, Default, Deserialize)]
struct FastlyResponse {
    status: Option<String>,
    id: Option<String>,
    msg: Option<String>,
    detail: Option<String>,
}

pub(super) fn receipt(reply: &CacheReply) -> Result<PurgeReceipt, Failure> {
    let answer: FastlyResponse = serde_json::from_slice(&reply.body).unwrap_or_default();
    if (200..300).contains(&reply.status) && answer.status.as_deref() == Some("ok") {
        let id = answer.id.map(|id| sanitize(&id, 100));
        return Ok(PurgeReceipt { id, status: reply.status });
    }
    let said = [answer.msg, answer.detail];
    let said: Vec<String> =
        said.into_iter().flatten().map(|text| sanitize(&text, MAX_TEXT)).collect();
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.join(": ")) };
    let (message, remedy) = match reply.status {
        200..300 => (
            "the answer is not Fastly's, so nothing is known to be purged".to_owned(),
            "check SOUK_CDN_URL: without it the API of Fastly itself is asked",
        ),
        401 | 403 => (
            format!("Fastly does not accept the token{said}"),
            "the operator checks FASTLY_API_TOKEN: it needs the scope `purge_select` and this \
             service",
        ),
        404 => (
            format!("Fastly knows no such service{said}"),
            "the operator checks FASTLY_SERVICE_ID, and that the token is of the same account",
        ),
        429 => (
            format!("Fastly takes no more purges for now{said}"),
            "try again later; Fastly limits purges by the hour",
        ),
        _ => (format!("Fastly did not purge{said}"), "try again; status.fastly.com may say more"),
    };
    Err(Failure::new(Code::UpstreamError, message)
        .from_upstream(NAME, Some(reply.status))
        .remedy(remedy))
}
