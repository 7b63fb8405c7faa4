//! The review: what a plan does, as a person can check it. Whatever shows a plan, to a model, on a
//! terminal or on a page, shows a [`PlanReview`] and its [`ItemReview`]s.
//!
//! It leaves nothing out: each field before and after, each request with its address, each value of
//! a body that no field stands for, what the host will put into one, what is only expected of the
//! store, which answers count as a refusal, what may be sent again, and how it is taken back.
//!
//! | file | what it owns |
//! |---|---|
//! | `plan_item` | from a change and what stands in the store to an item that is kept |
//! | `sent_body` | what a body holds when it is sent, and where that comes from |
//! | `request_review` | requests, their addresses and what their bodies hold |
//! | `item_review` | an item, all of it |
//! | `plan_review` | the plan as a whole |
//! | `decision_review` | who has to decide of it, and what was decided |
//! | `run_review` | its last run: whether it is under way, whose, how far |
//! | `masked` | a review for somebody who must not see personal data |
//! | `sample` | the first items, for the answer of a tool that proposes |
//! | `value_diff` | two values side by side, long texts where they differ |

mod decision_review;
mod item_review;
mod masked;
mod plan_item;
mod plan_review;
mod request_review;
mod run_review;
mod sample;
mod sent_body;
#[cfg(test)]
mod tests;
mod value_diff;

pub use decision_review::{DecisionReview, MoneyReview, NeedReview};
pub use item_review::{
    ExpectationKind, FailureReview, FieldChange, ItemReview, UndoKind, UndoReview,
};
pub use masked::{mask_review, masked};
pub use plan_review::PlanReview;
pub use request_review::{BodyFill, FailureResponseReview, ParameterReview, RequestsReview};
pub use run_review::RunReview;
pub use sample::sample_rows;
pub use value_diff::{changed_lines, one_line};

pub(crate) use plan_item::review;
