//! What a run of a plugin has used, and the point where it has used too much.

use std::time::{Duration, Instant};

use souk_model::{Code, Failure};
use wasmtime::ResourceLimiter;

use super::engine::TICK;
use super::limits::Budget;

/// A budget that is used up. Ends the run; the guest never sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExceededBudget {
    #[error("it used more than {} MiB of memory (`limits.memory_bytes`)", .0 >> 20)]
    Memory(usize),
    #[error("its tables grew past {0} elements (`limits.table_elements`)")]
    Tables(usize),
    #[error("it used more than {} ms of processor time (`limits.cpu_ms`)", .0.as_millis())]
    Cpu(Duration),
    #[error("it took longer than {} ms (`limits.wall_ms`)", .0.as_millis())]
    Wall(Duration),
    #[error("its answer is larger than {0} bytes (`limits.answer_bytes`)")]
    Answer(usize),
    #[error("it handed over more than {0} bytes at once (`limits.answer_bytes`)")]
    Crossing(usize),
    #[error("checking its answer took longer than {} ms (`limits.cpu_ms`)", .0.as_millis())]
    Checking(Duration),
    #[error("it made more than {0} requests (`limits.requests`)")]
    Requests(u32),
    #[error("it fetched more than {} MiB from back ends (`limits.fetched_bytes`)", .0 >> 20)]
    Fetched(usize),
}

impl ExceededBudget {
    /// The stable name for logs and the audit trail.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Memory(_) => "budget-memory",
            Self::Tables(_) => "budget-tables",
            Self::Cpu(_) => "budget-cpu",
            Self::Wall(_) => "budget-wall",
            Self::Answer(_) | Self::Crossing(_) => "budget-answer",
            Self::Checking(_) => "budget-checking",
            Self::Requests(_) => "budget-requests",
            Self::Fetched(_) => "budget-fetched",
        }
    }

    /// What the caller is told.
    pub(crate) fn failure(self, plugin: &str) -> Failure {
        Failure::new(Code::InternalError, format!("the plugin `{plugin}` was ended: {self}"))
            .rule(self.rule())
            .remedy("ask for less in one call; if it happens again the plugin is at fault")
    }
}

/// Counts what a run uses against its [`Budget`].
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) budget: Budget,
    /// The first budget that was used up. The guest only sees a failed instruction, so the reason
    /// is kept here.
    pub(crate) exceeded: Option<ExceededBudget>,
    cpu: Duration,
    /// When the guest was last given the processor.
    resumed_at: Instant,
    memory: usize,
    tables: usize,
    pub(crate) requests: u32,
    pub(crate) fetched: usize,
    pub(crate) reports: u32,
    /// Calls of the guest into the contract's imports.
    pub(crate) host_calls: u64,
}

impl Usage {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            exceeded: None,
            cpu: Duration::ZERO,
            resumed_at: Instant::now(),
            memory: 0,
            tables: 0,
            requests: 0,
            fetched: 0,
            reports: 0,
            host_calls: 0,
        }
    }

    /// Processor time so far, waiting not counted.
    pub(crate) fn cpu(&self) -> Duration {
        self.cpu
    }

    /// The most memory it had. Memories only grow, so this is also what it has.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// The guest was interrupted, or calls the host: what it ran since it was resumed is counted.
    ///
    /// A guest is interrupted once a tick, so anything above a tick was spent waiting for a worker.
    pub(crate) fn pause(&mut self) -> Result<(), ExceededBudget> {
        self.cpu += self.resumed_at.elapsed().min(TICK);
        if self.cpu > self.budget.cpu {
            return Err(self.exceed(ExceededBudget::Cpu(self.budget.cpu)));
        }
        Ok(())
    }

    /// The guest calls an import that may wait.
    pub(crate) fn enter_host(&mut self) -> Result<(), ExceededBudget> {
        self.host_calls += 1;
        self.pause()
    }

    /// The guest runs again.
    pub(crate) fn resume(&mut self) {
        self.resumed_at = Instant::now();
    }

    /// Counts requests that are about to be sent.
    pub(crate) fn request(&mut self, count: usize) -> Result<(), ExceededBudget> {
        self.requests = self.requests.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        if self.requests > self.budget.requests {
            return Err(self.exceed(ExceededBudget::Requests(self.budget.requests)));
        }
        Ok(())
    }

    /// Counts bytes that a back end answered.
    pub(crate) fn fetch(&mut self, bytes: usize) -> Result<(), ExceededBudget> {
        self.fetched = self.fetched.saturating_add(bytes);
        if self.fetched > self.budget.fetched_bytes {
            return Err(self.exceed(ExceededBudget::Fetched(self.budget.fetched_bytes)));
        }
        Ok(())
    }

    /// Notes a used-up budget; the first one counts.
    pub(crate) fn exceed(&mut self, what: ExceededBudget) -> ExceededBudget {
        *self.exceeded.get_or_insert(what)
    }
}

/// wasmtime asks before each growth. An `Err` traps at once, so that a plugin does not run on
/// without the memory it counted on, and sums over all memories of the run: a limit on each alone
/// would let several through.
impl ResourceLimiter for Usage {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.budget.memory_bytes {
            return Err(self.exceed(ExceededBudget::Memory(self.budget.memory_bytes)).into());
        }
        self.memory = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.tables.saturating_add(desired.saturating_sub(current));
        if total > self.budget.table_elements {
            return Err(self.exceed(ExceededBudget::Tables(self.budget.table_elements)).into());
        }
        self.tables = total;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::limits::Limits;

    #[test]
    fn memories_of_one_call_are_summed() {
        let mut usage = Usage::new(Limits { memory_bytes: 2 << 20, ..Limits::default() }.call());
        assert!(usage.memory_growing(0, 1 << 20, None).unwrap());
        assert!(usage.memory_growing(0, 1 << 20, None).unwrap());
        usage.memory_growing(0, 1 << 16, None).unwrap_err();
        assert_eq!(usage.exceeded, Some(ExceededBudget::Memory(2 << 20)));
    }

    #[test]
    fn time_spent_waiting_for_a_worker_is_not_the_plugins() {
        let mut usage = Usage::new(Limits::default().call());
        usage.resumed_at = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
        usage.pause().unwrap();
        assert_eq!(usage.cpu(), TICK);
    }
}
