//! Whether what a host finds in the state directory is what hosts left there.
//!
//! The audit trail vouches for the file of plans, and that file knows that a trail vouches for it; the
//! trail's key is older than both. Where one of them is missing, or was set back, the others tell.

use std::path::Path;
use std::time::Duration;

use crate::StateError;
use crate::audit::{AuditError, AuditTrail, MovedFile, PlansMark, Position, TrailRecord};
use crate::dir::StateDir;
use crate::plans::{
    PlansIdentity, SqlitePlanStore, StoreError, read_altered_spends, read_identity,
};

/// How old a key is that was not made by a host that is just starting, maybe beside this one.
const KEY_AGE: Duration = Duration::from_secs(120);
/// Milliseconds in a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Why it cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum ContinuityError {
    /// The trail.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The plans.
    #[error(transparent)]
    Plans(#[from] StoreError),
    /// The directory.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What is not as it was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLoss {
    /// What, and how that shows.
    pub what: String,
    /// Whether the accounts of the day's money may be gone with it.
    pub with_accounts: bool,
    /// Whether decisions of persons may be: that all writes were stopped, for instance.
    pub with_decisions: bool,
}

/// Whether the key of the trail was there before this start: what it sealed must be somewhere.
fn has_old_key(key: &Path) -> bool {
    let made = std::fs::metadata(key).and_then(|found| found.modified());
    made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age > KEY_AGE))
}

/// Compares the end of the trail with the plans. None: it is as it was left, or a first start.
fn loss(
    (position, mark): (Position, Option<PlansMark>),
    plans: Option<&PlansIdentity>,
    was_known: bool,
    has_old_key: bool,
) -> Option<StateLoss> {
    let with_decisions = mark.as_ref().is_some_and(|mark| mark.decisions > 0);
    let with_accounts =
        |what: String| Some(StateLoss { what, with_accounts: true, with_decisions });
    match (mark, plans) {
        (Some(mark), None) => with_accounts(format!(
            "the plans (`plans.db`, {mark}) are gone: there is no file, or an empty one"
        )),
        (Some(mark), Some(found)) if mark.id != found.mark.id => with_accounts(format!(
            "the plans (`plans.db`, {mark}) are gone: another file, {}, is in their place",
            found.mark
        )),
        (Some(mark), Some(found)) if mark.generation > found.mark.generation => {
            with_accounts(format!(
                "the plans (`plans.db`) were set back: the trail knows them as {mark}, and they are \
                 {}. An older copy was put in their place, or their log (`plans.db-wal`) was removed",
                found.mark
            ))
        }
        (Some(mark), Some(found)) if mark.decisions > found.mark.decisions => Some(StateLoss {
            what: format!(
                "decisions of persons are missing: the trail knows of {}, and the plans (`plans.db`) \
                 hold {}",
                mark.decisions, found.mark.decisions
            ),
            with_accounts: false,
            with_decisions,
        }),
        (Some(_), Some(_)) => None,
        (None, _) if position != Position::START => None,
        (None, Some(_)) if was_known => Some(StateLoss {
            what: "the audit trail is gone: the plans know of one, and there is no line".to_owned(),
            with_accounts: false,
            with_decisions: false,
        }),
        (None, _) if has_old_key => with_accounts(
            "the audit trail and the plans are gone: there is a key that sealed lines before, and no line"
                .to_owned(),
        ),
        (None, _) => None,
    }
}

/// The file that the trail was moved to while no host ran. It must vouch for all that the plans went
/// through: where requests were sent after its last line, the lines of those are gone.
fn rotated_away(
    trail: &AuditTrail,
    plans: Option<&PlansIdentity>,
) -> Result<Option<MovedFile>, AuditError> {
    let moved = trail.moved_away()?;
    // A decision is on the trail before it is in the plans, so that its line may be the last that knows of
    // one less.
    let vouches = |mark: &PlansMark, plans: &PlansMark| {
        mark.id == plans.id
            && mark.generation == plans.generation
            && mark.decisions <= plans.decisions
    };
    Ok(moved.filter(|moved| {
        plans
            .is_some_and(|plans| moved.mark.as_ref().is_some_and(|mark| vouches(mark, &plans.mark)))
    }))
}

/// What the state directory is missing, without changing anything. `key` is the file of the trail's
/// key.
///
/// # Errors
/// It cannot be read.
pub fn examine(
    directory: &StateDir,
    key: &Path,
    trail: &AuditTrail,
) -> Result<(Option<StateLoss>, Option<PlansIdentity>), ContinuityError> {
    let mut head = trail.head()?;
    let plans = read_identity(&plans_path(directory))?;
    if let Some(moved) = rotated_away(trail, plans.as_ref())? {
        head.1 = moved.mark;
    }
    let was_known = plans.as_ref().is_some_and(|plans| plans.is_known);
    let mut loss = loss(head, plans.as_ref(), was_known, has_old_key(key));
    if loss.is_none() {
        loss = read_altered_spends(directory)?.map(altered_spends);
    }
    Ok((loss, plans))
}

/// The account of money is not as it was left.
const fn altered_spends(what: String) -> StateLoss {
    StateLoss { what, with_accounts: true, with_decisions: false }
}

fn plans_path(directory: &StateDir) -> std::path::PathBuf {
    directory.path().join("plans.db")
}

/// Holds the plans and the trail of a host that starts against each other. What is missing is said on
/// the log and the trail, and no money moves on that day until the operator [accepts](accept) it. From
/// here on the trail vouches for the plans.
///
/// # Errors
/// One of them cannot be read or written.
pub async fn reconcile(
    key: &Path,
    trail: &AuditTrail,
    plans: &SqlitePlanStore,
    now_ms: i64,
) -> Result<Option<StateLoss>, ContinuityError> {
    // Another host may be at work meanwhile: whether a trail is known is read before its end, and how
    // far the plans came after it.
    let was_known = plans.identity().await?.is_known;
    let mut head = trail.head()?;
    let found = plans.identity().await?;
    if let Some(moved) = rotated_away(trail, Some(&found))? {
        tracing::warn!(
            "the audit trail was moved to `{}` while souk did not run; line {} was its last. Keep \
             that file: `souk audit verify --file` must end there",
            moved.path.display(),
            moved.position
        );
        trail.follow(&moved)?;
        head = trail.head()?;
    }
    trail.vouch_for(plans.current());
    let is_first = head.1.is_none();
    let mut loss = loss(head, Some(&found), was_known, has_old_key(key));
    // Of an account that somebody has to accept already nothing is said at each start.
    if loss.is_none() && found.shut_day.is_none() {
        loss = plans.altered_spends().await?.map(altered_spends);
    }
    if let Some(StateLoss { what, with_accounts, with_decisions }) = &loss {
        let shut = with_accounts.then(|| now_ms.div_euclid(DAY_MS));
        plans.note_loss(what, shut, *with_decisions).await?;
        trail.adopt(&TrailRecord::Lost { at: jiff::Timestamp::now(), what: what.clone() })?;
    } else if is_first {
        let (at, key) = (jiff::Timestamp::now(), trail.key_id());
        trail.adopt(&TrailRecord::Begun { at, key })?;
    }
    if !found.is_known {
        plans.note_known().await?;
    }
    let unaccepted = plans.identity().await?.lost;
    if let Some(what) = unaccepted {
        tracing::error!(
            "STATE IS MISSING, `{}`: {what}. Find out who removed it. No money moves on the day \
             that this was found, and nothing is written at all where decisions of persons may be \
             missing, until `souk state accept`",
            plans.path().display()
        );
    }
    Ok(loss)
}

/// Takes things as they are, by the operator's word: what was missing, if anything was. `decisions` is what
/// was wrong with decisions of persons, and was taken as it is before.
///
/// # Errors
/// The trail or the plans cannot be written.
pub async fn accept(
    trail: &AuditTrail,
    plans: &SqlitePlanStore,
    is_breached: bool,
    decisions: Option<String>,
) -> Result<Option<String>, ContinuityError> {
    let lost = plans.identity().await?.lost.or(decisions);
    if lost.is_none() && !is_breached {
        return Ok(None);
    }
    let what = lost.unwrap_or_else(|| "what the trail says is missing".to_owned());
    // On the trail first: that money moves again is not without a line.
    trail.vouch_for(plans.current());
    trail.adopt(&TrailRecord::Accepted { at: jiff::Timestamp::now(), what: what.clone() })?;
    plans.accept_loss().await?;
    Ok(Some(what))
}

/// Looks whether the account of money is as it was left, under a running host, and says on log and trail
/// where it is not: no money moves then until the operator [accepts](accept) it.
///
/// # Errors
/// The plans or the trail cannot be read or written.
pub async fn check_spends(
    trail: &AuditTrail,
    plans: &SqlitePlanStore,
    now_ms: i64,
) -> Result<(), ContinuityError> {
    if plans.identity().await?.shut_day.is_some() {
        return Ok(());
    }
    let Some(what) = plans.altered_spends().await? else { return Ok(()) };
    plans.note_loss(&what, Some(now_ms.div_euclid(DAY_MS)), false).await?;
    tracing::error!("{what}: no money moves until `souk state accept`");
    trail.append_lost(what)?;
    Ok(())
}

/// Says on log and trail that the plans were taken away under a running host.
///
/// # Errors
/// The trail cannot be written.
pub fn note_moved(trail: &AuditTrail, plans: &Path) -> Result<(), AuditError> {
    let what = format!(
        "the plans (`{}`) or their log were moved or removed while souk ran",
        plans.display()
    );
    tracing::error!("{what}: nothing more is sent. Put them back, or start souk again");
    trail.append_lost(what)
}
