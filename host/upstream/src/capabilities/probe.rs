//! Asking: a few small reads, side by side, none of which stops another.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Timestamp;
use souk_model::capabilities::{Capabilities, Finding};

use super::areas::AREAS;
use super::clock::clock_ahead;
use super::findings::{self, ProbeRun};
use super::replies::{ProbeReplies, ProbeReply};
use crate::auth::store_auth::StoreAuth;
use crate::store::magento::Magento;
use crate::store::views::STORE_VIEWS;
use crate::wire::address::ApiTarget;
use crate::wire::reply::StoreReply;
use crate::wire::request::StoreRequest;
use crate::wire::transport_error::TransportError;

/// How long one read may take.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// How long all of them may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);
/// Reads at the same time, and no more than a quarter of what the store takes: calls go first.
const AT_ONCE: usize = 4;

/// A product line, a version, an edition, for anybody who asks; many stores switch it off.
const VERSION_PAGE: &str = "/magento_version";
/// The smallest request to GraphQL: `{storeConfig{code}}`.
const GRAPHQL: &str = "/graphql?query=%7BstoreConfig%7Bcode%7D%7D";

/// One thing that is read.
#[derive(Clone, Copy)]
enum ProbeRequest {
    Api(ApiTarget<'static>),
    Page(&'static str),
}

/// Asks the store whatever it tells in a few small reads.
pub(super) async fn probe(store: &Magento, auth: &StoreAuth) -> Capabilities {
    let (at, started) = (Timestamp::now(), Instant::now());
    let prober = Prober {
        store,
        auth,
        until: started + PROBE_TIMEOUT,
        sent: AtomicU32::new(0),
        busy: AtomicBool::new(false),
        clock: Mutex::new(None),
    };
    // The first alone: a store that cannot be reached is asked once, not twenty times.
    let views = prober.read(ProbeRequest::Api(STORE_VIEWS)).await;
    let others: Vec<ProbeReply> = match &views {
        Err(why) => later_requests().map(|_| Err(why.clone())).collect(),
        Ok(_) => {
            let at_once = AT_ONCE.min(store.limits().concurrency / 4).max(1);
            let reads = later_requests().map(|request| prober.read(request));
            futures::stream::iter(reads).buffered(at_once).collect().await
        }
    };
    // Whether a denial means the role or the credentials is the same for all of them.
    let known = auth.is_known(store).await;
    findings::capabilities(
        &ProbeReplies::new(views, others, known),
        store.is_cloud_service(),
        ProbeRun {
            at,
            requests: prober.sent.load(Ordering::Relaxed),
            took: started.elapsed(),
            clock_ahead_s: prober.clock(),
        },
    )
}

/// What is asked after the store views, in the order in which [`ProbeReplies`] takes it.
fn later_requests() -> impl Iterator<Item = ProbeRequest> {
    let structure = ["/V1/store/websites", "/V1/store/storeConfigs", "/V1/modules"];
    let structure = structure.map(|path| ProbeRequest::Api(ApiTarget::constant(path, "")));
    let pages = [VERSION_PAGE, GRAPHQL].map(ProbeRequest::Page);
    let areas = AREAS.iter().map(|area| ProbeRequest::Api(area.target));
    structure.into_iter().chain(pages).chain(areas)
}

struct Prober<'a> {
    store: &'a Magento,
    auth: &'a StoreAuth,
    until: Instant,
    sent: AtomicU32,
    /// Whether the store has asked to be left alone.
    busy: AtomicBool,
    /// The quickest answer so far: how long it took, and by how much our clock was ahead.
    clock: Mutex<Option<(Duration, i64)>>,
}

impl Prober<'_> {
    async fn read(&self, request: ProbeRequest) -> ProbeReply {
        if self.busy.load(Ordering::Relaxed) {
            return Err("the store asked to be called less often".to_owned());
        }
        let left = self.until.saturating_duration_since(Instant::now()).min(READ_TIMEOUT);
        if left.is_zero() {
            return Err(format!(
                "the store did not answer all within {} s",
                PROBE_TIMEOUT.as_secs()
            ));
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
        let (before, started) = (Timestamp::now(), Instant::now());
        let reply = match tokio::time::timeout(left, self.send(request)).await {
            Err(_) => return Err(format!("no answer within {:.0} s", left.as_secs_f32())),
            Ok(Err(error)) => return Err(souk_model::Failure::from(error).message),
            Ok(Ok(reply)) => reply,
        };
        if matches!(reply.status, 429 | 503) {
            self.busy.store(true, Ordering::Relaxed);
        }
        self.note_clock(&reply, before, started.elapsed());
        Ok(reply)
    }

    async fn send(&self, request: ProbeRequest) -> Result<StoreReply, TransportError> {
        match request {
            ProbeRequest::Api(target) => {
                self.auth.send(self.store, &StoreRequest::once(target)).await
            }
            ProbeRequest::Page(path) => self.store.page(path).await,
        }
    }

    fn note_clock(&self, reply: &StoreReply, before: Timestamp, took: Duration) {
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
