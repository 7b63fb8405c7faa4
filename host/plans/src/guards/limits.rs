//! What the operator allows, as it is configured.

use std::collections::BTreeSet;

use serde::Deserialize;
use souk_model::{Code, Failure};

use crate::money::Caps;
use crate::refusals::refuse;

/// `[guards]` of the configuration; magento-mcp's variables set the same numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guards {
    /// Subjects in one plan. `MCP_MAX_SKUS_PER_BULK`, 500.
    pub bulk_cap: u32,
    /// Coupons in one request. `MCP_MAX_COUPON_QTY`, 1,000.
    pub coupon_cap: u64,
    /// Per cent by which a price may change before the review warns. `MCP_PRICE_THRESHOLD_PCT`, 50.
    pub price_threshold_pct: f64,
    /// Per cent above which a discount by per cent is refused. `MCP_MAX_DISCOUNT_PCT`, 50.
    pub max_discount_pct: f64,
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
            bulk_cap: 500,
            coupon_cap: 1_000,
            price_threshold_pct: 50.0,
            max_discount_pct: 50.0,
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
    /// Refuses a plan that has grown past the cap.
    pub(crate) fn check_count(&self, subjects: u32) -> Result<(), Failure> {
        if subjects <= self.bulk_cap {
            return Ok(());
        }
        Err(refuse(
            "bulk-cap",
            Code::BulkCapExceeded,
            format!("the change is of more than {} subjects", self.bulk_cap),
            "narrow the match, or an operator raises `guards.bulk_cap` (MCP_MAX_SKUS_PER_BULK)"
                .into(),
        ))
    }
}
