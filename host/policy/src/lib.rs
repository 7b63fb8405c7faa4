//! What may be called, and what a call may ask of a back end: pure decisions, each refusal naming
//! its rule, who set it and what would allow it.
//!
//! This crate owns the operator's [`Rules`] (ceilings, read-only, allow and deny lists), the table
//! of effects, and [`permit`](permit()) and its kin, the only ways to a request that a back end accepts:
//! [`permit_lookup`] and [`permit_batch`] for the reads of a plan, [`permit_step`] for its writes,
//! [`permit_purge`] for purges of a cache.
//! It must not know how a rule was read (flags, environment, files are the binary's), how a request
//! is sent, or what runs an action. Nothing here can be deserialised: authority never arrives by message.
//!
//! # Layers
//!
//! Arrows run down only.
//!
//! | layer | what it is | what it must not know |
//! |---|---|---|
//! | `decisions` | who has to decide before a plan is carried out | how they do |
//! | `rule_example` | calls that a rule is tried on when it is read | the rules |
//! | `rules` | the one decision: may this principal call this tool, and what is masked for it | requests |
//! | `permit` | the one way from what a plugin asks to what may be sent | tools, tiers, principals |
//! | `caller_limits` | what one caller or a role is held to | who has the role |
//! | `ceiling`, `mask_rule` | limits that only narrow; for whom personal data is masked | who set what else |
//! | `writes` | the catalogue of the store's writes: what each does, and how much harm | who may call what |
//! | `mask` | which values are personal, and what stands in their place | for whom |
//! | `call_facts`, `tool_pattern`, `tool_profile`, `principal_pattern`, `effect` | what rules are about | the rules |
//! | `refusal`, `rule_origin`, `text` | how a decision is told | the decisions |
//!
//! # Effects
//!
//! | effect | read-only mode | needs confirmation | who may declare it |
//! |---|---|---|---|
//! | query | allowed | never | any group |
//! | prepare | allowed: the store is untouched | never | any group |
//! | apply | refused | from tier `risk` | any group |
//! | session | allowed | never | groups the operator names (`auth`, `scope`) |
//! | commit | refused | from tier `risk` | made by the host for each `prepare` |
//!
//! ```
//! use souk_model::{Principal, Tier};
//! use souk_policy::{Ceiling, EffectKind, RuleOrigin, Rules, ToolProfile};
//!
//! let limits = Ceiling::new()
//!     .ceiling(Tier::Risk, RuleOrigin::Flag("--max-tier"))
//!     .deny(["cache_*".parse().unwrap()], RuleOrigin::Env("SOUK_DENY"));
//! let rules = Rules::new().for_everybody(limits);
//!
//! let search = ToolProfile {
//!     name: "catalog_search_products",
//!     group: "catalog",
//!     tier: Tier::Safe,
//!     effect: EffectKind::Query,
//! };
//! assert!(rules.decide(&Principal::local(), &search).is_ok());
//!
//! let flush = ToolProfile {
//!     name: "cache_flush",
//!     group: "cache",
//!     tier: Tier::Critical,
//!     effect: EffectKind::Apply,
//! };
//! let refused = rules.decide(&Principal::local(), &flush).unwrap_err();
//! assert_eq!(refused.rule, "deny-list");
//! assert_eq!(refused.message, "`cache_flush` is denied by `cache_*`, set by `SOUK_DENY`");
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod call_facts;
mod caller_limits;
mod ceiling;
pub mod decisions;
mod effect;
pub mod mask;
mod mask_rule;
mod permit;
mod principal_pattern;
mod refusal;
mod rule_example;
mod rule_origin;
mod rules;
mod text;
mod tool_pattern;
mod tool_profile;
mod tool_set;
pub mod trust;
pub mod writes;

pub use call_facts::CallFacts;
pub use caller_limits::CallerLimits;
pub use ceiling::Ceiling;
pub use effect::{EffectKind, needs_confirmation};
pub use mask::Mask;
pub use mask_rule::MaskRule;
pub use permit::{
    MissingGrant, PermittedPurge, PermittedRead, PermittedWrite, check_grant, check_step, permit,
    permit_batch, permit_lookup, permit_purge, permit_step, request_line,
};
pub use principal_pattern::{InvalidPrincipalPattern, PrincipalPattern};
pub use refusal::Refusal;
pub use rule_example::{InvalidRuleExample, RuleExample};
pub use rule_origin::RuleOrigin;
pub use rules::{ExplainedLimits, Rules};
pub use tool_pattern::{InvalidToolPattern, ToolPattern};
pub use tool_profile::ToolProfile;
pub use tool_set::{InvalidToolSet, ToolSet, data_lines};
