//! A bound on open connections, each of which costs a file descriptor and buffers, and who has to go
//! when it is reached: never who has asked for something and waits for the answer.
//!
//! Silent connections cost whoever opens them nothing, so they may take nobody's place. A connection
//! is *waiting* for its client from its beginning until a whole request of somebody who may call has
//! arrived, and again when that is answered. Where there is no room, the waiting connection goes that
//! is of the peer with the most, has never asked for anything, and has waited longest, those last that
//! have just come; and where none waits, one that is only kept open for news.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use souk_telemetry::{Occupancy, metrics};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::peer::Peer;

/// File descriptors that the rest of the host needs: the store, the state, plugins.
const DESCRIPTORS_KEPT: usize = 192;

/// A client that has just connected is about to ask: others go before it.
const FRESH: Duration = Duration::from_millis(500);

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    pub(crate) all: usize,
    /// From one peer.
    pub(crate) each: usize,
}

impl ConnectionLimits {
    /// At most as many as the system lets this process have open.
    pub(crate) fn within_descriptors(self) -> Self {
        let most = descriptors().map_or(usize::MAX, |all| all.saturating_sub(DESCRIPTORS_KEPT));
        let all = self.all.min(most.max(16));
        Self { all, each: self.each.min(all) }
    }
}

/// How many files this process may have open, where the system tells.
fn descriptors() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionTimeouts {
    /// To send a request's header, from the connection's beginning or the header's first byte on.
    pub(crate) header: Duration,
    /// To send the body.
    pub(crate) body: Duration,
    /// To ask for the next thing; and to take what it is sent.
    pub(crate) idle: Duration,
}

impl ConnectionTimeouts {
    /// How often a connection is looked at.
    pub(crate) fn shortest(&self) -> Duration {
        self.header.min(self.body).min(self.idle).max(Duration::from_millis(50))
    }
}

/// What a connection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has come yet, or the header is on its way.
    Header,
    /// The header is there, the body on its way; or the token is looked at.
    Body,
    /// A request is being answered.
    Busy,
    /// It is kept open for news, and may be opened again when it is closed.
    News,
    /// What was asked for is answered.
    Idle,
}

struct OpenConnection {
    peer: Peer,
    phase: Phase,
    since: Instant,
    /// Whether a request of it was ever answered.
    has_asked: bool,
    /// Since when the client takes nothing of what is written to it.
    blocked: Option<Instant>,
    ended: CancellationToken,
    _counted: Occupancy,
}

impl OpenConnection {
    fn is_waiting(&self) -> bool {
        self.phase != Phase::Busy
    }

    fn is_overdue(&self, timeouts: &ConnectionTimeouts, now: Instant) -> bool {
        let allowed = match self.phase {
            Phase::Header => Some(timeouts.header),
            Phase::Body => Some(timeouts.body),
            Phase::Idle => Some(timeouts.idle),
            Phase::Busy | Phase::News => None,
        };
        allowed.is_some_and(|allowed| now.duration_since(self.since) >= allowed)
            || self.blocked.is_some_and(|since| now.duration_since(since) >= timeouts.idle)
    }
}

#[derive(Default)]
struct OpenConnections {
    next: u64,
    open: HashMap<u64, OpenConnection>,
    by_peer: HashMap<Peer, usize>,
}

impl OpenConnections {
    fn count(&self, peer: Peer) -> usize {
        self.by_peer.get(&peer).copied().unwrap_or_default()
    }

    fn remove(&mut self, id: u64) {
        let Some(gone) = self.open.remove(&id) else { return };
        gone.ended.cancel();
        if let Some(count) = self.by_peer.get_mut(&gone.peer) {
            *count -= 1;
            if *count == 0 {
                self.by_peer.remove(&gone.peer);
            }
        }
    }

    /// Ends the waiting connection that has to go; of this peer, where one is named.
    fn make_room(&mut self, of: Option<Peer>) -> bool {
        let now = Instant::now();
        let going = self
            .open
            .iter()
            .filter(|(_, one)| one.is_waiting() && of.is_none_or(|peer| one.peer == peer))
            .min_by_key(|(_, one)| {
                let news = one.phase == Phase::News;
                let fresh = now.duration_since(one.since) < FRESH;
                (news, fresh, usize::MAX - self.count(one.peer), one.has_asked, one.since)
            })
            .map(|(id, _)| *id);
        if let Some(id) = going {
            self.remove(id);
        }
        going.is_some()
    }
}

/// All open connections.
pub(crate) struct Connections {
    limits: ConnectionLimits,
    state: Mutex<OpenConnections>,
}

impl Connections {
    pub(crate) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, OpenConnections> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection in; none where all that are open are being answered.
    pub(crate) fn admit(self: &Arc<Self>, peer: Peer) -> Option<ConnectionHandle> {
        let mut state = self.state();
        if state.count(peer) >= self.limits.each && !state.make_room(Some(peer)) {
            return None;
        }
        if state.open.len() >= self.limits.all && !state.make_room(None) {
            return None;
        }
        let id = state.next;
        state.next += 1;
        let ended = CancellationToken::new();
        *state.by_peer.entry(peer).or_default() += 1;
        let connection = OpenConnection {
            peer,
            phase: Phase::Header,
            since: Instant::now(),
            has_asked: false,
            blocked: None,
            ended: ended.clone(),
            _counted: metrics::HTTP_CONNECTIONS.of(&[]).enter(),
        };
        state.open.insert(id, connection);
        Some(ConnectionHandle(Arc::new(HandleInner { id, peer, ended, all: self.clone() })))
    }

    /// Ends one that is waiting, because there are no descriptors left.
    pub(crate) fn shed(&self) -> bool {
        self.state().make_room(None)
    }
}

/// One connection as its task and its requests know it. It is taken off the list with the last clone.
#[derive(Clone)]
pub(crate) struct ConnectionHandle(Arc<HandleInner>);

struct HandleInner {
    id: u64,
    peer: Peer,
    ended: CancellationToken,
    all: Arc<Connections>,
}

impl Drop for HandleInner {
    fn drop(&mut self) {
        self.all.state().remove(self.id);
    }
}

impl ConnectionHandle {
    pub(crate) fn peer(&self) -> Peer {
        self.0.peer
    }

    /// Its number, which no other has.
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// Ready when it has to go.
    pub(crate) async fn ended(&self) {
        self.0.ended.cancelled().await;
    }

    fn with(&self, change: impl FnOnce(&mut OpenConnection)) {
        if let Some(connection) = self.0.all.state().open.get_mut(&self.0.id) {
            change(connection);
        }
    }

    fn enter(&self, phase: Phase) {
        self.with(|one| {
            one.phase = phase;
            one.since = Instant::now();
        });
    }

    /// Something was read. Of an idle connection it is the next header's first byte.
    pub(crate) fn has_read(&self) {
        self.with(|one| {
            if one.phase == Phase::Idle {
                one.phase = Phase::Header;
                one.since = Instant::now();
            }
        });
    }

    /// Something could be written, or could not.
    pub(crate) fn has_written(&self, taken: bool) {
        self.with(|one| {
            one.blocked = if taken { None } else { one.blocked.or_else(|| Some(Instant::now())) };
        });
    }

    /// A header has arrived.
    pub(crate) fn begins(&self) {
        self.enter(Phase::Body);
    }

    /// The request has arrived and is answered from now on, until what this returns is dropped. One
    /// `for_news` is answered for as long as the client likes, and so has to go where there is no room.
    pub(crate) fn answering(&self, for_news: bool) -> AnsweringGuard {
        self.with(|one| one.has_asked = true);
        self.enter(if for_news { Phase::News } else { Phase::Busy });
        AnsweringGuard(self.clone())
    }

    /// The request is answered, or refused.
    pub(crate) fn answered(&self) {
        self.enter(Phase::Idle);
    }

    /// Whether the client has by then taken longer than it may.
    pub(crate) fn is_overdue(&self, timeouts: &ConnectionTimeouts, then: Instant) -> bool {
        let state = self.0.all.state();
        state.open.get(&self.0.id).is_none_or(|one| one.is_overdue(timeouts, then))
    }
}

/// Keeps a connection from being ended while a request is answered.
pub(crate) struct AnsweringGuard(ConnectionHandle);

impl Drop for AnsweringGuard {
    fn drop(&mut self) {
        self.0.answered();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> Peer {
        Peer::of(([192, 0, 2, last], 1).into())
    }

    fn is_open(handle: &ConnectionHandle) -> bool {
        !handle.0.ended.is_cancelled()
    }

    #[test]
    fn a_silent_connection_makes_room_before_one_that_has_asked_and_never_one_that_is_answered() {
        let all = Connections::new(ConnectionLimits { all: 3, each: 3 });
        let (silent, asked, busy) =
            (all.admit(peer(1)).unwrap(), all.admit(peer(1)).unwrap(), all.admit(peer(1)).unwrap());
        drop(asked.answering(false));
        let answering = busy.answering(false);
        let next = all.admit(peer(1)).unwrap();
        assert!(!is_open(&silent) && is_open(&asked) && is_open(&busy));
        let _guard = next.answering(false);
        let other = all.admit(peer(2)).unwrap();
        assert!(!is_open(&asked) && is_open(&busy) && is_open(&next));
        let _other = other.answering(false);
        assert!(all.admit(peer(3)).is_none(), "all are being answered");
        drop(answering);
        let news = all.admit(peer(3)).unwrap();
        assert!(!is_open(&busy));
        let _news = news.answering(true);
        let asks = all.admit(peer(4)).unwrap();
        assert!(!is_open(&news) && is_open(&next) && is_open(&other));
        drop(asks);
    }

    #[test]
    fn a_peer_has_its_share_and_whoever_has_most_goes_first() {
        let all = Connections::new(ConnectionLimits { all: 4, each: 3 });
        let few = all.admit(peer(1)).unwrap();
        let many: Vec<_> = (0..3).map(|_| all.admit(peer(2)).unwrap()).collect();
        let _fourth = all.admit(peer(2)).unwrap();
        assert!(is_open(&few) && !is_open(&many[0]), "a peer makes room for itself");
        let _third = all.admit(peer(3)).unwrap();
        assert!(is_open(&few) && !is_open(&many[1]));
        drop(many);
        assert!(all.shed());
    }

    #[test]
    fn each_phase_has_its_time() {
        let secs = Duration::from_secs;
        let times = ConnectionTimeouts { header: secs(10), body: secs(30), idle: secs(100) };
        let one = Connections::new(ConnectionLimits { all: 1, each: 1 });
        let one = one.admit(peer(1)).unwrap();
        let is_overdue_after = |after: Duration| one.is_overdue(&times, Instant::now() + after);
        let expect = |allowed: u64| {
            assert!(!is_overdue_after(secs(allowed - 1)), "{allowed}");
            assert!(is_overdue_after(secs(allowed)), "{allowed}");
        };
        one.has_read();
        expect(10);
        one.begins();
        expect(30);
        let answering = one.answering(false);
        assert!(!is_overdue_after(secs(10_000)));
        one.has_written(false);
        one.has_written(false);
        expect(100);
        one.has_written(true);
        drop(answering);
        expect(100);
        one.has_read();
        expect(10);
    }
}
