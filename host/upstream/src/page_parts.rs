//! Searches with larger pages than a store lets them have (Stores > Configuration > Services > Web API
//! Limits), made of as many smaller ones. Who asks need not know what a store takes: no answer tells before a
//! refusal.

use bytes::Bytes;
use serde_json::Value;
use souk_model::Failure;

/// The parameters of a page, as they are encoded.
const SIZE: &str = "searchCriteria%5BpageSize%5D=";
const NUMBER: &str = "searchCriteria%5BcurrentPage%5D=";

/// The page that a search asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageRange {
    size: usize,
    number: usize,
}

impl PageRange {
    /// The page that a query names, with its size.
    pub(crate) fn of(query: &str) -> Option<Self> {
        let named = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let size = named(SIZE)?.parse().ok().filter(|size| *size > 0)?;
        let number = named(NUMBER).map_or(Ok(1), str::parse).ok()?;
        Some(Self { size, number: number.max(1) })
    }

    /// Whether it is larger than this.
    pub(crate) const fn exceeds(self, limit: usize) -> bool {
        limit > 0 && self.size > limit
    }

    const fn start(self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }

    const fn end(self) -> usize {
        self.start().saturating_add(self.size)
    }

    /// The query, for another page.
    fn query(self, query: &str) -> String {
        let mut parts: Vec<String> = query
            .split('&')
            .filter(|pair| !pair.starts_with(SIZE) && !pair.starts_with(NUMBER))
            .map(str::to_owned)
            .collect();
        parts.push(format!("{SIZE}{}", self.size));
        parts.push(format!("{NUMBER}{}", self.number));
        parts.join("&")
    }
}

/// A page that is put together of smaller ones.
pub(crate) struct PageParts {
    page: PageRange,
    limit: usize,
    /// The number of the next smaller page.
    next: usize,
    /// The first answer, without its items.
    frame: Option<Value>,
    items: Vec<Value>,
}

impl PageParts {
    pub(crate) const fn new(page: PageRange, limit: usize) -> Self {
        let next = page.start() / limit + 1;
        Self { page, limit, next, frame: None, items: Vec::new() }
    }

    /// The query of the next smaller page.
    pub(crate) fn next_query(&self, query: &str) -> String {
        PageRange { size: self.limit, number: self.next }.query(query)
    }

    /// Takes the answer to it; the whole page, once it was the last one.
    ///
    /// # Errors
    /// An answer that is no page of a search.
    pub(crate) fn take(&mut self, body: &Bytes) -> Result<Option<Bytes>, Failure> {
        let unreadable = || Failure::internal("a search was answered with something else");
        let mut answer: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
        // Magento says `null` where `fields` is used and nothing was found.
        let found = match answer.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            Some(Value::Null) => Vec::new(),
            _ => return Err(unreadable()),
        };
        let is_last =
            found.len() < self.limit || self.next.saturating_mul(self.limit) >= self.page.end();
        self.items.extend(found);
        self.frame.get_or_insert(answer);
        self.next += 1;
        if !is_last {
            return Ok(None);
        }
        let before = self.page.start() % self.limit;
        let items = std::mem::take(&mut self.items);
        let items = items.into_iter().skip(before).take(self.page.size).collect();
        let mut whole = self.frame.take().unwrap_or_default();
        whole["items"] = Value::Array(items);
        if let Some(criteria) = whole.get_mut("search_criteria").filter(|said| said.is_object()) {
            criteria["page_size"] = self.page.size.into();
            criteria["current_page"] = self.page.number.into();
        }
        Ok(Some(Bytes::from(whole.to_string())))
    }
}

/// How large a page the store takes, where a refusal says so.
pub(crate) fn page_limit_of(failure: &Failure) -> Option<usize> {
    let (_, says) = failure.message.split_once("Maximum SearchCriteria pageSize is ")?;
    says.trim_end_matches('.').parse().ok().filter(|limit| *limit > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// As a store with so many rows answers a query.
    fn answer(rows: usize, query: &str) -> Bytes {
        let page = PageRange::of(query).unwrap();
        let items: Vec<usize> = (0..rows).skip(page.start()).take(page.size).collect();
        let criteria = json!({"page_size": page.size, "current_page": page.number});
        json!({"items": items, "total_count": rows, "search_criteria": criteria}).to_string().into()
    }

    proptest! {
        #[test]
        fn smaller_pages_make_the_one_that_was_asked_for(
            rows in 0usize..60, size in 1usize..40, number in 1usize..5, limit in 1usize..20,
        ) {
            let query = format!("{SIZE}{size}&fields=items&{NUMBER}{number}");
            let page = PageRange::of(&query).unwrap();
            let mut parts = PageParts::new(page, limit);
            let whole = loop {
                let query = parts.next_query(&query);
                prop_assert!(!PageRange::of(&query).unwrap().exceeds(limit) && query.contains("fields=items"));
                if let Some(whole) = parts.take(&answer(rows, &query)).unwrap() {
                    break whole;
                }
            };
            let whole: Value = serde_json::from_slice(&whole).unwrap();
            let expected: Value = serde_json::from_slice(&answer(rows, &query)).unwrap();
            prop_assert_eq!(whole, expected);
        }
    }

    #[test]
    fn a_refusal_names_the_limit() {
        let said = |text: &str| page_limit_of(&Failure::internal(text));
        assert_eq!(said("the store said: Maximum SearchCriteria pageSize is 30"), Some(30));
        assert_eq!(said("the store said: Maximum items of type \"X\" is 20"), None);
        assert_eq!(PageRange::of("searchCriteria="), None);
    }
}
