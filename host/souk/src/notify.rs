//! Telling persons who do not look that a plan waits for them, expired or failed: by a command or a
//! signed message. It holds a link, an id and counts, nothing of what the plan is about. No call waits
//! for it, and it is bounded in time and number.

use std::collections::VecDeque;
use std::pin::Pin;
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

use crate::notice_queue::NoticeQueue;
use crate::settings::resolved::ResolvedSettings;

/// Notices that are on their way to the queue; they stay there for a moment only.
const ARRIVING: usize = 256;
/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether a plan that waits has expired.
const LOOK: Duration = Duration::from_secs(5);
/// Plans of one caller of which it is waited that they expire, at most.
const WATCHED_EACH: usize = 200;

/// Whom to tell.
pub(crate) struct Notifier {
    command: Vec<String>,
    webhook: Option<Webhook>,
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
        Ok(Some(Self { command, webhook }))
    }

    /// Tells what happens to these plans from now on, until they are gone.
    pub(crate) fn start(self, plans: &Arc<Plans>) {
        let (sender, notices) = mpsc::channel(ARRIVING);
        plans.tell(sender);
        tokio::spawn(self.run(Arc::downgrade(plans), notices));
    }

    async fn run(self, plans: std::sync::Weak<Plans>, mut notices: mpsc::Receiver<PlanNotice>) {
        let mut waiting: VecDeque<PlanNotice> = VecDeque::new();
        let mut ticks = tokio::time::interval(LOOK);
        let mut queue = NoticeQueue::default();
        // One at a time is told, which may take long; those that come meanwhile are taken in.
        let mut telling: Option<Pin<Box<dyn Future<Output = ()> + Send + '_>>> = None;
        loop {
            if telling.is_none()
                && let Some(notice) = queue.next(Instant::now())
            {
                telling = Some(Box::pin(self.tell(notice)));
            }
            tokio::select! {
                () = until_told(&mut telling) => telling = None,
                notice = notices.recv() => {
                    let Some(notice) = notice else { return };
                    let of_caller =
                        waiting.iter().filter(|one| one.principal == notice.principal).count();
                    if notice.event == PlanEvent::Waits && of_caller < WATCHED_EACH {
                        waiting.push_back(notice.clone());
                    }
                    queue.push(notice);
                }
                _ = ticks.tick() => {
                    let Some(plans) = plans.upgrade() else { return };
                    let now = Timestamp::now().as_millisecond();
                    let (over, left): (VecDeque<_>, VecDeque<_>) =
                        waiting.into_iter().partition(|notice| notice.expires_ms < now);
                    waiting = left;
                    for notice in Vec::from(over) {
                        if is_proposed(&plans, &notice.plan).await {
                            queue.push(PlanNotice { event: PlanEvent::Expired, ..notice });
                        }
                    }
                }
            }
        }
    }

    async fn tell(&self, notice: PlanNotice) {
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

/// Ready when what is being told is; never where nothing is.
async fn until_told(telling: &mut Option<Pin<Box<dyn Future<Output = ()> + Send + '_>>>) {
    match telling {
        Some(telling) => telling.await,
        None => std::future::pending().await,
    }
}

async fn is_proposed(plans: &Plans, plan: &PlanId) -> bool {
    plans.get(None, plan).await.is_ok_and(|stored| stored.state == PlanState::Proposed)
}
