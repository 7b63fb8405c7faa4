//! Spans on their way to the operator's collector: in batches, as often as OpenTelemetry's exporters do
//! it, and by nobody who answers a call.

use std::time::Duration;

use anyhow::anyhow;
use souk_model::Secret;
use souk_telemetry::{Resource, Sampling, SpanQueue, SpanRecord, export_request, metrics};
use souk_upstream::SpanCollector;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::settings::resolved::ResolvedSettings;

/// Spans in one request.
const BATCH: usize = 512;
/// For how long spans are gathered before they are sent.
const GATHERED: Duration = Duration::from_secs(1);
/// How often what a collector does not take for the moment is sent again, and after which wait.
const TRIES: u32 = 3;
const WAIT: Duration = Duration::from_secs(1);
/// How long the last spans may take when the host ends.
const LAST: Duration = Duration::from_secs(3);

/// Where the operator has spans collected, and which.
pub(crate) struct SpanExport {
    collector: SpanCollector,
    sampling: Sampling,
    resource: Resource,
}

/// An export that runs.
pub(crate) struct RunningExport {
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl SpanExport {
    /// Of these settings; none where spans are not collected.
    ///
    /// # Errors
    /// An address that is none, a share that is more than all.
    pub(crate) fn of(settings: &ResolvedSettings) -> anyhow::Result<Option<Self>> {
        let Some(url) = settings.text("traces.endpoint") else { return Ok(None) };
        let authorization = settings.text("traces.authorization").map(Secret::from);
        let collector = SpanCollector::new(&url, authorization.as_ref())
            .map_err(|why| anyhow!("`traces.endpoint`: {why}"))?;
        let share = settings.value("traces.share").and_then(|value| value.as_f64());
        let share = share.unwrap_or(1.0);
        if share > 1.0 {
            return Err(anyhow!("`traces.share`: {share} is more than 1, which is every trace"));
        }
        let service = settings.text("traces.service").unwrap_or_else(|| "souk".to_owned());
        let resource = vec![
            ("service.name", service),
            ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
            ("process.pid", std::process::id().to_string()),
        ];
        Ok(Some(Self { collector, sampling: Sampling::share(share), resource }))
    }

    /// Has spans be made and exported from now on; none where another export runs already.
    pub(crate) fn start(self) -> Option<RunningExport> {
        let queue = souk_telemetry::collect_spans(self.sampling)?;
        let (end, ended) = oneshot::channel();
        Some(RunningExport { end, task: tokio::spawn(self.run(queue, ended)) })
    }

    async fn run(self, mut queue: SpanQueue, mut ended: oneshot::Receiver<()>) {
        let mut is_failing = false;
        loop {
            let first = tokio::select! {
                spans = queue.next(BATCH) => spans,
                _ = &mut ended => break,
            };
            let mut batch = first;
            tokio::select! {
                () = tokio::time::sleep(GATHERED) => {}
                _ = &mut ended => {
                    batch.extend(queue.waiting(BATCH));
                    self.export(&batch, &mut is_failing).await;
                    break;
                }
            }
            batch.extend(queue.waiting(BATCH.saturating_sub(batch.len())));
            self.export(&batch, &mut is_failing).await;
        }
        loop {
            let rest = queue.waiting(BATCH);
            if rest.is_empty() {
                return;
            }
            self.export(&rest, &mut is_failing).await;
        }
    }

    async fn export(&self, spans: &[SpanRecord], is_failing: &mut bool) {
        let body = export_request(&self.resource, spans).to_string().into_bytes();
        let mut tries = 1;
        let outcome = loop {
            match self.collector.export(body.clone()).await {
                Err(error) if error.is_transient && tries < TRIES => {
                    tokio::time::sleep(WAIT * tries).await;
                    tries += 1;
                }
                outcome => break outcome,
            }
        };
        let count = spans.len() as u64;
        match outcome {
            Ok(()) => {
                metrics::SPANS.of(&["exported"]).add(count);
                *is_failing = false;
            }
            Err(error) => {
                metrics::SPANS.of(&["failed"]).add(count);
                // Once, and not each second: the metric counts.
                if !std::mem::replace(is_failing, true) {
                    tracing::warn!("spans are not taken (`traces.endpoint`): {error}");
                }
            }
        }
    }
}

impl RunningExport {
    /// Sends what there is still, as far as that goes quickly.
    pub(crate) async fn finish(self) {
        drop(self.end);
        let _ = tokio::time::timeout(LAST, self.task).await;
    }
}
