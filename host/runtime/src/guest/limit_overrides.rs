//! What one plugin may use, where the operator says so: `[plugins.NAME.limits]` in place of `[limits]`.
//!
//! What a call takes of time, requests and bytes may be more or less than what others may take. Memory
//! and tables may only be less: the pool has a slot of `limits.memory_bytes` for each call and none that
//! is larger.

use std::collections::HashMap;

use serde::Deserialize;

use super::limits::{
    Budget, LEAST_BYTES, LEAST_MEMORY, LEAST_MS, LEAST_TABLES, Limits, MOST_ANSWER, MOST_CALL_MS,
    MOST_CPU_MS, MOST_FILE, MOST_FUNCTION, MOST_WALL_MS,
};

/// What the operator set for plugins, by their names: a plugin's is its group's.
pub type PluginLimits = HashMap<String, LimitOverrides>;

/// What counts for one plugin in place of the [`Limits`] of the same names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitOverrides {
    /// Its calls that run at once.
    pub concurrent_calls: Option<u32>,
    /// Its calls that wait for a place; one more is refused at once.
    pub waiting_calls: Option<usize>,
    /// All memories of one of its calls together. Bytes.
    pub memory_bytes: Option<usize>,
    /// Elements of all tables of one of its calls together.
    pub table_elements: Option<usize>,
    /// Processor time of one of its calls. Milliseconds.
    pub cpu_ms: Option<u64>,
    /// Time of one of its calls from start to end. Milliseconds.
    pub wall_ms: Option<u64>,
    /// The same with commits and purges. Milliseconds.
    pub call_ms: Option<u64>,
    /// Text of one of its answers. Bytes.
    pub answer_bytes: Option<usize>,
    /// Requests to back ends in one of its calls.
    pub requests: Option<u32>,
    /// What one of its calls may get from back ends. Bytes.
    pub fetched_bytes: Option<usize>,
    /// What one of its calls may log. Bytes.
    pub log_bytes: Option<usize>,
    /// Reports of progress in one of its calls.
    pub progress_reports: Option<u32>,
    /// Size of the file `NAME.wasm`. Bytes.
    pub file_bytes: Option<u64>,
    /// Code of one function in the file `NAME.wasm`. Bytes.
    pub function_bytes: Option<usize>,
}

impl LimitOverrides {
    /// Refuses what cannot work, by the setting's name.
    ///
    /// # Errors
    /// The first setting that is out of range, what it may be, and why.
    pub fn check(&self, plugin: &str, all: &Limits, waiting_calls: usize) -> Result<(), String> {
        let within = |name: &str, value: Option<u64>, low: u64, high: u64, why: &str| match value {
            Some(value) if !(low..=high).contains(&value) => Err(format!(
                "`plugins.{plugin}.limits.{name}` is {value}, and must be from {low} to {high}{why}"
            )),
            _ => Ok(()),
        };
        let calls = u64::from(all.concurrent_calls);
        let more = ": more run of no plugin (`limits.concurrent_calls`)";
        within("concurrent_calls", self.concurrent_calls.map(u64::from), 1, calls, more)?;
        let (waiting, most) = (wide(self.waiting_calls), waiting_calls as u64);
        within(
            "waiting_calls",
            waiting,
            0,
            most,
            ": more wait of no plugin (`mcp.calls_waiting`)",
        )?;
        let room = ": there is no room for more in any call (`limits.memory_bytes`)";
        let (memory, most) = (wide(self.memory_bytes), all.memory_bytes as u64);
        within("memory_bytes", memory, LEAST_MEMORY, most, room)?;
        let room = ": there is no room for more in any call (`limits.table_elements`)";
        let (tables, most) = (wide(self.table_elements), all.table_elements as u64);
        within("table_elements", tables, LEAST_TABLES, most, room)?;
        within("cpu_ms", self.cpu_ms, LEAST_MS, MOST_CPU_MS, "")?;
        within("wall_ms", self.wall_ms, LEAST_MS, MOST_WALL_MS, "")?;
        let wall = self.wall_ms.unwrap_or(all.wall_ms);
        within("call_ms", self.call_ms, wall, MOST_CALL_MS, ": it is the whole of `wall_ms`")?;
        if self.call_ms.is_none() {
            let why = ": `call_ms`, which is the whole of it, is no more";
            within("wall_ms", self.wall_ms, LEAST_MS, all.call_ms, why)?;
        }
        within("answer_bytes", wide(self.answer_bytes), LEAST_BYTES, MOST_ANSWER, "")?;
        let (most, why) = (MOST_FILE.min(all.all_files_bytes), " (`limits.all_files_bytes`)");
        within("file_bytes", self.file_bytes, LEAST_BYTES, most, why)?;
        within("function_bytes", wide(self.function_bytes), LEAST_BYTES, MOST_FUNCTION, "")
    }
}

fn wide(value: Option<usize>) -> Option<u64> {
    value.map(|value| value as u64)
}

impl Budget {
    /// As the operator has it for one plugin. The slots of the pool stay as they are, so that memory and
    /// tables are never more than they were.
    pub(crate) fn overridden(self, by: Option<&LimitOverrides>) -> Self {
        let Some(by) = by else { return self };
        let ms = std::time::Duration::from_millis;
        Self {
            memory_bytes: by.memory_bytes.unwrap_or(self.memory_bytes).min(self.memory_bytes),
            table_elements: by
                .table_elements
                .unwrap_or(self.table_elements)
                .min(self.table_elements),
            cpu: by.cpu_ms.map_or(self.cpu, ms),
            wall: by.wall_ms.map_or(self.wall, ms),
            whole: by.call_ms.map_or(self.whole, ms),
            answer_bytes: by.answer_bytes.unwrap_or(self.answer_bytes),
            requests: by.requests.unwrap_or(self.requests),
            fetched_bytes: by.fetched_bytes.unwrap_or(self.fetched_bytes),
            log_bytes: by.log_bytes.unwrap_or(self.log_bytes),
            progress_reports: by.progress_reports.unwrap_or(self.progress_reports),
        }
    }
}

/// What a file may be that wants to be a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileLimits {
    pub(crate) file_bytes: u64,
    pub(crate) function_bytes: usize,
}

impl FileLimits {
    /// Of a file of this name. Before it has described itself the name is all that is known of it, so
    /// that what is set for the plugin `NAME` counts for `NAME.wasm`, whatever group it turns out to be.
    pub(crate) fn of(file: &str, all: &Limits, plugins: &PluginLimits) -> Self {
        let own = file.strip_suffix(".wasm").and_then(|name| plugins.get(name));
        Self {
            file_bytes: own.and_then(|own| own.file_bytes).unwrap_or(all.file_bytes),
            function_bytes: own.and_then(|own| own.function_bytes).unwrap_or(all.function_bytes),
        }
    }
}

impl Limits {
    /// How large a file of this name may be, in bytes.
    #[must_use]
    pub fn max_file_bytes(&self, file: &str, plugins: &PluginLimits) -> u64 {
        FileLimits::of(file, self, plugins).file_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_work_is_refused_by_its_name_and_says_why() {
        let all = Limits::default();
        let own = LimitOverrides::default;
        for (set, says) in [
            (
                LimitOverrides { memory_bytes: Some(128 << 20), ..own() },
                "`plugins.slow.limits.memory_bytes` is 134217728, and must be from 1048576 to 67108864: \
                 there is no room for more",
            ),
            (LimitOverrides { table_elements: Some(30_000), ..own() }, "`limits.table_elements`"),
            (LimitOverrides { concurrent_calls: Some(65), ..own() }, "from 1 to 64: more run"),
            (LimitOverrides { waiting_calls: Some(257), ..own() }, "from 0 to 256: more wait"),
            (LimitOverrides { cpu_ms: Some(1), ..own() }, "limits.cpu_ms` is 1,"),
            (LimitOverrides { wall_ms: Some(1_800_001), ..own() }, "which is the whole of it"),
            (
                LimitOverrides { wall_ms: Some(1_000), call_ms: Some(999), ..own() },
                "limits.call_ms` is 999, and must be from 1000",
            ),
            (LimitOverrides { answer_bytes: Some(1), ..own() }, "answer_bytes` is 1,"),
            (LimitOverrides { file_bytes: Some(1), ..own() }, "file_bytes` is 1,"),
            (LimitOverrides { function_bytes: Some(1), ..own() }, "function_bytes` is 1,"),
        ] {
            let why = set.check("slow", &all, 256).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
        let more = LimitOverrides {
            cpu_ms: Some(60_000),
            wall_ms: Some(2_000_000),
            call_ms: Some(2_000_000),
            requests: Some(5_000),
            file_bytes: Some(64 << 20),
            function_bytes: Some(1 << 20),
            concurrent_calls: Some(64),
            ..own()
        };
        assert_eq!(more.check("slow", &all, 256), Ok(()));
    }

    #[test]
    fn a_budget_has_what_is_set_and_never_more_memory_than_the_pool() {
        let all = Limits::default().call();
        let own = LimitOverrides {
            memory_bytes: Some(1 << 30),
            cpu_ms: Some(7),
            requests: Some(900),
            ..LimitOverrides::default()
        };
        let budget = all.clone().overridden(Some(&own));
        assert_eq!(budget.memory_bytes, all.memory_bytes);
        assert_eq!((budget.cpu.as_millis(), budget.requests), (7, 900));
        assert_eq!((budget.wall, budget.answer_bytes), (all.wall, all.answer_bytes));
        assert_eq!(all.clone().overridden(None).cpu, all.cpu);
    }

    #[test]
    fn a_file_is_known_by_its_name_alone() {
        let all = Limits::default();
        let own = LimitOverrides { function_bytes: Some(1 << 20), ..LimitOverrides::default() };
        let plugins = PluginLimits::from([("python".to_owned(), own)]);
        let of = |file: &str| FileLimits::of(file, &all, &plugins);
        assert_eq!(of("python.wasm").function_bytes, 1 << 20);
        assert_eq!(of("python.wasm").file_bytes, all.file_bytes);
        for other in ["other.wasm", "python", "xpython.wasm", "python.wasm.wasm"] {
            assert_eq!(of(other).function_bytes, all.function_bytes, "{other}");
        }
    }
}
