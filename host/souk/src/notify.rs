//! Telling persons who do not look that a plan waits for them, expired or failed: by a command or a
//! signed message. It holds a link, an id and counts, nothing of what the plan is about. No call waits
//! for it, and it is bounded in time and number.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use serde_json::json;
use souk_model::Secret;
use souk_model::plan::{PlanId, PlanState};
use souk_plans::{PlanEvent, PlanNotice, Plans};
use souk_state::{Timestamp, rfc3339};
use souk_upstream::Webhook;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::mpsc;

use crate::settings::resolved::ResolvedSettings;

/// Notices that wait to be told at most.
const QUEUE: usize = 64;
/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many are told in an hour at most.
const HOURLY: usize = 120;
const HOUR: Duration = Duration::from_secs(3_600);
/// How often it is looked whether a plan that waits has expired.
const LOOK: Duration = Duration::from_secs(5);
/// Plans of which it is waited that they expire, at most.
const WATCHED: usize = 1_000;

/// Whom to tell.
pub(crate) struct Notifier {
    command: Vec<String>,
    webhook: Option<Webhook>,
    /// When the last ones were told.
    told: VecDeque<Instant>,
}

impl Notifier {
    /// Of these settings; none where nobody is to be told.
    ///
    /// # Errors
    /// An address that is none, or has no secret; a command that is empty.
    pub(crate) fn of(settings: &ResolvedSettings) -> anyhow::Result<Option<Self>> {
        let command = settings.value("approvals.notify.command");
        let command: Vec<String> = command
            .as_ref()
            .and_then(|value| value.as_array())
            .map(|list| list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        let url = settings.text("approvals.notify.url");
        let webhook = match (url, settings.text("approvals.notify.secret")) {
            (None, _) => None,
            (Some(_), None) => {
                bail!("`approvals.notify.url`: it wants an `approvals.notify.secret` to sign with")
            }
            (Some(url), Some(secret)) => Some(
                Webhook::new(&url, Secret::from(secret))
                    .map_err(|why| anyhow!("`approvals.notify.url`: {why}"))?,
            ),
        };
        if command.first().is_some_and(String::is_empty) {
            bail!("`approvals.notify.command`: it names no program");
        }
        if command.is_empty() && webhook.is_none() {
            return Ok(None);
        }
        Ok(Some(Self { command, webhook, told: VecDeque::new() }))
    }

    /// Tells what happens to these plans from now on, until they are gone.
    pub(crate) fn start(self, plans: &Arc<Plans>) {
        let (sender, notices) = mpsc::channel(QUEUE);
        plans.tell(sender);
        tokio::spawn(self.run(Arc::downgrade(plans), notices));
    }

    async fn run(mut self, plans: std::sync::Weak<Plans>, mut notices: mpsc::Receiver<PlanNotice>) {
        let mut waiting: VecDeque<PlanNotice> = VecDeque::new();
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                notice = notices.recv() => {
                    let Some(notice) = notice else { return };
                    if notice.event == PlanEvent::Waits && waiting.len() < WATCHED {
                        waiting.push_back(notice.clone());
                    }
                    self.tell(&notice).await;
                }
                _ = ticks.tick() => {
                    let Some(plans) = plans.upgrade() else { return };
                    let now = Timestamp::now().as_millisecond();
                    let (over, left): (VecDeque<_>, VecDeque<_>) =
                        waiting.into_iter().partition(|notice| notice.expires_ms < now);
                    waiting = left;
                    for notice in Vec::from(over) {
                        if is_proposed(&plans, &notice.plan).await {
                            self.tell(&PlanNotice { event: PlanEvent::Expired, ..notice }).await;
                        }
                    }
                }
            }
        }
    }

    async fn tell(&mut self, notice: &PlanNotice) {
        let now = Instant::now();
        self.told.retain(|at| now.duration_since(*at) < HOUR);
        if self.told.len() >= HOURLY {
            tracing::warn!("plan {}: nobody is told: {HOURLY} were in the last hour", notice.plan);
            return;
        }
        self.told.push_back(now);
        let line = json!({
            "event": notice.event.as_str(),
            "plan_id": notice.plan.as_str(),
            "items": notice.items,
            "done": notice.done,
            "expires_at": rfc3339(notice.expires_ms),
            "url": notice.url,
            "at": rfc3339(Timestamp::now().as_millisecond()),
        });
        let line = line.to_string();
        if !self.command.is_empty()
            && let Err(error) = self.run_command(&line).await
        {
            tracing::warn!("`approvals.notify.command`: {error:#}");
        }
        if let Some(webhook) = &self.webhook
            && let Err(why) = webhook.post(line.into_bytes()).await
        {
            tracing::warn!("`approvals.notify.url`: {why}");
        }
    }

    async fn run_command(&self, line: &str) -> anyhow::Result<()> {
        let [program, arguments @ ..] = self.command.as_slice() else { return Ok(()) };
        let mut child = Command::new(program)
            .args(arguments)
            // It needs nothing of the host's: there are credentials in it.
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let told = async {
            if let Some(mut input) = child.stdin.take() {
                // One that does not read it is told by being run.
                let _ = input.write_all(format!("{line}\n").as_bytes()).await;
            }
            anyhow::Ok(child.wait().await?)
        };
        match tokio::time::timeout(PATIENCE, told).await {
            Err(_) => bail!("it did not end within {} s", PATIENCE.as_secs()),
            Ok(status) => match status? {
                status if status.success() => Ok(()),
                status => bail!("it ended with {status}"),
            },
        }
    }
}

async fn is_proposed(plans: &Plans, plan: &PlanId) -> bool {
    plans.get(None, plan).await.is_ok_and(|stored| stored.state == PlanState::Proposed)
}
