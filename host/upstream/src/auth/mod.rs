//! Who we are to a store: the three ways of proving it, and the login that tries them. Knows a
//! store, and no session: which is who is logged in, and what they may do by it.

mod admin_token;
mod bearer_token;
pub(crate) mod login;
mod oauth;
pub(crate) mod store_auth;
