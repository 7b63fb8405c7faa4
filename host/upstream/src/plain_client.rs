//! A client for addresses that are no store's: of an authorization server.

use souk_model::Failure;

use crate::config::limits::RequestLimits;
use crate::wire::http_client::HttpClient;

/// A client as stores are asked with: without redirects, proxies and second tries. Where nothing is
/// `encrypted` it loads no certificates.
///
/// # Errors
/// `UNAVAILABLE` where it cannot be built, as without readable certificates.
pub async fn plain_client(encrypted: bool) -> Result<reqwest::Client, Failure> {
    let client = HttpClient::new(encrypted, RequestLimits::default());
    client.get().await.cloned()
}
