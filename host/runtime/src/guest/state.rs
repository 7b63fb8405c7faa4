//! What stands behind one run of a plugin: its empty WASI, its budget, and the call it serves.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{
    Deterministic, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView,
    WasiView,
};

use super::call_context::CallContext;
use super::guest_log::GuestLog;
use super::limits::Budget;
use super::usage::Usage;
use super::wall_clock::WallClock;

/// Random bytes in one host call. Nobody needs more for an id or a hash seed.
const RANDOM_BYTES: u64 = 4 << 10;
/// Handles that a guest may hold at once.
const HANDLES: usize = 1_000;

/// The data of a wasmtime store. Made for one run and dropped with it.
pub(crate) struct GuestState {
    wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    /// How long it has run.
    pub(crate) clock: WallClock,
    pub(crate) usage: Usage,
    /// The call it serves; `None` while a plugin describes itself.
    pub(crate) call: Option<Box<CallContext>>,
}

impl GuestState {
    /// For a call.
    pub(crate) fn calling(plugin: Arc<str>, budget: Budget, call: CallContext) -> Self {
        let wasi = empty_wasi(plugin, &budget).build();
        Self::new(wasi, budget, Some(Box::new(call)))
    }

    /// For `describe`: time stands still and chance always falls the same way, so that a plugin
    /// can only say one thing of itself.
    pub(crate) fn describing(plugin: Arc<str>, budget: Budget) -> Self {
        let wasi = empty_wasi(plugin, &budget)
            .wall_clock(SteadyClock)
            .monotonic_clock(SteadyClock)
            .secure_random(steady_chance())
            .insecure_random(steady_chance())
            .insecure_random_seed(0)
            .build();
        Self::new(wasi, budget, None)
    }

    fn new(wasi: WasiCtx, budget: Budget, call: Option<Box<CallContext>>) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Self { wasi, table, clock: WallClock::start(), usage: Usage::new(budget), call }
    }

    /// A wasmtime store for this run, with every budget that the store itself watches.
    pub(crate) fn into_store(self, engine: &wasmtime::Engine) -> wasmtime::Store<Self> {
        // What crosses the border in one host call or answer. wasmtime counts some overhead too.
        let crossing = self.usage.budget.answer_bytes.saturating_mul(2);
        let mut store = wasmtime::Store::new(engine, self);
        store.limiter(|state| &mut state.usage);
        store.set_hostcall_fuel(crossing);
        store.set_max_component_handles(HANDLES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut store| {
            let usage = &mut store.data_mut().usage;
            usage.pause()?;
            usage.resume();
            // Not tokio's `yield_now`: it puts the task off until the worker has nothing else, and with
            // several busy guests others then waited four times as long.
            Ok(wasmtime::UpdateDeadline::Yield(1))
        });
        store
    }
}

/// No files, no sockets, no environment, no arguments, no input; output goes to the log.
fn empty_wasi(plugin: Arc<str>, budget: &Budget) -> WasiCtxBuilder {
    let log = GuestLog::new(plugin, budget.log_bytes);
    let mut wasi = WasiCtxBuilder::new();
    wasi.stdout(log.clone())
        .stderr(log)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(RANDOM_BYTES);
    wasi
}

fn steady_chance() -> Deterministic {
    Deterministic::new(vec![4])
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
        0
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
