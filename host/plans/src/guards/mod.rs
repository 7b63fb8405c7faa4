//! What the operator allows a change to do. Guards ask the catalogue of the store's writes what a
//! request is, wherever it goes and whatever its plugin calls it; what the catalogue does not know,
//! and what cannot be read, is refused.
//!
//! | file | what it holds to |
//! |---|---|
//! | `bodies` | a change with its bodies, for those that look at values |
//! | `change` | a whole change, before anything is read for it and after |
//! | `writes` | that a request is known, and every value of it can be read |
//! | `judges` | that what is read shows the very subject, whole enough |
//! | `projection` | what a read with `fields` shows |
//! | `readings` | that a field is read where it stands |
//! | `identity` | that a request is about the change's subject |
//! | `fields` | the operator's lists of fields |
//! | `prices` | prices, by what they mean |
//! | `characters` | characters that the store cannot keep |
//! | `discounts` | rules, by what they will do |
//! | `days` | days of a sale or a rule, compared |
//! | `coupons` | coupons, by the rules that they open |
//! | `reductions` | nothing: it warns of what takes much off |
//! | `repetition` | how often a change may be sent |
//! | `scope` | what of a plan they look at |
//! | `limits` | what the operator configured |

mod bodies;
mod change;
mod characters;
mod coupons;
mod days;
mod discounts;
mod fields;
mod identity;
mod judges;
mod limits;
mod prices;
mod projection;
mod readings;
mod reductions;
mod repetition;
mod scope;
#[cfg(test)]
mod tests;
mod writes;

pub(crate) use change::JudgedChange;
pub(crate) use characters::{check_characters, lost_characters};
pub(crate) use discounts::AmountOff;
pub(crate) use identity::subject_key;
pub use limits::Guards;
pub(crate) use scope::{CouponRules, PlanScope, WebsitePrices};
