//! Who has to decide before a plan is carried out.
//!
//! The operator's rules say it by what a plan is: its tier as the host takes it, its group and tool, the
//! store, how many subjects it changes, how much money it moves. Of all rules that are about a plan the
//! strictest counts, so that no source can relax what another one says.

mod amount;
mod facts;
mod policy;
mod rule;

pub use amount::{InvalidMoneyThreshold, MoneyThreshold};
pub use facts::DecisionFacts;
pub use policy::{DecisionPolicy, DecisionRequirement};
pub use rule::DecisionRule;
