//! The HTTP client of tests.

use crate::PATIENCE;

/// An HTTP client for reading what the product is compared with.
#[must_use]
pub fn http_client() -> reqwest::Client {
    static PROVIDER: std::sync::Once = std::sync::Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().timeout(PATIENCE).build().unwrap()
}
