//! What the Magento back end does on the wire, against a stand-in for a store.
#![allow(clippy::unwrap_used, clippy::result_large_err)]

mod capabilities;
mod echoes;
mod graphql;
mod login;
mod memo;
mod purging;
mod reading;
mod scope;
mod stand_in;
mod ways_in;
mod wire;
mod writing;
