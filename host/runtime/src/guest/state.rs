//! What stands behind one run of a plugin: its empty WASI, its budget, and the call it serves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{
    Deterministic, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView,
    WasiView,
};

use super::call_context::CallContext;
use super::engine::{Engine, TICK};
use super::guest_log::GuestLog;
use super::limits::Budget;
use super::turns::{Turn, TurnOwner, Turns};
use super::usage::{ExceededBudget, Usage};
use super::wall_clock::WallClock;

/// What a guest's monotonic clock shows first. Nanoseconds.
const CLOCK_START: u64 = 1_000_000_000;
/// Random bytes in one host call. Nobody needs more for an id or a hash seed.
const RANDOM_BYTES: u64 = 4 << 10;
/// Handles that a guest may hold at once.
const HANDLES: usize = 1_000;
/// Processor time that a run has without waiting for a turn. An honest call takes less.
const WITHOUT_TURNS: Duration = TICK.saturating_mul(2);

/// The data of a wasmtime store. Made for one run and dropped with it.
pub(crate) struct GuestState {
    wasi: WasiCtx,
    /// What it writes.
    pub(crate) log: GuestLog,
    pub(crate) table: ResourceTable,
    /// How long it has run.
    pub(crate) clock: WallClock,
    pub(crate) usage: Usage,
    turns: HeldTurn,
    /// Files of documents that may be open, of all calls.
    pub(crate) open_documents: Arc<Semaphore>,
    /// The call it serves; `None` while a plugin describes itself.
    pub(crate) call: Option<Box<CallContext>>,
}

impl GuestState {
    /// For a call.
    pub(crate) fn calling(
        engine: &Engine,
        plugin: Arc<str>,
        budget: Budget,
        call: CallContext,
    ) -> Self {
        let turns = HeldTurn::new(engine, call.principal.as_str(), &plugin);
        let log = GuestLog::new(plugin, budget.log_bytes);
        let wasi = empty_wasi(&log).monotonic_clock(RunningClock::start()).build();
        Self::new(engine, wasi, log, budget, turns, Some(Box::new(call)))
    }

    /// For `describe`: time stands still and chance always falls the same way, so that a plugin
    /// can only say one thing of itself.
    pub(crate) fn describing(engine: &Engine, plugin: Arc<str>, budget: Budget) -> Self {
        let turns = HeldTurn::new(engine, "", &plugin);
        let log = GuestLog::new(plugin, budget.log_bytes);
        let wasi = empty_wasi(&log)
            .wall_clock(SteadyClock)
            .monotonic_clock(SteadyClock)
            .secure_random(steady_chance())
            .insecure_random(steady_chance())
            .insecure_random_seed(0)
            .build();
        Self::new(engine, wasi, log, budget, turns, None)
    }

    fn new(
        engine: &Engine,
        wasi: WasiCtx,
        log: GuestLog,
        budget: Budget,
        turns: HeldTurn,
        call: Option<Box<CallContext>>,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self {
            wasi,
            log,
            table,
            clock: WallClock::start(),
            usage: Usage::new(budget),
            turns,
            open_documents: engine.open_documents.clone(),
            call,
        }
    }

    /// A wasmtime store for this run, with every budget that the store itself watches.
    pub(crate) fn into_store(self, engine: &Engine) -> wasmtime::Store<Self> {
        // What crosses the border in one host call or answer. wasmtime counts some overhead too.
        let crossing = self.usage.budget.answer_bytes.saturating_mul(2);
        let mut store = wasmtime::Store::new(&engine.wasmtime, self);
        store.limiter(|state| &mut state.usage);
        store.set_hostcall_fuel(crossing);
        store.set_max_component_handles(HANDLES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut store| {
            let state = store.data_mut();
            state.turns.give_up();
            state.usage.check_cpu()?;
            if state.usage.cpu() <= WITHOUT_TURNS {
                // Not tokio's `yield_now`: it puts the task off until the worker has nothing else,
                // and with several busy guests others then waited four times as long.
                return Ok(wasmtime::UpdateDeadline::Yield(1));
            }
            Ok(wasmtime::UpdateDeadline::YieldCustom(1, Box::pin(state.turns.next())))
        });
        store
    }

    /// The guest calls an import that may wait, or that works for it.
    pub(crate) fn enter_host(&mut self) -> Result<(), ExceededBudget> {
        self.turns.give_up();
        self.usage.host_calls += 1;
        self.usage.check_cpu()
    }

    /// The import has done its work, which counts as the guest's own. Not asked where the guest must
    /// be told what was done: it is ended at the next tick.
    pub(crate) fn leave_host(&mut self) -> Result<(), ExceededBudget> {
        self.usage.check_cpu()
    }
}

/// The turn at the processor that a run has, where it needs one.
struct HeldTurn {
    turns: Arc<Turns>,
    owner: TurnOwner,
    turn: Arc<Mutex<Option<Turn>>>,
}

impl HeldTurn {
    fn new(engine: &Engine, caller: &str, plugin: &Arc<str>) -> Self {
        let owner = TurnOwner { caller: caller.into(), plugin: plugin.clone() };
        Self { turns: engine.turns.clone(), owner, turn: Arc::default() }
    }

    fn give_up(&self) {
        drop(self.turn.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Lets others go first, and waits for the next turn.
    fn next(&self) -> impl Future<Output = ()> + Send + use<> {
        let (turns, owner) = (self.turns.clone(), self.owner.clone());
        let held = self.turn.clone();
        async move {
            let mut yielded = false;
            std::future::poll_fn(|context| {
                if std::mem::replace(&mut yielded, true) {
                    return std::task::Poll::Ready(());
                }
                context.waker().wake_by_ref();
                std::task::Poll::Pending
            })
            .await;
            let turn = turns.take(owner).await;
            *held.lock().unwrap_or_else(PoisonError::into_inner) = Some(turn);
        }
    }
}

/// No files, no sockets, no environment, no arguments, no input; output goes to the log.
fn empty_wasi(log: &GuestLog) -> WasiCtxBuilder {
    let mut wasi = WasiCtxBuilder::new();
    wasi.stdout(log.clone())
        .stderr(log.clone())
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(RANDOM_BYTES);
    wasi
}

fn steady_chance() -> Deterministic {
    Deterministic::new(vec![4])
}

/// A clock that runs from the call's start. It never shows 0: Go's runtime takes that for broken.
struct RunningClock(Instant);

impl RunningClock {
    fn start() -> Self {
        Self(Instant::now())
    }
}

impl HostMonotonicClock for RunningClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        let nanoseconds = u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX);
        nanoseconds.saturating_add(CLOCK_START)
    }
}

/// A clock on which nothing passes.
struct SteadyClock;

impl HostWallClock for SteadyClock {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

impl HostMonotonicClock for SteadyClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        CLOCK_START
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
