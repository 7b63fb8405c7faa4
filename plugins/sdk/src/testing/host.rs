//! The stand-in host, as tests hold it.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use super::state::{HostState, as_call};
use crate::core::{AuthMethod, Failure, Group, Read, SessionInfo};

/// A host with a store that answers as the test says.
pub struct Host {
    pub(super) state: Rc<HostState>,
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
        Self { state: Rc::new(HostState { store: Box::new(answer), record: RefCell::default() }) }
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
        self.state.record.borrow_mut().session = Some(session_with("https://shop.example"));
        self
    }

    /// With a store that can do this: what `capabilities` answers, now and when it is asked anew.
    #[must_use]
    pub fn capable(self, capabilities: Value) -> Self {
        self.state.record.borrow_mut().capabilities = Some(capabilities);
        self
    }

    /// How often the store was asked anew what it can do.
    #[must_use]
    pub fn refreshed(&self) -> usize {
        self.state.record.borrow().refreshed
    }

    /// With this setting of the operator's.
    #[must_use]
    pub fn setting(self, name: &str, value: Value) -> Self {
        self.state.record.borrow_mut().settings.insert(name.to_owned(), value);
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
        self.state.record.borrow_mut().granted = called.grants();
        let text = as_call(&self.state, || group.invoke(action, &arguments.to_string()))?.json;
        match serde_json::from_str(&text) {
            Ok(value) => Ok(value),
            Err(error) => panic!("`{action}` answered what is not JSON: {error}: {text}"),
        }
    }

    /// What was read so far, in order. Lookups of the host's own are not among it.
    #[must_use]
    pub fn reads(&self) -> Vec<Read> {
        self.state.record.borrow().reads.clone()
    }

    /// The logins so far: base URL and the names of sealed arguments.
    #[must_use]
    pub fn logins(&self) -> Vec<(Option<String>, Vec<String>)> {
        self.state.record.borrow().logins.clone()
    }
}

/// A session with the store at this address.
pub(super) fn session_with(base_url: &str) -> SessionInfo {
    SessionInfo {
        store: "shop".to_owned(),
        environment: "staging".to_owned(),
        base_url: base_url.to_owned(),
        username: "admin".to_owned(),
        method: AuthMethod::AdminToken,
        default_scope: None,
    }
}
