//! Proposing a change of products, as tests of plans begin.

use serde::Serialize;
use serde_json::{Value, json};

use crate::Mcp;

/// Proposes the same values for these products, everywhere; answers the plan.
///
/// # Panics
/// When it is refused, or leaves one of them out.
pub async fn propose<S: Serialize>(client: &Mcp, skus: &[S], updates: Value) -> String {
    let proposed = client
        .answer(
            "catalog_prepare_bulk_update",
            json!({
                "match": {"sku_list": skus},
                "updates": updates,
                "scope": {"scope": "global"},
            }),
        )
        .await;
    assert_eq!(proposed["affected_count"], skus.len(), "{proposed}");
    proposed["plan_id"].as_str().unwrap().to_owned()
}
