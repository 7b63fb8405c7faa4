//! What a plugin may use: every number an operator can set, and why it is what it is.

use std::time::Duration;

use serde::Deserialize;
use souk_state::exports::ExportLimits;

/// Budgets of plugins, all from `[limits]` of the configuration.
///
/// The defaults leave an honest plugin ten times what the shipped ones were measured to need.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Calls that run at once, over all plugins. The instance pool is sized from it. Each reserves
    /// address space, not memory: 64 calls of 64 MiB are 4 GiB of reservation.
    pub concurrent_calls: u32,
    /// Of those, the calls of one plugin, so that a slow one cannot starve the others.
    pub concurrent_calls_per_plugin: u32,
    /// All linear memories of one call together. Bytes.
    pub memory_bytes: usize,
    /// Elements of all tables of one call together. A Rust plugin has a few hundred.
    pub table_elements: usize,
    /// Core instances that one component is made of. A Rust plugin has four: its module, two of
    /// wit-component's shims and WASI's adapter; Python's interpreter with its libraries has some
    /// twenty, and components that are joined have as many as all of them, and one for each joint.
    pub instances: u32,
    /// Linear memories in one component: one for each component that it is joined of. Each reserves
    /// `memory_bytes` of address space for each call that may run at once.
    pub memories: u32,
    /// Tables in one component: of its modules, and of wit-component's shims.
    pub tables: u32,
    /// The plugin's own stack. Bytes.
    pub stack_bytes: usize,
    /// Processor time of one call. Milliseconds, counted in ticks of 2.
    pub cpu_ms: u64,
    /// Time of one call from start to end, waiting for the store included, but for the commits and
    /// purges that it waits for. Milliseconds.
    pub wall_ms: u64,
    /// The same with commits and purges. Milliseconds. A commit that has begun goes on without its
    /// caller.
    pub call_ms: u64,
    /// Text of one answer. Bytes. It may hold a value for each eight of them, since values take
    /// more room than their text.
    pub answer_bytes: usize,
    /// Requests to back ends in one call.
    pub requests: u32,
    /// Bytes that one call may get from back ends, so that a plugin cannot make the host read for ever.
    pub fetched_bytes: usize,
    /// What one call may write to the log. Bytes; the rest is dropped and counted.
    pub log_bytes: usize,
    /// Reports of progress in one call; the rest is dropped.
    pub progress_reports: u32,
    /// One document that a call keeps for its caller. Bytes. Whoever reads it takes it whole, in
    /// one message.
    pub export_bytes: u64,
    /// All documents of one caller. Bytes; what would be more is refused.
    pub exports_bytes: u64,
    /// How long a document is kept. Hours.
    pub export_hours: u32,
    /// Size of a plugin's file. Bytes.
    pub file_bytes: u64,
    /// Code of one function in it. Bytes. The time and memory that compiling one takes grows faster
    /// than its size; those of Rust plugins have some thousands.
    pub function_bytes: usize,
    /// All plugin files together. Bytes. Those that serve already come first, then the small ones.
    pub all_files_bytes: u64,
    /// Processor time of the compiler for one file. Milliseconds, rounded up to seconds.
    pub compile_ms: u64,
    /// Address space of the compiler of one file, its program included. Bytes.
    pub compile_memory_bytes: u64,
    /// Processor time of `describe`. Milliseconds.
    pub describe_cpu_ms: u64,
    /// Tools of one plugin.
    pub tools: usize,
    /// Text of one JSON Schema. Bytes.
    pub schema_bytes: usize,
    /// Text of a tool's or a group's description. Characters.
    pub description_chars: usize,
}

/// Within these an operator may choose, for all plugins and for one.
pub(super) const LEAST_MEMORY: u64 = 1 << 20;
pub(super) const LEAST_TABLES: u64 = 1_000;
pub(super) const LEAST_MS: u64 = 10;
pub(super) const MOST_CPU_MS: u64 = 600_000;
pub(super) const MOST_WALL_MS: u64 = 3_600_000;
pub(super) const MOST_CALL_MS: u64 = 24 * 3_600_000;
pub(super) const LEAST_BYTES: u64 = 1 << 10;
pub(super) const MOST_ANSWER: u64 = 256 << 20;
pub(super) const MOST_FILE: u64 = 256 << 20;
/// The compiler's own limits end what takes too long all the same.
pub(super) const MOST_FUNCTION: u64 = 64 << 20;

/// Everything that a plugin says of itself: names, texts and schemas of all its tools. Every client
/// gets all of it, and the host holds it parsed.
const DESCRIPTION_BYTES: usize = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrent_calls: 64,
            concurrent_calls_per_plugin: 32,
            memory_bytes: 64 << 20,
            table_elements: 20_000,
            instances: 64,
            memories: 8,
            tables: 32,
            stack_bytes: 512 << 10,
            cpu_ms: 5_000,
            wall_ms: 120_000,
            call_ms: 1_800_000,
            answer_bytes: 8 << 20,
            requests: 500,
            fetched_bytes: 64 << 20,
            log_bytes: 64 << 10,
            progress_reports: 1_000,
            export_bytes: 64 << 20,
            exports_bytes: 256 << 20,
            export_hours: 24,
            file_bytes: 32 << 20,
            function_bytes: 512 << 10,
            all_files_bytes: 256 << 20,
            compile_ms: 60_000,
            compile_memory_bytes: 1 << 30,
            describe_cpu_ms: 500,
            tools: 64,
            schema_bytes: 128 << 10,
            description_chars: 4_000,
        }
    }
}

impl Limits {
    /// Refuses what cannot work, by the setting's name.
    ///
    /// # Errors
    /// The first setting that is out of range and what it may be.
    pub fn check(&self) -> Result<(), String> {
        let within = |name: &str, value: u64, low: u64, high: u64| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(format!("`limits.{name}` is {value}, and must be from {low} to {high}"))
        };
        within("concurrent_calls", self.concurrent_calls.into(), 1, 1_000)?;
        within(
            "concurrent_calls_per_plugin",
            self.concurrent_calls_per_plugin.into(),
            1,
            self.concurrent_calls.into(),
        )?;
        within("memory_bytes", self.memory_bytes as u64, LEAST_MEMORY, 1 << 30)?;
        within("table_elements", self.table_elements as u64, LEAST_TABLES, 1_000_000)?;
        within("instances", self.instances.into(), 4, 1_000)?;
        within("memories", self.memories.into(), 1, 100)?;
        within("tables", self.tables.into(), 2, 1_000)?;
        within("stack_bytes", self.stack_bytes as u64, 64 << 10, 8 << 20)?;
        within("cpu_ms", self.cpu_ms, LEAST_MS, MOST_CPU_MS)?;
        within("wall_ms", self.wall_ms, LEAST_MS, MOST_WALL_MS)?;
        within("call_ms", self.call_ms, self.wall_ms, MOST_CALL_MS)?;
        within("answer_bytes", self.answer_bytes as u64, LEAST_BYTES, MOST_ANSWER)?;
        within("export_bytes", self.export_bytes, 1 << 10, 1 << 30)?;
        within("exports_bytes", self.exports_bytes, self.export_bytes, 1 << 40)?;
        within("export_hours", self.export_hours.into(), 1, 24 * 30)?;
        within("file_bytes", self.file_bytes, LEAST_BYTES, MOST_FILE)?;
        within("function_bytes", self.function_bytes as u64, LEAST_BYTES, MOST_FUNCTION)?;
        within("all_files_bytes", self.all_files_bytes, self.file_bytes, 1 << 40)?;
        within("compile_ms", self.compile_ms, 100, 3_600_000)?;
        within("compile_memory_bytes", self.compile_memory_bytes, 256 << 20, 1 << 40)?;
        within("describe_cpu_ms", self.describe_cpu_ms, 10, 60_000)?;
        within("tools", self.tools as u64, 1, 1_000)
    }

    /// What documents may take.
    #[must_use]
    pub fn exports(&self) -> ExportLimits {
        ExportLimits {
            each: self.export_bytes,
            together: self.exports_bytes,
            kept_for: Duration::from_secs(u64::from(self.export_hours) * 3_600),
        }
    }

    /// The call's budget.
    pub(crate) fn call(&self) -> Budget {
        Budget {
            memory_bytes: self.memory_bytes,
            table_elements: self.table_elements,
            cpu: Duration::from_millis(self.cpu_ms),
            wall: Duration::from_millis(self.wall_ms),
            whole: Duration::from_millis(self.call_ms),
            answer_bytes: self.answer_bytes,
            requests: self.requests,
            fetched_bytes: self.fetched_bytes,
            log_bytes: self.log_bytes,
            progress_reports: self.progress_reports,
        }
    }

    /// The budget of `describe`: no requests, little time, and no more text than clients can use.
    pub(crate) fn describe(&self) -> Budget {
        let cpu = Duration::from_millis(self.describe_cpu_ms);
        Budget {
            cpu,
            // It makes no host call that waits, so the wall clock matters only on a busy machine.
            wall: cpu * 20,
            whole: cpu * 20,
            answer_bytes: DESCRIPTION_BYTES,
            requests: 0,
            fetched_bytes: 0,
            progress_reports: 0,
            ..self.call()
        }
    }
}

/// What one run of a plugin may use.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    pub(crate) memory_bytes: usize,
    pub(crate) table_elements: usize,
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// With commits and purges.
    pub(crate) whole: Duration,
    pub(crate) answer_bytes: usize,
    pub(crate) requests: u32,
    pub(crate) fetched_bytes: usize,
    pub(crate) log_bytes: usize,
    pub(crate) progress_reports: u32,
}
