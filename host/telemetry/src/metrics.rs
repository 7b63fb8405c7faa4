//! Every metric of a host, with its labels: a table to read, and the one place to add to.
//!
//! Labels are names that the operator or a plugin's author chose (tools, plugins, stores, rules,
//! currencies) and codes of the host's own. No principal, address, id of a plan, argument or text of
//! a store is one.

use crate::exposition::Exposed;
use crate::family::MetricFamily;
use crate::instruments::{Counter, Gauge, Histogram};
use crate::process;

/// The media type of what [`render`] writes.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Microseconds, shown as seconds.
const SECONDS: u64 = 1_000_000;
/// Ten-thousandths of a currency's unit, as accounts count them.
const MONEY: u64 = 10_000;

/// Defines metrics, and the list of them all.
macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $kind:ident = $key:literal, [$($label:literal),*], $help:literal $(, / $divisor:expr)?;)*) => {
        $($(#[$doc])* #[doc = $help]
        pub static $name: MetricFamily<$kind> =
            MetricFamily::new($key, &[$($label),*], $help)$(.divided_by($divisor))?;)*
        static ALL: &[&dyn Exposed] = &[$(&$name),*];
        /// The name of each, its labels and what it says, for the documentation and for tests.
        pub static TABLE: &[(&str, &[&str], &str)] = &[$(($key, &[$($label),*], $help)),*];
    };
}

metrics! {
    BUILD_INFO: Gauge = "souk_build_info", ["version"], "1, with the version that serves.";
    READY: Gauge = "souk_ready", ["check"], "1 where a check of /readyz says yes, 0 where it says no.";

    CALLS: Counter = "souk_calls_total", ["tool", "outcome"],
        "Calls that have ended: ok, or the failure's code. CANCELLED where the caller left.";
    CALL_SECONDS: Histogram = "souk_call_seconds", ["tool"],
        "From a call's arrival to its answer.", / SECONDS;
    CALLS_RUNNING: Gauge = "souk_calls_running", [], "Calls that have come and are not answered yet.";
    CALL_WAIT_SECONDS: Histogram = "souk_call_wait_seconds", [],
        "How long calls waited for their places.", / SECONDS;
    REFUSALS: Counter = "souk_refusals_total", ["rule"],
        "Calls that failed by a rule: of the operator, of a budget, of the catalogue of writes.";

    PLUGINS: Gauge = "souk_plugins", ["state"], "Plugins that are loaded, and files that wait for an approval.";
    PLUGIN_RUNS: Counter = "souk_plugin_runs_total", ["plugin", "outcome"],
        "Runs of a plugin: ok, failed, or broken where it was the plugin's own fault.";
    PLUGIN_CPU_SECONDS: Counter = "souk_plugin_cpu_seconds_total", ["plugin"],
        "Processor time of a plugin's runs.", / SECONDS;
    PLUGIN_MEMORY_BYTES: Gauge = "souk_plugin_memory_peak_bytes", ["plugin"],
        "The most memory that a run of it had.";
    PLUGIN_FETCHED_BYTES: Counter = "souk_plugin_fetched_bytes_total", ["plugin"],
        "What came back from back ends for a plugin's runs.";
    PLUGIN_PARKED: Gauge = "souk_plugin_parked", ["plugin"],
        "For how many a plugin is parked; everybody counts as one.";

    UPSTREAM_REQUESTS: Counter = "souk_upstream_requests_total", ["store", "method", "status"],
        "Requests to a store by the status of the answer, or why there was none.";
    UPSTREAM_SECONDS: Histogram = "souk_upstream_request_seconds", ["store", "method"],
        "From a request to the end of its answer, waiting for a place left out.", / SECONDS;
    UPSTREAM_RUNNING: Gauge = "souk_upstream_requests_running", ["store"],
        "Requests that a store has not answered yet.";
    UPSTREAM_RESENT: Counter = "souk_upstream_resent_total", ["store"],
        "Requests that were sent again.";
    UPSTREAM_BYTES: Counter = "souk_upstream_received_bytes_total", ["store"],
        "Bytes of answers' bodies.";

    PLANS: Counter = "souk_plans_total", ["store", "event"],
        "What happened to plans: proposed, waits, approved, rejected, started, and how they ended.";
    PLANS_RUNNING: Gauge = "souk_plans_running", [], "Plans that this host carries out now.";
    PLAN_ITEMS: Counter = "souk_plan_items_total", ["store", "outcome"],
        "Items of plans by how a run of this host left them.";
    PLAN_SECONDS: Histogram = "souk_plan_run_seconds", ["store"],
        "How long runs of plans took.", / SECONDS;
    MONEY_SET_ASIDE: Counter = "souk_money_set_aside_total", ["store", "kind", "currency"],
        "Money that was booked for a day before its request was sent.", / MONEY;
    WRITES_STOPPED: Gauge = "souk_writes_stopped", [], "1 while somebody has stopped all writes.";

    AUDIT_ERRORS: Counter = "souk_audit_errors_total", [],
        "Lines that the audit trail did not take.";
    HTTP_REQUESTS: Counter = "souk_http_requests_total", ["status"],
        "Requests over HTTP by the status of the answer.";
    HTTP_CONNECTIONS: Gauge = "souk_http_connections", [], "Open connections.";
    LOG_EVENTS: Counter = "souk_log_events_total", ["level"], "Lines of the log at warn and error.";
    SPANS: Counter = "souk_spans_total", ["outcome"],
        "Spans that were exported, failed to be, or were dropped since too many waited.";
}

/// Notes that a host begins, for [`render`] to say when.
pub fn begin() {
    process::begin();
    BUILD_INFO.of(&[env!("CARGO_PKG_VERSION")]).set(1);
}

/// All of them, in Prometheus' text format.
#[must_use]
pub fn render() -> String {
    let mut out = String::with_capacity(32 * 1024);
    for metric in ALL {
        metric.write(&mut out);
    }
    process::write(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_metric() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating.md");
        let page = std::fs::read_to_string(page).unwrap();
        for (name, labels, help) in TABLE {
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            let ends = format!("| {} | {help} |", labels.join(", "));
            let is_row =
                |line: &str| line.starts_with(&format!("| `{name}` |")) && line.ends_with(&ends);
            assert!(page.lines().any(is_row), "docs/operating.md has no `{name}` … {ends}");
        }
        let listed = page.lines().filter(|line| line.starts_with("| `souk_")).count();
        assert_eq!(listed, TABLE.len(), "docs/operating.md lists what there is not");
    }

    #[test]
    fn names_are_as_prometheus_wants_them() {
        let mut known = std::collections::BTreeSet::new();
        for (name, labels, help) in TABLE {
            assert!(known.insert(name), "{name} is there twice");
            let plain = |text: &str| {
                text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            };
            assert!(name.starts_with("souk_") && plain(name), "{name}");
            assert!(labels.iter().all(|label| plain(label) && *label != "le"), "{name}");
            assert!(help.ends_with('.') && !help.contains('\n') && !help.contains('\\'), "{help}");
        }
    }
}
