//! How far an item came, and the table of its ways from state to state.

use serde::{Deserialize, Serialize};

/// How far an item came. The only ways from one state to the next are
/// [`ItemState::TRANSITIONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    /// Not tried yet.
    Pending,
    /// Its requests may be on their way.
    Sending,
    /// Written, and a read shows it; what no read can show, the store's answer reported.
    Done,
    /// Refused, and a read shows that it did not happen.
    Failed,
    /// Not written: somebody changed it since the review.
    Drifted,
    /// Not tried, and will not be.
    Skipped,
    /// It may have happened; a person decides.
    Unknown,
}

impl ItemState {
    /// Every state, for reading them back.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Sending,
        Self::Done,
        Self::Failed,
        Self::Drifted,
        Self::Skipped,
        Self::Unknown,
    ];

    /// The state's name, as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Drifted => "drifted",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }

    /// Whether an item may go from this state to that one: whether [`Self::TRANSITIONS`] has it.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        Self::TRANSITIONS.iter().any(|way| (way.from, way.to) == (self, next))
    }

    /// [`Self::TRANSITIONS`] as a table of the documentation, in Markdown.
    #[must_use]
    pub fn transitions_as_markdown() -> String {
        let mut table = "| from | to | when |\n|---|---|---|\n".to_owned();
        for ItemTransition { from, to, when } in Self::TRANSITIONS {
            table.push_str(&format!("| {} | {} | {when} |\n", from.as_str(), to.as_str()));
        }
        table
    }
}

/// One way an item may go from one state to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemTransition {
    /// What it is.
    pub from: ItemState,
    /// What it becomes.
    pub to: ItemState,
    /// When.
    pub when: &'static str,
}

/// Writes the table once: as the constant, and as the rows of its documentation.
macro_rules! transitions {
    ($($from:ident => $to:ident: $when:literal;)+) => {
        impl ItemState {
            /// Every way an item may go. Done, drifted and skipped are ends.
            ///
            /// | from | to | when |
            /// |---|---|---|
            $(#[doc = concat!("| ", stringify!($from), " | ", stringify!($to), " | ", $when, " |")])+
            pub const TRANSITIONS: &'static [ItemTransition] = &[
                $(ItemTransition { from: Self::$from, to: Self::$to, when: $when },)+
            ];
        }
    };
}

transitions! {
    Pending => Pending: "it could not be read before it was to be written; a resume tries it again";
    Pending => Sending: "before its first request is sent; this is on the disk first";
    Pending => Drifted: "a read shows another value than was reviewed";
    Pending => Skipped: "the store has the new values already, the money may not move, or a person left it out";
    Sending => Done: "a read shows that it happened, or, of what no read can show, the store's answer";
    Sending => Failed: "it was refused or never sent, and a read shows that it did not happen";
    Sending => Unknown: "it may have happened, and neither answer nor read tells";
    Sending => Sending: "its host died, and a resume may send it again";
    Sending => Drifted: "a later read shows something else than it was and was to be";
    Sending => Pending: "its run ended before its first request was sent";
    Unknown => Done: "a later read shows that it happened";
    Unknown => Failed: "a later read shows that it did not happen";
    Unknown => Drifted: "a later read shows something else than it was and was to be";
    Unknown => Unknown: "a later read does not tell, either";
    Unknown => Sending: "a later read shows that it may be sent again";
    Failed => Sending: "a resume tries again what certainly did not happen";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documentation says, read as a person would.
    fn documented(from: ItemState, to: ItemState) -> bool {
        ItemState::transitions_as_markdown().lines().skip(2).any(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            cells[..2] == [from.as_str(), to.as_str()] && !cells[2].is_empty()
        })
    }

    #[test]
    fn an_item_takes_exactly_the_ways_that_are_documented() {
        let mut ways = 0;
        for from in ItemState::ALL {
            for to in ItemState::ALL {
                assert_eq!(from.may_become(to), documented(from, to), "{from:?} to {to:?}");
                ways += usize::from(from.may_become(to));
            }
        }
        assert_eq!(ways, ItemState::TRANSITIONS.len(), "a way is in the table twice");
    }

    #[test]
    fn what_has_ended_stays_and_only_what_was_never_sent_begins_anew() {
        for end in [ItemState::Done, ItemState::Drifted, ItemState::Skipped] {
            assert!(ItemState::ALL.iter().all(|next| !end.may_become(*next)), "{end:?}");
        }
        let begin_anew =
            ItemState::ALL.into_iter().filter(|from| from.may_become(ItemState::Pending));
        assert_eq!(begin_anew.collect::<Vec<_>>(), [ItemState::Pending, ItemState::Sending]);
    }
}
