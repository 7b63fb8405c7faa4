//! The protocol as real clients meet it, over both transports and in both eras.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]
#![allow(clippy::disallowed_methods, reason = "these are the other side's HTTP clients")]

mod access;
mod cors;
mod documents;
mod fake;
mod http;
mod messages;
mod questions;
mod resume;
mod stdio;
mod wire;
