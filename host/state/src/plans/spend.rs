//! Money that leaves through plans: what is set aside for a request before it is sent.
//!
//! A row of the account lives with its item. It is written with the item's mark as sending, in the
//! same transaction that compares the day's sum with the cap; it goes when the item ends in a state
//! that says that nothing happened, and stays in every other. So a host that dies between the two
//! can only have set too much aside, never too little, and several hosts share one account.

use souk_model::Decimal;
use souk_model::plan::SpendKind;

/// One account: what left a store one way on one day in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpendAccount {
    /// The day in UTC, counted from 1970-01-01.
    pub day: i64,
    /// The store, by the operator's name for it.
    pub store: String,
    /// Which way.
    pub kind: SpendKind,
    /// The currency's code.
    pub currency: String,
}

/// An amount to set aside in an account, as long as the account stays within its cap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Where.
    pub account: SpendAccount,
    /// How much; accounts count ten-thousandths of the currency's unit, and round up.
    pub amount: Decimal,
    /// What the account may come to, this amount included.
    pub cap: Decimal,
}
