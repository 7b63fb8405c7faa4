//! What a handler is given: the doors that its action's effect opens.

use std::ops::Deref;
use std::{slice, vec};

use serde::de::DeserializeOwned;

use crate::bindings::souk::plugin::session_control::Credentials;
use crate::core::{AuthMethod, Failure, FailureCode, PassThrough, Read, SessionInfo, host, json};

/// What every action may do: read, within its grants, and tell how far it is.
#[derive(Debug)]
pub struct Context {
    _made_by_the_sdk: (),
}

impl Context {
    pub(crate) const fn new() -> Self {
        Self { _made_by_the_sdk: () }
    }

    /// Reads and decodes an answer.
    ///
    /// # Errors
    /// What the host refused or the back end answered, unchanged; or that the answer is not of this
    /// type, naming the place in it.
    pub fn get<T: DeserializeOwned>(&self, read: &Read) -> Result<T, Failure> {
        decoded(read, host::get(read))
    }

    /// Reads an answer that is the action's result as it stands.
    ///
    /// # Errors
    /// What the host refused or the back end answered, unchanged.
    pub fn pass_on<Shape>(&self, read: &Read) -> Result<PassThrough<Shape>, Failure> {
        let answer = host::get(read)?;
        if answer.trim_start().starts_with('{') {
            return Ok(PassThrough::new(answer));
        }
        Err(not_as_expected(read, "it is no object"))
    }

    /// Reads many of one type at once, concurrently within the operator's limit. The answers come in
    /// the order asked, and one failure does not stop the others.
    #[must_use]
    pub fn get_all<T: DeserializeOwned>(&self, reads: &[Read]) -> Vec<Result<T, Failure>> {
        let mut answers = self.get_together(reads);
        reads.iter().map(|_| answers.next()).collect()
    }

    /// Reads different things at once, and decodes each as the caller takes it, in the order asked:
    ///
    /// ```
    /// # use souk_sdk::core::{Context, Failure};
    /// # use souk_sdk::magento::{WEBSITES, STORE_VIEWS};
    /// # fn read(context: &Context) -> Result<(), Failure> {
    /// let reads = [WEBSITES.read([]), STORE_VIEWS.read([])];
    /// let mut answers = context.get_together(&reads);
    /// let websites: Vec<serde_json::Value> = answers.next()?;
    /// let views: Vec<serde_json::Value> = answers.next()?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn get_together<'reads>(&self, reads: &'reads [Read]) -> Answers<'reads> {
        Answers { reads: reads.iter(), answers: host::get_all(reads).into_iter() }
    }

    /// The caller's session as it was when the call began, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<SessionInfo> {
        host::current()
    }

    /// What the store can do for this session, as far as the host has found it out: decoded from
    /// the object that `session.capabilities` in `wit/souk.wit` describes. With `refresh` the store
    /// is asked anew, which may take some seconds.
    ///
    /// # Errors
    /// No session; or the answer is not of this type.
    pub fn capabilities<T: DeserializeOwned>(&self, refresh: bool) -> Result<T, Failure> {
        json::decode(&host::capabilities(refresh)?).map_err(|wrong| {
            Failure::internal(format!("what the store can do is not as expected: {wrong}"))
        })
    }

    /// The operator's setting of this name for this plugin: `[plugins.NAME.settings]`.
    ///
    /// # Errors
    /// When it is set to something of another type.
    pub fn setting<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some(text) = host::setting(name) else {
            return Ok(None);
        };
        json::decode(&text).map(Some).map_err(|wrong| {
            Failure::unavailable(format!("the setting `{name}` of this plugin is wrong: {wrong}"))
                .remedy("ask the operator to correct the plugin's settings")
        })
    }

    /// Tells the caller how far this call is. Cheap; dropped where nobody listens.
    pub fn progress(&self, done: u64, total: Option<u64>, note: &str) {
        host::report(done, total, note);
    }
}

/// Answers to reads that were made together.
#[derive(Debug)]
pub struct Answers<'reads> {
    reads: slice::Iter<'reads, Read>,
    answers: vec::IntoIter<Result<String, Failure>>,
}

impl Answers<'_> {
    /// Decodes the next answer.
    ///
    /// # Errors
    /// As [`Context::get`]; and when more answers are taken than reads were made.
    #[expect(clippy::should_implement_trait, reason = "each answer has a type of its own")]
    pub fn next<T: DeserializeOwned>(&mut self) -> Result<T, Failure> {
        match (self.reads.next(), self.answers.next()) {
            (Some(read), Some(answer)) => decoded(read, answer),
            _ => Err(Failure::internal("more answers were taken than reads were made")),
        }
    }
}

fn decoded<T: DeserializeOwned>(
    read: &Read,
    answer: Result<String, Failure>,
) -> Result<T, Failure> {
    json::decode(&answer?).map_err(|wrong| not_as_expected(read, &wrong.to_string()))
}

/// The store answered something else than it should.
fn not_as_expected(read: &Read, why: &str) -> Failure {
    let message = format!("the answer to `GET {}` is not as expected: {why}", read.route.template);
    let mut failure = Failure::new(FailureCode::UpstreamError, message);
    failure.upstream = read.route.upstream.clone().or_else(|| Some("magento".to_owned()));
    failure
}

/// What an action of effect `session` may do besides reading.
#[derive(Debug)]
pub struct SessionContext {
    reader: Context,
}

impl SessionContext {
    pub(crate) const fn new() -> Self {
        Self { reader: Context::new() }
    }

    /// Has the host verify credentials against the store and replace the session.
    ///
    /// `sealed` names those of this call's [`Sealed`](crate::core::Sealed) arguments that were given;
    /// with none the operator's own credentials are used. `base_url` picks one of the operator's
    /// stores; without it the first is taken.
    ///
    /// # Errors
    /// What the operator's rules or the store refuse.
    pub fn login(&self, base_url: Option<&str>, sealed: &[&str]) -> Result<SessionInfo, Failure> {
        host::login(&Credentials {
            base_url: base_url.map(str::to_owned),
            sealed: sealed.iter().map(|&name| name.to_owned()).collect(),
        })
    }

    /// Forgets the session and its credentials. False where there was none.
    ///
    /// # Errors
    /// What the host refuses.
    pub fn logout(&self) -> Result<bool, Failure> {
        host::destroy()
    }

    /// Sets the store view that reads use when they name none. The host checks that it exists.
    ///
    /// # Errors
    /// No session, or no such store view.
    pub fn set_default_scope(&self, store_view_code: &str) -> Result<SessionInfo, Failure> {
        host::set_default_scope(store_view_code)
    }
}

impl Deref for SessionContext {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.reader
    }
}

impl AuthMethod {
    /// The method's name in results: `oauth`, `integration_token`, `admin_token`, `ims`; of one that
    /// is newer than this SDK, its name in the contract.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Oauth => "oauth",
            Self::IntegrationToken => "integration_token",
            Self::AdminToken => "admin_token",
            Self::Ims => "ims",
            Self::Other(name) => name,
        }
    }
}
