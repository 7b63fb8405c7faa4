//! What a run of a plugin has used, and the point where it has used too much.

use std::time::{Duration, Instant};

use souk_model::{Code, Failure};
use souk_upstream::UPSTREAM;
use wasmtime::ResourceLimiter;

use super::cpu_time::CpuMeter;
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
    #[error("it took longer than {} ms, commits and purges included (`limits.call_ms`)", .0.as_millis())]
    Whole(Duration),
    #[error("its answer is larger than {0} bytes (`limits.answer_bytes`)")]
    Answer(usize),
    #[error("it handed over more than {0} bytes at once (`limits.answer_bytes`)")]
    Crossing(usize),
    #[error("checking its answer took longer than {} ms (`limits.cpu_ms`)", .0.as_millis())]
    Checking(Duration),
    #[error("it made more than {0} requests (`limits.requests`)")]
    Requests(u32),
    #[error("it holds more than {0} drafts and documents open at once")]
    Handles(usize),
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
            Self::Whole(_) => "budget-call",
            Self::Answer(_) | Self::Crossing(_) => "budget-answer",
            Self::Checking(_) => "budget-checking",
            Self::Requests(_) => "budget-requests",
            Self::Fetched(_) => "budget-fetched",
            Self::Handles(_) => "budget-handles",
        }
    }

    /// What the caller is told.
    pub(crate) fn failure(self, plugin: &str) -> Failure {
        Failure::new(Code::InternalError, format!("the plugin `{plugin}` was ended: {self}"))
            .rule(self.rule())
            .remedy("ask for less in one call; if it happens again the plugin is at fault")
    }
}

/// Drafts and documents that a call may have open at once. Each holds a part of the host: memory, a
/// row, an open file.
const OPEN_HANDLES: usize = 16;

/// Counts what a run uses against its [`Budget`].
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) budget: Budget,
    /// The first budget that was used up. The guest only sees a failed instruction, so the reason
    /// is kept here.
    pub(crate) exceeded: Option<ExceededBudget>,
    /// Processor time, of the guest and of what the host does for it.
    pub(crate) meter: CpuMeter,
    memory: usize,
    tables: usize,
    pub(crate) requests: u32,
    pub(crate) fetched: usize,
    pub(crate) reports: u32,
    /// Calls of the guest into the contract's imports.
    pub(crate) host_calls: u64,
    /// Drafts and documents that are open.
    open_handles: usize,
    /// How long it has waited for back ends.
    waited: Duration,
    /// Since when it waits for one now.
    waiting_since: Option<Instant>,
}

impl Usage {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            exceeded: None,
            meter: CpuMeter::default(),
            memory: 0,
            tables: 0,
            requests: 0,
            fetched: 0,
            reports: 0,
            host_calls: 0,
            open_handles: 0,
            waited: Duration::ZERO,
            waiting_since: None,
        }
    }

    /// Processor time so far, waiting not counted.
    pub(crate) fn cpu(&self) -> Duration {
        self.meter.spent()
    }

    /// The most memory it had. Memories only grow, so this is also what it has.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// Refuses to go on where the processor time is used up.
    pub(crate) fn check_cpu(&mut self) -> Result<(), ExceededBudget> {
        if self.cpu() > self.budget.cpu {
            return Err(self.exceed(ExceededBudget::Cpu(self.budget.cpu)));
        }
        Ok(())
    }

    /// A back end is asked something.
    pub(crate) fn begin_wait(&mut self) {
        self.waiting_since = Some(Instant::now());
    }

    /// It has answered.
    pub(crate) fn end_wait(&mut self) {
        self.waited += self.waiting_since.take().map_or(Duration::ZERO, |since| since.elapsed());
    }

    /// What the caller is told of a run whose wall clock has run out. Where it is the back end that
    /// took most of the time, that is said, and not that the plugin was slow.
    pub(crate) fn out_of_time(&mut self, exceeded: ExceededBudget, plugin: &str) -> Failure {
        self.end_wait();
        let wall = self.budget.wall;
        if self.exceed(exceeded) != ExceededBudget::Wall(wall) || self.waited * 2 < wall {
            return exceeded.failure(plugin);
        }
        let message = format!(
            "the store was too slow: {} of the {} ms that a call may take were spent waiting for it \
             (`limits.wall_ms`)",
            self.waited.min(wall).as_millis(),
            wall.as_millis()
        );
        Failure::new(Code::UpstreamError, message).from_upstream(UPSTREAM, None).remedy(
            "try again later, or ask for less in one call; `souk doctor` measures the store",
        )
    }

    /// Counts a draft or a document that the guest opens.
    pub(crate) fn open_handle(&mut self) -> Result<(), ExceededBudget> {
        self.open_handles += 1;
        if self.open_handles > OPEN_HANDLES {
            return Err(self.exceed(ExceededBudget::Handles(OPEN_HANDLES)));
        }
        Ok(())
    }

    /// One of them was closed, or dropped while it was open.
    pub(crate) fn close_handle(&mut self) {
        self.open_handles = self.open_handles.saturating_sub(1);
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
    fn whoever_took_the_time_is_named_when_it_is_over() {
        let budget = || Limits::default().call();
        let mut idle = Usage::new(budget());
        let late = ExceededBudget::Wall(budget().wall);
        assert_eq!(idle.out_of_time(late, "probe").code, Code::InternalError);
        let mut waiting = Usage { waited: budget().wall, ..Usage::new(budget()) };
        let failure = waiting.out_of_time(late, "probe");
        assert_eq!((failure.code, failure.rule), (Code::UpstreamError, None));
        assert!(!failure.message.contains("probe"), "{}", failure.message);
    }

    #[test]
    fn handles_are_bounded_while_they_are_open() {
        let mut usage = Usage::new(Limits::default().call());
        for _ in 0..100 {
            usage.open_handle().unwrap();
            usage.close_handle();
        }
        for _ in 0..OPEN_HANDLES {
            usage.open_handle().unwrap();
        }
        assert_eq!(usage.open_handle(), Err(ExceededBudget::Handles(OPEN_HANDLES)));
    }
}
