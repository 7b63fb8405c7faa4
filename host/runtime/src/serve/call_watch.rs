//! A call as an operator's own tools see it: counted, timed, and a span of its request. Labels are names
//! of tools and plugins that are loaded, codes and rules; never what a caller wrote.

use std::time::Instant;

use souk_model::{CallFailure, Failure, ToolResult};
use souk_state::audit::CallResources;
use souk_telemetry::{ActiveSpan, Occupancy, RequestScope, SpanKind, metrics};

use super::plugin_run::RunReport;
use super::tool::LoadedTool;

/// The label of calls whose tool nobody has looked for, or that is not there.
const UNKNOWN: &str = "unknown";

/// A call from its arrival on. Where its caller leaves, it is counted as cancelled.
pub(super) struct CallWatch {
    span: ActiveSpan,
    tool: String,
    begun: Instant,
    is_ended: bool,
    _running: Occupancy,
}

/// Answers a call for the request that it came with, or for one of its own.
pub(super) async fn watched<F>(
    answer: impl FnOnce(CallWatch) -> F,
) -> Result<ToolResult, CallFailure>
where
    F: Future<Output = (CallWatch, Result<ToolResult, CallFailure>)>,
{
    let work = async |span: ActiveSpan| {
        let (watch, answer) = answer(CallWatch::begin(span)).await;
        watch.end(answer.as_ref().err().map(|failed| &failed.failure));
        answer
    };
    let work = souk_telemetry::span(SpanKind::Server, || "tools/call".to_owned(), work);
    RequestScope::current_or_new().run(work).await
}

/// Counts a call that was refused before it began.
pub(super) fn refused_at_once(tool: &LoadedTool, failure: &Failure) {
    metrics::CALLS.of(&[&tool.tool.name, &failure.code_text()]).add(1);
    if let Some(rule) = &failure.rule {
        metrics::REFUSALS.of(&[rule]).add(1);
    }
}

impl CallWatch {
    fn begin(mut span: ActiveSpan) -> Self {
        span.text("mcp.method.name", "tools/call");
        Self {
            span,
            tool: UNKNOWN.to_owned(),
            begun: Instant::now(),
            is_ended: false,
            _running: metrics::CALLS_RUNNING.of(&[]).enter(),
        }
    }

    /// It is of this tool.
    pub(super) fn is_of(&mut self, tool: &LoadedTool) {
        self.tool.clone_from(&tool.tool.name);
        if self.span.is_recorded() {
            self.span.rename(format!("tools/call {}", self.tool));
            self.span.text("gen_ai.tool.name", self.tool.as_str());
        }
    }

    fn end(mut self, failure: Option<&Failure>) {
        match failure {
            None => self.count("ok"),
            Some(failure) => {
                let code = failure.code_text();
                self.count(&code);
                self.span.fail(code);
                if let Some(rule) = &failure.rule {
                    metrics::REFUSALS.of(&[rule]).add(1);
                    self.span.text("souk.rule", rule.as_str());
                }
            }
        }
        self.is_ended = true;
    }

    fn count(&self, outcome: &str) {
        metrics::CALLS.of(&[&self.tool, outcome]).add(1);
        metrics::CALL_SECONDS.of(&[&self.tool]).observe(self.begun.elapsed());
    }
}

impl Drop for CallWatch {
    fn drop(&mut self) {
        if !self.is_ended {
            self.count("CANCELLED");
            self.span.fail("CANCELLED");
        }
    }
}

/// How long a call waits for its places.
pub(super) async fn waiting<T>(work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = work.await;
    metrics::CALL_WAIT_SECONDS.of(&[]).observe(begun.elapsed());
    done
}

/// A run of a plugin.
pub(super) async fn plugin_run(plugin: &str, run: impl Future<Output = RunReport>) -> RunReport {
    souk_telemetry::span(
        SpanKind::Internal,
        || format!("plugin {plugin}"),
        async |mut span| {
            let report = run.await;
            let RunReport { resources, result, breach } = &report;
            let outcome = match (result, breach) {
                (Ok(_), _) => "ok",
                (Err(_), None) => "failed",
                (Err(_), Some(_)) => "broken",
            };
            metrics::PLUGIN_RUNS.of(&[plugin, outcome]).add(1);
            count_resources(plugin, resources);
            if span.is_recorded() {
                span.text("souk.plugin", plugin);
                span.whole("souk.cpu_us", resources.cpu_us);
                span.whole("souk.memory_bytes", resources.peak_memory_bytes);
                span.whole("souk.host_calls", resources.host_calls);
            }
            if let Err(failure) = result {
                span.fail(failure.code_text());
            }
            report
        },
    )
    .await
}

fn count_resources(plugin: &str, resources: &CallResources) {
    let memory = i64::try_from(resources.peak_memory_bytes).unwrap_or(i64::MAX);
    metrics::PLUGIN_CPU_SECONDS.of(&[plugin]).add(resources.cpu_us);
    metrics::PLUGIN_MEMORY_BYTES.of(&[plugin]).raise_to(memory);
    metrics::PLUGIN_FETCHED_BYTES.of(&[plugin]).add(resources.fetched_bytes);
}
