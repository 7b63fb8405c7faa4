//! The full-page cache before a store: Fastly, or Varnish.
//!
//! The operator says where the cache is; neither a plugin nor a model can send a purge, or Fastly's
//! token, anywhere else. Nothing here knows a session: who may purge what, and whose a page is, is
//! decided above (see [`Purger`](crate::Purger)).

mod backend;
pub(crate) mod cache;
mod fastly;
pub(crate) mod page_url;
pub(crate) mod purge;
mod rate;
mod transport;
mod varnish;
