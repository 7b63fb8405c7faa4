//! What a plugin author needs: an action group is a table of typed functions.
//!
//! This crate owns the guest's side of the contract in `wit/souk.wit`: it derives schemas from Rust
//! types, checks routes when the plugin is compiled, and knows the ways of Magento's REST API that
//! everybody trips over ([`Criteria`], [`Product`], [`Scope`], [`ProductWriter`]). It must not know how the host
//! runs, limits or authenticates anything, and it holds no credential: there is none on this side.
//!
//! # The smallest plugin
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use schemars::JsonSchema;
//! use souk_sdk::{ActionInfo, Action, Context, Failure, Group, Product, Route};
//!
//! /// Declared once: granted in the table below, asked in the handler.
//! const PRODUCT: Route<1> = Route::new("/V1/products/{sku}");
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Asked {
//!     /// The product's sku.
//!     sku: String,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Greeting {
//!     /// One friendly sentence.
//!     message: String,
//! }
//!
//! fn hello(asked: &Asked, context: &Context) -> Result<Greeting, Failure> {
//!     let product: Product = context.get(&PRODUCT.read([&asked.sku]))?;
//!     let name = product.text("name").unwrap_or(&asked.sku);
//!     Ok(Greeting { message: format!("hello, {name}") })
//! }
//!
//! fn greet() -> Group {
//!     Group {
//!         name: "greet",
//!         version: env!("CARGO_PKG_VERSION"),
//!         title: "Greetings",
//!         description: "Says hello to products.",
//!         actions: vec![
//!             Action::query(hello, ActionInfo {
//!                 name: "hello",
//!                 title: "Say hello to a product",
//!                 description: "Reads a product by its sku and answers with a greeting.",
//!             })
//!             .reads(PRODUCT),
//!         ],
//!     }
//! }
//!
//! souk_sdk::export!(greet);
//! # fn main() {}
//! ```
//!
//! That is the whole of `src/lib.rs`. The host lists it as the tool `greet_hello`, with a flat JSON
//! Schema that carries the doc comments, and refuses any request but `GET /V1/products/{sku}`.
//! `plugins/sdk/README.md` has the `Cargo.toml` beside it and the command that builds it.
//!
//! # What an action may do
//!
//! The handler's second parameter says it: [`Context`] reads; [`PrepareContext`] also proposes a
//! plan, [`ApplyContext`] makes one and has it carried out, or purges the cache before the store,
//! [`SessionContext`] logs in and out. What a plugin does not call it does not import, so the `.wasm`
//! file alone shows that a group cannot touch a session. Every action may keep a document for its
//! caller: [`Context::export`].
//!
//! # Tests
//!
//! The crate compiles natively, and so do plugins. `testing::Host` stands in for the host there: it
//! answers reads as the test says and refuses what an action has not declared.

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

pub use self::core::*;
pub use magento::*;

/// Makes a component of a function that returns a [`Group`]. Once in a crate, at its root.
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

                fn invoke(action: String, arguments: String) -> Result<String, $crate::Failure> {
                    $group().invoke(&action, &arguments)
                }
            }

    $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        };

        #[cfg(not(target_family = "wasm"))]
        const _: fn() -> $crate::Group = $group;
    };
}
