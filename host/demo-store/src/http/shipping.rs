//! Shipments at the same time. Each takes goods and reservations in one transaction of the database, and of
//! two that overlap it ends one: nothing of that is written, and its caller is told no more than that the
//! shipment could not be saved.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::response::Response;
use serde_json::json;

use super::response::json_response;

/// How long a shipment's transaction takes.
const TRANSACTION: Duration = Duration::from_millis(4);

/// How many shipments were written.
#[derive(Debug, Default)]
pub(crate) struct Shipping(Mutex<u64>);

/// The transaction of a shipment: what had been written when it began.
pub(super) struct ShippingTransaction(u64);

impl Shipping {
    /// Begins the transaction of a request that ships.
    pub(super) fn begin(&self, method: &str, path: &str) -> Option<ShippingTransaction> {
        let ships = method == "POST"
            && path.contains("/V1/order/")
            && path.trim_end_matches('/').ends_with("/ship");
        ships.then(|| ShippingTransaction(*self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Waits as long as a shipment takes.
    pub(super) async fn take_time(&self, transaction: Option<&ShippingTransaction>) {
        if transaction.is_some() {
            tokio::time::sleep(TRANSACTION).await;
        }
    }

    /// Ends a request: one that ships is refused where another shipment was written meanwhile.
    pub(super) fn end(
        &self,
        transaction: Option<&ShippingTransaction>,
        respond: impl FnOnce() -> Response,
    ) -> Response {
        let Some(ShippingTransaction(before)) = transaction else { return respond() };
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *written != *before {
            let message = "Could not save a shipment, see error log for details";
            return json_response(400, &json!({ "message": message }));
        }
        let response = respond();
        *written += u64::from(response.status().is_success());
        response
    }
}
