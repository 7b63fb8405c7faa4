//! Money that changes move: how much it is at most, and how much may move.

mod credit_memo;
mod money_request;
mod movement;
mod own_memo;
#[cfg(test)]
mod recorded;

pub(crate) use money_request::{MoneyRequest, money_request};
pub(crate) use movement::{MoneyMovement, money_movement};
pub(crate) use own_memo::{OwnMemo, answered_memo, memos_read};
