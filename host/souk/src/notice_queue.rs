//! Notices that wait to be told: how many are, and whose come first. There is a bound on them, since each
//! runs a program and reaches a person. It is shared out by caller: who has many plans wait does not keep
//! the others' from being told.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use souk_plans::PlanNotice;

/// How many are told in an hour, of all callers.
const HOURLY: usize = 120;
/// How many are told in an hour of one caller.
const HOURLY_EACH: usize = 60;
/// How many of each caller are told in an hour whatever else was: its first.
const HOURLY_FIRST: usize = 10;
/// How many wait of one caller; what is beyond them is not told.
const WAITING_EACH: usize = 64;
const HOUR: Duration = Duration::from_secs(3_600);

/// What waits to be told.
#[derive(Default)]
pub(crate) struct NoticeQueue {
    callers: BTreeMap<String, CallerNotices>,
    /// Callers of which something waits, the next first.
    turns: VecDeque<String>,
    /// When the last ones of all callers were told.
    told: VecDeque<Instant>,
}

/// The notices of one caller.
#[derive(Default)]
struct CallerNotices {
    waiting: VecDeque<PlanNotice>,
    told: VecDeque<Instant>,
}

impl NoticeQueue {
    /// Takes one in.
    pub(crate) fn push(&mut self, notice: PlanNotice) {
        let own = self.callers.entry(notice.principal.clone()).or_default();
        if own.waiting.len() >= WAITING_EACH {
            tracing::warn!(
                "plan {}: nobody is told: {WAITING_EACH} of its caller wait",
                notice.plan
            );
            return;
        }
        if own.waiting.is_empty() {
            self.turns.push_back(notice.principal.clone());
        }
        own.waiting.push_back(notice);
    }

    /// The next to be told now, which counts as told; none where nothing waits that may be. What may not
    /// be is dropped.
    pub(crate) fn next(&mut self, now: Instant) -> Option<PlanNotice> {
        forget_old(&mut self.told, now);
        while let Some(caller) = self.turns.pop_front() {
            let Some(own) = self.callers.get_mut(&caller) else { continue };
            forget_old(&mut own.told, now);
            let Some(notice) = own.waiting.pop_front() else { continue };
            if !own.waiting.is_empty() {
                self.turns.push_back(caller);
            }
            let is_one_of_first = own.told.len() < HOURLY_FIRST;
            if is_one_of_first || own.told.len() < HOURLY_EACH && self.told.len() < HOURLY {
                own.told.push_back(now);
                self.told.push_back(now);
                return Some(notice);
            }
            let (plan, count) = (&notice.plan, own.told.len());
            tracing::warn!(
                "plan {plan}: nobody is told: {count} of its caller were in the last hour"
            );
        }
        self.callers.retain(|_, own| !own.waiting.is_empty() || !own.told.is_empty());
        None
    }
}

fn forget_old(told: &mut VecDeque<Instant>, now: Instant) {
    told.retain(|at| now.duration_since(*at) < HOUR);
}

#[cfg(test)]
mod tests {
    use souk_plans::PlanEvent;

    use super::*;

    fn notice(caller: &str, number: u32) -> PlanNotice {
        PlanNotice {
            event: PlanEvent::Waits,
            plan: "plan_0123456789abcdefghijkl".parse().unwrap(),
            principal: caller.to_owned(),
            items: number,
            done: 0,
            expires_ms: 0,
            url: None,
        }
    }

    /// Which of the notices are told, in their order: their caller's first letter and number.
    fn told(queue: &mut NoticeQueue, now: Instant) -> Vec<String> {
        std::iter::from_fn(|| queue.next(now))
            .map(|notice| format!("{}{}", notice.principal, notice.items))
            .collect()
    }

    #[test]
    fn callers_take_turns() {
        let mut queue = NoticeQueue::default();
        for (caller, number) in [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1), ("b", 2)] {
            queue.push(notice(caller, number));
        }
        assert_eq!(told(&mut queue, Instant::now()), ["a1", "b1", "c1", "a2", "b2", "a3"]);
    }

    #[test]
    fn whoever_has_many_plans_wait_drowns_nobody_elses() {
        let (mut queue, now) = (NoticeQueue::default(), Instant::now());
        let tell = |queue: &mut NoticeQueue, caller: &str, count: u32, at: Instant| {
            (0..count)
                .map(|number| {
                    queue.push(notice(caller, number));
                    told(queue, at).len()
                })
                .sum::<usize>()
        };
        assert_eq!(tell(&mut queue, "a", 200, now), HOURLY_EACH);
        assert_eq!(tell(&mut queue, "b", 200, now), HOURLY_EACH);
        assert_eq!(tell(&mut queue, "c", 200, now), HOURLY_FIRST);
        assert_eq!(tell(&mut queue, "d", 1, now), 1);
        assert_eq!(tell(&mut queue, "a", 1, now), 0);
        assert_eq!(tell(&mut queue, "a", 1, now + HOUR), 1);
    }

    #[test]
    fn of_one_caller_only_so_many_wait() {
        let mut queue = NoticeQueue::default();
        for number in 0..1_000 {
            queue.push(notice("a", number));
        }
        queue.push(notice("b", 0));
        assert_eq!(queue.callers["a"].waiting.len(), WAITING_EACH);
        assert!(told(&mut queue, Instant::now()).contains(&"b0".to_owned()));
    }
}
