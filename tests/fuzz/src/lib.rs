//! What takes bytes and texts from outside, given any of them: a file's bytes, grants and addresses,
//! proposals and their reviews, what plugins say in the contract's types, paths and queries to be
//! signed, signatures of files, a store's refusals, the operator's file.
//!
//! Each target is a function that takes bytes and panics where a promise is broken. CI gives it the
//! inputs of `corpus/` and ten thousand that are made of them ([`inputs`]); `make fuzz` gives it what
//! libFuzzer finds, from `libfuzzer/`.
//!
//! None of it links wasmtime. Rooms of `souk-runtime` and `souk` that need none are compiled in here
//! from their files, so that what is tried is what is shipped.

#![allow(clippy::expect_used, reason = "a promise that is broken panics")]

// Those files bring their unit tests, which are run where they belong: as a test this crate is empty.
#[cfg(not(test))]
#[path = "../../../host/runtime/src/json.rs"]
#[allow(dead_code, unreachable_pub, reason = "a file of souk-runtime")]
mod json;
#[cfg(not(test))]
#[path = "../../../host/runtime/src/load/plugin_signature.rs"]
#[allow(dead_code, unreachable_pub, reason = "a file of souk-runtime")]
mod plugin_signature;
#[cfg(not(test))]
#[path = "../../../host/runtime/src/load/preflight.rs"]
#[allow(dead_code, unreachable_pub, reason = "a file of souk-runtime")]
mod preflight;
#[cfg(not(test))]
#[path = "../../../host/souk/src/settings/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "files of souk")]
mod settings;
#[cfg(not(test))]
#[path = "../../../host/runtime/src/load/signing_keys.rs"]
#[allow(dead_code, unreachable_pub, reason = "a file of souk-runtime")]
mod signing_keys;
#[cfg(not(test))]
#[path = "../../../host/runtime/src/text.rs"]
mod text;

#[cfg(not(test))]
mod guest;
#[cfg(not(test))]
pub mod inputs;
#[cfg(not(test))]
pub mod targets;
