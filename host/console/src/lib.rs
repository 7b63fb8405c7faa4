//! Pages on which a person reviews plans and decides: served beside the protocol, on the same listener.
//!
//! This crate owns the console's addresses, its sessions and every page. It knows plans, policy and state,
//! and asks the host that serves it by a trait ([`ConsoleHost`]); it must not know wasm or MCP, and MCP
//! knows nothing of it. What is shown of a plan is the one review of `souk-plans`.
//!
//! An agent that can open pages must not be able to approve. So a session begins with a link that is made
//! in the state directory and is good once, and with a person's passphrase, which no caller has; it is
//! known by two secrets, a cookie's and a path's; and every button carries a code of its own.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod access;
mod audit_lines;
mod console;
mod guard;
mod host;
mod pages;
mod plan_view;
mod router;

pub use access::address_proof::{AddressProof, LOOPBACK, is_no_address};
pub use access::console_addresses::{CONSOLE_HOST, ConsoleAddresses};
pub use access::login_link::{LINK_LIFETIME, LoginLinks};
pub use console::{Console, ConsoleDeps};
pub use host::{
    ConsoleHost, HealthLine, HealthSection, PluginChoice, PluginsView, ServingPlugin, WaitingPlugin,
};
pub use plan_view::plan_view;
