//! How often a change may be sent: what the catalogue says of its requests, and what a read can show
//! of them, whatever its plugin declares.

use souk_model::plan::{Change, Retry};
use souk_policy::writes::{AllowedRetry, JudgedWrite};

use super::PlanScope;
use super::judges::{shows, shows_whole};

/// How a change may be repeated: the least that any of its requests, and its plugin, allow.
pub(super) fn allowed_retry(
    scope: &PlanScope<'_>,
    change: &Change,
    judged: &[JudgedWrite<'_, '_>],
) -> Retry {
    let steps = judged.iter().map(|step| step_retry(scope, step));
    let own = if change.is_unverifiable() { Retry::Never } else { change.retry };
    steps.fold(own, strictest)
}

fn step_retry(scope: &PlanScope<'_>, step: &JudgedWrite<'_, '_>) -> Retry {
    let Some(route) = step.route() else { return Retry::Never };
    if route.retry() == AllowedRetry::Idempotent && route.is_shown() {
        return Retry::Idempotent;
    }
    // What is carried out later may not show yet, and still come.
    if step.form().is_asynchronous() || !route.is_shown() {
        return Retry::Never;
    }
    let evidence = route.evidence();
    let shown =
        shows_whole(scope.lookup) || evidence.is_some_and(|place| shows_as_answered(scope, place));
    if shown { Retry::IfAbsent } else { Retry::Never }
}

/// Whether the lookup's answer, or the subject in it, shows this place.
fn shows_as_answered(scope: &PlanScope<'_>, place: &str) -> bool {
    // A total stands beside the list that a search answers, and every search has it.
    place == "/total_count" && scope.lookup.one.path.is_empty() || shows(scope.lookup, place)
}

const fn strictest(a: Retry, b: Retry) -> Retry {
    match (a, b) {
        (Retry::Never, _) | (_, Retry::Never) => Retry::Never,
        (Retry::IfAbsent, _) | (_, Retry::IfAbsent) => Retry::IfAbsent,
        (Retry::Idempotent, Retry::Idempotent) => Retry::Idempotent,
    }
}
