//! Open streams of changes: so many together, and of those a share for each principal, so that one
//! caller that opens without end shuts nobody else out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use souk_model::Principal;

/// A principal may have so large a part of all: one in four.
const SHARE: usize = 4;

/// Counts streams that are open.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    most: usize,
    open: Mutex<OpenCounts>,
}

#[derive(Debug, Default)]
struct OpenCounts {
    all: usize,
    each: HashMap<String, usize>,
}

/// A stream that is open, until this is dropped.
#[derive(Debug)]
pub(crate) struct SubscriptionPlace {
    of: Arc<Subscriptions>,
    principal: String,
}

impl Subscriptions {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, open: Mutex::default() })
    }

    /// A place for one more of this principal's; where the transport has no other, it may take all.
    ///
    /// # Errors
    /// Whose places are taken, for people.
    pub(crate) fn open(
        self: &Arc<Self>,
        principal: &Principal,
        is_only: bool,
    ) -> Result<SubscriptionPlace, &'static str> {
        let share = if is_only { self.most } else { (self.most / SHARE).max(1) };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.most {
            return Err("too many subscriptions are open: close one and try again");
        }
        let own = open.each.entry(principal.as_str().to_owned()).or_default();
        if *own >= share {
            return Err("you have too many subscriptions open: close one and try again");
        }
        *own += 1;
        open.all += 1;
        Ok(SubscriptionPlace { of: self.clone(), principal: principal.as_str().to_owned() })
    }
}

impl Drop for SubscriptionPlace {
    fn drop(&mut self) {
        let mut open = self.of.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        if let Some(own) = open.each.get_mut(&self.principal) {
            *own -= 1;
            if *own == 0 {
                open.each.remove(&self.principal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_opens_without_end_leaves_the_others_their_share() {
        let all = Subscriptions::new(8);
        let (greedy, other) = (Principal::named("greedy"), Principal::named("other"));
        let mut held: Vec<_> = (0..2).map(|_| all.open(&greedy, false).unwrap()).collect();
        assert!(all.open(&greedy, false).is_err());
        let others: Vec<_> = (0..2).map(|_| all.open(&other, false).unwrap()).collect();
        held.pop();
        held.push(all.open(&greedy, false).unwrap());
        drop((held, others));
        let only: Vec<_> = (0..8).map(|_| all.open(&greedy, true).unwrap()).collect();
        assert!(all.open(&other, false).is_err(), "together they are bounded, too");
        drop(only);
        assert_eq!(all.open.lock().unwrap().each.len(), 0);
    }
}
