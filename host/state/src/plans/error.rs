//! Why the store did not do what it was asked.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;

use souk_model::plan::{ItemState, PlanId, PlanState};
use souk_model::{Code, Decimal, Failure};

use super::spend::SpendAccount;
use crate::error::error_chain;

/// Why plans could not be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No such plan, or it is a draft where a plan was meant.
    #[error("no plan has the id `{0}`")]
    NoPlan(PlanId),
    /// A plan of that id is there.
    #[error("a plan with the id `{0}` is there already")]
    Exists(PlanId),
    /// What was proposed is fixed.
    #[error("the plan `{plan}` is {}: only a draft takes items or is sealed", .state.as_str())]
    NotADraft {
        /// The plan.
        plan: PlanId,
        /// How far it came.
        state: PlanState,
    },
    /// A plan changes a subject once: two changes of it could not be told apart afterwards.
    #[error("the draft has a change of the {kind} `{id}` already")]
    Duplicate {
        /// The subject's kind.
        kind: String,
        /// The subject's id.
        id: String,
    },
    /// Two items of the same number.
    #[error("the draft `{plan}` has an item {n} already")]
    Numbered {
        /// The draft.
        plan: PlanId,
        /// The number.
        n: u32,
    },
    /// A mark for an item that the plan has not.
    #[error("the plan `{plan}` has no item {n}")]
    NoItem {
        /// The plan.
        plan: PlanId,
        /// The number.
        n: u32,
    },
    /// A way that no item takes.
    #[error(
        "item {n} of the plan `{plan}` is {} and cannot become {}",
        .from.as_str(),
        .to.as_str()
    )]
    Transition {
        /// The plan.
        plan: PlanId,
        /// The item's number.
        n: u32,
        /// What it is.
        from: ItemState,
        /// What it was to become.
        to: ItemState,
    },
    /// Somebody else carries the plan out, or its run has ended: nothing more may be sent.
    #[error("the run of the plan `{plan}` is no longer held by `{owner}`")]
    LeaseLost {
        /// The plan.
        plan: PlanId,
        /// Who held it, or thought so.
        owner: String,
    },
    /// More money would leave than may on a day.
    #[error(
        "{} {} of `{}` have left as {} today, and {} may", .spent.with_cents(), .account.currency,
        .account.store, .account.kind.as_str(), .cap.with_cents()
    )]
    OverCap {
        /// The item for which it was to be set aside.
        n: u32,
        /// Where.
        account: SpendAccount,
        /// What the account has come to without it.
        spent: Decimal,
        /// What it may come to.
        cap: Decimal,
    },
    /// Its values are gone.
    #[error(
        "the values of the plan `{0}` are no longer kept (`state.keep_days`, or `souk state forget`)"
    )]
    Forgotten(PlanId),
    /// It would take more than it may.
    #[error("{what} would take {bytes} bytes, and may take {most} (`{setting}`)")]
    TooLarge {
        /// What: `item 3 of the draft`, `the draft`, …
        what: String,
        /// How many bytes it would take.
        bytes: u64,
        /// How many it may.
        most: u64,
        /// Which setting says so.
        setting: &'static str,
    },
    /// There are too many.
    #[error(
        "`{principal}` has {most} drafts and plans, and may have no more (`state.principal_plans`)"
    )]
    TooMany {
        /// Whose.
        principal: String,
        /// How many there may be.
        most: u64,
    },
    /// What left on this day may not be known.
    #[error(
        "no money moves today: plans that were kept are gone, and with them what has left already"
    )]
    Shut,
    /// The account of a day's money is not as it was left.
    #[error(
        "no money moves: the account of what has moved today is not as it was left, so that what has \
         left already cannot be told"
    )]
    SpendsAltered,
    /// The key of the seals cannot be read or made.
    #[error("{0}")]
    Key(String),
    /// An amount that accounts cannot count.
    #[error("`{0}` is more than an account can hold")]
    Uncountable(Decimal),
    /// A run does not end so.
    #[error("a run ends done, partly done, failed or stopped, not {}", .0.as_str())]
    NotAnEnd(PlanState),
    /// What is kept is not what was put there.
    #[error("{} of the plan `{plan}` cannot be read", of_item(*.item, .what))]
    Damaged {
        /// The plan, by its id as kept.
        plan: String,
        /// The item, if it is one.
        item: Option<u32>,
        /// Which part: `the header`, `the change`, …
        what: &'static str,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A newer souk has been here. Its rows may mean what this one does not know.
    #[error(
        "`{}` was written by a newer souk (version {found}; this one knows {known}): run that one, or name another state directory",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Something else of that name.
    #[error("`{}` holds no plans of souk: move it away, or name another state directory", .0.display())]
    Foreign(PathBuf),
    /// The file is damaged.
    #[error("the plans in `{}` are damaged: restore the file from a backup, or move it away and begin anew", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What was found.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// What is written to it would be lost.
    #[error("`{}` was moved or removed while souk ran: put it back, or start souk again", .0.display())]
    Moved(PathBuf),
    /// Another process writes, and does not end.
    #[error("the plans in `{}` are still locked by another process: end it, or let it go on", .0.display())]
    Busy(PathBuf),
    /// No room.
    #[error("there is no room left for plans in `{}`", .0.display())]
    Full(PathBuf),
    /// The file system refused.
    #[error("cannot {doing} `{}`", path.display())]
    Io {
        /// What was tried: `open`, …
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database refused.
    #[error("cannot {doing} the plans in `{}`", path.display())]
    Database {
        /// What was tried: `read`, `write`, …
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What it said.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// Something cannot be put as JSON: the host is at fault.
    #[error("cannot put {what} as JSON")]
    Unwritable {
        /// What.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// The thread that writes has ended: the host is at fault, or about to end.
    #[error("the plans are closed")]
    Closed,
}

fn of_item(item: Option<u32>, what: &str) -> String {
    item.map_or_else(|| what.to_owned(), |n| format!("{what} of item {n}"))
}

impl From<StoreError> for Failure {
    /// What people are told. Paths and what the database said are for the log.
    fn from(error: StoreError) -> Self {
        use StoreError as E;
        let outside = |message: &str, remedy: &str| {
            tracing::error!(error = error_chain(&error), "the plans cannot be used");
            Self::new(Code::Unavailable, message).remedy(remedy)
        };
        match &error {
            E::NoPlan(_) => Self::new(Code::PlanNotFound, error.to_string())
                .remedy("list the plans that there are with `plans_list`"),
            E::Duplicate { .. } => Self::new(Code::ValidationError, error.to_string())
                .remedy("name each subject once, with all that changes of it"),
            E::OverCap { .. } => Self::new(Code::Forbidden, error.to_string())
                .remedy("try again tomorrow (UTC), or the operator raises the cap"),
            E::Forgotten(_) => Self::new(Code::Conflict, error.to_string())
                .rule("state-keep-days")
                .remedy("propose the change again"),
            E::TooLarge { .. } => Self::new(Code::Forbidden, error.to_string())
                .rule("state-bytes")
                .remedy("propose less at once, or discard plans with `plans_discard`; the operator can raise the limit"),
            E::TooMany { .. } => Self::new(Code::Forbidden, error.to_string())
                .rule("state-plans")
                .remedy("wait until running plans have ended; the operator can raise the limit"),
            E::Shut | E::SpendsAltered => Self::new(Code::Forbidden, error.to_string()).rule("state-lost").remedy(
                "the operator looks at what was lost (`souk doctor`) and runs `souk state accept`",
            ),
            E::LeaseLost { plan, .. } => Self::new(
                Code::Unavailable,
                format!("the plan `{plan}` is carried out by another host, or was stopped"),
            )
            .remedy("see how far it came with `plans_get`"),
            E::Damaged { plan, item, .. } => {
                tracing::error!(error = error_chain(&error), plan, item, "a plan is damaged");
                Self::internal(error.to_string())
                    .remedy("restore the state directory from a backup, or prepare the plan again")
            }
            E::Busy(_) => outside(
                "plans cannot be written now: another souk holds them",
                "try again; if it stays so, the operator should end the other souk",
            ),
            E::Full(_) => outside(
                "plans cannot be written: the disk is full",
                "the operator should make room where the state directory is",
            ),
            E::Newer { .. } => outside(
                "plans cannot be used: a newer souk has written them",
                "the operator should run the newest souk everywhere",
            ),
            E::Moved(_) => outside(
                "plans cannot be used: their file was moved or removed",
                "the operator should put it back, or start souk again",
            ),
            E::Io { source, .. } if source.kind() == ErrorKind::StorageFull => outside(
                "plans cannot be written: the disk is full",
                "the operator should make room where the state directory is",
            ),
            E::Io { source, .. } if source.kind() == ErrorKind::QuotaExceeded => outside(
                "plans cannot be written: the quota of the file system is used up",
                "the operator should make room where the state directory is, or raise the quota",
            ),
            E::Io { source, .. } if source.kind() == ErrorKind::ReadOnlyFilesystem => outside(
                "plans cannot be written: their file system takes no writes (it is read-only)",
                "the operator should see why, mount it again, and start souk again",
            ),
            E::Foreign(_) | E::Corrupt { .. } | E::Io { .. } | E::Database { .. } | E::Key(_) | E::Closed => {
                outside(
                    "plans cannot be read or written: see the log of souk",
                    "the operator should look into the state directory",
                )
            }
            E::Exists(_)
            | E::NotADraft { .. }
            | E::Numbered { .. }
            | E::NoItem { .. }
            | E::Transition { .. }
            | E::Uncountable(_)
            | E::NotAnEnd(_)
            | E::Unwritable { .. } => {
                tracing::error!(error = error_chain(&error), "the host asked what it must not");
                Self::internal(error.to_string())
            }
        }
    }
}
