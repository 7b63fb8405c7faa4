//! Plugins that attack their host, and proposals that lie to it: what any host of the contract must hold
//! against. `README.md` says how to run them.
//!
//! | module | subject |
//! |---|---|
//! | `group` | what a hostile plugin describes itself as, laid out in a guest's memory |
//! | `case` | a folder of `cases`: an attack, and what must come of it |
//! | `forgery` | `forgeries.toml`: proposals for the `forger`, and how each is refused |
//! | `report` | what is printed of a trial |
//! | `trial` | all of them, against a host that speaks MCP on its standard streams |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a fixture that is none ends the trial"
)]

pub mod case;
pub mod forgery;
pub mod group;
pub mod report;
pub mod trial;
