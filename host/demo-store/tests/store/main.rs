//! The store from outside: over HTTP, as clients see it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bulk;
mod bundles;
mod characters;
mod citations;
mod client;
mod durable;
mod faults;
mod input_limits;
mod live2;
mod replay;
mod sales;
mod storefront;
mod value_rows;
