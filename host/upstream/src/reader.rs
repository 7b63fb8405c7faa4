//! Reading from a store.

use bytes::Bytes;
use souk_model::{Failure, StoreView};
use souk_policy::PermittedRead;

use crate::graphql;
use crate::page_parts::{PageParts, PageRange, page_limit_of};
use crate::session::Session;
use crate::storefront;
use crate::wire::address::{ApiTarget, StoreApi, view_segment};
use crate::wire::reply_failure::{RequestLine, json_body};
use crate::wire::request::StoreRequest;
use crate::wire::upstream::check_upstream;

impl Session {
    /// Makes a permitted read and gives the body of a 2xx answer: JSON, by the store's word, and
    /// not yet parsed.
    ///
    /// # Errors
    /// Anything but 2xx, an answer that is not JSON, too long or too late, a store view that the
    /// store does not have.
    pub async fn get(&self, read: &PermittedRead) -> Result<Bytes, Failure> {
        self.store().in_time(self.get_now(read)).await
    }

    async fn get_now(&self, read: &PermittedRead) -> Result<Bytes, Failure> {
        check_upstream(read.upstream())?;
        if let StoreView::View(code) = read.view() {
            self.check_view(code).await?;
        }
        if graphql::is_query(read) {
            return graphql::query(self.store(), read, self.default_scope()).await;
        }
        if storefront::is_page(read) {
            return storefront::look(self.store(), read, self.default_scope()).await;
        }
        let Some(page) = PageRange::of(read.query()) else {
            return self.get_query(read, read.query()).await;
        };
        let known = self.store().page_limit();
        if !page.exceeds(known) {
            let failure = match self.get_query(read, read.query()).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            match page_limit_of(&failure).filter(|limit| page.exceeds(*limit)) {
                Some(limit) => self.store().learn_page_limit(limit),
                None => return Err(failure),
            }
        }
        self.get_in_parts(read, page).await
    }

    /// Puts a page together of the largest that the store takes.
    async fn get_in_parts(&self, read: &PermittedRead, page: PageRange) -> Result<Bytes, Failure> {
        let mut parts = PageParts::new(page, self.store().page_limit());
        loop {
            let query = parts.next_query(read.query());
            let body = self.get_query(read, &query).await?;
            if let Some(whole) = parts.take(&body)? {
                return Ok(whole);
            }
        }
    }

    /// Sends it with this query, which asks for no more than its own.
    async fn get_query(&self, read: &PermittedRead, query: &str) -> Result<Bytes, Failure> {
        let target = ApiTarget {
            api: StoreApi::Rest,
            view: view_segment(read.view(), self.default_scope()),
            path: read.path(),
            query,
        };
        let request = StoreRequest::get(target).of_route(read.route().as_str());
        let reply = self.send(&request).await?;
        if reply.is_success() {
            return json_body(reply);
        }
        let (method, route, path) = (read.method(), read.route().as_str(), read.path());
        Err(self.failure_of(&reply, &RequestLine { method, route, path }).await)
    }
}
