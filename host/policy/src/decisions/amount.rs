//! How much money is a lot.

use std::fmt;
use std::str::FromStr;

use souk_model::Decimal;
use souk_model::plan::PlanMoney;

use crate::text::printable;

/// An amount of money, of one currency or of any.
///
/// ```
/// use souk_policy::decisions::MoneyThreshold;
/// for right in ["100 EUR", "0 USD", "99.50 EUR", "100"] {
///     assert_eq!(right.parse::<MoneyThreshold>().unwrap().to_string(), right);
/// }
/// for wrong in ["", "EUR", "-1 EUR", "100 eur", "100 EUR ", "1e3 EUR", "100 EURO"] {
///     assert!(wrong.parse::<MoneyThreshold>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MoneyThreshold {
    amount: Decimal,
    text: String,
    /// None: of any.
    currency: Option<String>,
}

/// A text that is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount of money: write it like `100 EUR`, or `100` for any currency")]
pub struct InvalidMoneyThreshold(String);

impl MoneyThreshold {
    /// Whether all of this together is more. What is of another currency cannot be compared, and what is
    /// of several has no sum: both count as more.
    pub(crate) fn is_below(&self, money: &[PlanMoney]) -> bool {
        let moved: Vec<&PlanMoney> = money.iter().filter(|one| !one.amount.is_zero()).collect();
        let Some(first) = moved.first() else { return false };
        let currency = self.currency.as_ref().unwrap_or(&first.currency);
        moved.iter().any(|one| one.currency != *currency)
            || moved.iter().map(|one| one.amount).sum::<Decimal>() > self.amount
    }
}

impl FromStr for MoneyThreshold {
    type Err = InvalidMoneyThreshold;

    fn from_str(text: &str) -> Result<Self, InvalidMoneyThreshold> {
        let wrong = || InvalidMoneyThreshold(printable(text));
        let (number, currency) = match text.split_once(' ') {
            Some((number, currency)) => (number, Some(currency)),
            None => (text, None),
        };
        let is_code = |code: &str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
        let amount: Decimal = number.parse().map_err(|_| wrong())?;
        if amount.is_negative() || currency.is_some_and(|currency| !is_code(currency)) {
            return Err(wrong());
        }
        let currency = currency.map(str::to_owned);
        Ok(Self { amount, text: number.to_owned(), currency })
    }
}

impl fmt::Display for MoneyThreshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        match &self.currency {
            Some(currency) => write!(f, " {currency}"),
            None => Ok(()),
        }
    }
}
