//! The functions that plugins import, as the stand-in host has them.

use serde_json::json;

use super::host::session_with;
use super::state::current_state;
use crate::bindings::souk::plugin::session_control::Credentials;
use crate::core::{Failure, FailureCode, Read, SessionInfo};

pub(crate) use super::cache::purge;
pub(crate) use super::documents::HostDocument as DocumentWriter;
pub(crate) use super::plans::HostDraft as Draft;

pub(crate) fn get(read: &Read) -> Result<String, Failure> {
    let state = current_state()?;
    {
        let mut record = state.record.borrow_mut();
        if !record.may_read(read) {
            return Err(Failure::new(
                FailureCode::Forbidden,
                format!("the action has not declared that it reads `{}`", read.route.template),
            )
            .remedy("add it to its `reads(…)`"));
        }
        record.reads.push(read.clone());
    }
    (state.store)(read).map(|answer| answer.to_string())
}

pub(crate) fn get_all(reads: &[Read]) -> Vec<Result<String, Failure>> {
    reads.iter().map(get).collect()
}

pub(crate) fn current() -> Option<SessionInfo> {
    current_state().ok()?.record.borrow().session.clone()
}

pub(crate) fn capabilities(refresh: bool) -> Result<String, Failure> {
    let state = current_state()?;
    let mut record = state.record.borrow_mut();
    if record.session.is_none() {
        return Err(Failure::new(FailureCode::NotAuthenticated, "there is no session"));
    }
    record.refreshed += usize::from(refresh);
    let known = record.capabilities.clone();
    Ok(known.unwrap_or_else(|| json!({"probing": false})).to_string())
}

pub(crate) fn login(using: &Credentials) -> Result<SessionInfo, Failure> {
    let state = current_state()?;
    let mut record = state.record.borrow_mut();
    record.logins.push((using.base_url.clone(), using.sealed.clone()));
    let info = session_with(using.base_url.as_deref().unwrap_or("https://shop.example"));
    record.session = Some(info.clone());
    Ok(info)
}

pub(crate) fn destroy() -> Result<bool, Failure> {
    Ok(current_state()?.record.borrow_mut().session.take().is_some())
}

pub(crate) fn set_default_scope(code: &str) -> Result<SessionInfo, Failure> {
    let state = current_state()?;
    let mut record = state.record.borrow_mut();
    let Some(info) = &mut record.session else {
        return Err(Failure::new(FailureCode::NotAuthenticated, "there is no session"));
    };
    info.default_scope = Some(code.to_owned());
    Ok(info.clone())
}

pub(crate) fn setting(name: &str) -> Option<String> {
    let state = current_state().ok()?;
    let record = state.record.borrow();
    record.settings.get(name).map(ToString::to_string)
}

/// Nobody listens.
pub(crate) fn report(_done: u64, _total: Option<u64>, _note: &str) {}
