//! A stand-in for the host, so that plugins are tested natively and without a store.
//!
//! ```
//! # use souk_sdk::prelude::*;
//! use souk_sdk::testing::Host;
//!
//! # const COUNT: Route<0> = Route::new("/V1/products/count");
//! # #[result]
//! # struct CountResult { count: u64 }
//! # /// Count
//! # ///
//! # /// Counts.
//! # #[action(query, reads(COUNT))]
//! # fn count(_: &NoArgs, context: &Context) -> Result<CountResult, Failure> {
//! #     Ok(CountResult { count: context.get(&COUNT.read([]))? })
//! # }
//! # group! {
//! #     /// Demo
//! #     ///
//! #     /// Counts.
//! #     demo: [count]
//! # }
//! # fn main() {
//! let host = Host::answering(|read| match read.route.template.as_str() {
//!     "/V1/products/count" => Ok(json!(3)),
//!     _ => panic!("nobody should ask {read:?}"),
//! });
//! assert_eq!(host.call(&demo(), "count", &json!({})), Ok(json!({"count": 3})));
//! assert_eq!(host.reads().len(), 1);
//! # }
//! ```

mod cache;
mod documents;
mod fake_store;
mod host;
pub(crate) mod imports;
mod plans;
mod state;

pub use fake_store::FakeStore;
pub use host::Host;
pub use plans::{ReviewRow, SentRequest};
pub use state::{KeptDocument, ProposedPlan};
