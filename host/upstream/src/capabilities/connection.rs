//! Whether anything answers at a store's address, before anybody logs in.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use souk_model::{Failure, Finding};

use super::clock::clock_ahead;
use crate::store::magento::Magento;
use crate::wire::php_trace::is_php_error;
use crate::wire::reply_failure::own_error;
use crate::wire::upstream::{UPSTREAM, upstream_error};

/// A route of every Magento, asked as anybody may: it answers 401, or the views.
const ANY_ROUTE: &str = "/V1/store/storeViews";

/// What answered.
#[derive(Debug, Clone)]
pub struct ConnectionReport {
    /// How long one request took, a new connection included.
    pub took: Duration,
    /// Whether TLS protects it.
    pub encrypted: bool,
    /// Whether it is this machine itself.
    pub loopback: bool,
    /// By how many seconds this machine's clock is ahead of the store's.
    pub clock_ahead_s: Finding<i64>,
}

impl Magento {
    /// Asks once, without credentials, whether a REST API answers at the address.
    ///
    /// # Errors
    /// No connection, no answer, or an answer that is not the API's.
    pub async fn check_connection(&self) -> Result<ConnectionReport, Failure> {
        self.in_time(async {
            let (before, sent) = (Timestamp::now(), Instant::now());
            let url = self.address().rest_page_url(ANY_ROUTE)?;
            let reply = self.ask(url).await?;
            let took = sent.elapsed();
            let is_own = reply.status == 500 || is_php_error(&reply.body);
            if !reply.json && is_own {
                return Err(own_error(&reply));
            }
            if !reply.json {
                return Err(upstream_error(
                    "something answers, but not with JSON: no REST API is there",
                )
                .from_upstream(UPSTREAM, Some(reply.status))
                .remedy(
                    "check the store's `base_url`, and that nothing before it (maintenance \
                         mode, a firewall, a login page) answers in its place",
                ));
            }
            Ok(ConnectionReport {
                took,
                encrypted: self.address().encrypted,
                loopback: self.address().loopback,
                clock_ahead_s: match clock_ahead(&reply, before, took) {
                    Some(ahead) => Finding::Known(ahead),
                    None => Finding::unknown("the answer carries no date"),
                },
            })
        })
        .await
    }
}
