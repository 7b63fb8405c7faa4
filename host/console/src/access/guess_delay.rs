//! Guessing is slow, and costs only whoever guesses: a wrong link or passphrase is answered the later, the
//! more came from its address of late. How often a person's passphrase was wrong is counted in the state
//! directory, by whoever looks after people.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Wrong ones that are answered at once: somebody mistypes.
const FREE: u32 = 3;
/// In which time one of them is forgotten.
const FORGOTTEN_IN: Duration = Duration::from_secs(20);
/// How long the first that is slowed waits; each next twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(4);
/// From one address that wait at once; a further one is refused.
const WAITING: u32 = 4;
/// Addresses that are told apart; all others count as one.
const ADDRESSES: usize = 1_024;

#[derive(Clone, Copy)]
struct AddressGuesses {
    count: u32,
    last: Instant,
    waiting: u32,
}

/// The wrong guesses of late, by address.
#[derive(Default)]
pub(crate) struct GuessDelay(Mutex<HashMap<Option<IpAddr>, AddressGuesses>>);

/// More guesses from one address wait than may.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyWait;

impl GuessDelay {
    /// Notes a wrong guess, and returns when it may be answered.
    pub(crate) async fn hold(&self, from: Option<IpAddr>) -> Result<(), TooManyWait> {
        let (from, wait) = self.note(from, Instant::now())?;
        if !wait.is_zero() {
            let _place = WaitingPlace { all: self, from };
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Option<IpAddr>, AddressGuesses>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(
        &self,
        from: Option<IpAddr>,
        now: Instant,
    ) -> Result<(Option<IpAddr>, Duration), TooManyWait> {
        let mut all = self.lock();
        if all.len() >= ADDRESSES {
            all.retain(|_, one| one.waiting > 0 || now.duration_since(one.last) < FORGOTTEN_IN * 8);
        }
        let known = all.len() < ADDRESSES || all.contains_key(&from);
        let from = from.filter(|_| known);
        let one = all.entry(from).or_insert(AddressGuesses { count: 0, last: now, waiting: 0 });
        let forgotten = now.duration_since(one.last).as_secs() / FORGOTTEN_IN.as_secs();
        let forgotten = u32::try_from(forgotten).unwrap_or(u32::MAX);
        one.count = one.count.saturating_sub(forgotten).min(FREE * 4) + 1;
        one.last = now;
        if one.count <= FREE {
            return Ok((from, Duration::ZERO));
        }
        if one.waiting >= WAITING {
            return Err(TooManyWait);
        }
        one.waiting += 1;
        let wait = FIRST * 2u32.saturating_pow(one.count - FREE - 1);
        Ok((from, wait.min(LONGEST)))
    }
}

/// A place among those that wait; given back also where the guesser does not wait for the answer.
struct WaitingPlace<'g> {
    all: &'g GuessDelay,
    from: Option<IpAddr>,
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        if let Some(one) = self.all.lock().get_mut(&self.from) {
            one.waiting = one.waiting.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn the_more_of_late_the_slower_and_for_nobody_else() {
        let (guesses, now) = (GuessDelay::default(), Instant::now());
        for _ in 0..FREE {
            assert_eq!(guesses.note(from(1), now).unwrap().1, Duration::ZERO);
        }
        assert_eq!(guesses.note(from(1), now).unwrap().1, FIRST);
        assert_eq!(guesses.note(from(1), now).unwrap().1, FIRST * 2);
        assert_eq!(guesses.note(from(2), now).unwrap().1, Duration::ZERO);
        let refused = (0..100).filter(|_| guesses.note(from(1), now).is_err()).count();
        assert_eq!(refused, 98, "four wait at once, and no more");
    }

    #[test]
    fn it_is_forgotten_and_bounded() {
        let (guesses, now) = (GuessDelay::default(), Instant::now());
        for _ in 0..FREE + 1 {
            let _ = guesses.note(from(1), now);
        }
        let later = now + FORGOTTEN_IN * 20;
        assert_eq!(guesses.note(from(1), later).unwrap().1, Duration::ZERO);
        for number in 0..5_000u32 {
            let [a, b, c, d] = (0x0a00_0000 + number).to_be_bytes();
            let _ = guesses.note(Some(IpAddr::from([a, b, c, d])), now);
        }
        assert!(guesses.lock().len() <= ADDRESSES + 1);
    }
}
