//! Wrong passphrases, counted on the disk: whoever guesses is slowed, also over restarts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Wrong tries that cost nothing: people mistype.
const FREE: u32 = 4;
/// The longest wait, in milliseconds: a quarter of an hour.
const LONGEST: i64 = 15 * 60_000;
/// After so long without a wrong try they are forgotten, in milliseconds: a day.
const FORGOTTEN: i64 = 24 * 60 * 60_000;
/// What stands for names that nobody has: these share one count.
const NOBODY: &str = "";

/// Wrong tries since the last right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct TryCount {
    wrong: u32,
    last_ms: i64,
}

/// Of each person, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct TryCounts(BTreeMap<String, TryCount>);

impl TryCounts {
    fn name(person: Option<&str>) -> &str {
        person.unwrap_or(NOBODY)
    }

    /// Until when nobody may try for this person, if so. Milliseconds since 1970, UTC.
    pub(super) fn shut_until(&self, person: Option<&str>, now_ms: i64) -> Option<i64> {
        let count = self.0.get(Self::name(person))?;
        // A clock that was set back must not shut anybody out for longer than the wait is.
        let last = count.last_ms.min(now_ms);
        let past = count.wrong.checked_sub(FREE).filter(|past| *past > 0)?;
        let wait = 1_000_i64.checked_shl(past.min(20)).unwrap_or(LONGEST).min(LONGEST);
        (now_ms - last < wait).then_some(last + wait)
    }

    /// Counts a try before it is known whether it is right, so that many at once count too.
    pub(super) fn begin(&mut self, person: Option<&str>, now_ms: i64) {
        self.0.retain(|_, count| now_ms - count.last_ms < FORGOTTEN);
        let count = self.0.entry(Self::name(person).to_owned()).or_default();
        count.wrong = count.wrong.saturating_add(1);
        count.last_ms = now_ms;
    }

    /// It was right.
    pub(super) fn succeed(&mut self, person: &str) {
        self.0.remove(person);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_guesses_waits_ever_longer_and_nobody_else() {
        let mut tries = TryCounts::default();
        let mut now = 1_000_000;
        let mut waits = Vec::new();
        for _ in 0..20 {
            assert_eq!(tries.shut_until(Some("ann"), now), None);
            tries.begin(Some("ann"), now);
            let until = tries.shut_until(Some("ann"), now).unwrap_or(now);
            waits.push((until - now) / 1_000);
            now = until;
        }
        assert_eq!(waits[..8], [0, 0, 0, 0, 2, 4, 8, 16]);
        assert_eq!(waits[19], 900);
        assert_eq!(tries.shut_until(Some("bob"), now), None);
        assert_eq!(tries.shut_until(None, now), None);
        tries.begin(Some("ann"), now);
        assert!(
            tries.shut_until(Some("ann"), now - 3_600_000).unwrap() <= now - 3_600_000 + 900_000
        );
        tries.succeed("ann");
        assert_eq!(tries.shut_until(Some("ann"), now), None);
    }
}
