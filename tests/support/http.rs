//! The HTTP client of tests.

use crate::PATIENCE;

/// An HTTP client for reading what the product is compared with.
#[must_use]
pub fn http_client() -> reqwest::Client {
    static PROVIDER: std::sync::Once = std::sync::Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    // What a client keeps open is not its server's to count.
    let idle = std::time::Duration::from_secs(5);
    reqwest::Client::builder().timeout(PATIENCE).pool_idle_timeout(idle).build().unwrap()
}
