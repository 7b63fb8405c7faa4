//! The host's side of the contract: what a plugin can call.
//!
//! A refusal is a value that the plugin can pass on. An `Err` of wasmtime's ends the run, and is
//! kept for used-up budgets.

use futures::StreamExt;
use souk_model::{Code, Failure, Read, StoreView};
use souk_state::audit::RequestEntry;
use souk_upstream::CapabilityReport;

use super::bindings::souk::plugin::{
    progress, session, session_control, settings, types, upstream,
};
use super::call_context::{CallContext, not_logged_in};
use super::host_result::HostResult;
use super::sessions::LoginRequest;
use super::state::GuestState;
use crate::text::printable;

/// Reads of one `get-all` that are under way at once. The store's own limit is lower or equal.
const READS_AT_ONCE: usize = 16;
/// Characters of a progress note; it is a line, not a page.
const NOTE_CHARS: usize = 200;

impl GuestState {
    /// The call, or why there is none: while a plugin describes itself it may reach nothing.
    pub(crate) fn call(&mut self) -> Result<&mut CallContext, Failure> {
        self.call.as_deref_mut().ok_or_else(|| {
            Failure::new(Code::Forbidden, "`describe` may reach nothing outside the plugin")
                .rule("describe")
        })
    }

    /// Sends reads and counts them against the budget, in the order asked.
    async fn read_all(
        &mut self,
        reads: Vec<Read>,
    ) -> wasmtime::Result<Vec<Result<String, types::Failure>>> {
        self.usage.request(reads.len())?;
        let reader = match self.call() {
            Ok(call) => call.reader(),
            Err(failure) => return Ok(reads.iter().map(|_| Err(failure.clone().into())).collect()),
        };
        let mut answers = Vec::with_capacity(reads.len());
        let mut pending = futures::stream::iter(reads)
            .map(|read| reader.clone().read(read))
            .buffered(READS_AT_ONCE);
        self.usage.begin_wait();
        while let Some((request, result)) = pending.next().await {
            self.note_request(request);
            if let Ok(body) = &result {
                self.usage.fetch(body.len())?;
            }
            answers.push(result.map_err(types::Failure::from));
        }
        self.usage.end_wait();
        Ok(answers)
    }

    /// Takes a request that was sent down for the audit trail.
    fn note_request(&mut self, sent: Option<RequestEntry>) {
        if let (Some(call), Some(request)) = (self.call.as_deref_mut(), sent) {
            call.resources.push(request);
        }
    }

    async fn read_one(&mut self, read: Read) -> HostResult<String> {
        self.usage.request(1)?;
        let reader = match self.call() {
            Ok(call) => call.reader(),
            Err(failure) => return Ok(Err(failure.into())),
        };
        self.usage.begin_wait();
        let (request, result) = reader.read(read).await;
        self.usage.end_wait();
        self.note_request(request);
        if let Ok(body) = &result {
            self.usage.fetch(body.len())?;
        }
        Ok(result.map_err(types::Failure::from))
    }

    async fn log_in(
        &mut self,
        using: session_control::Credentials,
    ) -> Result<session::Info, Failure> {
        let call = self.call()?;
        call.may_change_session()?;
        let mut sealed = Vec::new();
        for name in using.sealed {
            let found = call.sealed.iter().find(|(given, _)| *given == name);
            let (name, value) = found.ok_or_else(|| {
                Failure::new(
                    Code::InternalError,
                    format!("the plugin names `{name}`, which is no sealed argument of this call"),
                )
            })?;
            sealed.push((name.clone(), value.clone()));
        }
        let base_url = using.base_url.as_deref();
        let reach = call.reach.clone();
        let login = LoginRequest {
            base_url,
            given: sealed,
            own: &call.own_credentials,
            may_go_to: &move |store| reach(store, None).map(drop),
        };
        let session = call.sessions.login(&call.principal, login).await?;
        let info = session.info();
        call.effects
            .session_changed(format!("the caller was logged in to the store `{}`", info.store));
        call.session = Some(session);
        Ok(info.into())
    }

    async fn what_the_store_can_do(&mut self, refresh: bool) -> Result<String, Failure> {
        let session = self.call()?.session.clone().ok_or_else(not_logged_in)?;
        let known = if refresh {
            Some(session.fresh_capabilities().await?)
        } else {
            session.capabilities()
        };
        Ok(capabilities_json(session.is_probing(), known.as_deref().map(CapabilityReport::json)))
    }

    async fn set_scope(&mut self, code: &str) -> Result<session::Info, Failure> {
        let call = self.call()?;
        call.may_change_session()?;
        let session = call.session.as_ref().ok_or_else(not_logged_in)?;
        (call.reach)(&session.info().store, Some(&StoreView::View(code.to_owned())))?;
        let session = session.with_scope(code).await?;
        call.sessions.replace(&call.principal, &session);
        call.effects.session_changed("the session's default scope was changed");
        let info = session.info();
        call.session = Some(session);
        Ok(info.into())
    }

    fn log_out(&mut self) -> Result<bool, Failure> {
        let call = self.call()?;
        call.may_change_session()?;
        call.session = None;
        let was_there = call.sessions.destroy(&call.principal);
        if was_there {
            call.effects.session_changed("the caller was logged out");
        }
        Ok(was_there)
    }
}

/// An object with `probing` before what is known, whose text was made once.
fn capabilities_json(probing: bool, known: Option<&str>) -> String {
    match known.and_then(|known| known.strip_prefix('{')) {
        Some(members) => format!("{{\"probing\":{probing},{members}"),
        None => format!("{{\"probing\":{probing}}}"),
    }
}

impl types::Host for GuestState {}

impl upstream::Host for GuestState {
    async fn get(&mut self, request: types::Read) -> HostResult<String> {
        self.enter_host()?;
        let answer = self.read_one(request.into()).await;
        self.leave_host()?;
        answer
    }

    async fn get_all(
        &mut self,
        requests: Vec<types::Read>,
    ) -> wasmtime::Result<Vec<Result<String, types::Failure>>> {
        self.enter_host()?;
        let answers = self.read_all(requests.into_iter().map(Read::from).collect()).await;
        self.leave_host()?;
        answers
    }
}

impl session::Host for GuestState {
    async fn current(&mut self) -> wasmtime::Result<Option<session::Info>> {
        let session = self.call.as_deref().and_then(|call| call.session.as_ref());
        Ok(session.map(|session| session.info().into()))
    }

    async fn capabilities(&mut self, refresh: bool) -> HostResult<String> {
        self.enter_host()?;
        if refresh {
            self.usage.request(1)?;
        }
        let answer = self.what_the_store_can_do(refresh).await;
        self.leave_host()?;
        Ok(answer.map_err(types::Failure::from))
    }
}

impl session_control::Host for GuestState {
    async fn login(&mut self, using: session_control::Credentials) -> HostResult<session::Info> {
        self.enter_host()?;
        // A login is a few requests; one of the budget keeps a loop of them bounded.
        self.usage.request(1)?;
        let answer = self.log_in(using).await;
        Ok(answer.map_err(types::Failure::from))
    }

    async fn destroy(&mut self) -> HostResult<bool> {
        Ok(self.log_out().map_err(types::Failure::from))
    }

    async fn set_default_scope(&mut self, store_view_code: String) -> HostResult<session::Info> {
        self.enter_host()?;
        self.usage.request(1)?;
        let answer = self.set_scope(&store_view_code).await;
        Ok(answer.map_err(types::Failure::from))
    }
}

impl progress::Host for GuestState {
    async fn report(
        &mut self,
        done: u64,
        total: Option<u64>,
        note: String,
    ) -> wasmtime::Result<()> {
        self.usage.reports = self.usage.reports.saturating_add(1);
        if self.usage.reports <= self.usage.budget.progress_reports
            && let Some(progress) = self.call.as_deref().and_then(|call| call.progress.as_ref())
        {
            progress.report(done, total, &printable(&note, NOTE_CHARS));
        }
        Ok(())
    }
}

impl settings::Host for GuestState {
    async fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        let call = self.call.as_deref();
        Ok(call.and_then(|call| call.settings.get(&name)).map(ToString::to_string))
    }
}
