//! Guessing tokens is slow, and costs only whoever guesses.
//!
//! A wrong token is answered the later, the more came from its peer of late. A right one is answered
//! at once, whatever else comes from there: several callers may stand behind one address, and nobody
//! can lock them out by guessing.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::peer::Peer;
use super::seldom::Seldom;

/// Wrong tokens that are answered at once: somebody mistypes.
const FREE: f64 = 5.0;
/// In which time one of them is forgotten.
const FORGOTTEN_IN: Duration = Duration::from_secs(10);
/// How long the first that is slowed waits; each next twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(1);
/// Wrong tokens of one peer that wait at once; a further one is refused with 429.
const WAITING: usize = 8;
/// Peers that are told apart; all others count as one.
const PEERS: usize = 4_096;

#[derive(Clone, Copy)]
struct PeerFailures {
    /// How many of late.
    count: f64,
    last: Instant,
    waiting: usize,
}

/// The wrong tokens of late, by peer.
#[derive(Default)]
pub(crate) struct WrongTokens {
    peers: Mutex<HashMap<Peer, PeerFailures>>,
    log: Seldom,
}

/// A peer has more wrong tokens waiting than it may.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyGuesses;

impl WrongTokens {
    fn peers(&self) -> MutexGuard<'_, HashMap<Peer, PeerFailures>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a wrong token, and returns when it may be answered.
    pub(crate) async fn hold(&self, peer: Peer) -> Result<(), TooManyGuesses> {
        self.log.say(|times| {
            tracing::warn!(%peer, times, "wrong token; the last of so many came from this address");
        });
        let (peer, wait) = self.note(peer, Instant::now())?;
        if !wait.is_zero() {
            let _waiting = WaitingGuard { all: self, peer };
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Under whom it counts, and how long it waits.
    fn note(&self, peer: Peer, now: Instant) -> Result<(Peer, Duration), TooManyGuesses> {
        let mut peers = self.peers();
        if peers.len() >= PEERS {
            peers.retain(|_, one| {
                one.waiting > 0 || now.duration_since(one.last) < FORGOTTEN_IN.mul_f64(FREE)
            });
        }
        let known = peers.len() < PEERS || peers.contains_key(&peer);
        let peer = if known { peer } else { Peer::UNKNOWN };
        let fresh = PeerFailures { count: 0.0, last: now, waiting: 0 };
        let one = peers.entry(peer).or_insert(fresh);
        let forgotten = now.duration_since(one.last).as_secs_f64() / FORGOTTEN_IN.as_secs_f64();
        // What counts is bounded too, so that it is forgotten within minutes.
        one.count = (one.count - forgotten).clamp(0.0, FREE * 4.0) + 1.0;
        one.last = now;
        if one.count <= FREE {
            return Ok((peer, Duration::ZERO));
        }
        if one.waiting >= WAITING {
            return Err(TooManyGuesses);
        }
        one.waiting += 1;
        let wait = FIRST.mul_f64((one.count - FREE - 1.0).max(0.0).exp2());
        Ok((peer, wait.min(LONGEST)))
    }
}

struct WaitingGuard<'w> {
    all: &'w WrongTokens,
    peer: Peer,
}

impl Drop for WaitingGuard<'_> {
    fn drop(&mut self) {
        if let Some(one) = self.all.peers().get_mut(&self.peer) {
            one.waiting = one.waiting.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> Peer {
        Peer::of(([192, 0, 2, last], 1).into())
    }

    fn ended(all: &WrongTokens, peer: Peer) {
        drop(WaitingGuard { all, peer });
    }

    #[test]
    fn the_more_of_late_the_slower_and_for_nobody_else() {
        let (wrong, begun) = (WrongTokens::default(), Instant::now());
        let wait = |from: Peer, after: u64| {
            let (peer, wait) = wrong.note(from, begun + Duration::from_secs(after)).unwrap();
            if !wait.is_zero() {
                ended(&wrong, peer);
            }
            wait
        };
        for _ in 0..5 {
            assert_eq!(wait(peer(1), 0), Duration::ZERO);
        }
        assert_eq!([wait(peer(1), 0), wait(peer(1), 0)], [FIRST, FIRST * 2]);
        for _ in 0..1_000 {
            assert!(wait(peer(1), 0) <= LONGEST);
        }
        assert_eq!(wait(peer(1), 1), LONGEST);
        assert_eq!(wait(peer(2), 1), Duration::ZERO);
        assert_eq!(wait(peer(1), 400), Duration::ZERO);
    }

    #[test]
    fn many_at_once_do_not_all_wait_and_many_peers_do_not_fill_the_memory() {
        let (wrong, now) = (WrongTokens::default(), Instant::now());
        let refused = (0..100).filter(|_| wrong.note(peer(1), now).is_err()).count();
        assert_eq!(refused, 100 - 5 - WAITING);
        for number in 0..2 * u32::try_from(PEERS).unwrap() {
            let [a, b, c, d] = (0x0a00_0000 + number).to_be_bytes();
            let _ = wrong.note(Peer::of(([a, b, c, d], 1).into()), now);
        }
        assert!(wrong.peers().len() <= PEERS + 1);
    }
}
