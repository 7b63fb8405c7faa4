//! Sessions of clients that speak the older era: few enough, and each its opener's alone.
//!
//! rmcp keeps any number of sessions and lets whoever knows an id use it. Its manager is asked
//! within the request it serves, so the request's principal is found in a task-local here.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{Stream, StreamExt};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::common::server_side_http::{ServerSseMessage, SessionId};
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use souk_model::Principal;
use tokio::time::{Duration, Instant};

/// A session that was used this recently is not closed to make room.
const FRESH: Duration = Duration::from_secs(60);

tokio::task_local! {
    static REQUEST: CurrentRequest;
}

/// The HTTP request that is being served.
struct CurrentRequest {
    principal: Principal,
    full: Cell<bool>,
}

/// What came of a request, and whether a session was refused in it for want of room.
pub(crate) struct RequestOutcome<T> {
    pub(crate) answer: T,
    pub(crate) full: bool,
}

/// Serves a request of the principal.
pub(crate) async fn on_behalf_of<T>(
    principal: Principal,
    serve: impl Future<Output = T>,
) -> RequestOutcome<T> {
    let request = CurrentRequest { principal, full: Cell::new(false) };
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
    Inner(#[from] LocalSessionManagerError),
}

struct SessionOwner {
    principal: Principal,
    used: Instant,
    /// As many clones as there are streams open, and this one.
    streams: Arc<()>,
}

impl SessionOwner {
    fn is_idle(&self, now: Instant) -> bool {
        Arc::strong_count(&self.streams) == 1 && now.duration_since(self.used) >= FRESH
    }
}

/// rmcp's sessions, each bound to the principal that opened it, and at most so many for each.
pub(crate) struct HttpSessions {
    inner: LocalSessionManager,
    owners: Mutex<HashMap<SessionId, SessionOwner>>,
    /// Principals come from the operator's list, so a bound for each bounds them all.
    each: usize,
}

impl HttpSessions {
    pub(crate) fn new(each: usize, idle: Duration) -> Self {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = Some(idle);
        Self { inner, owners: Mutex::default(), each }
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<SessionId, SessionOwner>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the request's principal owns the session, and what marks it as in use.
    fn enter(&self, id: &SessionId) -> Result<Arc<()>, SessionError> {
        let mut owners = self.owners();
        let owner = owners.get_mut(id).ok_or(SessionError::NotFound)?;
        let own = REQUEST.try_with(|request| request.principal == owner.principal);
        match own {
            Ok(true) => {
                owner.used = Instant::now();
                Ok(owner.streams.clone())
            }
            // Whether it exists is nobody else's business.
            Ok(false) | Err(_) => Err(SessionError::NotFound),
        }
    }

    /// The session that has to go before the principal may open another, if any has to.
    fn make_room(&self, principal: &Principal) -> Result<Option<SessionId>, SessionError> {
        let now = Instant::now();
        let owners = self.owners();
        let own = || owners.iter().filter(|(_, owner)| owner.principal == *principal);
        if own().count() < self.each {
            return Ok(None);
        }
        own()
            .filter(|(_, owner)| owner.is_idle(now))
            .min_by_key(|(_, owner)| owner.used)
            .map(|(id, _)| Some(id.clone()))
            .ok_or(SessionError::Full)
    }
}

/// Keeps a session in use for as long as the stream is open.
fn keep_in_use(
    stream: impl Stream<Item = ServerSseMessage> + Send + Sync + 'static,
    in_use: Arc<()>,
) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static {
    stream.map(move |message| {
        let _ = &in_use;
        message
    })
}

impl SessionManager for HttpSessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let principal = REQUEST
            .try_with(|request| request.principal.clone())
            .map_err(|_| SessionError::NoRequest)?;
        let leaving = self.make_room(&principal).inspect_err(|_| {
            REQUEST.with(|request| request.full.set(true));
        })?;
        if let Some(id) = leaving {
            tracing::info!(%principal, "closing the longest idle session to make room");
            self.owners().remove(&id);
            self.inner.close_session(&id).await?;
        }
        let (id, transport) = self.inner.create_session().await?;
        let owner = SessionOwner { principal, used: Instant::now(), streams: Arc::new(()) };
        self.owners().insert(id.clone(), owner);
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        let _use = self.enter(id)?;
        Ok(self.inner.initialize_session(id, message).await?)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        Ok(self.enter(id).is_ok() && self.inner.has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        // Outside of a request it is rmcp that closes, because the session has ended.
        let asked = REQUEST.try_with(|_| ()).is_ok();
        if asked && self.enter(id).is_err() {
            return Ok(());
        }
        self.owners().remove(id);
        Ok(self.inner.close_session(id).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let in_use = self.enter(id)?;
        Ok(keep_in_use(self.inner.create_stream(id, message).await?, in_use))
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), SessionError> {
        let _use = self.enter(id)?;
        Ok(self.inner.accept_message(id, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let in_use = self.enter(id)?;
        Ok(keep_in_use(self.inner.create_standalone_stream(id).await?, in_use))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let in_use = self.enter(id)?;
        Ok(keep_in_use(self.inner.resume(id, last_event_id).await?, in_use))
    }
}
