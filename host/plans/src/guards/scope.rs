//! What of a plan its guards look at.

use souk_model::StoreView;
use souk_model::plan::{Lookup, PlanHeader, PlanOrigin};
use souk_upstream::BaseCurrencies;

/// What of a plan decides how its changes are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanScope<'h> {
    /// Where it writes.
    pub(crate) view: &'h StoreView,
    /// How its subjects are read.
    pub(crate) lookup: &'h Lookup,
    /// Whether it takes another plan back, which was judged when it was proposed.
    pub(crate) takes_back: bool,
    /// In which currencies the store's websites count, where that was asked for.
    pub(crate) currencies: Option<&'h BaseCurrencies>,
}

impl<'h> PlanScope<'h> {
    /// Of a plan with this header.
    pub(crate) const fn of(header: &'h PlanHeader) -> Self {
        Self {
            view: &header.view,
            lookup: &header.lookup,
            takes_back: matches!(header.origin, PlanOrigin::Undo { .. }),
            currencies: None,
        }
    }

    /// The same, with what the store's websites count in.
    pub(crate) const fn with_currencies(self, currencies: &'h BaseCurrencies) -> Self {
        Self { currencies: Some(currencies), ..self }
    }
}
