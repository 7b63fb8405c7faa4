//! What an operator's own tools see of a host: metrics in Prometheus' text format, the id of the
//! request that everything is done for, and spans for whoever collects them.
//!
//! A process has one set of metrics and one collector of spans, as it has one log. Nothing in here
//! knows what a plan or a plugin is, and nothing a caller, a store's customer or a credential could
//! stand in: labels and attributes are names of tools, plugins, stores, routes and codes.
//!
//! ```
//! use souk_telemetry::{RequestOrigin, RequestScope, metrics};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let scope = RequestScope::of(RequestOrigin::new(Some("checkout-7f3a"), None));
//! let id = scope.run(async { souk_telemetry::request_id() }).await;
//! assert_eq!(id.unwrap().as_str(), "checkout-7f3a");
//! metrics::CALLS.of(&["catalog_get_product", "ok"]).add(1);
//! assert!(metrics::render().contains(
//!     "souk_calls_total{tool=\"catalog_get_product\",outcome=\"ok\"} 1\n"
//! ));
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod exposition;
mod family;
mod instruments;
pub mod metrics;
mod otlp;
mod process;
mod request_id;
mod scope;
mod span;
mod span_record;
mod trace_context;
mod tracer;

pub use family::{MOST_SERIES, MetricFamily};
pub use instruments::{Counter, Gauge, Histogram, Occupancy};
pub use metrics::CONTENT_TYPE;
pub use otlp::{Resource, export_request};
pub use request_id::RequestId;
pub use scope::{RequestOrigin, RequestScope, carried, request_id, trace_parent};
pub use span::{ActiveSpan, span};
pub use span_record::{AttributeValue, SpanKind, SpanRecord};
pub use trace_context::TraceParent;
pub use tracer::{Sampling, SpanQueue, collect_spans};
