//! The engine: wasmtime configured once for the whole process, and the clock that interrupts guests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy};

use super::limits::Limits;
use super::turns::Turns;

/// How often running guests are interrupted. Each interruption gives the worker thread back for a
/// moment, so that is also how long a busy plugin can hold one.
pub(crate) const TICK: Duration = Duration::from_millis(2);

/// Documents that are written at once, by all calls: each is an open file, of which a process may have
/// 1,024 where nobody raised that.
const OPEN_DOCUMENTS: usize = 128;
/// Plugins that describe themselves at once, beside the calls.
pub(crate) const DESCRIBING: u32 = 2;
/// The host's part of a fiber's stack: imports run on it, down into the HTTP client.
const HOST_STACK: usize = 1 << 20;

/// The engine and its clock.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) wasmtime: wasmtime::Engine,
    /// At the processor, for guests that take much of it.
    pub(crate) turns: Arc<Turns>,
    /// At checking what guests answered, where that is much.
    pub(crate) checks: Arc<Turns>,
    /// Files of documents that are being written, of all calls.
    pub(crate) open_documents: Arc<Semaphore>,
    clock: Arc<EpochTicker>,
}

/// Why the engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A limit is out of range.
    #[error("{0}")]
    Limits(String),
    /// The cache's directory cannot be used.
    #[error("cannot keep compiled plugins in `{path}`: {cause}")]
    Cache {
        /// The directory.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// The thread that interrupts guests cannot be started.
    #[error("cannot start the thread that interrupts plugins: {0}")]
    Clock(std::io::Error),
    /// wasmtime refused the configuration, usually for want of address space.
    #[error("cannot reserve room for {calls} calls of {memory} bytes: {cause}")]
    Reserve {
        /// `limits.concurrent_calls`
        calls: u32,
        /// `limits.memory_bytes`
        memory: usize,
        /// What wasmtime said.
        cause: String,
    },
}

impl Engine {
    /// Builds the engine and starts its clock.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub(crate) fn new(limits: &Limits) -> Result<Self, EngineError> {
        limits.check().map_err(EngineError::Limits)?;
        let mut config = code_config(limits.stack_bytes, limits.memory_bytes);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
        let wasmtime = wasmtime::Engine::new(&config).map_err(|cause| EngineError::Reserve {
            calls: limits.concurrent_calls,
            memory: limits.memory_bytes,
            cause: format!("{cause:#}"),
        })?;
        let clock = EpochTicker::start(&wasmtime).map_err(EngineError::Clock)?;
        Ok(Self {
            wasmtime,
            turns: Turns::new(),
            checks: Turns::new(),
            open_documents: Arc::new(Semaphore::new(OPEN_DOCUMENTS)),
            clock,
        })
    }

    /// Keeps the clock ticking until the guard is dropped.
    pub(crate) fn ticking(&self) -> TickingGuard {
        self.clock.enter();
        TickingGuard(self.clock.clone())
    }
}

/// Everything that compiled code depends on: the engine that compiles and the one that runs it are
/// made from this, with the same numbers.
pub(crate) fn code_config(stack_bytes: usize, memory_bytes: usize) -> Config {
    let mut config = Config::new();
    config
        // Winch has had sandbox advisories; untrusted code goes through Cranelift alone.
        .strategy(Strategy::Cranelift)
        .epoch_interruption(true)
        .max_wasm_stack(stack_bytes)
        .async_stack_size(stack_bytes + HOST_STACK)
        // A stack is given back after its call, but for what most calls use: each of the pool's was
        // kept as deep as the deepest call on it had gone.
        .async_stack_zeroing(true)
        // Guests never outgrow their slot, so memories stay where they are and bounds checks are
        // elided by guard pages.
        .memory_reservation(memory_bytes as u64)
        .memory_reservation_for_growth(0)
        .memory_may_move(false)
        // What passes values between the components of one that was joined looks into both memories.
        // No module has two of its own: see the pool.
        .wasm_multi_memory(true)
        // Features no plugin toolchain needs are attack surface.
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_custom_page_sizes(false)
        // A trap's message names functions, some dozen of which are a language's own way to give up; the
        // address map and native unwinding cost start-up time and memory and tell nobody more.
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(32))
        .native_unwind_info(false)
        .generate_address_map(false);
    config
}

/// One slot a call for everything, and every count of a single component bounded: wasmtime leaves
/// those unlimited, so that one component could take the whole pool.
fn pool(limits: &Limits) -> PoolingAllocationConfig {
    // Loading never takes a call's place.
    let calls = limits.concurrent_calls + DESCRIBING;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_stacks(calls)
        .total_core_instances(calls.saturating_mul(limits.instances))
        .total_memories(calls.saturating_mul(limits.memories))
        .total_tables(calls.saturating_mul(limits.tables))
        .max_core_instances_per_component(limits.instances)
        .max_memories_per_component(limits.memories)
        .max_tables_per_component(limits.tables)
        .max_memories_per_module(1)
        .max_tables_per_module(2)
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        // A warm slot spares a call its page faults; a few are enough for the usual load, and idle
        // memory stays low. What a call touched is wiped in any case before the next one sees it.
        .max_unused_warm_slots(8)
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(16 << 10)
        // As deep as an optimised host goes for most imports; cheaper to wipe than to fault in again.
        .async_stack_keep_resident(96 << 10)
        // Where the kernel can tell which pages were touched (Linux 6.7), only those are wiped,
        // and they stay mapped for the next call: a call then costs less than half.
        .pagemap_scan(wasmtime::Enabled::Auto);
    pool
}

/// Ticks the engine's epoch from a thread of its own, so that it ticks even when every worker is
/// busy with guests; sleeps while no guest runs.
struct EpochTicker {
    running: Arc<AtomicUsize>,
    thread: std::thread::Thread,
}

impl EpochTicker {
    fn start(engine: &wasmtime::Engine) -> std::io::Result<Arc<Self>> {
        let running = Arc::new(AtomicUsize::new(0));
        let (engine, guests) = (engine.weak(), running.clone());
        let handle = std::thread::Builder::new().name("souk-clock".into()).spawn(move || {
            loop {
                if guests.load(Ordering::SeqCst) == 0 {
                    std::thread::park();
                } else {
                    std::thread::sleep(TICK);
                }
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        })?;
        Ok(Arc::new(Self { running, thread: handle.thread().clone() }))
    }

    fn enter(&self) {
        if self.running.fetch_add(1, Ordering::SeqCst) == 0 {
            self.thread.unpark();
        }
    }
}

impl Drop for EpochTicker {
    fn drop(&mut self) {
        self.thread.unpark();
    }
}

/// A guest that runs: while one exists, the clock ticks.
pub(crate) struct TickingGuard(Arc<EpochTicker>);

impl Drop for TickingGuard {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::{Instance, Module, Store};

    #[tokio::test]
    async fn what_one_call_wrote_no_other_sees() {
        let engine = Engine::new(&Limits::default()).unwrap().wasmtime;
        let text = r#"(module (memory (export "memory") 32) (data (i32.const 65536) "data"))"#;
        let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
        let mut fresh = vec![0; 32 << 16];
        fresh[65_536..65_540].copy_from_slice(b"data");
        // Few pages stay with their slot, many are given back to the system.
        for dirty in [1, 16 << 10, 256 << 10, 2 << 20] {
            for _ in 0..3 {
                let mut store = Store::new(&engine, ());
                let instance = Instance::new_async(&mut store, &module, &[]).await.unwrap();
                let memory = instance.get_memory(&mut store, "memory").unwrap();
                assert!(memory.data(&store) == fresh, "after {dirty} bytes were written");
                memory.data_mut(&mut store)[..dirty].fill(0xa5);
                memory.data_mut(&mut store)[(2 << 20) - dirty..].fill(0xa5);
            }
        }
    }
}
