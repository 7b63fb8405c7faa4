//! What the calls of a plugin have used since its host began, and for whom it is parked: for people who
//! look at a running host from outside.

use serde::{Deserialize, Serialize};
use souk_state::Timestamp;

/// The figures of one plugin. A call whose caller left before its end is in none of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginFigures {
    /// The plugin: its group's name.
    pub plugin: String,
    /// The digest of the file that served last.
    pub digest: String,
    /// Calls that have ended.
    pub calls: u64,
    /// Calls that run now or wait for a place.
    pub in_flight: u64,
    /// Calls that failed, for whatever reason.
    pub errors: u64,
    /// Of those, the calls that broke off by the plugin's own fault: a budget, a trap, a wrong answer.
    pub breaches: u64,
    /// Processor time of all calls, in microseconds.
    pub cpu_us: u64,
    /// The most that one took.
    pub cpu_us_most: u64,
    /// The most memory that one had, in bytes.
    pub memory_bytes_most: u64,
    /// Calls into the host.
    pub host_calls: u64,
    /// Requests to back ends.
    pub requests: u64,
    /// What came back from them, in bytes.
    pub fetched_bytes: u64,
    /// For whom it is parked.
    pub parked: Vec<PluginParking>,
}

/// A plugin that is parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginParking {
    /// For whom; none where it is for everybody.
    pub caller: Option<String>,
    /// When a call is let through to try it; none while one does.
    pub until: Option<Timestamp>,
    /// By which rule its last call broke off.
    pub rule: String,
}

impl PluginFigures {
    /// Adds those of another host.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.in_flight += other.in_flight;
        self.errors += other.errors;
        self.breaches += other.breaches;
        self.cpu_us += other.cpu_us;
        self.cpu_us_most = self.cpu_us_most.max(other.cpu_us_most);
        self.memory_bytes_most = self.memory_bytes_most.max(other.memory_bytes_most);
        self.host_calls += other.host_calls;
        self.requests += other.requests;
        self.fetched_bytes += other.fetched_bytes;
        self.parked.extend(other.parked.iter().cloned());
    }
}

impl PluginParking {
    /// In words: `parked for everybody until 2026-01-01T00:00:00Z (budget-cpu)`.
    #[must_use]
    pub fn describe(&self) -> String {
        let whom = match &self.caller {
            Some(caller) => format!("`{caller}`"),
            None => "everybody".to_owned(),
        };
        let until = match self.until {
            // To the second, and not before it is over.
            Some(until) if until > Timestamp::now() => format!(" until {}", to_the_second(until)),
            Some(_) => ", to be tried by the next call".to_owned(),
            None => ", and tried by a call just now".to_owned(),
        };
        format!("parked for {whom}{until} ({})", self.rule)
    }
}

/// The second in which it is over.
pub(super) fn to_the_second(at: Timestamp) -> String {
    souk_state::rfc3339_to_the_second(at.as_millisecond() + 999)
}
