//! How a session proves itself, request by request.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, ArcSwapOption};
use http::HeaderValue;
use serde::Serialize;
use souk_model::{Code, ExposeSecret, Failure, Secret};
use tokio::sync::Mutex;

use crate::address::Target;
use crate::complaint::{self, Complaint};
use crate::exchange::{Lost, Outgoing, Reply};
use crate::signing::{Moment, PathForm, Signed, Signer};
use crate::transport::{Magento, secret_header, upstream_error};
use crate::{Credentials, UPSTREAM};

/// A token that a renewal gave and the store still denies stands for a role that is too small, not
/// for an expired token: for this long it is not renewed again. Magento's tokens live an hour or
/// more.
const RENEWED_LATELY: Duration = Duration::from_secs(300);

/// A bearer token that the store knew so lately is not tried again at each denial.
const KNOWN_LATELY: Duration = Duration::from_secs(30);

/// What proves a session, once logged in.
pub(crate) enum Auth {
    Oauth(Signer),
    Bearer(BearerToken),
    Admin(AdminToken),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth([REDACTED])")
    }
}

impl Auth {
    /// Makes the credentials ready for use; for an admin, gets the first token.
    pub(crate) async fn open(store: &Magento, credentials: Credentials) -> Result<Self, Failure> {
        Ok(match credentials {
            Credentials::Oauth { consumer_key, consumer_secret, token, token_secret } => {
                Self::Oauth(Signer::new(&consumer_key, &consumer_secret, &token, &token_secret))
            }
            Credentials::IntegrationToken(token) => Self::Bearer(BearerToken::new(&token)?),
            Credentials::Admin { username, password } => {
                Self::Admin(AdminToken::get(store, username, password).await?)
            }
        })
    }

    /// A read in this session's name.
    pub(crate) async fn read(
        &self,
        store: &Magento,
        target: &Target<'_>,
    ) -> Result<Reply, Failure> {
        Ok(self.send(store, &Outgoing::get(*target)).await?)
    }

    /// A request in this session's name. An expired admin token is renewed once; a signature
    /// refused for its path is made once in the other form. Both answer 401 before anything is
    /// done, so that a write may be sent again too.
    pub(crate) async fn send(&self, store: &Magento, what: &Outgoing<'_>) -> Result<Reply, Lost> {
        match self {
            Self::Oauth(signer) => send_signed(store, signer, what).await,
            Self::Bearer(token) => store.send(what, || Ok(Some(token.header.clone()))).await,
            Self::Admin(token) => token.send(store, what).await,
        }
    }

    /// Whether the store still knows us, once it has denied a resource: it says so in the same words
    /// to whom it does not know and to whose role is too small.
    ///
    /// A signature is judged before resources are, and an admin's token was renewed before the
    /// denial was believed. A bearer token is tried on the read that proved it at the login.
    pub(crate) async fn is_known(&self, store: &Magento) -> bool {
        match self {
            Self::Oauth(_) | Self::Admin(_) => true,
            Self::Bearer(token) => token.is_known(store).await,
        }
    }
}

/// An integration's access token.
pub(crate) struct BearerToken {
    header: HeaderValue,
    /// What the store let it read at the login, and would not let a guest.
    known_by: OnceLock<Target<'static>>,
    /// When that was last seen to be so.
    known_at: ArcSwapOption<Instant>,
}

impl BearerToken {
    fn new(token: &Secret) -> Result<Self, Failure> {
        let header = bearer(token.expose_secret())?;
        Ok(Self { header, known_by: OnceLock::new(), known_at: ArcSwapOption::empty() })
    }

    /// Notes the read that proved it.
    pub(crate) fn prove(&self, by: Target<'static>) {
        // A second proof is as good as the first.
        let _ = self.known_by.set(by);
    }

    async fn is_known(&self, store: &Magento) -> bool {
        if self.known_at.load().as_ref().is_some_and(|at| at.elapsed() < KNOWN_LATELY) {
            return true;
        }
        let Some(proof) = self.known_by.get() else { return false };
        let read = store.send(&Outgoing::once(*proof), || Ok(Some(self.header.clone()))).await;
        let known = read.is_ok_and(|reply| reply.status == 200);
        if known {
            self.known_at.store(Some(Arc::new(Instant::now())));
        }
        known
    }
}

fn bearer(token: &str) -> Result<HeaderValue, Failure> {
    secret_header(&format!("Bearer {token}"))
}

async fn send_signed(store: &Magento, signer: &Signer, what: &Outgoing<'_>) -> Result<Reply, Lost> {
    let form = store.path_form();
    let reply = signed_once(store, signer, what, form).await?;
    if !(refuses_signature(&reply) && PathForm::matters(what.target.path)) {
        return Ok(reply);
    }
    let second = signed_once(store, signer, what, form.other()).await?;
    if refuses_signature(&second) {
        return Ok(reply);
    }
    store.learn_path_form(form.other());
    Ok(second)
}

/// Of a request with a JSON body, only method, address and query are signed (`async_bulk.jsonl`).
pub(crate) async fn signed_once(
    store: &Magento,
    signer: &Signer,
    what: &Outgoing<'_>,
    form: PathForm,
) -> Result<Reply, Lost> {
    let target = &what.target;
    let slash = if target.store.is_empty() { "" } else { "/" };
    let path = [slash, target.store, target.path].concat();
    let signed = Signed {
        method: what.method.as_str(),
        base: store.signing_rest(),
        path: &path,
        query: target.query,
        form,
    };
    store
        .send(what, || {
            let moment = Moment::now().map_err(|error| {
                Failure::internal(format!("the system gives no random numbers: {error}"))
            })?;
            secret_header(&signer.authorization(&signed, &moment)).map(Some)
        })
        .await
}

/// Whether the store did not accept who we are, as opposed to what we may. Magento judges a
/// signature before it looks at resources, so an answer that names resources has accepted it.
pub(crate) fn refuses_signature(answer: &Reply) -> bool {
    answer.status == 401 && !denies_resource(answer)
}

/// Whether the store names a resource that we may not use.
pub(crate) fn denies_resource(answer: &Reply) -> bool {
    answer.status == 401
        && Complaint::parse(&answer.body).is_some_and(|c| c.denied_resources().is_some())
}

/// An admin's token, and what is needed to get the next one.
pub(crate) struct AdminToken {
    username: String,
    password: Secret,
    current: ArcSwap<Token>,
    renewing: Mutex<()>,
}

struct Token {
    header: HeaderValue,
    /// When a renewal gave it; `None` for the one of the login.
    renewed: Option<Instant>,
}

#[derive(Serialize)]
struct Login<'a> {
    username: &'a str,
    password: &'a str,
}

impl AdminToken {
    async fn get(store: &Magento, username: String, password: Secret) -> Result<Self, Failure> {
        let header = new_token(store, &username, &password).await?;
        let current = ArcSwap::from_pointee(Token { header, renewed: None });
        Ok(Self { username, password, current, renewing: Mutex::new(()) })
    }

    async fn send(&self, store: &Magento, what: &Outgoing<'_>) -> Result<Reply, Lost> {
        let used = self.current.load_full();
        let reply = store.send(what, || Ok(Some(used.header.clone()))).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        // Whatever hinders the renewal, the request itself was refused and is not sent again.
        match self.renewed(store, &used).await.map_err(Lost::Unsendable)? {
            Some(token) => store.send(what, || Ok(Some(token.header.clone()))).await,
            None => Ok(reply),
        }
    }

    /// Another token than the one used, got from the store by one of those who ask at a time;
    /// `None` where a new one would be denied as well.
    async fn renewed(
        &self,
        store: &Magento,
        used: &Arc<Token>,
    ) -> Result<Option<Arc<Token>>, Failure> {
        let _one_at_a_time = self.renewing.lock().await;
        let current = self.current.load_full();
        if !Arc::ptr_eq(&current, used) {
            return Ok(Some(current));
        }
        if current.renewed.is_some_and(|at| at.elapsed() < RENEWED_LATELY) {
            return Ok(None);
        }
        tracing::debug!(store = store.name(), "the admin token is renewed");
        let header = new_token(store, &self.username, &self.password).await?;
        let token = Arc::new(Token { header, renewed: Some(Instant::now()) });
        self.current.store(token.clone());
        Ok(Some(token))
    }
}

async fn new_token(
    store: &Magento,
    username: &str,
    password: &Secret,
) -> Result<HeaderValue, Failure> {
    let body = serde_json::to_vec(&Login { username, password: password.expose_secret() })
        .map_err(|error| Failure::internal(format!("the login cannot be written: {error}")))?;
    let target = Target::own("/V1/integration/admin/token", "");
    let answer = store.send(&Outgoing::post(target, body.into()), || Ok(None)).await?;
    if answer.status == 200 {
        let token: String = serde_json::from_slice(&answer.body).map_err(|_| {
            upstream_error("the store answered the login with something that is no token")
                .remedy("check the store's `base_url`: no REST API answers there")
        })?;
        let token = Secret::from(token);
        store.tell_secret(&token);
        return bearer(token.expose_secret());
    }
    let failure = complaint::failure(&answer);
    // Magento answers 400 where a second factor is demanded.
    if !matches!(answer.status, 400 | 401) {
        return Err(failure);
    }
    let remedy = if failure.message.to_ascii_lowercase().contains("2fa") {
        "the store demands a second factor from admins: use an integration's OAuth keys instead"
    } else {
        "check the admin's user name and password; after several failures Magento locks the \
         account for a while"
    };
    Err(Failure::new(Code::NotAuthenticated, failure.message)
        .from_upstream(UPSTREAM, failure.status)
        .remedy(remedy))
}
