//! All that a search finds.

use serde_json::Value;

use crate::core::{Context, Failure, Route, StoreView};
use crate::magento::{Condition, Criteria, Direction, EntityId, Filter, SearchPage};

/// How many are read at once. Of a store that takes smaller pages alone the host asks for those.
pub(super) const PAGE: u32 = 200;

/// All that a search finds in the global scope, a page at a time in the order of ids: each page
/// begins after the last id, so that nothing is seen twice and nothing lost while others come and go.
#[derive(Debug)]
pub struct Scan<'context> {
    context: &'context Context,
    route: Route<0>,
    criteria: Criteria,
    id: &'static str,
    /// What items call their id.
    member: &'static str,
    after: Option<u64>,
    total: Option<u64>,
    ended: bool,
}

impl<'context> Scan<'context> {
    /// A scan of what fits the criteria, which have no sort and no page. `id` is what the table calls
    /// its id; the criteria's fields must bring it.
    #[must_use]
    pub const fn new(
        context: &'context Context,
        route: Route<0>,
        criteria: Criteria,
        id: &'static str,
    ) -> Self {
        Self { context, route, criteria, id, member: id, after: None, total: None, ended: false }
    }

    /// Items call their id by another name than filters do.
    #[must_use]
    pub const fn identified_by(mut self, member: &'static str) -> Self {
        self.member = member;
        self
    }

    /// How many there were when the first page was read.
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// The next ones, at least one; `None` after the last.
    ///
    /// # Errors
    /// What reading meets.
    pub fn next_page(&mut self) -> Result<Option<Vec<Value>>, Failure> {
        if self.ended {
            return Ok(None);
        }
        let mut criteria = self.criteria.clone();
        if let Some(after) = self.after {
            criteria = criteria.filter(Filter::new(self.id, Condition::Gt, after.to_string())?);
        }
        let criteria = criteria.sort(self.id, Direction::Asc)?.page(PAGE, 1);
        let read = self.route.read([]).search(&criteria).in_view(StoreView::Global);
        let found: SearchPage<Value> = self.context.get(&read)?;
        self.total.get_or_insert(found.total_count);
        let ids = found.items.iter().filter_map(|item| EntityId::of(item.get(self.member)?));
        let last = ids.max().map_or(0, EntityId::get);
        // A full page has a next, whatever the count says; and where it counts more, pages are
        // shorter than was asked.
        let is_full = found.items.len() >= PAGE as usize;
        let counts_more = found.total_count > found.items.len() as u64;
        self.ended = !is_full && !counts_more || Some(last) <= self.after;
        self.after = Some(last);
        Ok((!found.items.is_empty()).then_some(found.items))
    }

    /// All of them.
    ///
    /// # Errors
    /// What reading meets.
    pub fn all(mut self) -> Result<Vec<Value>, Failure> {
        let mut all = Vec::new();
        while let Some(page) = self.next_page()? {
            all.extend(page);
        }
        Ok(all)
    }
}
