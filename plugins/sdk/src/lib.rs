//! What a plugin author needs: an action group is a few functions with an attribute each.
//!
//! This crate owns the guest's side of the contract in `wit/souk.wit`, in two halves. [`core`] is
//! what every plugin needs: actions and groups, contexts, routes, schemas, plans and changes,
//! documents. [`magento`] knows the ways of Magento's REST API that everybody trips over: searches,
//! products, scopes, entities, decimals. [`prelude`] brings what most plugins use of both, and
//! [`testing`] stands in for the host. Nothing here knows how the host runs, limits or authenticates
//! anything, and no credential is ever on this side.
//!
//! # The smallest plugin
//!
//! ```
//! use souk_sdk::prelude::*;
//!
//! /// Declared once: granted in the attribute, asked in the function.
//! const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");
//!
//! #[args]
//! struct HelloArgs {
//!     /// The product's sku.
//!     sku: String,
//! }
//!
//! #[result]
//! struct HelloResult {
//!     /// One friendly sentence.
//!     message: String,
//! }
//!
//! /// Say hello to a product
//! ///
//! /// Reads a product by its sku and answers with a greeting.
//! #[action(query, reads(PRODUCT))]
//! fn hello(args: &HelloArgs, context: &Context) -> Result<HelloResult, Failure> {
//!     let product: Product = context.get(&PRODUCT.read([&args.sku]))?;
//!     let name = product.text("name").unwrap_or(&args.sku);
//!     Ok(HelloResult { message: format!("hello, {name}") })
//! }
//!
//! group! {
//!     /// Greetings
//!     ///
//!     /// Says hello to products.
//!     greet: [hello]
//! }
//! # fn main() {}
//! ```
//!
//! That is the whole of `src/lib.rs`. The host lists it as the tool `greet_hello`, with a flat JSON
//! Schema that carries the doc comments, and refuses any request but `GET /V1/products/{sku}`.
//! `plugins/sdk/README.md` has the `Cargo.toml` beside it, the command that builds it, and plugins
//! that change a store.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

// The bindings name this crate from outside; so do its own tests.
extern crate self as souk_sdk;

#[doc(hidden)]
pub mod bindings;

pub mod core;
pub mod magento;
pub mod prelude;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use schemars;
pub use serde;
pub use serde_json;

/// Makes a component of a function that returns a [`Group`](core::Group). Once in a crate, at its root.
///
/// On other targets than wasm it only checks the function's type, so that the plugin can be tested
/// natively.
#[macro_export]
macro_rules! export {
    ($group:path) => {
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code)]
        const _: () = {
            struct Component;

            impl $crate::bindings::exports::souk::plugin::actions::Guest for Component {
                fn describe() -> $crate::bindings::exports::souk::plugin::actions::Group {
                    $group().describe()
                }

                fn invoke(
                    action: String,
                    arguments: String,
                ) -> Result<$crate::core::Response, $crate::core::Failure> {
                    $group().invoke(&action, &arguments)
                }
            }

    $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        };

        #[cfg(not(target_family = "wasm"))]
        const _: fn() -> $crate::core::Group = $group;
    };
}
