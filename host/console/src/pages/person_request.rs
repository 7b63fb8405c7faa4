//! A request of somebody who has signed in.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use souk_model::{Failure, Secret};
use souk_state::people::{PeopleError, Person};
use souk_state::plans::StoredPlan;

use super::layout::Layout;
use super::notice::{refused_with, status_of};
use crate::access::form::FormFields;
use crate::access::sessions::PersonSession;
use crate::audit_lines::{AuditedRequest, ConsoleAudit, NOBODY, refusal};
use crate::console::{Console, ConsoleCaller};

/// What the guard found of a person's request. Its form, if it has one, was made by the page that it is
/// sent from.
pub(crate) struct PersonRequest {
    console: Arc<Console>,
    pub(super) session: PersonSession,
    pub(super) caller: ConsoleCaller,
    pub(super) form: FormFields,
    asked: Arc<AuditedRequest>,
}

impl FromRequestParts<Arc<Console>> for PersonRequest {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Response> {
        let extensions = &mut parts.extensions;
        let session = extensions.remove::<PersonSession>();
        let caller = extensions.get::<ConsoleCaller>().cloned();
        let asked = extensions.remove::<Arc<AuditedRequest>>();
        let (Some(session), Some(caller), Some(asked)) = (session, caller, asked) else {
            let failure = refusal("console-session", "nobody is signed in here");
            return Err(refused_with(StatusCode::FORBIDDEN, &failure, None));
        };
        let form = extensions.remove::<FormFields>().unwrap_or_default();
        Ok(Self { console: console.clone(), session, caller, form, asked })
    }
}

impl PersonRequest {
    /// What stands around its page.
    pub(super) fn layout(&self, here: &'static str) -> Layout {
        Layout::of(&self.session, here)
    }

    /// The person's name.
    pub(super) fn person(&self) -> &str {
        &self.session.person.name
    }

    /// Writes down what is shown or was done.
    ///
    /// # Errors
    /// The page to answer instead: what cannot be written down is not shown.
    pub(super) fn note(&self, action: &str) -> Result<(), Response> {
        let noted = self.console.audit.note(&self.asked, self.person(), action, self.caller.from);
        noted.map_err(|failure| self.answer(&failure))
    }

    /// Writes down that a plan is shown.
    ///
    /// # Errors
    /// The page to answer instead.
    pub(super) fn note_view(&self, plan: &StoredPlan) -> Result<(), Response> {
        let noted = self.console.audit.view(self.person(), plan);
        noted.map_err(|failure| self.answer(&failure))
    }

    /// Writes down what was refused, and the page that says so.
    pub(super) fn refuse(&self, action: &str, failure: &Failure) -> Response {
        let (person, from) = (self.person(), self.caller.from);
        self.console.audit.refuse(&self.asked, person, action, from, failure);
        self.answer(failure)
    }

    fn answer(&self, failure: &Failure) -> Response {
        let back = self.session.url("/");
        refused_with(status_of(failure), failure, Some((&back, "Back to the plans")))
    }

    /// Ends a button's request: with its line on the trail, and another page.
    pub(super) fn done(&self, action: &str, result: Result<(), Failure>, page: &str) -> Response {
        match result {
            Ok(()) => match self.note(action) {
                Ok(()) => self.go_on(page),
                Err(response) => response,
            },
            Err(failure) => self.refuse(action, &failure),
        }
    }

    /// The reason in a form's field.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn reason(&self) -> Result<&str, Failure> {
        match self.form.text("reason").trim() {
            "" => Err(Failure::argument("reason", "say why: the audit trail wants to know")),
            reason => Ok(reason),
        }
    }

    /// Goes on to another page of this tab.
    pub(super) fn go_on(&self, page: &str) -> Response {
        Redirect::to(&self.session.url(page)).into_response()
    }

    /// Holds the passphrase of the form's field against the person's: who left the browser open has not
    /// given it.
    ///
    /// # Errors
    /// It is not theirs.
    pub(super) async fn ask_again(&self) -> Result<Person, Failure> {
        let passphrase = Secret::from(self.form.text("passphrase"));
        prove(&self.console, &self.caller, &self.session.person.name, passphrase).await
    }
}

/// A person by their passphrase. A wrong one is answered late, and is on the trail.
///
/// # Errors
/// It is not theirs, or nobody can be told by one now.
pub(super) async fn prove(
    console: &Arc<Console>,
    caller: &ConsoleCaller,
    name: &str,
    passphrase: Secret,
) -> Result<Person, Failure> {
    let (asked, people, person) = (ConsoleAudit::begin(), console.people.clone(), name.to_owned());
    let proved = tokio::task::spawn_blocking(move || people.verify(&person, &passphrase)).await;
    let error = match proved {
        Ok(Ok(person)) => return Ok(person),
        Ok(Err(error)) => error,
        Err(error) => return Err(Failure::internal(error.to_string())),
    };
    let failure = match &error {
        PeopleError::Wrong => refusal("passphrase", error.to_string()),
        PeopleError::Slowed { .. } => refusal("passphrase-tries", error.to_string()),
        _ => refusal("people", error.to_string()),
    };
    match error {
        PeopleError::Wrong => console.audit.wrong_passphrase(console.people.known_name(name)),
        // Whoever types a name here may type anything: it is not written down.
        _ => console.audit.refuse(&asked, NOBODY, "console_passphrase", caller.from, &failure),
    }
    if console.guesses.hold(caller.from).await.is_err() {
        return Err(refusal(
            "passphrase-tries",
            "too many are tried from your address: wait a while",
        ));
    }
    Err(failure)
}
