//! What whole-system tests and benches share: the built binary and its surroundings.
//!
//! It owns processes, directories and clients: a [`Home`] for each test, `souk` started in it over
//! stdio ([`Mcp`]) or HTTP ([`Served`]), and a [`DemoStore`] beside it whose log shows what was sent.
//! It knows the product only as its users do, by command line, protocol and files, and shares no code
//! with it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod built;
mod client;
mod gate;
mod home;
mod process;
mod served;
mod store;
mod trail;
mod wire;

pub use built::{Versions, plugins, python, souk};
pub use client::{ERAS, Era, Listener, Mcp, REASON, arguments, confirmed};
pub use gate::Gate;
pub use home::{Home, Ran, Souk};
pub use process::Process;
pub use served::Served;
pub use store::{DemoStore, Logged, field_of};
pub use trail::calls;
pub use wire::{Wire, modern};

use std::time::Duration;

/// How long a test waits for something that must happen, before it says what did not.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// An HTTP client for reading what the product is compared with.
#[must_use]
pub fn http_client() -> reqwest::Client {
    static PROVIDER: std::sync::Once = std::sync::Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().timeout(PATIENCE).build().unwrap()
}

/// Holds a claim against a client of each era on each transport.
///
/// # Panics
/// When it does not hold.
pub async fn everywhere(souk: &Souk<'_>, claim: impl AsyncFn(Mcp)) {
    for era in ERAS {
        claim(souk.stdio(era).await).await;
    }
    let served = souk.http().await;
    for era in ERAS {
        claim(served.connect(era).await).await;
    }
}

/// Asks again and again until the answer is yes.
///
/// # Panics
/// When it does not become yes in time; `what` is said then.
pub async fn until<F: Future<Output = bool>>(what: &str, mut asked: impl FnMut() -> F) {
    let waiting = async {
        while !asked().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "waited in vain until {what}");
}
