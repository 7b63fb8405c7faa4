//! Lookups by Magento's searches.

use crate::core::{Lookup, Read, Route, StoreView};
use crate::magento::Condition;

/// How many subjects the host may look up in one search.
const BATCH: &str = "300";

/// The parameter of a search that has the value of its only filter.
const VALUE: &str = "searchCriteria[filter_groups][0][filters][0][value]";

impl Lookup {
    /// Many subjects may be read at once by a search for this field, in the view of the lookup: the
    /// items have its value at `member` (`sku`). `fields` is a [projection](crate::magento::projection),
    /// or empty for subjects as whole as they are.
    #[must_use]
    pub fn searched(self, route: Route<0>, field: &str, member: &str, fields: &str) -> Self {
        let view = self.one.view.clone();
        let mut read = by_field(route, field, Condition::In, view)
            .query("searchCriteria[pageSize]", BATCH)
            .query("searchCriteria[currentPage]", "1");
        if !fields.is_empty() {
            read = read.query("fields", fields);
        }
        self.many(read, VALUE, "/items", &["/", member].concat())
    }

    /// For subjects that have no id yet: they are found by the value of this field, which is the
    /// subject's id in the change.
    #[must_use]
    pub fn found_by(route: Route<0>, field: &str, value: &str, view: StoreView) -> Self {
        let one = by_field(route, field, Condition::Eq, view.clone()).query(VALUE, value);
        let many = by_field(route, field, Condition::In, view);
        Self::one(one).many(many, VALUE, "/items", &["/", field].concat())
    }
}

fn by_field(route: Route<0>, field: &str, condition: Condition, view: StoreView) -> Read {
    let filter = |key: &str| ["searchCriteria[filter_groups][0][filters][0][", key, "]"].concat();
    route
        .read([])
        .query(&filter("field"), field)
        .query(&filter("condition_type"), condition.as_str())
        .in_view(view)
}
