//! A principal's list: every tool that it may call, in the order of the list, and whether it is shown.

use std::fmt;

use souk_policy::EffectKind;

use super::tool::LoadedTool;
use crate::tool_sets::order::ListOrder;
use crate::tool_sets::{ListBudget, ToolSelection, ToolSet};

/// Whether a tool is listed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attention {
    /// One of those that find and run the rest.
    Always,
    /// A set names it.
    Named(ToolSet),
    /// `auto` has room for it.
    HasRoom,
    /// No set names it.
    NotNamed,
    /// `auto` has as many tools as it may list.
    NoMoreTools,
    /// `auto` has this many bytes left, and the tool needs more.
    NoMoreBytes {
        /// What is left.
        left: usize,
    },
}

impl Attention {
    /// Whether the tool is listed; else it is found by search only.
    #[must_use]
    pub const fn is_listed(&self) -> bool {
        matches!(self, Self::Always | Self::Named(_) | Self::HasRoom)
    }
}

impl fmt::Display for Attention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("it finds and runs the rest, and is always there"),
            Self::Named(set) => write!(f, "the set `{set}` names it"),
            Self::HasRoom => f.write_str("the budget of `auto` has room for it"),
            Self::NotNamed => f.write_str("no set names it"),
            Self::NoMoreTools => f.write_str("`auto` lists as many tools as it may before it"),
            Self::NoMoreBytes { left } => {
                write!(f, "`auto` has {left} bytes left for it, and it needs more")
            }
        }
    }
}

/// A tool that a principal may call.
pub struct ListedTool<'t> {
    /// The tool.
    pub tool: &'t LoadedTool,
    /// Whether it is listed.
    pub attention: Attention,
}

/// Every tool that a principal may call, in the order of the list.
pub struct Listing<'t> {
    /// The tools, listed or not.
    pub tools: Vec<ListedTool<'t>>,
}

impl<'t> Listing<'t> {
    /// Of these tools, which the principal may call, what this selection shows.
    ///
    /// What a set names is shown whatever it takes, and `auto` goes on in what is left of its budget.
    /// A tool that is too large for it is passed over, so that one plugin cannot hide all that come
    /// after it.
    pub fn of(
        allowed: impl IntoIterator<Item = &'t LoadedTool>,
        selection: &ToolSelection,
        budget: ListBudget,
    ) -> Self {
        let mut tools: Vec<&LoadedTool> = allowed.into_iter().collect();
        let order = ListOrder::shipped();
        tools.sort_by_cached_key(|tool| order.place(&tool.profile()));
        let named = |tool: &LoadedTool| {
            let profile = tool.profile();
            if profile.effect == EffectKind::Relay {
                return Some(Attention::Always);
            }
            let set = selection.sets.iter().find(|set| set.names(&profile));
            set.map(|set| Attention::Named(set.clone()))
        };
        let mut tools: Vec<ListedTool<'_>> = tools
            .into_iter()
            .map(|tool| {
                let attention = named(tool).unwrap_or(Attention::NotNamed);
                ListedTool { tool, attention }
            })
            .collect();
        if selection.sets.contains(&ToolSet::Auto) {
            fill(&mut tools, budget);
        }
        Self { tools }
    }

    /// The tools that are listed.
    pub fn listed(&self) -> impl Iterator<Item = &'t LoadedTool> {
        self.tools.iter().filter(|one| one.attention.is_listed()).map(|one| one.tool)
    }
}

/// Shows what the budget has room for.
fn fill(tools: &mut [ListedTool<'_>], budget: ListBudget) {
    let shown = || tools.iter().filter(|one| one.attention.is_listed());
    let taken = shown().map(|one| one.tool.list_bytes()).sum();
    let mut left = budget.bytes.saturating_sub(taken);
    let mut places = budget.tools.saturating_sub(shown().count());
    for one in tools.iter_mut().filter(|one| !one.attention.is_listed()) {
        let needed = one.tool.list_bytes();
        one.attention = if places == 0 {
            Attention::NoMoreTools
        } else if needed > left {
            Attention::NoMoreBytes { left }
        } else {
            (left, places) = (left - needed, places - 1);
            Attention::HasRoom
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::tool_table::ToolTable;

    fn selection(sets: &[&str]) -> ToolSelection {
        ToolSelection {
            sets: sets.iter().map(|set| set.parse().unwrap()).collect(),
            origin: "a test".to_owned(),
        }
    }

    /// The names of what is listed of the host's own tools, and the bytes that they take.
    fn listed(sets: &[&str], budget: ListBudget) -> (Vec<String>, usize) {
        let table = ToolTable::of(&Default::default());
        let listing = Listing::of(table.tools(), &selection(sets), budget);
        let names = listing.listed().map(|tool| tool.tool().name.clone()).collect();
        (names, listing.listed().map(LoadedTool::list_bytes).sum())
    }

    const FINDERS: [&str; 4] = ["tools_search", "tools_describe", "tools_read", "tools_write"];

    #[test]
    fn what_a_set_names_is_listed_whatever_it_takes_and_the_finders_always() {
        let none = ListBudget { bytes: 0, tools: 0 };
        assert_eq!(listed(&["orders"], none).0, FINDERS);
        assert_eq!(listed(&["auto"], none).0, FINDERS);
        for set in ["plans", "all", "classic"] {
            assert_eq!(listed(&[set], none).0.len(), 11, "{set}");
        }
    }

    #[test]
    fn auto_lists_in_its_order_as_far_as_its_budget_goes() {
        let (all, bytes) = listed(&["auto"], ListBudget::default());
        assert_eq!(all[..4], FINDERS);
        assert_eq!(
            all[4..],
            [
                "plans_get",
                "plans_list",
                "plans_commit",
                "plans_undo",
                "plans_resume",
                "plans_discard",
                "plans_stop"
            ]
        );
        for tools in 4..12 {
            let budget = ListBudget { tools, ..ListBudget::default() };
            assert_eq!(listed(&["auto"], budget).0, all[..tools.min(11)]);
        }
        let (fewer, taken) = listed(&["auto"], ListBudget { bytes: bytes - 1, tools: 40 });
        assert!(fewer.len() == 10 && taken < bytes, "{fewer:?}");
        assert_eq!(listed(&["auto"], ListBudget { bytes, tools: 11 }), (all, bytes));
    }

    #[test]
    fn what_is_named_beside_auto_is_taken_off_its_budget() {
        let (_, of_plans) = listed(&["plans"], ListBudget { bytes: 0, tools: 0 });
        let budget = ListBudget { bytes: of_plans, tools: 40 };
        assert_eq!(listed(&["plans", "auto"], budget).0.len(), 11);
    }

    #[test]
    fn each_tool_that_is_not_listed_says_why() {
        let table = ToolTable::of(&Default::default());
        let why = |sets: &[&str], budget| {
            let listing = Listing::of(table.tools(), &selection(sets), budget);
            listing.tools.last().unwrap().attention.clone()
        };
        let small = |bytes, tools| ListBudget { bytes, tools };
        assert_eq!(why(&["orders"], small(40_000, 40)), Attention::NotNamed);
        assert_eq!(why(&["auto"], small(40_000, 10)), Attention::NoMoreTools);
        assert!(matches!(why(&["auto"], small(100, 40)), Attention::NoMoreBytes { left: 0 }));
        assert_eq!(why(&["auto"], small(40_000, 40)), Attention::HasRoom);
    }
}
