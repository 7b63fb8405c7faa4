//! For whom a plugin is parked: one circuit for each caller, and one for everybody.
//!
//! A caller parks a plugin for itself alone, whatever it asks for: else whoever knows one argument that
//! is too much for a plugin could take it from all others. For everybody it is parked once that has
//! happened to two callers, and to half of those who have called it of late.

use std::collections::HashMap;
use std::time::Instant;

use super::circuit_breaker::{
    BreachRule, Circuit, CircuitChange, ParkedUntil, ParkingLimits, Passage, WINDOW,
};

/// Callers of whom it is parked, before it is for everybody.
const SEVERAL: usize = 2;

/// The circuits of one plugin.
#[derive(Debug, Default)]
pub(crate) struct PluginCircuits {
    everybody: Circuit,
    /// By the callers' names, which are the operator's, so that there are few.
    callers: HashMap<String, CallerCircuit>,
}

#[derive(Debug)]
struct CallerCircuit {
    circuit: Circuit,
    last_call: Instant,
}

/// How a call was let through both circuits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passages {
    everybody: Passage,
    caller: Passage,
}

/// For whom a plugin is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParkedFor {
    Everybody,
    Caller(String),
}

impl PluginCircuits {
    /// Asks whether a call may go through.
    pub(crate) fn admit(
        &mut self,
        caller: &str,
        now: Instant,
    ) -> Result<Passages, (ParkedFor, ParkedUntil)> {
        let everybody =
            self.everybody.admit(now).map_err(|parked| (ParkedFor::Everybody, parked))?;
        let own = match self.callers.get_mut(caller) {
            Some(own) => own,
            None => self
                .callers
                .entry(caller.to_owned())
                .or_insert_with(|| CallerCircuit { circuit: Circuit::default(), last_call: now }),
        };
        own.last_call = now;
        match own.circuit.admit(now) {
            Ok(caller) => Ok(Passages { everybody, caller }),
            Err(parked) => {
                self.everybody.abandon(everybody, now);
                Err((ParkedFor::Caller(caller.to_owned()), parked))
            }
        }
    }

    /// A call that was let through has ended, and by this rule where it broke off.
    pub(crate) fn end(
        &mut self,
        caller: &str,
        passages: Passages,
        breach: Option<BreachRule>,
        now: Instant,
        limits: &ParkingLimits,
    ) -> Vec<(ParkedFor, CircuitChange)> {
        let mut changes = Vec::new();
        if passages.everybody == Passage::Trial {
            let change = self.everybody.end(Passage::Trial, breach, now, limits);
            changes.extend(change.map(|change| (ParkedFor::Everybody, change)));
        }
        let Some(own) = self.callers.get_mut(caller) else { return changes };
        let change = own.circuit.end(passages.caller, breach, now, limits);
        changes.extend(change.map(|change| (ParkedFor::Caller(caller.to_owned()), change)));
        if let Some(CircuitChange::Parked(parked)) = change
            && self.everybody.parked().is_none()
            && self.is_parked_for_most(now)
        {
            let change = self.everybody.park(parked.rule, now, limits);
            changes.extend(change.map(|change| (ParkedFor::Everybody, change)));
        }
        changes
    }

    /// A call that was let through has come to nothing.
    pub(crate) fn abandon(&mut self, caller: &str, passages: Passages, now: Instant) {
        self.everybody.abandon(passages.everybody, now);
        if let Some(own) = self.callers.get_mut(caller) {
            own.circuit.abandon(passages.caller, now);
        }
    }

    /// For whom it is parked.
    pub(crate) fn parked(&self) -> Vec<(ParkedFor, ParkedUntil)> {
        let everybody = self.everybody.parked().map(|parked| (ParkedFor::Everybody, parked));
        let mut callers: Vec<_> = self
            .callers
            .iter()
            .filter_map(|(name, own)| Some((name, own.circuit.parked()?)))
            .collect();
        callers.sort_by_key(|(name, _)| *name);
        let callers =
            callers.into_iter().map(|(name, parked)| (ParkedFor::Caller(name.clone()), parked));
        everybody.into_iter().chain(callers).collect()
    }

    fn is_parked_for_most(&self, now: Instant) -> bool {
        let is_parked = |own: &&CallerCircuit| own.circuit.parked().is_some();
        let parked = self.callers.values().filter(is_parked).count();
        let of_late = self
            .callers
            .values()
            .filter(|own| is_parked(own) || now.saturating_duration_since(own.last_call) <= WINDOW);
        parked >= SEVERAL && 2 * parked >= of_late.count()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const RULE: BreachRule = "trap";

    fn limits() -> ParkingLimits {
        ParkingLimits::default()
    }

    fn call(
        circuits: &mut PluginCircuits,
        caller: &str,
        breach: bool,
        now: Instant,
    ) -> Option<Vec<(ParkedFor, CircuitChange)>> {
        let passages = circuits.admit(caller, now).ok()?;
        Some(circuits.end(caller, passages, breach.then_some(RULE), now, &limits()))
    }

    fn park(circuits: &mut PluginCircuits, caller: &str, now: Instant) {
        for _ in 0..limits().breaches {
            call(circuits, caller, true, now);
        }
    }

    fn whom(circuits: &PluginCircuits) -> Vec<ParkedFor> {
        circuits.parked().into_iter().map(|(whom, _)| whom).collect()
    }

    #[test]
    fn it_is_parked_for_everybody_once_it_is_for_several_and_half_of_its_callers() {
        let now = Instant::now();
        for (healthy, is_parked) in [(0, true), (2, true), (3, false)] {
            let mut circuits = PluginCircuits::default();
            for one in 0..healthy {
                call(&mut circuits, &format!("healthy{one}"), false, now);
            }
            park(&mut circuits, "ann", now);
            assert_eq!(whom(&circuits), [ParkedFor::Caller("ann".into())]);
            park(&mut circuits, "bob", now);
            assert_eq!(whom(&circuits)[0] == ParkedFor::Everybody, is_parked, "{healthy}");
            assert_eq!(call(&mut circuits, "carl", false, now).is_none(), is_parked);
        }
    }

    #[test]
    fn a_trial_by_somebody_whose_own_circuit_holds_is_left_to_others() {
        let (mut circuits, mut now) = (PluginCircuits::default(), Instant::now());
        park(&mut circuits, "ann", now);
        // She tries it and it does not help, so that it is parked for her for longer.
        now += limits().first;
        call(&mut circuits, "ann", true, now);
        park(&mut circuits, "bob", now);
        now += limits().first;
        assert!(call(&mut circuits, "ann", false, now).is_none());
        assert_eq!(whom(&circuits)[0], ParkedFor::Everybody);
        assert!(call(&mut circuits, "carl", false, now).is_some());
        assert!(!whom(&circuits).contains(&ParkedFor::Everybody));
    }

    proptest! {
        /// Whatever one caller makes of a plugin, it is never parked for those whose calls are sound.
        #[test]
        fn one_caller_parks_it_for_nobody_else(
            calls in prop::collection::vec((0_u64..30_000, any::<bool>(), any::<bool>()), 0..300),
        ) {
            let (mut circuits, mut now) = (PluginCircuits::default(), Instant::now());
            for (ms, is_eve, breach) in calls {
                now += Duration::from_millis(ms);
                if is_eve {
                    call(&mut circuits, "eve", breach, now);
                } else {
                    prop_assert!(call(&mut circuits, "ann", false, now).is_some());
                }
            }
        }
    }
}
