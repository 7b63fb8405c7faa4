//! Who we are to a store: the ways of proving it, and the login that tries them. Knows a
//! store, and no session: which is who is logged in, and what they may do by it.

mod admin_login;
mod bearer_token;
mod ims_login;
pub(crate) mod login;
mod oauth;
mod one_time_code;
mod renewable_token;
pub(crate) mod store_auth;
mod token_proof;
