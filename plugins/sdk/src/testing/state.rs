//! What the stand-in host knows and has seen.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::core::route::Grant;
use crate::core::{Change, Failure, Intent, PurgeResult, PurgeTarget, Read, SessionInfo};

/// How the store answers a read.
pub(super) type StoreAnswer = Box<dyn Fn(&Read) -> Result<Value, Failure>>;
/// How the cache answers a purge.
pub(super) type CacheAnswer = Rc<dyn Fn(&PurgeTarget) -> Result<PurgeResult, Failure>>;

/// What a plugin proposed or had applied, as the host would keep it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedPlan {
    /// What it is for.
    pub intent: Intent,
    /// The changes, without those of subjects that already have these values.
    pub changes: Vec<Change>,
}

/// A document that a plugin had kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDocument {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// The whole of it.
    pub text: String,
}

pub(super) struct HostState {
    pub(super) store: StoreAnswer,
    pub(super) record: RefCell<HostRecord>,
}

/// What was set, and what happened so far.
#[derive(Default)]
pub(super) struct HostRecord {
    pub(super) settings: BTreeMap<String, Value>,
    pub(super) session: Option<SessionInfo>,
    pub(super) capabilities: Option<Value>,
    /// How often capabilities were asked for anew.
    pub(super) refreshed: usize,
    pub(super) reads: Vec<Read>,
    pub(super) logins: Vec<(Option<String>, Vec<String>)>,
    /// Of the action that is called.
    pub(super) granted: Vec<Grant>,
    /// Of the draft that is open.
    pub(super) changes: Vec<Change>,
    pub(super) proposed: Vec<ProposedPlan>,
    /// How the cache before the store answers, if there is one.
    pub(super) cache: Option<CacheAnswer>,
    pub(super) purges: Vec<PurgeTarget>,
    /// The operator's limit on one document.
    pub(super) document_bytes: Option<usize>,
    pub(super) documents: Vec<KeptDocument>,
}

impl HostRecord {
    /// Whether the action that is called has declared this read.
    pub(super) fn may_read(&self, read: &Read) -> bool {
        self.granted.iter().any(|grant| grant.method.is_none() && grant.is_of(&read.route))
    }
}

thread_local! {
    /// The host of the call under way on this thread.
    static CURRENT: RefCell<Option<Rc<HostState>>> = const { RefCell::new(None) };
}

/// The host of the call under way.
pub(super) fn current_state() -> Result<Rc<HostState>, Failure> {
    CURRENT.with_borrow(Clone::clone).ok_or_else(|| {
        Failure::internal("there is no host: call the action through `testing::Host::call`")
    })
}

/// Runs something as a call of this host.
pub(super) fn as_call<T>(state: &Rc<HostState>, run: impl FnOnce() -> T) -> T {
    let before = CURRENT.replace(Some(Rc::clone(state)));
    let answer = run();
    CURRENT.set(before);
    answer
}
