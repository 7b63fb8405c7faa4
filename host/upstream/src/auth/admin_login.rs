//! An admin's login: name and password, and a one-time code where the store demands a second factor.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::Serialize;
use souk_model::{Code, ExposeSecret, Failure, Secret};

use super::one_time_code::{OtpSecret, step_of};
use crate::store::magento::Magento;
use crate::wire::address::ApiTarget;
use crate::wire::error_body::{ErrorBody, demands_second_factor, is_no_route};
use crate::wire::php_trace::is_php_error;
use crate::wire::reply::StoreReply;
use crate::wire::reply_failure::{failure_of, own_error};
use crate::wire::request::StoreRequest;
use crate::wire::upstream::{UPSTREAM, upstream_error};

/// Where a password alone gives a token.
const BY_PASSWORD: ApiTarget<'static> = ApiTarget::constant("/V1/integration/admin/token", "");
/// Where it takes a code of Google Authenticator, too.
const BY_CODE: ApiTarget<'static> = ApiTarget::constant("/V1/tfa/provider/google/authenticate", "");

/// The one provider of Magento's whose codes can be made here.
const GOOGLE: &str = "google";

/// What an admin logs in with.
pub(super) struct AdminLogin {
    username: String,
    password: Secret,
    otp: Option<OtpSecret>,
}

#[derive(Serialize)]
struct TokenRequestBody<'a> {
    username: &'a str,
    password: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    otp: Option<&'a str>,
}

impl AdminLogin {
    /// # Errors
    /// A secret of one-time codes that is none.
    pub(super) fn new(
        username: String,
        password: Secret,
        otp_secret: Option<&Secret>,
    ) -> Result<Self, Failure> {
        let otp = otp_secret.map(OtpSecret::parse).transpose()?;
        Ok(Self { username, password, otp })
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// `NOT_AUTHENTICATED` where the store refuses it, with what it wants; `RATE_LIMITED` where no
    /// further code may be used yet.
    pub(super) async fn token(&self, store: &Magento) -> Result<String, Failure> {
        match &self.otp {
            Some(otp) => self.token_by_code(store, otp).await,
            None => {
                let reply = self.ask_by_password(store).await?;
                if reply.status == 200 { token_in(&reply) } else { Err(refusal(&reply)) }
            }
        }
    }

    async fn ask_by_password(&self, store: &Magento) -> Result<StoreReply, Failure> {
        let request = StoreRequest::post(BY_PASSWORD, self.body(None)?);
        Ok(store.send_anonymously(&request).await?)
    }

    /// Each code is sent once, and a refused one is not followed by another for a while: several that
    /// are wrong lock the account.
    async fn token_by_code(&self, store: &Magento, otp: &OtpSecret) -> Result<String, Failure> {
        if let Some((left, earlier)) = store.used_codes().refused_lately(&self.username) {
            return Err(refused_lately(left, earlier));
        }
        let code = otp.code(self.next_step(store).await?);
        let request = StoreRequest::post_once(BY_CODE, self.body(Some(&code))?);
        let reply = store.send_anonymously(&request).await?;
        if reply.status == 200 {
            return token_in(&reply);
        }
        if is_no_route(&reply) {
            // No second factor here: its module is off. Nothing was checked.
            let reply = self.ask_by_password(store).await?;
            return if reply.status == 200 { token_in(&reply) } else { Err(refusal(&reply)) };
        }
        let failure = failure_of(&reply);
        if !matches!(reply.status, 400 | 401 | 403) {
            return Err(failure);
        }
        if failure.message.contains("rovider is not") {
            // The password was right; the store says by which providers this user logs in.
            let reply = self.ask_by_password(store).await?;
            return Err(refusal(&reply));
        }
        let refused = unauthenticated(
            &failure,
            "check user name, password and MAGENTO_ADMIN_OTP_SECRET, and that this machine's clock is \
             right; souk sends no second code by itself, since after several failures Magento locks \
             the account for a while",
        );
        store.used_codes().refuse(&self.username, &refused);
        Err(refused)
    }

    /// The first step whose code was not used yet, once it has come.
    async fn next_step(&self, store: &Magento) -> Result<u64, Failure> {
        let (step, left) = step_of(SystemTime::now());
        if store.used_codes().claim(&self.username, step) {
            return Ok(step);
        }
        // A code that comes early is wrong, and one that comes twice is, too.
        let wait = left + Duration::from_millis(50);
        tracing::debug!(store = store.name(), ?wait, "the next one-time code is waited for");
        tokio::time::sleep(wait).await;
        let (step, left) = step_of(SystemTime::now());
        if store.used_codes().claim(&self.username, step) {
            return Ok(step);
        }
        let message = "another login has used the one-time code of this half minute";
        Err(Failure::new(Code::RateLimited, message)
            .from_upstream(UPSTREAM, None)
            .remedy(format!("try again in {} s", left.as_secs() + 1)))
    }

    fn body(&self, otp: Option<&str>) -> Result<Bytes, Failure> {
        let (username, password) = (self.username.as_str(), self.password.expose_secret());
        serde_json::to_vec(&TokenRequestBody { username, password, otp })
            .map(Bytes::from)
            .map_err(|error| Failure::internal(format!("the login cannot be written: {error}")))
    }
}

/// What is said instead of sending another code.
fn refused_lately(left: Duration, earlier: Option<Failure>) -> Failure {
    let seconds = left.as_secs().max(1);
    let no_other = format!(
        "no further code is sent for {seconds} s, since several wrong ones lock the account"
    );
    if let Some(earlier) = earlier {
        return Failure { message: format!("{}; {no_other}", earlier.message), ..earlier };
    }
    let message = format!(
        "the store refused this account's one-time code, which another process of souk sent; {no_other}"
    );
    Failure::new(Code::NotAuthenticated, message).from_upstream(UPSTREAM, None).remedy(format!(
        "check user name, password and MAGENTO_ADMIN_OTP_SECRET, and that this machine's clock is right, \
         and log in in {seconds} s"
    ))
}

/// The token that a store gave out.
fn token_in(reply: &StoreReply) -> Result<String, Failure> {
    let token: Option<String> = serde_json::from_slice(&reply.body).ok();
    token.filter(|token| !token.trim().is_empty()).ok_or_else(|| {
        if is_php_error(&reply.body) {
            return own_error(reply);
        }
        upstream_error("the store answered the login with something that is no token")
            .from_upstream(UPSTREAM, Some(reply.status))
            .remedy(
                "check the store's `base_url`: no REST API answers there, or a server before it \
                     answers in its place",
            )
    })
}

/// What a store says that gives no token for a password.
fn refusal(reply: &StoreReply) -> Failure {
    let failure = failure_of(reply);
    // Magento answers 400 to some of these, by its version.
    if !matches!(reply.status, 400 | 401) {
        return failure;
    }
    let body = ErrorBody::parse(&reply.body);
    let providers = body.as_ref().map(ErrorBody::active_providers).unwrap_or_default();
    if !demands_second_factor(&failure.message, &providers) {
        return unauthenticated(
            &failure,
            "check the admin's user name and password; after several failures Magento locks the \
             account for a while",
        );
    }
    let instead = "or use an integration's OAuth keys instead, which need no second factor";
    if providers.is_empty() || failure.message.contains("required to configure") {
        return unauthenticated(
            &failure,
            &format!(
                "the store demands a second factor from admins: log in once in Magento's admin and \
                 set up Google Authenticator, then set MAGENTO_ADMIN_OTP_SECRET to its secret; {instead}"
            ),
        );
    }
    if providers.iter().any(|provider| provider == GOOGLE) {
        return unauthenticated(
            &failure,
            &format!(
                "the store demands a second factor from admins, and this one has Google \
                 Authenticator: set MAGENTO_ADMIN_OTP_SECRET to its secret; {instead}"
            ),
        );
    }
    let named = providers.join("`, `");
    let message = format!("{}: this admin's provider is `{named}`", failure.message);
    unauthenticated(
        &Failure { message, ..failure },
        &format!(
            "souk can answer Google Authenticator (`google`) and no other provider: set that up for \
             this admin, beside or instead; {instead}"
        ),
    )
}

fn unauthenticated(failure: &Failure, remedy: &str) -> Failure {
    Failure::new(Code::NotAuthenticated, failure.message.clone())
        .from_upstream(UPSTREAM, failure.status)
        .remedy(remedy)
}
