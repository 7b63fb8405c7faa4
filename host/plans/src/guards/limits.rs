//! What the operator allows, as it is configured.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use souk_model::{Caps, Code, Decimal, Failure};
use souk_policy::writes::WriteCatalogue;

use crate::refusals::refuse;

/// `[guards]` of the configuration; magento-mcp's variables set the same numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guards {
    /// What the host knows of the store's writes: Magento's own, and what the operator described.
    #[serde(skip)]
    pub catalogue: Arc<WriteCatalogue>,
    /// Rows that one plan writes, over all of its subjects. `MCP_MAX_SKUS_PER_BULK`, 500.
    pub bulk_cap: u32,
    /// Coupons in one request. `MCP_MAX_COUPON_QTY`, 1,000.
    pub coupon_cap: u64,
    /// Per cent by which a price may change before the review warns. `MCP_PRICE_THRESHOLD_PCT`, 50.
    pub price_threshold_pct: f64,
    /// Per cent above which a discount by per cent is refused. `MCP_MAX_DISCOUNT_PCT`, 50.
    pub max_discount_pct: f64,
    /// How much a rule may take off as an amount, in the base currency of its websites.
    /// `SOUK_MAX_DISCOUNT_AMOUNT`, 100 of any.
    pub max_discount_amount: Caps,
    /// What one call may refund, in the order's currency. `SOUK_MAX_REFUND`, 1,000 of any.
    pub max_refund: Caps,
    /// What may be refunded on a day (UTC), over all hosts. `SOUK_MAX_REFUND_PER_DAY`, 5,000 of any.
    pub max_refund_per_day: Caps,
    /// How much of orders may be canceled on a day (UTC), over all hosts: what they come to and was
    /// not invoiced yet. `SOUK_MAX_CANCEL_PER_DAY`, 5,000 of any.
    pub max_cancel_per_day: Caps,
    /// Fields of products that may be set.
    pub product_fields: BTreeSet<String>,
    /// Fields of CMS pages that may be set.
    pub page_fields: BTreeSet<String>,
    /// Fields of CMS blocks that may be set.
    pub block_fields: BTreeSet<String>,
}

impl Default for Guards {
    fn default() -> Self {
        let set = |fields: &[&str]| fields.iter().map(|&field| field.to_owned()).collect();
        Self {
            catalogue: Arc::new(WriteCatalogue::shipped().clone()),
            bulk_cap: 500,
            coupon_cap: 1_000,
            price_threshold_pct: 50.0,
            max_discount_pct: 50.0,
            max_discount_amount: Caps::all(100),
            max_refund: Caps::all(1_000),
            max_refund_per_day: Caps::all(5_000),
            max_cancel_per_day: Caps::all(5_000),
            product_fields: set(&[
                "name",
                "description",
                "short_description",
                "meta_title",
                "meta_description",
                "meta_keyword",
                "url_key",
                "status",
                "visibility",
                "price",
                "special_price",
                "special_from_date",
                "special_to_date",
                "weight",
                "category_ids",
            ]),
            page_fields: set(&[
                "title",
                "content",
                "content_heading",
                "meta_title",
                "meta_description",
                "meta_keywords",
                "active",
            ]),
            block_fields: set(&["title", "content", "active"]),
        }
    }
}

impl Guards {
    /// Refuses a plan that has grown past the cap: rows of bodies count, and not subjects.
    pub(crate) fn check_count(&self, rows: u64) -> Result<(), Failure> {
        if rows <= u64::from(self.bulk_cap) {
            return Ok(());
        }
        Err(refuse(
            "bulk-cap",
            Code::BulkCapExceeded,
            format!("the change writes more than {} rows", self.bulk_cap),
            "narrow the match, or an operator raises `guards.bulk_cap` (MCP_MAX_SKUS_PER_BULK)"
                .into(),
        ))
    }

    /// Refuses more coupons in one request than the cap, made or deleted.
    pub(super) fn check_coupons(&self, count: Decimal) -> Result<(), Failure> {
        if count <= Decimal::from(self.coupon_cap) {
            return Ok(());
        }
        Err(refuse(
            "coupon-cap",
            Code::BulkCapExceeded,
            format!("{count} coupons are more than the cap of {}", self.coupon_cap),
            "ask for fewer, or an operator raises `guards.coupon_cap` (MCP_MAX_COUPON_QTY)".into(),
        ))
    }
}
