//! Which plans a trail vouches for, and how far they had come.
//!
//! Each line names the file of plans that is in use, how many times requests were marked there as being
//! sent, and how many decisions of persons stand in it. Whoever opens both can so tell a first start from one where the plans, and with them
//! the accounts of the day's money, were removed, replaced or set back.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Digits of an id.
const ID_DIGITS: usize = 16;

/// A file of plans, and how far it had come. Reads and writes as `<id>.<generation>`, followed by
/// `.<decisions>` where there are any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlansMark {
    /// The file's own id, of 16 hexadecimal digits.
    pub id: String,
    /// How many times requests were marked as being sent.
    pub generation: u64,
    /// The number of the last decision of a person.
    pub decisions: u64,
}

/// Not a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no mark of plans")]
pub struct InvalidPlansMark;

impl fmt::Display for PlansMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, self.generation)?;
        match self.decisions {
            0 => Ok(()),
            decisions => write!(f, ".{decisions}"),
        }
    }
}

impl FromStr for PlansMark {
    type Err = InvalidPlansMark;

    fn from_str(text: &str) -> Result<Self, InvalidPlansMark> {
        let (id, counts) = text.split_once('.').ok_or(InvalidPlansMark)?;
        let (generation, decisions) = match counts.split_once('.') {
            Some((generation, decisions)) => (generation, Some(decisions)),
            None => (counts, None),
        };
        let is_id = id.len() == ID_DIGITS
            && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let generation = generation.parse().map_err(|_| InvalidPlansMark)?;
        let decisions = decisions.map_or(Ok(0), str::parse).map_err(|_| InvalidPlansMark)?;
        is_id.then(|| Self { id: id.to_owned(), generation, decisions }).ok_or(InvalidPlansMark)
    }
}

/// The mark of the plans that this host uses, as it grows.
#[derive(Debug)]
pub struct CurrentPlans {
    id: String,
    generation: AtomicU64,
    decisions: AtomicU64,
}

impl CurrentPlans {
    /// The mark as it was read.
    #[must_use]
    pub fn new(mark: PlansMark) -> Arc<Self> {
        let PlansMark { id, generation, decisions } = mark;
        Arc::new(Self { id, generation: generation.into(), decisions: decisions.into() })
    }

    /// What the mark is now.
    #[must_use]
    pub fn mark(&self) -> PlansMark {
        PlansMark {
            id: self.id.clone(),
            generation: self.generation.load(Ordering::Acquire),
            decisions: self.decisions.load(Ordering::Acquire),
        }
    }

    /// Knows that it has come so far.
    pub fn reach(&self, generation: u64) {
        self.generation.fetch_max(generation, Ordering::AcqRel);
    }

    /// Knows that so many decisions stand in it.
    pub fn decide(&self, no: u64) {
        self.decisions.fetch_max(no, Ordering::AcqRel);
    }
}

/// The mark of the next line: another host may have come further, and one whose plans were taken
/// away must not vouch for them again.
pub(super) fn next_mark(last: Option<&PlansMark>, own: Option<PlansMark>) -> Option<PlansMark> {
    match (last, own) {
        (None, own) => own,
        (Some(last), Some(own)) if own.id == last.id => Some(PlansMark {
            generation: own.generation.max(last.generation),
            decisions: own.decisions.max(last.decisions),
            id: own.id,
        }),
        (Some(last), _) => Some(last.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_only_grows_and_stays_with_its_plans() {
        let mark = |text: &str| text.parse::<PlansMark>().unwrap();
        let (one, later) = (mark("00112233445566aa.7"), mark("00112233445566aa.9"));
        let other = mark("ffffffffffffffff.20");
        let decided = mark("00112233445566aa.3.4");
        assert_eq!(decided.to_string(), "00112233445566aa.3.4");
        let both = next_mark(Some(&later), Some(decided)).unwrap();
        assert_eq!(both.to_string(), "00112233445566aa.9.4");
        assert_eq!(one.to_string(), "00112233445566aa.7");
        assert_eq!(next_mark(None, Some(one.clone())), Some(one.clone()));
        assert_eq!(next_mark(Some(&one), Some(later.clone())), Some(later.clone()));
        assert_eq!(next_mark(Some(&later), Some(one.clone())), Some(later));
        assert_eq!(next_mark(Some(&one), Some(other)), Some(one.clone()));
        assert_eq!(next_mark(Some(&one), None), Some(one));
        for wrong in [
            "",
            "x.1",
            "00112233445566aa",
            "00112233445566aa.",
            "00112233445566AA.1",
            "00112233445566aa.1.",
        ] {
            assert_eq!(wrong.parse::<PlansMark>(), Err(InvalidPlansMark), "{wrong}");
        }
    }
}
