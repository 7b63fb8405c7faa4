//! Money that changes move: how much it is at most, and how much may move.

mod caps;
mod credit_memo;
mod movement;
mod own_memo;
#[cfg(test)]
mod recorded;

pub use caps::{Caps, InvalidCaps};
pub(crate) use movement::{MoneyMovement, MoneyRequest, money_movement, money_request};
pub(crate) use own_memo::{OwnMemo, memos_read};
