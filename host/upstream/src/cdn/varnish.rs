//! Purging Varnish as Magento does: PURGE with a pattern of tags. Single pages by their own PURGE,
//! which Magento's stock VCL does not allow. That is then said, and known by its code
//! (`UNAVAILABLE`, with the status): a pattern of tags in its place would purge more than the page,
//! which is for the asker to decide.

use http::header::HOST;
use http::{HeaderName, HeaderValue, Method};
use reqwest::Request;
use souk_model::{Code, Failure};
use url::Url;

use super::purge::{PurgeReceipt, PurgeSubject};
use super::transport::{CacheReply, exact_url};

const NAME: &str = "varnish";
const TAGS: HeaderName = HeaderName::from_static("x-magento-tags-pattern");
/// By which Magento's VCL tells pages apart that were asked for over TLS.
const PROTOCOL: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// What Magento's VCL answers to a PURGE that names no tags.
const WANTS_TAGS: &str = "X-Magento-Tags-Pattern";

/// Where a Varnish takes PURGE.
#[derive(Debug)]
pub(super) struct Varnish {
    pub(super) url: Url,
}

impl Varnish {
    pub(super) fn request(&self, subject: &PurgeSubject) -> Result<Request, Failure> {
        let method = Method::from_bytes(b"PURGE")
            .map_err(|error| Failure::internal(format!("PURGE is no method: {error}")))?;
        let base = self.url.as_str().trim_end_matches('/');
        let value = |text: &str| {
            HeaderValue::from_str(text)
                .map_err(|_| Failure::internal("a purge cannot be put into a header"))
        };
        match subject {
            PurgeSubject::Product(id) => {
                purge_by_tags(method, base, &value(&tag_pattern("cat_p", *id))?)
            }
            PurgeSubject::Category(id) => {
                purge_by_tags(method, base, &value(&tag_pattern("cat_c", *id))?)
            }
            PurgeSubject::Page(page) => {
                let mut request =
                    Request::new(method, exact_url(&[base, page.path_and_query()].concat())?);
                request.headers_mut().insert(HOST, value(&page.authority())?);
                if page.is_encrypted() {
                    request.headers_mut().insert(PROTOCOL, HeaderValue::from_static("https"));
                }
                Ok(request)
            }
        }
    }
}

/// Exactly this tag in a list of tags: `cat_p_12` is not `cat_p_123`.
fn tag_pattern(kind: &str, id: u64) -> String {
    format!("((^|,){kind}_{id}(,|$))")
}

fn purge_by_tags(method: Method, base: &str, tags: &HeaderValue) -> Result<Request, Failure> {
    let mut request = Request::new(method, exact_url(&format!("{base}/"))?);
    request.headers_mut().insert(TAGS, tags.clone());
    Ok(request)
}

/// # Errors
/// `UNAVAILABLE` for a page where the VCL takes tags alone; `UPSTREAM_ERROR` for all else that is
/// no 200.
pub(super) fn receipt(subject: &PurgeSubject, reply: &CacheReply) -> Result<PurgeReceipt, Failure> {
    let is_page = matches!(subject, PurgeSubject::Page(_));
    // Varnish repeats the reason of its answer in the body.
    let asks_for_tags = String::from_utf8_lossy(&reply.body).contains(WANTS_TAGS);
    let (code, message, remedy) = match reply.status {
        200 => return Ok(PurgeReceipt { id: None, status: reply.status }),
        400 if is_page && asks_for_tags => (
            Code::Unavailable,
            "this Varnish cannot purge by URL: its VCL, as Magento's stock VCL does, takes a PURGE \
             only with a pattern of tags",
            "use `cache_purge_product` or `cache_purge_category`, or have the operator add `return \
             (purge);` for a PURGE without tags to the VCL",
        ),
        405 => (
            Code::UpstreamError,
            "Varnish does not take purges from this machine",
            "the operator adds this machine to `acl purge` in the VCL",
        ),
        _ => (
            Code::UpstreamError,
            "Varnish did not purge",
            "the operator checks SOUK_CDN_URL, and that the VCL there handles PURGE",
        ),
    };
    Err(Failure::new(code, message).from_upstream(NAME, Some(reply.status)).remedy(remedy))
}
