//! What whole-system tests and benches share: the built binary and its surroundings.
//!
//! It owns processes, directories and clients: a [`Home`] for each test, `souk` started in it over
//! stdio ([`Mcp`]) or HTTP ([`Served`]), and a [`DemoStore`] beside it whose log shows what was sent.
//! It knows the product only as its users do, by command line, protocol and files, and shares no code
//! with it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod built;
mod client;
mod everywhere;
mod gate;
mod home;
mod http;
mod patience;
mod process;
mod served;
mod store;
mod trail;
mod wire;

pub use built::{Versions, plugins, python, souk};
pub use client::{ERAS, Era, Listener, Mcp, REASON, arguments, confirmed};
pub use everywhere::everywhere;
pub use gate::Gate;
pub use home::{Home, Ran, Souk};
pub use http::http_client;
pub use patience::{PATIENCE, until};
pub use process::Process;
pub use served::Served;
pub use store::{DemoStore, Logged, field_of};
pub use trail::calls;
pub use wire::{Wire, modern};
