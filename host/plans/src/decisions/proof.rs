//! Proving who somebody is, off the threads that serve; what was wrong is on the trail.

use std::sync::Arc;

use souk_model::plan::DecisionMeans;
use souk_model::{Failure, Secret};
use souk_state::audit::{PersonAct, PersonEntry};
use souk_state::people::{PeopleError, Person, PersonChange};
use souk_state::plans::DecisionEffect;

use super::standing::{people_as, people_failure};
use crate::context::PlansContext;
use crate::decision_log::LoggedDecision;

/// The person of this name, if the passphrase is theirs.
///
/// # Errors
/// FORBIDDEN: it is not, or too many were wrong before; or who can decide cannot be told.
pub(crate) async fn verify_person(
    context: &Arc<PlansContext>,
    name: &str,
    passphrase: Secret,
    means: DecisionMeans,
) -> Result<Person, Failure> {
    check_people(context).await?;
    let (people, tried) = (context.people.clone(), name.to_owned());
    let verified = blocking(move || people.verify(&tried, &passphrase)).await?;
    told(context, name, means, verified)
}

/// Sets a person, or another passphrase of theirs.
///
/// # Errors
/// FORBIDDEN: a passphrase is wrong or none, a name is none; the trail takes no line.
pub(crate) async fn set_person(
    context: &Arc<PlansContext>,
    name: &str,
    old: Option<Secret>,
    new: Secret,
    principals: Option<Vec<String>>,
    means: DecisionMeans,
) -> Result<Person, Failure> {
    check_people(context).await?;
    let (people, named) = (context.people.clone(), name.to_owned());
    let change = blocking(move || {
        let principals = principals.as_deref();
        people.prepare(PersonChange { name: &named, old: old.as_ref(), new: &new, principals })
    });
    let change = told(context, name, means, change.await?)?;
    let entry = PersonEntry::new(&change.person().name, means.as_str());
    context.append_person(PersonAct::PersonSet, entry)?;
    // Written down before it is so: who can decide is never other than the log says unseen.
    let line = LoggedDecision::People { seal: change.seal().to_owned() };
    context.log_decision(None, &line, &DecisionEffect::None).await?;
    change.keep().map_err(|error| people_failure(&error))
}

/// Whether who can decide is as it was written down last.
async fn check_people(context: &PlansContext) -> Result<(), Failure> {
    let people = people_as(context, &*context.decided().await?);
    people.map(drop).map_err(|error| people_failure(&error))
}

/// A hash takes a thread for a while.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PeopleError> + Send + 'static,
) -> Result<Result<T, PeopleError>, Failure> {
    let work = tokio::task::spawn_blocking(work).await;
    work.map_err(|_| Failure::internal("a passphrase could not be looked at"))
}

fn told<T>(
    context: &PlansContext,
    name: &str,
    means: DecisionMeans,
    result: Result<T, PeopleError>,
) -> Result<T, Failure> {
    result.map_err(|error| {
        if matches!(error, PeopleError::Wrong | PeopleError::Slowed { .. }) {
            tracing::warn!("a wrong passphrase was given ({})", means.as_str());
            let entry = PersonEntry::new(context.people.known_name(name), means.as_str());
            // What cannot be written down is refused all the same.
            if let Err(failure) = context.append_person(PersonAct::WrongPassphrase, entry) {
                return failure;
            }
        }
        people_failure(&error)
    })
}
