//! Access tokens that an authorization server signed: whether this server takes one, who brings it, and
//! for what.
//!
//! It is the part of a resource server in OAuth 2.1: JSON Web Tokens of one issuer (RFC 9068), for this
//! server and no other (RFC 8707), verified with the keys that the issuer publishes. Which algorithm a
//! token may be signed with is fixed by the operator's list and by the key, never by the token. Who may
//! call what is `souk-policy`'s; this crate hands on the scopes.
//!
//! | file | what it knows |
//! |---|---|
//! | `verifier` | a token: its form, its claims, its refusal by reason |
//! | `key_cache` | when keys are asked for again |
//! | `key_source` | where keys are, and how they are fetched |
//! | `key_set` | which key verifies which token |
//! | `issuer_address` | https, or plain HTTP on this machine |
//! | `ring_provider` | signatures, by `ring` |
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod issuer_address;
mod key_cache;
mod key_set;
mod key_source;
mod ring_provider;
mod verifier;

pub use issuer_address::{InvalidIssuer, check_address};
pub use key_set::InvalidAlgorithm;
pub use key_source::{KeyFetchError, KeySource};
pub use verifier::{InvalidOauth, OauthConfig, OauthVerifier, check_config};
