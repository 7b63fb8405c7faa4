//! Asking: a few small reads, side by side, none of which stops another.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use souk_model::capabilities::{Capabilities, Finding};

use super::areas::AREAS;
use super::findings::{self, Answers, Asking};
use crate::address::Target;
use crate::auth::Auth;
use crate::exchange::{Lost, Outgoing, Reply};
use crate::login::STORE_VIEWS;
use crate::transport::Magento;

/// How long one read may take.
const ONE: Duration = Duration::from_secs(5);
/// How long all of them may take.
const ALL: Duration = Duration::from_secs(20);
/// Reads at the same time, and no more than a quarter of what the store takes: calls go first.
const AT_ONCE: usize = 4;

/// A product line, a version, an edition, for anybody who asks; many stores switch it off.
const VERSION_PAGE: &str = "/magento_version";
/// The smallest question to GraphQL: `{storeConfig{code}}`.
const GRAPHQL: &str = "/graphql?query=%7BstoreConfig%7Bcode%7D%7D";

/// One thing that is read.
#[derive(Clone, Copy)]
enum Question {
    Api(Target<'static>),
    Page(&'static str),
}

/// What came of a read: an answer, or why there is none.
pub(super) type Heard = Result<Reply, String>;

/// Asks the store whatever it tells in a few small reads.
pub(super) async fn ask(store: &Magento, auth: &Auth) -> Capabilities {
    let (at, started) = (Timestamp::now(), Instant::now());
    let asker = Asker {
        store,
        auth,
        until: started + ALL,
        asked: AtomicU32::new(0),
        busy: AtomicBool::new(false),
        clock: Mutex::new(None),
    };
    // The first alone: a store that cannot be reached is asked once, not twenty times.
    let views = asker.hear(Question::Api(STORE_VIEWS)).await;
    let others: Vec<Heard> = match &views {
        Err(why) => questions().map(|_| Err(why.clone())).collect(),
        Ok(_) => {
            let at_once = AT_ONCE.min(store.limits().concurrency / 4).max(1);
            let heard = questions().map(|question| asker.hear(question));
            futures::stream::iter(heard).buffered(at_once).collect().await
        }
    };
    // Whether a denial means the role or the credentials is the same for all of them.
    let known = auth.is_known(store).await;
    findings::told(
        &Answers::new(views, others, known),
        Asking {
            at,
            requests: asker.asked.load(Ordering::Relaxed),
            took: started.elapsed(),
            clock_ahead_s: asker.clock(),
        },
    )
}

/// What is asked after the store views, in the order in which [`Answers`] takes it.
fn questions() -> impl Iterator<Item = Question> {
    let structure = ["/V1/store/websites", "/V1/store/storeConfigs", "/V1/modules"];
    let structure = structure.map(|path| Question::Api(Target::own(path, "")));
    let pages = [VERSION_PAGE, GRAPHQL].map(Question::Page);
    let areas = AREAS.iter().map(|area| Question::Api(area.target));
    structure.into_iter().chain(pages).chain(areas)
}

struct Asker<'a> {
    store: &'a Magento,
    auth: &'a Auth,
    until: Instant,
    asked: AtomicU32,
    /// Whether the store has asked to be left alone.
    busy: AtomicBool,
    /// The quickest answer so far: how long it took, and by how much our clock was ahead.
    clock: Mutex<Option<(Duration, i64)>>,
}

impl Asker<'_> {
    async fn hear(&self, question: Question) -> Heard {
        if self.busy.load(Ordering::Relaxed) {
            return Err("the store asked to be called less often".to_owned());
        }
        let left = self.until.saturating_duration_since(Instant::now()).min(ONE);
        if left.is_zero() {
            return Err(format!("the store did not answer all within {} s", ALL.as_secs()));
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let (before, sent) = (Timestamp::now(), Instant::now());
        let reply = match tokio::time::timeout(left, self.send(question)).await {
            Err(_) => return Err(format!("no answer within {:.0} s", left.as_secs_f32())),
            Ok(Err(lost)) => return Err(souk_model::Failure::from(lost).message),
            Ok(Ok(reply)) => reply,
        };
        if matches!(reply.status, 429 | 503) {
            self.busy.store(true, Ordering::Relaxed);
        }
        self.note_clock(&reply, before, sent.elapsed());
        Ok(reply)
    }

    async fn send(&self, question: Question) -> Result<Reply, Lost> {
        match question {
            Question::Api(target) => self.auth.send(self.store, &Outgoing::once(target)).await,
            Question::Page(path) => self.store.page(path).await,
        }
    }

    fn note_clock(&self, reply: &Reply, before: Timestamp, took: Duration) {
        let Some(ahead) = clock_ahead(reply, before, took) else { return };
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        if clock.is_none_or(|(quickest, _)| took < quickest) {
            *clock = Some((took, ahead));
        }
    }

    fn clock(&self) -> Finding<i64> {
        let clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        match *clock {
            Some((_, ahead)) => Finding::Known(ahead),
            None => Finding::unknown("no answer of the store carries a date"),
        }
    }
}

/// By how many seconds our clock is ahead. The answer's date was set while it was under way: taken
/// for the middle of that time, it is wrong by half of it and the second that the header leaves out.
pub(super) fn clock_ahead(reply: &Reply, before: Timestamp, took: Duration) -> Option<i64> {
    let date = reply.date.as_ref()?.to_str().ok()?;
    let theirs = DateTimeParser::new().parse_timestamp(date).ok()?;
    let ours = before.checked_add(took / 2).ok()?;
    Some(ours.as_second().saturating_sub(theirs.as_second()))
}
