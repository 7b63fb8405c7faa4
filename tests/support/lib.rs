//! What whole-system tests and benches share: the built binary and its surroundings.
//!
//! It owns processes, directories and clients: a [`Home`] for each test, `souk` started in it over
//! stdio ([`Mcp`]) or HTTP ([`HttpHost`]), and a [`DemoStore`] beside it whose log shows what was sent.
//! It knows the product only as its users do, by command line, protocol and files, and shares no code
//! with it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod built;
mod client;
mod everywhere;
mod gate;
mod home;
mod http;
mod http_host;
mod mount;
mod oci_registry;
mod patience;
mod process;
mod proposal;
mod raw_client;
mod scale;
mod small_disk;
mod store;
mod tls_proxy;
mod trail;

pub use built::{Versions, interop, plugins, python, souk, target, test_plugin};
pub use client::{ERAS, Era, Listener, Mcp, REASON, arguments, confirmed};
pub use everywhere::everywhere;
pub use gate::Gate;
pub use home::{CommandOutput, Home, Souk};
pub use http::http_client;
pub use http_host::HttpHost;
pub use oci_registry::{OciRegistry, REGISTRY_LOGIN};
pub use patience::{PATIENCE, until};
pub use process::Process;
pub use proposal::propose;
pub use raw_client::{RawClient, modern};
pub use scale::scaled;
pub use small_disk::SmallDisk;
pub use store::{DemoStore, LoggedRequest, field_of};
pub use tls_proxy::TlsProxy;
pub use trail::{calls, lines_of};
