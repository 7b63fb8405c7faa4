//! Sessions of clients that speak the older era: few enough, and each its opener's alone.
//!
//! rmcp keeps any number of sessions and lets whoever knows an id use it. Its manager is asked
//! within the request it serves, so the request's principal is found in a task-local here. What a
//! session's streams send goes through a [log](EventLog), from which clients read.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{Stream, StreamExt};
use http::request::Parts;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, GetExtensions, JsonRpcMessage, ProtocolVersion,
    RequestId, ServerJsonRpcMessage, ServerResult,
};
use rmcp::transport::common::server_side_http::{ServerSseMessage, SessionId};
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use souk_model::{Actions, Callers, Principal};
use tokio::time::{Duration, Instant};

use super::event_log::{EventLog, UnknownEvent};
use super::open_requests::{OpenRequest, OpenRequests, RequestInPassing};
use super::seldom::Seldom;
use super::session_bounds::{SessionBound, SessionBounds, SessionUsage};
use crate::message::{MessageError, explain_message};

tokio::task_local! {
    static REQUEST: CurrentRequest;
}

/// Whose request it is.
#[derive(Clone)]
pub(crate) struct RequestOwner {
    pub(crate) principal: Principal,
    /// The number of the connection it came on.
    pub(crate) connection: Option<u64>,
}

impl RequestOwner {
    /// Whether a session of that owner is this one's: of the same principal by the same token. A
    /// token that replaced another does not inherit what was opened with it.
    fn has(&self, owner: &Self) -> bool {
        self.principal == owner.principal && self.principal.token() == owner.principal.token()
    }
}

/// The HTTP request that is being served.
struct CurrentRequest {
    owner: RequestOwner,
    full: Cell<Option<SessionBound>>,
}

/// What came of a request, and the bound for which a session was refused in it.
pub(crate) struct RequestOutcome<T> {
    pub(crate) answer: T,
    pub(crate) full: Option<SessionBound>,
}

/// Serves a request of its owner.
pub(crate) async fn on_behalf_of<T>(
    owner: RequestOwner,
    serve: impl Future<Output = T>,
) -> RequestOutcome<T> {
    let request = CurrentRequest { owner, full: Cell::new(None) };
    REQUEST
        .scope(request, async {
            let answer = serve.await;
            RequestOutcome { answer, full: REQUEST.with(|request| request.full.get()) }
        })
        .await
}

/// Why a session could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("too many sessions are open")]
    Full,
    #[error("there is no such session")]
    NotFound,
    #[error("a session was asked for outside of a request")]
    NoRequest,
    #[error(transparent)]
    Event(#[from] UnknownEvent),
    #[error(transparent)]
    Inner(#[from] LocalSessionManagerError),
}

struct SessionOwner {
    owner: RequestOwner,
    used: Instant,
    /// Whether anything was asked in it, beyond opening it.
    has_asked: bool,
    /// As many clones as there are calls being answered, and this one.
    calls: Arc<()>,
    /// The version that was agreed on.
    version: Option<ProtocolVersion>,
    log: Arc<EventLog>,
    open: Arc<OpenRequests>,
}

impl SessionOwner {
    fn is_answering(&self) -> bool {
        Arc::strong_count(&self.calls) > 1
    }

    /// Whether its client knows events that only say where to come back to. Older ones take them for
    /// messages.
    fn primes(&self) -> bool {
        self.version.as_ref().is_some_and(|version| *version >= ProtocolVersion::V_2025_11_25)
    }
}

/// A session as a request of its owner uses it.
struct SessionUse {
    /// Marks it as answering a call for as long as it is held.
    calls: Arc<()>,
    primes: bool,
    log: Arc<EventLog>,
    open: Arc<OpenRequests>,
}

/// rmcp's sessions, each bound to the principal that opened it, and at most so many.
pub(crate) struct HttpSessions {
    inner: LocalSessionManager,
    owners: Mutex<HashMap<SessionId, SessionOwner>>,
    bounds: SessionBounds,
    /// Sessions that made room, for the log.
    closed: Seldom,
    /// They hear of sessions that are over.
    actions: Arc<dyn Actions>,
}

impl HttpSessions {
    pub(crate) fn new(actions: Arc<dyn Actions>, bounds: SessionBounds, idle: Duration) -> Self {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(idle);
        // Which clients are primed is decided here.
        inner.session_config.sse_retry = None;
        Self { inner, owners: Mutex::default(), bounds, closed: Seldom::default(), actions }
    }

    /// Takes a session off the list, whoever it is of.
    fn forget(&self, id: &SessionId, lost: bool) {
        let gone = self.owners().remove(id);
        if let Some(session) = gone {
            self.actions.session_ended(&session.owner.principal.in_session(id), lost);
        }
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<SessionId, SessionOwner>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session, where the request's principal owns it.
    fn enter(&self, id: &SessionId, asks: bool) -> Result<SessionUse, SessionError> {
        let mut owners = self.owners();
        let session = owners.get_mut(id).ok_or(SessionError::NotFound)?;
        match REQUEST.try_with(|request| request.owner.has(&session.owner)) {
            Ok(true) => {
                session.used = Instant::now();
                session.has_asked |= asks;
                Ok(SessionUse {
                    calls: session.calls.clone(),
                    primes: session.primes(),
                    log: session.log.clone(),
                    open: session.open.clone(),
                })
            }
            // Whether it exists is nobody else's business.
            Ok(false) | Err(_) => Err(SessionError::NotFound),
        }
    }

    /// The session that has to go before the principal may open another, if any has to.
    fn make_room(&self, principal: &Principal) -> Result<Option<SessionId>, SessionBound> {
        let owners = self.owners();
        let sessions = owners.iter().map(|(id, session)| SessionUsage {
            id,
            principal: &session.owner.principal,
            connection: session.owner.connection,
            is_answering: session.is_answering(),
            has_asked: session.has_asked,
            used: session.used,
        });
        let sessions: Vec<_> = sessions.collect();
        Ok(self.bounds.leaving(&sessions, principal)?.cloned())
    }

    /// The version that a session of the request's principal agreed on; none where there is no such
    /// session.
    pub(crate) fn version(&self, owner: &RequestOwner, id: &str) -> Option<ProtocolVersion> {
        self.owners().get(id).filter(|session| owner.has(&session.owner))?.version.clone()
    }

    /// Whether the principal has such a session.
    pub(crate) fn is_open(&self, owner: &RequestOwner, id: &str) -> bool {
        self.owners().get(id).is_some_and(|session| owner.has(&session.owner))
    }

    /// Opens a request under its id, where the principal has such a session.
    ///
    /// # Errors
    /// A request under that id is open.
    pub(crate) fn begin(
        &self,
        owner: &RequestOwner,
        session: &str,
        id: &RequestId,
    ) -> Result<Option<OpenRequest>, MessageError> {
        let owners = self.owners();
        let Some(session) = owners.get(session).filter(|one| owner.has(&one.owner)) else {
            return Ok(None);
        };
        session.open.begin(id).map(Some).ok_or_else(|| MessageError::id_in_use(id))
    }

    /// Forgets what was kept for clients that did not come back for it.
    pub(crate) fn forget_old(&self) {
        for session in self.owners().values() {
            session.log.forget_old();
        }
    }

    /// Ends the sessions, with their streams, of those who would no longer be let in.
    pub(crate) async fn end_unknown(&self, callers: &Callers) {
        let mut gone = Vec::new();
        self.owners().retain(|id, session| {
            let stays = callers.may_return(&session.owner.principal);
            if !stays {
                gone.push((id.clone(), session.owner.principal.clone()));
            }
            stays
        });
        for (id, principal) in gone {
            self.actions.session_ended(&principal.clone().in_session(&id), false);
            tracing::info!(%principal, "ending a session: its caller is no longer known");
            if let Err(error) = self.inner.close_session(&id).await {
                tracing::debug!(%error, "a session was gone already");
            }
        }
    }
}

/// The open request that a message is, as it came with the HTTP request.
fn request_of(message: &ClientJsonRpcMessage) -> Option<OpenRequest> {
    let JsonRpcMessage::Request(request) = message else { return None };
    let parts = request.request.extensions().get::<Parts>()?;
    parts.extensions.get::<RequestInPassing>()?.take()
}

/// The request that a message cancels.
fn cancelled_by(message: &ClientJsonRpcMessage) -> Option<RequestId> {
    let JsonRpcMessage::Notification(notification) = message else { return None };
    match &notification.notification {
        ClientNotification::CancelledNotification(cancelled) => cancelled.params.request_id.clone(),
        _ => None,
    }
}

fn explain(mut event: ServerSseMessage) -> ServerSseMessage {
    if let Some(message) = &mut event.message
        && matches!(**message, JsonRpcMessage::Error(_))
    {
        // rmcp keeps one of its own.
        explain_message(Arc::make_mut(message));
    }
    event
}

impl SessionManager for HttpSessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let owner = REQUEST
            .try_with(|request| request.owner.clone())
            .map_err(|_| SessionError::NoRequest)?;
        let leaving = self.make_room(&owner.principal).map_err(|bound| {
            REQUEST.with(|request| request.full.set(Some(bound)));
            SessionError::Full
        })?;
        if let Some(id) = leaving {
            let principal = &owner.principal;
            self.closed.say(|times| {
                tracing::info!(%principal, times, "closing an unused session to make room for this caller");
            });
            self.forget(&id, true);
            self.inner.close_session(&id).await?;
        }
        let (id, transport) = self.inner.create_session().await?;
        let session = SessionOwner {
            owner,
            used: Instant::now(),
            has_asked: false,
            calls: Arc::new(()),
            version: None,
            log: Arc::default(),
            open: Arc::default(),
        };
        self.owners().insert(id.clone(), session);
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        let _use = self.enter(id, false)?;
        let answer = self.inner.initialize_session(id, message).await?;
        if let JsonRpcMessage::Response(response) = &answer
            && let ServerResult::InitializeResult(result) = &response.result
            && let Some(session) = self.owners().get_mut(id)
        {
            session.version = Some(result.protocol_version.clone());
        }
        Ok(answer)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        Ok(self.enter(id, false).is_ok() && self.inner.has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        // Outside of a request it is rmcp that closes, because the session has ended.
        let asked = REQUEST.try_with(|_| ()).is_ok();
        if asked && self.enter(id, false).is_err() {
            return Ok(());
        }
        self.forget(id, !asked);
        Ok(self.inner.close_session(id).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let SessionUse { calls, primes, log, .. } = self.enter(id, true)?;
        let request = request_of(&message);
        let messages = self.inner.create_stream(id, message).await?.map(explain);
        Ok(log.record(messages, primes, calls, request))
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), SessionError> {
        let SessionUse { open, .. } = self.enter(id, false)?;
        let cancelled = cancelled_by(&message);
        self.inner.accept_message(id, message).await?;
        if let Some(cancelled) = cancelled {
            open.cancel(&cancelled);
        }
        Ok(())
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        // A stream that only waits for news is no call: it holds nobody's place.
        let SessionUse { primes, log, .. } = self.enter(id, false)?;
        if log.claim_standalone() {
            match self.inner.create_standalone_stream(id).await {
                Ok(messages) => log.record_standalone(messages),
                Err(error) => {
                    log.release_standalone();
                    return Err(error.into());
                }
            }
        }
        Ok(log.read_standalone(primes))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let SessionUse { log, .. } = self.enter(id, false)?;
        Ok(log.resume(last_event_id.parse()?)?)
    }
}
