//! What a call is, as far as that is known when it is decided about.

use souk_model::StoreView;
use souk_model::plan::{PlanHeader, PlanMoney};

use crate::tool_profile::ToolProfile;

/// A call as far as it is known: its tool first, then the store, then what it reads or writes there.
///
/// What is not known yet limits nothing, so that a call is decided about again, with all that was
/// known before, whenever more of it is.
#[derive(Debug, Clone, Copy)]
pub struct CallFacts<'a> {
    /// The tool, with the tier that the call turns out to have.
    pub tool: ToolProfile<'a>,
    /// The store, by the operator's name for it.
    pub store: Option<&'a str>,
    /// The store view that is written, or read through.
    pub view: Option<&'a StoreView>,
    /// Whether that view is written, or will be by the plan that it proposes.
    pub writes: bool,
    /// The money that it moves at most.
    pub money: &'a [PlanMoney],
    /// Whether it may move money that nobody has worked out.
    pub may_move_money: bool,
}

impl<'a> CallFacts<'a> {
    /// A call of which only the tool is known.
    #[must_use]
    pub const fn of(tool: ToolProfile<'a>) -> Self {
        Self { tool, store: None, view: None, writes: false, money: &[], may_move_money: false }
    }

    /// At this store.
    #[must_use]
    pub const fn at(mut self, store: &'a str) -> Self {
        self.store = Some(store);
        self
    }

    /// Reading through this view of it.
    #[must_use]
    pub const fn reading(mut self, view: &'a StoreView) -> Self {
        self.view = Some(view);
        self
    }

    /// Moving this money.
    #[must_use]
    pub const fn moving(mut self, money: &'a [PlanMoney]) -> Self {
        self.money = money;
        self
    }

    /// With everything that a plan says of what it writes.
    #[must_use]
    pub fn writing(self, header: &'a PlanHeader) -> Self {
        let Self { tool, .. } = self;
        Self {
            tool,
            store: Some(&header.store),
            view: Some(&header.view),
            writes: true,
            money: &header.money,
            may_move_money: header.may_move_money,
        }
    }
}
