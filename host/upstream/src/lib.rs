//! Named back ends: signing, sessions, retries, errors.
//!
//! This crate owns credentials and connections. It takes only what `souk-policy` permitted, sends it
//! to the operator's address and nowhere else, and turns every other answer than 2xx into one
//! [`Failure`](souk_model::Failure). It must not know actions, plugins, wasm or MCP, reads no
//! environment and no file, and decides nothing about who may ask what.
//!
//! # Layers
//!
//! Arrows run down only: a file imports from its own row and the rows below, never from a row above.
//!
//! | layer | what it is | what it must not know |
//! |---|---|---|
//! | `reader`, `writer`, `purger`, `capabilities`, `price_level`, `website_prices` | what can be done with a session: read, write, purge the cache, find out what the store offers and how its prices stand | each other |
//! | `read_memo` | what one call has read, so that it is not read twice | what it is read for |
//! | `session`, `session_registry` | a store, who we are to it, the default view; who is logged in | what is done with it |
//! | `auth` | OAuth, bearer token, admin token (with a one-time code), Adobe's identity service; the login that proves them | sessions, principals |
//! | `store` | one store: address, limits, connections, sending and sending again, its views and base URLs | whose request it is |
//! | `cdn` | the cache before a store: what a purge looks like, how it is sent | the store, sessions |
//! | `wire` | addresses, signatures, requests, replies, error bodies, text from outside | what is kept between two requests |
//! | `config` | what the operator set, as plain data | how it is used |
//!
//! `capability_cache` is what a session keeps of `capabilities`: the latest report, and whether the
//! store is being asked. `graphql` and `storefront` are the parts of `reader` that ask what every
//! visitor may.
//!
//! The storefront's GraphQL is one more route, `/graphql`: asked by GET, outside `/rest`, and without
//! credentials, whoever the session belongs to. So is `/storefront`: the head of one of its pages.
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
//! let (username, password) = ("agent".to_owned(), "…".to_owned().into());
//! let admin = Credentials::Admin { username, password, otp_secret: None };
//! let session = Session::login(&store, admin).await?;
//!
//! let route = "/V1/products/{sku}";
//! let grant = Grant::new("magento", Method::Get, route.parse()?);
//! let read = Read {
//!     upstream: "magento".into(),
//!     route: route.into(),
//!     path: vec![Binding::text("sku", "MUG/1")],
//!     query: vec![],
//!     view: StoreView::SessionDefault,
//! };
//! let product = session.get(&souk_policy::permit(&[grant], &read)?).await?;
//! # Ok(()) }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![allow(
    clippy::result_large_err,
    reason = "failures are rare and travel by value through the whole host"
)]

mod auth;
mod capabilities;
mod capability_cache;
mod cdn;
mod config;
#[doc(hidden)]
pub mod fuzz;
mod graphql;
mod page_parts;
mod plain_client;
mod price_level;
mod purger;
mod read_memo;
mod reader;
mod session;
mod session_registry;
mod span_collector;
mod store;
mod storefront;
mod webhook;
mod website_prices;
mod wire;
mod writer;

pub use capabilities::connection::ConnectionReport;
pub use capability_cache::CapabilityReport;
pub use cdn::purge::PurgeReceipt;
pub use config::cdn::{CdnProvider, CdnSettings};
pub use config::credentials::{Credentials, ImsCredentials, PartialCredentials};
pub use config::error::ConfigError;
pub use config::limits::RequestLimits;
pub use config::store::StoreConfig;
pub use plain_client::plain_client;
pub use price_level::{BaseCurrencies, CheapProducts};
pub use purger::{Purge, Purger};
pub use read_memo::{MemoAnswer, ReadMemo};
pub use session::Session;
pub use session_registry::{CredentialsOf, SessionRegistry};
pub use span_collector::{ExportError, SpanCollector};
pub use store::magento::{Magento, OnSecret, StoreHooks};
pub use store::used_codes::SharedCodes;
pub use webhook::Webhook;
pub use website_prices::WebsiteProduct;
pub use wire::error_body::interpolate;
pub use wire::upstream::UPSTREAM;
pub use writer::{SendError, StoreWriter, WriteResponse};
