//! When calls break off too often, no more are let through for a while: one circuit, of the calls that
//! it is told of. It has no clock of its own and knows neither plugins nor callers.
//!
//! ```text
//!            enough breaches                  its time is over
//!   closed ──────────────────▶ parked ◀─────────────────────────▶ trying: one call
//!      ▲                                  it broke off, too          │
//!      └─────────────────────────────────────────────────────────────┘ it did not
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Calls that are looked back on: enough that one bad hour of a store or one odd argument is not taken
/// for the plugin, few enough that a plugin which is broken takes ten budgets and no more.
const CALLS: usize = 10;
/// How far is looked back. A call every few minutes that breaks off harms nobody.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);
/// How many times as long as at first nothing is let through at most.
const LONGEST: u32 = 20;

/// When a plugin is parked, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParkingLimits {
    /// So many of the last ten calls within a minute break off.
    pub breaches: usize,
    /// For so long at first, and each time that it does not help for twice as long, up to twenty times.
    /// Nothing is ever parked where this is nothing.
    pub first: Duration,
}

impl Default for ParkingLimits {
    /// Half of the calls: less could be a few arguments that are too much for an honest plugin.
    fn default() -> Self {
        Self { breaches: 5, first: Duration::from_secs(30) }
    }
}

/// By which rule a call broke off, as the audit trail names it.
pub(crate) type BreachRule = &'static str;

/// The state of one circuit.
#[derive(Debug, Default)]
pub(crate) struct Circuit {
    state: CircuitState,
    /// The last calls, the oldest first.
    recent: VecDeque<PastCall>,
    /// The last time that it was parked, and when that was over.
    last: Option<PastParking>,
}

#[derive(Debug, Default, Clone, Copy)]
enum CircuitState {
    #[default]
    Closed,
    Parked {
        until: Instant,
        wait: Duration,
        rule: BreachRule,
    },
    /// One call has been let through, to see whether it helped.
    Trying {
        wait: Duration,
        rule: BreachRule,
    },
}

#[derive(Debug, Clone, Copy)]
struct PastCall {
    at: Instant,
    is_breach: bool,
}

#[derive(Debug, Clone, Copy)]
struct PastParking {
    ended: Instant,
    wait: Duration,
}

/// How a call was let through. It is given back with what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    Normal,
    /// The one that shows whether it helped.
    Trial,
}

/// Why a call is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ParkedUntil {
    /// When one call is let through; none while one is.
    pub(crate) until: Option<Instant>,
    pub(crate) rule: BreachRule,
}

/// What became of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CircuitChange {
    Parked(ParkedUntil),
    /// Calls are let through again.
    Closed,
}

impl Circuit {
    /// Asks whether a call may go through.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Passage, ParkedUntil> {
        match self.state {
            CircuitState::Closed => Ok(Passage::Normal),
            CircuitState::Parked { until, wait, rule } if until <= now => {
                self.state = CircuitState::Trying { wait, rule };
                Ok(Passage::Trial)
            }
            CircuitState::Parked { until, rule, .. } => {
                Err(ParkedUntil { until: Some(until), rule })
            }
            CircuitState::Trying { rule, .. } => Err(ParkedUntil { until: None, rule }),
        }
    }

    /// A call that was let through has ended, and by this rule where it broke off.
    pub(crate) fn end(
        &mut self,
        passage: Passage,
        breach: Option<BreachRule>,
        now: Instant,
        limits: &ParkingLimits,
    ) -> Option<CircuitChange> {
        match (passage, self.state, breach) {
            (Passage::Trial, CircuitState::Trying { wait, .. }, None) => {
                self.state = CircuitState::Closed;
                self.recent.clear();
                self.last = Some(PastParking { ended: now, wait });
                Some(CircuitChange::Closed)
            }
            (Passage::Trial, CircuitState::Trying { wait, .. }, Some(rule)) => {
                Some(self.park_for(wait.saturating_mul(2), rule, now, limits))
            }
            (Passage::Normal, CircuitState::Closed, breach) => {
                self.note(PastCall { at: now, is_breach: breach.is_some() });
                let breaches = self.recent.iter().filter(|call| call.is_breach).count();
                let rule = breach.filter(|_| breaches >= limits.breaches)?;
                self.park(rule, now, limits)
            }
            // It began before the circuit was parked, and says nothing new.
            (Passage::Normal, _, _) | (Passage::Trial, _, _) => None,
        }
    }

    /// A call that was let through has come to nothing: its caller left, or it was not run after all.
    pub(crate) fn abandon(&mut self, passage: Passage, now: Instant) {
        if let (Passage::Trial, CircuitState::Trying { wait, rule }) = (passage, self.state) {
            self.state = CircuitState::Parked { until: now, wait, rule };
        }
    }

    /// Lets nothing through for a while: longer than the last time, where that was not long ago.
    pub(crate) fn park(
        &mut self,
        rule: BreachRule,
        now: Instant,
        limits: &ParkingLimits,
    ) -> Option<CircuitChange> {
        if limits.first.is_zero() {
            return None;
        }
        let longest = limits.first.saturating_mul(LONGEST);
        let wait = match self.last {
            Some(last) if now.saturating_duration_since(last.ended) < longest => {
                last.wait.saturating_mul(2)
            }
            _ => limits.first,
        };
        Some(self.park_for(wait, rule, now, limits))
    }

    fn park_for(
        &mut self,
        wait: Duration,
        rule: BreachRule,
        now: Instant,
        limits: &ParkingLimits,
    ) -> CircuitChange {
        let wait = wait.min(limits.first.saturating_mul(LONGEST));
        let until = now + wait;
        self.state = CircuitState::Parked { until, wait, rule };
        CircuitChange::Parked(ParkedUntil { until: Some(until), rule })
    }

    /// Whether it lets calls through, and if not, until when.
    pub(crate) const fn parked(&self) -> Option<ParkedUntil> {
        match self.state {
            CircuitState::Closed => None,
            CircuitState::Parked { until, rule, .. } => {
                Some(ParkedUntil { until: Some(until), rule })
            }
            CircuitState::Trying { rule, .. } => Some(ParkedUntil { until: None, rule }),
        }
    }

    fn note(&mut self, call: PastCall) {
        let is_old = |past: &PastCall| call.at.saturating_duration_since(past.at) > WINDOW;
        while self.recent.len() >= CALLS || self.recent.front().is_some_and(is_old) {
            self.recent.pop_front();
        }
        self.recent.push_back(call);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULE: BreachRule = "budget-cpu";
    const LIMITS: ParkingLimits = ParkingLimits { breaches: 5, first: Duration::from_secs(30) };

    fn broken(circuit: &mut Circuit, now: Instant) -> Option<CircuitChange> {
        let passage = circuit.admit(now).unwrap();
        circuit.end(passage, Some(RULE), now, &LIMITS)
    }

    #[test]
    fn it_is_parked_tried_by_one_call_and_each_time_for_longer() {
        let (mut circuit, mut now) = (Circuit::default(), Instant::now());
        for _ in 0..4 {
            assert_eq!(broken(&mut circuit, now), None);
        }
        let until = Some(now + LIMITS.first);
        let parked = ParkedUntil { until, rule: RULE };
        assert_eq!(broken(&mut circuit, now), Some(CircuitChange::Parked(parked)));
        let just_before = now + LIMITS.first.saturating_sub(Duration::from_millis(1));
        assert_eq!(circuit.admit(just_before), Err(parked));
        for seconds in [60, 120, 240, 480, 600, 600] {
            now = circuit.parked().unwrap().until.unwrap();
            assert_eq!(circuit.admit(now), Ok(Passage::Trial));
            assert_eq!(circuit.admit(now), Err(ParkedUntil { until: None, rule: RULE }));
            circuit.end(Passage::Trial, Some(RULE), now, &LIMITS);
            let until = now + Duration::from_secs(seconds);
            assert_eq!(circuit.parked(), Some(ParkedUntil { until: Some(until), rule: RULE }));
        }
        // Whoever leaves in the middle of a trial leaves it to the next.
        now = circuit.parked().unwrap().until.unwrap();
        let trial = circuit.admit(now).unwrap();
        circuit.abandon(trial, now);
        let trial = circuit.admit(now).unwrap();
        assert_eq!(circuit.end(trial, None, now, &LIMITS), Some(CircuitChange::Closed));
        assert_eq!(circuit.parked(), None);
    }

    #[test]
    fn what_is_parked_again_soon_is_parked_for_longer_and_long_after_as_at_first() {
        for (later, seconds) in [(1, 60), (601, 30)] {
            let (mut circuit, mut now) = (Circuit::default(), Instant::now());
            for _ in 0..5 {
                broken(&mut circuit, now);
            }
            now += LIMITS.first;
            let trial = circuit.admit(now).unwrap();
            circuit.end(trial, None, now, &LIMITS);
            now += Duration::from_secs(later);
            for _ in 0..5 {
                broken(&mut circuit, now);
            }
            let until = now + Duration::from_secs(seconds);
            assert_eq!(circuit.parked().unwrap().until, Some(until), "{later} s later");
        }
    }

    #[test]
    fn nothing_is_parked_where_that_is_switched_off() {
        let (mut circuit, now) = (Circuit::default(), Instant::now());
        let off = ParkingLimits { first: Duration::ZERO, ..LIMITS };
        for _ in 0..100 {
            let passage = circuit.admit(now).unwrap();
            assert_eq!(circuit.end(passage, Some(RULE), now, &off), None);
        }
    }

    /// What happens: so much time passes, and then a call comes, or one of those under way ends.
    #[derive(Debug, Clone)]
    enum Event {
        Call,
        End { which: usize, breach: bool },
        Leave { which: usize },
    }

    fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
        let event = prop_oneof![
            3 => Just(Event::Call),
            3 => (0_usize..8, any::<bool>())
                .prop_map(|(which, breach)| Event::End { which, breach }),
            1 => (0_usize..8).prop_map(|which| Event::Leave { which }),
        ];
        prop::collection::vec((0_u64..40_000, event), 0..200)
    }

    proptest! {
        /// However calls come, overlap and end: it is parked only after enough breaches within the
        /// window, nothing goes through before its time, one call tries, and it can always come back.
        #[test]
        fn whatever_comes_it_is_parked_for_a_reason_and_comes_back(events in events()) {
            let (mut circuit, mut now) = (Circuit::default(), Instant::now());
            let mut running: Vec<Passage> = Vec::new();
            let mut breaches: Vec<Instant> = Vec::new();
            for (ms, event) in events {
                now += Duration::from_millis(ms);
                let before = circuit.parked();
                match event {
                    Event::Call => match circuit.admit(now) {
                        Ok(passage) => {
                            let is_due = before.is_none_or(|parked| {
                                parked.until.is_some_and(|until| until <= now)
                            });
                            prop_assert!(is_due);
                            prop_assert_eq!(passage == Passage::Trial, before.is_some());
                            running.push(passage);
                        }
                        Err(parked) => prop_assert!(parked.until.is_none_or(|until| until > now)),
                    },
                    Event::End { which, breach } if which < running.len() => {
                        let passage = running.swap_remove(which);
                        breaches.extend(breach.then_some(now));
                        let change = circuit.end(passage, breach.then_some(RULE), now, &LIMITS);
                        if let Some(CircuitChange::Parked(_)) = change {
                            let of_late = breaches.iter().filter(|at| now - **at <= WINDOW).count();
                            let wanted = if passage == Passage::Trial { 1 } else { 5 };
                            prop_assert!(of_late >= wanted);
                        }
                    }
                    Event::Leave { which } if which < running.len() => {
                        circuit.abandon(running.swap_remove(which), now);
                    }
                    Event::End { .. } | Event::Leave { .. } => {}
                }
                let trials = running.iter().filter(|passage| **passage == Passage::Trial).count();
                let is_tried = circuit.parked().is_some_and(|parked| parked.until.is_none());
                prop_assert_eq!(trials, usize::from(is_tried));
            }
            for passage in running {
                circuit.abandon(passage, now);
            }
            now += Duration::from_secs(600);
            let passage = circuit.admit(now).unwrap();
            circuit.end(passage, None, now, &LIMITS);
            prop_assert_eq!(circuit.admit(now), Ok(Passage::Normal));
        }
    }
}
