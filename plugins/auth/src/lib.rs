//! The `auth` action group: log in, log out, who am I.
//!
//! It owns the words of the three tools. It never holds a credential: the host keeps the values of
//! sealed arguments to itself, and this plugin only tells it which of them were given.

mod capability_summary;

use capability_summary::WhoamiCapabilities;
use souk_sdk::core::{AuthMethod, Sealed, SessionResult};
use souk_sdk::prelude::*;

#[args]
struct LoginArgs {
    /// One of the stores the operator has configured; the first one if left out.
    #[schemars(length(min = 1))]
    base_url: Option<String>,
    /// Of an admin user.
    username: Option<Sealed>,
    /// Of that admin user.
    password: Option<Sealed>,
    /// The secret of that user's Google Authenticator, where the store demands a second factor.
    otp_secret: Option<Sealed>,
    /// OAuth 1.0a, of an integration; all four are needed.
    oauth_consumer_key: Option<Sealed>,
    oauth_consumer_secret: Option<Sealed>,
    oauth_token: Option<Sealed>,
    oauth_token_secret: Option<Sealed>,
    /// An integration's access token, for stores that accept it as a bearer token.
    integration_token: Option<Sealed>,
}

impl LoginArgs {
    /// The names of the sealed arguments that were given.
    fn sealed(&self) -> Vec<&'static str> {
        [
            ("username", self.username),
            ("password", self.password),
            ("otp_secret", self.otp_secret),
            ("oauth_consumer_key", self.oauth_consumer_key),
            ("oauth_consumer_secret", self.oauth_consumer_secret),
            ("oauth_token", self.oauth_token),
            ("oauth_token_secret", self.oauth_token_secret),
            ("integration_token", self.integration_token),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.map(|Sealed| name))
        .collect()
    }
}

#[result]
struct LoginResult {
    message: &'static str,
    #[serde(flatten)]
    session: SessionResult,
}

/// Log in to the store
///
/// Opens a session with a Magento store and replaces any session before it. Call it without
/// arguments to use the operator's credentials; pass credentials only if the user gave you some
/// (OAuth 1.0a first, then integration token, then user name and password). The store is asked to
/// prove that they work. Every other tool but auth_logout needs a session.
#[action(session, no_session, keywords("sign in", "connect", "credentials"))]
fn login(args: &LoginArgs, context: &SessionContext) -> Result<LoginResult, Failure> {
    let info = context.login(args.base_url.as_deref(), &args.sealed())?;
    let message = match info.method {
        AuthMethod::Oauth => "Login successful (OAuth 1.0 integration)",
        AuthMethod::IntegrationToken => "Login successful (integration token)",
        AuthMethod::AdminToken | AuthMethod::Ims | AuthMethod::Other(_) => "Login successful",
    };
    Ok(LoginResult { message, session: info.into() })
}

#[result]
struct LogoutResult {
    message: &'static str,
}

/// Log out
///
/// Ends the session and forgets its credentials. Answers whether there was one.
#[action(session, no_session, keywords("sign out", "disconnect"))]
fn logout(_: &NoArgs, context: &SessionContext) -> Result<LogoutResult, Failure> {
    let message = if context.logout()? { "Logged out successfully" } else { "No active session" };
    Ok(LogoutResult { message })
}

#[args]
struct WhoamiArgs {
    /// Answer everything that is known of what the store can do, and wait for it if need be.
    details: Option<bool>,
    /// Ask the store anew what it can do: about twenty small reads.
    refresh: Option<bool>,
}

#[result]
struct WhoamiResult {
    #[serde(flatten)]
    session: SessionResult,
    /// What the store can do for this session: `version`, `edition`, `inventory`, `store_views`, and
    /// under `access` what may not be read. What could not be found out is `{"unknown": "why"}`;
    /// `probing` stands alone while it is still being found out.
    #[schemars(with = "Map<String, Value>")]
    capabilities: WhoamiCapabilities,
}

/// Who is logged in
///
/// Answers which store, environment and user the session is for, how it authenticates, which store
/// view reads use when they name none, and what the store can do: version, edition, inventory, store
/// views, and what the credentials may not read. Asks the store nothing, unless `refresh` says so or
/// `details` are wanted that are not known yet.
#[action(
    query,
    keywords(
        "connected shop",
        "version",
        "edition",
        "permissions",
        "what is possible",
        "capabilities",
    )
)]
fn whoami(args: &WhoamiArgs, context: &Context) -> Result<WhoamiResult, Failure> {
    let session = context.session().map(SessionResult::from).ok_or_else(|| {
        Failure::new(FailureCode::NotAuthenticated, "there is no session")
            .remedy("call `auth_login` first")
    })?;
    let refresh = args.refresh == Some(true);
    let capabilities = if args.details == Some(true) {
        WhoamiCapabilities::details(context, refresh)?
    } else {
        WhoamiCapabilities::summary(context, refresh)?
    };
    Ok(WhoamiResult { session, capabilities })
}

group! {
    /// Session
    ///
    /// Log in to a store, log out, and see who is logged in.
    auth: [login, logout, whoami]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
