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
//! use souk_sdk::{About, Action, Context, Failure, Group, Product, Route};
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
//!             Action::query(hello, About {
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

mod answered;
mod cache;
mod change;
mod clock;
mod context;
mod criteria;
mod decimal;
mod exports;
mod failure;
mod filter;
mod filters;
mod group;
mod host;
mod json;
mod matching;
mod place;
mod plans;
mod product;
mod product_bulk;
mod product_field;
mod product_write;
mod route;
mod scan;
mod schema;
mod scope;
mod sealed;
mod storefront;
mod target;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use answered::{Answered, Object, Output, Untouched};
pub use bindings::exports::souk::plugin::actions::Bound;
pub use bindings::souk::plugin::cache::{Purged, Target as PurgeTarget};
pub use bindings::souk::plugin::plans::{
    After, Batch, Change, Edit, Fill, Filling, Intent, Item as PlanItem, ItemState, Lookup,
    Outcome, Plan, PlanState, Refusal, Repetition, Spot, Step, Subject, Undoing,
};
pub use bindings::souk::plugin::session::{AuthMethod, Info as SessionInfo};
pub use bindings::souk::plugin::types::{
    Binding, Failure, FailureCode, Read, RiskTier as Tier, Source, StoreView, WriteMethod as Method,
};
pub use cache::{PURGE_CATEGORY, PURGE_PRODUCT, PURGE_URL};
pub use change::{Changing, MOST_STEPS, StepNumber};
pub use clock::unix_seconds;
pub use context::{Answers, Context, SessionContext};
pub use criteria::{Criteria, Direction, Found, URL_BUDGET, projection};
pub use decimal::{Decimal, NotADecimal};
pub use exports::{Document, Export};
pub use filter::{Condition, Filter, LIST_BUDGET};
pub use filters::Filters;
pub use group::{About, Action, Group, NoParams};
pub use matching::{EntityId, Match, PRODUCTS, Pages};
pub use place::element;
pub use plans::{
    Applied, Apply, ApplyContext, CommitTool, Draft, NotDone, PlanContext, Prepare, PrepareContext,
    Prepared, nothing_matches,
};
pub use product::Product;
pub use product_bulk::{BulkUpdate, CATEGORIES};
pub use product_field::{ProductField, ProductUpdates, Wanted, check_url_key};
pub use product_write::{PRODUCT, ProductWriter};
pub use route::Route;
pub use scan::Scan;
pub use scope::{Place, STORE_CONFIGS, STORE_GROUPS, STORE_VIEWS, Scope, Stores, WEBSITES};
pub use sealed::Sealed;
pub use storefront::{GRAPHQL, Leads, Led, where_leads};
pub use target::{ATTRIBUTE, Keeps, Target};

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
