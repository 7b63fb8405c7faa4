//! Money that leaves through plans: what is set aside for a request before it is sent.
//!
//! A row of the account lives with its item. It is written with the item's mark as sending, in the
//! same transaction that compares the day's sum with the cap; it goes when the item ends in a state
//! that says that nothing happened, and stays in every other. So a host that dies between the two
//! can only have set too much aside, never too little, and several hosts share one account.

use std::fmt;

/// An amount of money, exact to a ten-thousandth of the currency's unit, as Magento keeps it.
///
/// ```
/// use souk_state::plans::Amount;
/// assert_eq!(Amount::from_ten_thousandths(123_450_000).to_string(), "12345.00");
/// assert_eq!(Amount::from_ten_thousandths(5_125).to_string(), "0.5125");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i64);

impl Amount {
    /// So many ten-thousandths of a unit; nothing where that is below zero.
    #[must_use]
    pub const fn from_ten_thousandths(count: i64) -> Self {
        Self(if count < 0 { 0 } else { count })
    }

    /// How many ten-thousandths of a unit it is: zero or more.
    #[must_use]
    pub const fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// What is left of it after that; nothing where that is more.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self::from_ten_thousandths(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Amount {
    /// With two digits after the point, or four where they say more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, part) = (self.0 / 10_000, self.0 % 10_000);
        if part % 100 == 0 {
            write!(f, "{units}.{:02}", part / 100)
        } else {
            write!(f, "{units}.{part:04}")
        }
    }
}

/// Which way money leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpendKind {
    /// It is given back to a customer.
    Refund,
    /// It will not come in, since the order is cancelled.
    Cancel,
}

impl SpendKind {
    /// The kind's name, as kept and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Cancel => "cancel",
        }
    }
}

/// One account: what left a store one way on one day in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Account {
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
pub struct Reserve {
    /// Where.
    pub account: Account,
    /// How much.
    pub amount: Amount,
    /// What the account may come to, this amount included.
    pub cap: Amount,
}
