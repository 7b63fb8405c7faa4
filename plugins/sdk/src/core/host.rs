//! The host's functions: its imports on wasm, [`crate::testing`] elsewhere.
//!
//! Plain functions and no trait object: what nobody calls is left out of the component, and its
//! list of imports then tells what it can do.

#[cfg(target_family = "wasm")]
mod wasm {
    pub(crate) use crate::bindings::souk::plugin::cache::purge;
    pub(crate) use crate::bindings::souk::plugin::documents::Document as DocumentWriter;
    pub(crate) use crate::bindings::souk::plugin::plans::Draft;
    pub(crate) use crate::bindings::souk::plugin::progress::report;
    pub(crate) use crate::bindings::souk::plugin::session::{capabilities, current};
    pub(crate) use crate::bindings::souk::plugin::session_control::{
        destroy, login, set_default_scope,
    };
    pub(crate) use crate::bindings::souk::plugin::settings::get as setting;
    pub(crate) use crate::bindings::souk::plugin::upstream::{get, get_all};
}

#[cfg(target_family = "wasm")]
pub(crate) use wasm::*;

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::imports::*;
