//! From what a plugin asks to what may be sent.

mod batch;
mod binding_values;
mod encode;
mod grant_route;
mod missing_grant;
mod path_and_query;
mod purge;
mod read;
mod route_request;
mod shown;
mod store_view;
mod write;

pub use batch::permit_batch;
pub use grant_route::check_grant;
pub use missing_grant::MissingGrant;
pub use purge::{PermittedPurge, permit_purge};
pub use read::{PermittedRead, permit, permit_lookup};
pub use shown::request_line;
pub use write::{PermittedWrite, check_step, permit_step};

#[cfg(test)]
mod tests;
