//! Named back ends: signing, sessions, retries, errors.
//!
//! This crate owns credentials and connections. It takes only what `souk-policy` permitted, sends it
//! to the operator's address and nowhere else, and turns every other answer than 2xx into one
//! [`Failure`](souk_model::Failure). It must not know actions, plugins, wasm or MCP, reads no
//! environment and no file, and decides nothing about who may ask what.
//!
//! The storefront's GraphQL is one more route, `/graphql`: asked by GET, outside `/rest`, and without
//! credentials, whoever the session belongs to.
//!
//! A [`Session`] only reads. Writes go through the [`StoreWriter`] that it gives, which is another type so
//! that one can see who holds it; what is known of a write that failed is a [`SendError`].
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use souk_model::{Binding, Grant, Method, Read, StoreView};
//! use souk_upstream::{Credentials, Magento, Session, StoreConfig};
//!
//! let store = Magento::new(StoreConfig::new("shop", "https://shop.example".parse()?))?;
//! let admin = Credentials::Admin { username: "agent".into(), password: "…".to_owned().into() };
//! let session = Session::login(&store, admin).await?;
//!
//! let route = "/V1/products/{sku}";
//! let grant = Grant { upstream: "magento".into(), method: Method::Get, route: route.parse()? };
//! let read = Read {
//!     upstream: "magento".into(),
//!     route: route.into(),
//!     path: vec![Binding::text("sku", "MUG/1")],
//!     query: vec![],
//!     at: StoreView::SessionDefault,
//! };
//! let product = session.get(&souk_policy::permit(&[grant], &read)?).await?;
//! # Ok(()) }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![allow(
    clippy::result_large_err,
    reason = "failures are rare and travel by value through the whole host"
)]

mod address;
mod auth;
mod capabilities;
mod cdn;
mod client;
mod complaint;
mod config;
mod exchange;
mod graphql;
mod login;
mod natural;
mod retry;
mod session;
mod signing;
mod transport;
mod views;
mod writer;

pub use address::ConfigError;
pub use capabilities::{CapabilityReport, ConnectionReport};
pub use cdn::{CdnProvider, CdnSettings, Purge, PurgeReceipt, Purger};
pub use complaint::interpolate;
pub use config::{Credentials, PartialCredentials, RequestLimits, StoreConfig};
pub use session::{Session, SessionRegistry};
pub use transport::{Magento, OnSecret};
pub use writer::{SendError, StoreWriter, WriteResponse};

/// The name by which grants and failures call the Magento back end.
pub const UPSTREAM: &str = "magento";
