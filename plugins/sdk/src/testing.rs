//! A stand-in for the host, so that plugins are tested natively and without a store.
//!
//! ```
//! # use schemars::JsonSchema;
//! # use serde::{Deserialize, Serialize};
//! # use souk_sdk::{ActionInfo, Action, Context, Failure, Group, NoArgs, Route};
//! use serde_json::json;
//! use souk_sdk::testing::Host;
//!
//! # const COUNT: Route<0> = Route::new("/V1/products/count");
//! # #[derive(Serialize, JsonSchema)] struct Answer { count: u64 }
//! # fn count(_: &NoArgs, context: &Context) -> Result<Answer, Failure> {
//! #     Ok(Answer { count: context.get(&COUNT.read([]))? })
//! # }
//! # fn group() -> Group {
//! #     Group { name: "demo", version: "0.1.0", title: "", description: "", actions: vec![
//! #         Action::query(count, ActionInfo { name: "count", title: "", description: "" }).reads(COUNT),
//! #     ] }
//! # }
//! let host = Host::answering(|read| match read.route.template.as_str() {
//!     "/V1/products/count" => Ok(json!(3)),
//!     _ => panic!("nobody should ask {read:?}"),
//! });
//! assert_eq!(host.call(&group(), "count", &json!({})), Ok(json!({"count": 3})));
//! assert_eq!(host.reads().len(), 1);
//! ```

mod cache;
mod exports;
mod fake_store;
mod plans;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::bindings::souk::plugin::session_control::Credentials;
use crate::core::route::Grant;
use crate::core::{
    AuthMethod, Change, Failure, FailureCode, Group, PurgeResult, PurgeTarget, Read, SessionInfo,
};

pub use exports::KeptDocument;
pub use fake_store::FakeStore;
pub use plans::{ProposedPlan, ReviewRow, SentRequest};

type Answering = Box<dyn Fn(&Read) -> Result<Value, Failure>>;
type Purging = Rc<dyn Fn(&PurgeTarget) -> Result<PurgeResult, Failure>>;

/// A host with a store that answers as the test says.
pub struct Host {
    state: Rc<State>,
}

struct State {
    answering: Answering,
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    settings: BTreeMap<String, Value>,
    session: Option<SessionInfo>,
    capabilities: Option<Value>,
    refreshed: usize,
    reads: Vec<Read>,
    logins: Vec<(Option<String>, Vec<String>)>,
    granted: Vec<Grant>,
    /// Of the draft that is open.
    changes: Vec<Change>,
    proposed: Vec<ProposedPlan>,
    /// How the cache before the store answers, if there is one.
    purging: Option<Purging>,
    purges: Vec<PurgeTarget>,
    /// The operator's limit on one document.
    export_bytes: Option<usize>,
    exported: Vec<KeptDocument>,
}

thread_local! {
    /// The host of the call under way on this thread.
    static CURRENT: RefCell<Option<Rc<State>>> = const { RefCell::new(None) };
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("reads", &self.reads()).finish_non_exhaustive()
    }
}

impl Host {
    /// A host whose store answers reads so.
    #[must_use]
    pub fn answering(answer: impl Fn(&Read) -> Result<Value, Failure> + 'static) -> Self {
        Self { state: Rc::new(State { answering: Box::new(answer), seen: RefCell::default() }) }
    }

    /// A host whose store must not be asked anything.
    #[must_use]
    pub fn offline() -> Self {
        Self::answering(|read| {
            Err(Failure::internal(format!(
                "`{}` was read, and nothing should be",
                read.route.template
            )))
        })
    }

    /// With a session with this store.
    #[must_use]
    pub fn logged_in(self) -> Self {
        self.state.seen.borrow_mut().session = Some(session("https://shop.example"));
        self
    }

    /// With a store that can do this: what `capabilities` answers, now and when it is asked anew.
    #[must_use]
    pub fn capable(self, told: Value) -> Self {
        self.state.seen.borrow_mut().capabilities = Some(told);
        self
    }

    /// How often the store was asked anew what it can do.
    #[must_use]
    pub fn refreshed(&self) -> usize {
        self.state.seen.borrow().refreshed
    }

    /// With this setting of the operator's.
    #[must_use]
    pub fn setting(self, name: &str, value: Value) -> Self {
        self.state.seen.borrow_mut().settings.insert(name.to_owned(), value);
        self
    }

    /// Calls an action with these arguments. Sealed ones are given as the host gives them: any text.
    ///
    /// # Errors
    /// What the action answers; a read that it has not declared is refused as the host would.
    ///
    /// # Panics
    /// When the group has no such action, or the result is not JSON.
    pub fn call(&self, group: &Group, action: &str, arguments: &Value) -> Result<Value, Failure> {
        let Some(called) = group.action(action) else {
            panic!("the group `{}` has no action `{action}`", group.name)
        };
        self.state.seen.borrow_mut().granted = called.grants();
        let text = self.entered(|| group.invoke(action, &arguments.to_string()))?.json;
        match serde_json::from_str(&text) {
            Ok(value) => Ok(value),
            Err(error) => panic!("`{action}` answered what is not JSON: {error}: {text}"),
        }
    }

    fn entered<T>(&self, run: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(Some(Rc::clone(&self.state)));
        let answer = run();
        CURRENT.set(before);
        answer
    }

    /// What was read so far, in order. Lookups of the host's own are not among it.
    #[must_use]
    pub fn reads(&self) -> Vec<Read> {
        self.state.seen.borrow().reads.clone()
    }

    /// The logins so far: base URL and the names of sealed arguments.
    #[must_use]
    pub fn logins(&self) -> Vec<(Option<String>, Vec<String>)> {
        self.state.seen.borrow().logins.clone()
    }
}

fn session(base_url: &str) -> SessionInfo {
    SessionInfo {
        store: "shop".to_owned(),
        environment: "staging".to_owned(),
        base_url: base_url.to_owned(),
        username: "admin".to_owned(),
        method: AuthMethod::AdminToken,
        default_scope: None,
    }
}

/// The functions that plugins import, as this host has them.
pub(crate) mod imports {
    use super::{
        CURRENT, Credentials, Failure, FailureCode, Rc, Read, Seen, SessionInfo, State, session,
    };

    pub(crate) use super::cache::purge;
    pub(crate) use super::exports::DocumentWriter;
    pub(crate) use super::plans::Draft;

    pub(super) fn current_state() -> Result<Rc<State>, Failure> {
        CURRENT.with_borrow(Clone::clone).ok_or_else(|| {
            Failure::internal("there is no host: call the action through `testing::Host::call`")
        })
    }

    pub(crate) fn get(read: &Read) -> Result<String, Failure> {
        let state = current_state()?;
        {
            let mut seen = state.seen.borrow_mut();
            if !granted(&seen, read) {
                return Err(Failure::new(
                    FailureCode::Forbidden,
                    format!("the action has not declared that it reads `{}`", read.route.template),
                )
                .remedy("add `.reads(…)` to it"));
            }
            seen.reads.push(read.clone());
        }
        (state.answering)(read).map(|answer| answer.to_string())
    }

    /// A read of the host's own, for the `before` of an edit. It needs the same grant.
    pub(crate) fn look_up(read: &Read) -> Result<String, Failure> {
        let state = current_state()?;
        if !granted(&state.seen.borrow(), read) {
            return Err(Failure::new(
                FailureCode::Forbidden,
                format!(
                    "the action has not declared that its lookup reads `{}`",
                    read.route.template
                ),
            ));
        }
        (state.answering)(read).map(|answer| answer.to_string())
    }

    fn granted(seen: &Seen, read: &Read) -> bool {
        seen.granted.iter().any(|grant| grant.method.is_none() && grant.is_of(&read.route))
    }

    pub(crate) fn get_all(reads: &[Read]) -> Vec<Result<String, Failure>> {
        reads.iter().map(get).collect()
    }

    pub(crate) fn current() -> Option<SessionInfo> {
        current_state().ok()?.seen.borrow().session.clone()
    }

    pub(crate) fn capabilities(refresh: bool) -> Result<String, Failure> {
        let state = current_state()?;
        let mut seen = state.seen.borrow_mut();
        if seen.session.is_none() {
            return Err(Failure::new(FailureCode::NotAuthenticated, "there is no session"));
        }
        seen.refreshed += usize::from(refresh);
        let told = seen.capabilities.clone();
        Ok(told.unwrap_or_else(|| serde_json::json!({"probing": false})).to_string())
    }

    pub(crate) fn login(using: &Credentials) -> Result<SessionInfo, Failure> {
        let state = current_state()?;
        let mut seen = state.seen.borrow_mut();
        seen.logins.push((using.base_url.clone(), using.sealed.clone()));
        let info = session(using.base_url.as_deref().unwrap_or("https://shop.example"));
        seen.session = Some(info.clone());
        Ok(info)
    }

    pub(crate) fn destroy() -> Result<bool, Failure> {
        Ok(current_state()?.seen.borrow_mut().session.take().is_some())
    }

    pub(crate) fn set_default_scope(code: &str) -> Result<SessionInfo, Failure> {
        let state = current_state()?;
        let mut seen = state.seen.borrow_mut();
        let Some(info) = &mut seen.session else {
            return Err(Failure::new(FailureCode::NotAuthenticated, "there is no session"));
        };
        info.default_scope = Some(code.to_owned());
        Ok(info.clone())
    }

    pub(crate) fn setting(name: &str) -> Option<String> {
        let state = current_state().ok()?;
        let seen = state.seen.borrow();
        seen.settings.get(name).map(ToString::to_string)
    }

    /// Nobody listens.
    pub(crate) fn report(_done: u64, _total: Option<u64>, _note: &str) {}
}
