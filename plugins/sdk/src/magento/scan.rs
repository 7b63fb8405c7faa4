//! All that a search finds.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::input_limit::page_limit_of;
use crate::core::{Context, Failure, Read, Route, StoreView};
use crate::magento::{Condition, Criteria, Direction, EntityId, Filter, SearchPage};

/// How many are read at once. Magento's own limit on pages, where an operator sets it, is 300 by
/// default.
pub(super) const PAGE: u32 = 200;

/// Reads a first page of at most `size` items: of fewer, where the store takes no larger one, which is
/// then the size of the next ones too.
pub(super) fn first_page<T: DeserializeOwned>(
    context: &Context,
    size: &mut u32,
    read: impl Fn(u32) -> Read,
) -> Result<T, Failure> {
    let failure = match context.get(&read(*size)) {
        Ok(page) => return Ok(page),
        Err(failure) => failure,
    };
    match page_limit_of(&failure) {
        Some(limit) if (1..*size).contains(&limit) => {
            *size = limit;
            context.get(&read(limit))
        }
        _ => Err(failure),
    }
}

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
    /// How many are read at once.
    page: u32,
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
        Self {
            context,
            route,
            criteria,
            id,
            member: id,
            after: None,
            total: None,
            ended: false,
            page: PAGE,
        }
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
        let criteria = criteria.sort(self.id, Direction::Asc)?;
        let found: SearchPage<Value> = first_page(self.context, &mut self.page, |size| {
            let criteria = criteria.clone().page(size, 1);
            self.route.read([]).search(&criteria).in_view(StoreView::Global)
        })?;
        self.total.get_or_insert(found.total_count);
        let ids = found.items.iter().filter_map(|item| EntityId::of(item.get(self.member)?));
        let last = ids.max().map_or(0, EntityId::get);
        // A full page has a next, whatever the count says; and where it counts more, pages are
        // shorter than was asked.
        let is_full = found.items.len() >= self.page as usize;
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
