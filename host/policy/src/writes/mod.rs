//! The catalogue of the store's writes, and judging a write by it.
//!
//! What a request does is told by where it goes and by what its body holds, never by what a plugin
//! calls it. [`WriteCatalogue::judge`] finds the entry of a step and reads its body: each value with
//! its kind, each row, each place that names a subject, its tier, and all that cannot be judged.
//! [`WriteCatalogue::of_grant`] says what tiers the writes of a grant can have.
//!
//! The unknown is dangerous: what has no entry is critical, of what an entry does not describe the
//! kind is [`FieldKind::Unknown`], and what cannot be read is in [`JudgedWrite::unreadable`].
//!
//! | file | what it is |
//! |---|---|
//! | `catalogue` | all entries, and finding the one of a request |
//! | `judge` | a step, judged |
//! | `body` | walking a body by the shape that its entry gives it |
//! | `field` | what that finds |
//! | `route` | one entry |
//! | `shape` | what the members of an object are |
//! | `tiers` | of a whole change, and of one that takes another back |
//! | `target` | the path that comes out of a step |
//! | `number`, `names` | numbers and names as Magento reads them |
//! | `file` | reading `catalogue.toml`, `shapes.toml` and an operator's entries |
//! | `shipped` | the catalogue that is part of the program |

mod body;
mod catalogue;
mod field;
mod file;
mod judge;
pub mod names;
mod number;
mod route;
mod shape;
mod shipped;
mod target;
#[cfg(test)]
mod tests;
mod tiers;

pub use catalogue::{GrantTiers, WriteCatalogue};
pub use field::{BodyField, Unreadable};
pub use file::InvalidCatalogue;
pub use judge::{IdValue, JudgedWrite, NamedId};
pub use number::{UnreadableReason, read_number};
pub use route::{AllowedRetry, AllowedViews, IdPlace, WriteRoute, WriteSubject};
pub use shape::{FieldKind, NumberLimit, PriceKind};
pub use target::{RequestForm, Segment, WriteTarget};
