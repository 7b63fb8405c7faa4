//! Proving who somebody is, off the threads that serve; what was wrong is on the trail.

use std::sync::Arc;

use souk_model::plan::DecisionMeans;
use souk_model::{Failure, Secret};
use souk_state::audit::{PersonAct, PersonEntry};
use souk_state::people::{PeopleError, Person, PersonChange};

use super::standing::people_failure;
use crate::context::PlansContext;

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
    let (people, named) = (context.people.clone(), name.to_owned());
    let set = blocking(move || {
        let principals = principals.as_deref();
        people.set(PersonChange { name: &named, old: old.as_ref(), new: &new, principals })
    });
    let person = told(context, name, means, set.await?)?;
    let entry = PersonEntry::new(&person.name, means.as_str());
    context.append_person(PersonAct::PersonSet, entry)?;
    Ok(person)
}

/// A hash takes a thread for a while.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PeopleError> + Send + 'static,
) -> Result<Result<T, PeopleError>, Failure> {
    let work = tokio::task::spawn_blocking(work).await;
    work.map_err(|_| Failure::internal("a passphrase could not be looked at"))
}

fn told(
    context: &PlansContext,
    name: &str,
    means: DecisionMeans,
    result: Result<Person, PeopleError>,
) -> Result<Person, Failure> {
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
