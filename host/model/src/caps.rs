//! How much money may move, by currency.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::Decimal;
use serde::{Deserialize, Deserializer, de};

/// Caps by currency code; `*` is for every currency that is not named, and where it is missing those
/// move nothing.
///
/// One number caps every currency alike; a table, or the same as text, names them.
///
/// ```
/// use souk_model::Caps;
/// let caps: Caps = "EUR=500, JPY=80000, *=0".parse().unwrap();
/// assert_eq!(caps.of("JPY").unwrap().to_string(), "80000");
/// assert_eq!(caps, serde_json::from_str(r#"{"EUR": 500, "JPY": "80000", "*": 0}"#).unwrap());
/// assert_eq!("1000".parse::<Caps>().unwrap().of("SEK"), "*=1000".parse::<Caps>().unwrap().of("SEK"));
/// for wrong in ["", "EUR", "EUR=-1", "eur=1", "EUR=1,EUR=2", "1e99"] {
///     assert!(wrong.parse::<Caps>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caps(BTreeMap<String, Decimal>);

/// What stands for every other currency.
const OTHERS: &str = "*";
/// More than any cap can sensibly be, and what can be calculated with exactly.
const MOST: u64 = 100_000_000_000;

impl Caps {
    /// The same cap for every currency, in its own units.
    #[must_use]
    pub fn all(cap: u32) -> Self {
        Self(BTreeMap::from([(OTHERS.to_owned(), Decimal::from(cap))]))
    }

    /// The cap of a currency; none: nothing of it may move.
    #[must_use]
    pub fn of(&self, currency: &str) -> Option<Decimal> {
        self.0.get(currency).or_else(|| self.0.get(OTHERS)).copied()
    }

    /// The cap that holds for every currency alike, where no currency has one of its own.
    #[must_use]
    pub fn uniform(&self) -> Option<Decimal> {
        if self.0.len() > 1 { None } else { self.0.get(OTHERS).copied() }
    }

    /// The lowest of all, for an amount whose currency is not known.
    #[must_use]
    pub fn lowest(&self) -> Decimal {
        let others = self.0.get(OTHERS).copied().unwrap_or(Decimal::ZERO);
        self.0.values().copied().fold(others, Ord::min)
    }

    /// What both allow: of every currency the lower cap, and nothing of those that either of them
    /// lets nothing move of.
    ///
    /// ```
    /// use souk_model::Caps;
    /// let of = |text: &str| text.parse::<Caps>().unwrap();
    /// assert_eq!(of("EUR=500, *=100").strictest(&of("200")), of("EUR=200, *=100"));
    /// assert_eq!(of("EUR=500").strictest(&of("JPY=80000, *=100")), of("EUR=100"));
    /// ```
    #[must_use]
    pub fn strictest(&self, other: &Self) -> Self {
        let named = self.0.keys().chain(other.0.keys());
        let both = named.filter_map(|currency| {
            Some((currency.clone(), self.of(currency)?.min(other.of(currency)?)))
        });
        Self(both.collect())
    }

    /// Each currency with its cap, `*` among them.
    pub fn amounts(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(currency, cap)| (currency.as_str(), cap.to_string()))
    }

    fn put(&mut self, currency: &str, cap: &str) -> Result<(), InvalidCaps> {
        let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_code && currency != OTHERS {
            return Err(InvalidCaps(format!("`{currency}` is no currency's code, nor `*`")));
        }
        let amount = cap
            .parse::<Decimal>()
            .ok()
            .filter(|amount| !amount.is_negative() && *amount <= Decimal::from(MOST))
            .ok_or_else(|| InvalidCaps(format!("`{cap}` is no amount")))?;
        match self.0.insert(currency.to_owned(), amount) {
            None => Ok(()),
            Some(_) => Err(InvalidCaps(format!("`{currency}` is named twice"))),
        }
    }
}

/// A text that is no caps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}: an amount is meant, like `1000`, or some by currency, like `EUR=500, *=100`")]
pub struct InvalidCaps(String);

impl FromStr for Caps {
    type Err = InvalidCaps;

    fn from_str(text: &str) -> Result<Self, InvalidCaps> {
        let mut caps = Self(BTreeMap::new());
        for part in text.split(',').map(str::trim) {
            let (currency, cap) = part.split_once('=').unwrap_or((OTHERS, part));
            caps.put(currency.trim(), cap.trim())?;
        }
        Ok(caps)
    }
}

impl fmt::Display for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (currency, cap)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{currency}={cap}")?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Caps {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Number {
            Whole(u64),
            Broken(f64),
            Text(String),
        }
        impl Number {
            fn text(self) -> String {
                match self {
                    Self::Whole(number) => number.to_string(),
                    // The shortest text of a float is what was written.
                    Self::Broken(number) => number.to_string(),
                    Self::Text(text) => text,
                }
            }
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            One(Number),
            Table(BTreeMap<String, Number>),
        }
        match Form::deserialize(from)? {
            Form::One(one) => one.text().parse().map_err(de::Error::custom),
            Form::Table(table) => {
                let mut caps = Self(BTreeMap::new());
                for (currency, cap) in table {
                    caps.put(&currency, &cap.text()).map_err(de::Error::custom)?;
                }
                Ok(caps)
            }
        }
    }
}
