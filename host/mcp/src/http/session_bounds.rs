//! How many sessions there may be, and which of them makes room for one more.

use std::collections::HashMap;
use std::hash::Hash;

use tokio::time::Instant;

/// Sessions of all callers together. Whoever has an account with an authorization server is a caller, so
/// that a bound for each bounds nothing. An unused one takes some kilobytes.
const ALL: usize = 4_096;

/// How many sessions there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionBounds {
    each: usize,
    all: usize,
}

/// Which bound is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionBound {
    /// That of the caller.
    Each,
    /// That of all callers together.
    All,
}

/// What of a session says whether it makes room.
pub(super) struct SessionUsage<'s, I, P> {
    pub(super) id: &'s I,
    pub(super) principal: &'s P,
    /// The number of the connection that it was opened on.
    pub(super) connection: Option<u64>,
    pub(super) is_answering: bool,
    /// Whether anything was asked in it, beyond opening it.
    pub(super) has_asked: bool,
    pub(super) used: Instant,
}

impl SessionBounds {
    /// So many for each caller, and what there is for all.
    pub(crate) const fn each(each: usize) -> Self {
        Self { each, all: ALL }
    }

    /// The session that has to go before the principal may open another, if any has to. One in which a
    /// call is answered never goes.
    ///
    /// Of the principal's own: one that was only ever opened before one that is used; of whatever client
    /// has opened most; the longest unused. So a client that opens one after another closes its own, and
    /// nobody is kept out by sessions that are merely held. Where all callers have too many, it is the
    /// longest unused of the caller that has most of them.
    ///
    /// # Errors
    /// The bound, where all that could go are answering.
    pub(super) fn leaving<'s, I, P: Eq + Hash>(
        self,
        sessions: &[SessionUsage<'s, I, P>],
        principal: &P,
    ) -> Result<Option<&'s I>, SessionBound> {
        let own = || sessions.iter().filter(|session| session.principal == principal);
        let idle = |session: &&SessionUsage<'s, I, P>| !session.is_answering;
        if own().count() >= self.each {
            let by_client = counts(own().map(|session| session.connection));
            let leaving = own().filter(idle).min_by_key(|session| {
                let of_client = by_client[&session.connection];
                (session.has_asked, usize::MAX - of_client, session.used)
            });
            return leaving.map(|session| Some(session.id)).ok_or(SessionBound::Each);
        }
        if sessions.len() < self.all {
            return Ok(None);
        }
        let by_caller = counts(sessions.iter().map(|session| session.principal));
        let leaving = sessions.iter().filter(idle).min_by_key(|session| {
            let of_caller = by_caller[session.principal];
            (usize::MAX - of_caller, session.used)
        });
        leaving.map(|session| Some(session.id)).ok_or(SessionBound::All)
    }
}

fn counts<K: Eq + Hash>(all: impl Iterator<Item = K>) -> HashMap<K, usize> {
    let mut counts = HashMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    struct Open {
        id: usize,
        principal: String,
        is_answering: bool,
        used: Instant,
    }

    /// Sessions of these callers, each used a second after the one before.
    fn open(callers: &[&str]) -> Vec<Open> {
        let begun = Instant::now();
        let of = |(id, name): (usize, &&str)| Open {
            id,
            principal: (*name).to_owned(),
            is_answering: false,
            used: begun + Duration::from_secs(id as u64),
        };
        callers.iter().enumerate().map(of).collect()
    }

    fn leaving(open: &[Open], all: usize, caller: &str) -> Result<Option<usize>, SessionBound> {
        let usages = open.iter().map(|one| SessionUsage {
            id: &one.id,
            principal: &one.principal,
            connection: None,
            is_answering: one.is_answering,
            has_asked: true,
            used: one.used,
        });
        let usages: Vec<_> = usages.collect();
        let bounds = SessionBounds { each: 3, all };
        bounds.leaving(&usages, &caller.to_owned()).map(Option::<&usize>::copied)
    }

    #[test]
    fn where_all_have_too_many_whoever_has_most_makes_room() {
        let mut sessions = open(&["ann", "bob", "bob", "cid"]);
        assert_eq!(leaving(&sessions, 5, "dan"), Ok(None));
        assert_eq!(leaving(&sessions, 4, "dan"), Ok(Some(1)));
        sessions[1].is_answering = true;
        assert_eq!(leaving(&sessions, 4, "dan"), Ok(Some(2)));
        // Many callers with a session each are as few as a bound lets them be.
        sessions[2].is_answering = true;
        assert_eq!(leaving(&sessions, 4, "dan"), Ok(Some(0)));
        for session in &mut sessions {
            session.is_answering = true;
        }
        assert_eq!(leaving(&sessions, 4, "dan"), Err(SessionBound::All));
    }

    #[test]
    fn whoever_has_too_many_makes_room_for_itself() {
        let mut sessions = open(&["ann", "bob", "bob", "bob"]);
        assert_eq!(leaving(&sessions, 4, "bob"), Ok(Some(1)));
        for session in &mut sessions[1..] {
            session.is_answering = true;
        }
        assert_eq!(leaving(&sessions, 100, "bob"), Err(SessionBound::Each));
    }
}
