//! How the sample shop came by what is not goods: each thing is made by the request that makes it in any
//! shop, at a time of its own.

use serde_json::{Map, Value};

use super::read::{Line, SampleError};
use crate::api;
use crate::call::Call;
use crate::shop::{Shop, StoreId};

/// Seconds from one request to the next.
const PAUSE: i64 = 3 * 60 * 60 + 17 * 60 + 5;

/// Makes requests to the shop, all of them in order.
pub(super) struct Story<'a> {
    pub(super) shop: &'a mut Shop,
    /// The time of the next request, in seconds since 1970.
    pub(super) now: i64,
}

impl Story<'_> {
    /// One request for a row of the data: an operation, the store view it is made in, its arguments.
    ///
    /// # Errors
    /// When the store refuses it: the row then says what cannot be.
    pub(super) fn request<T>(
        &mut self,
        row: &Line<T>,
        (method, template): (&str, &str),
        store: StoreId,
        arguments: Value,
    ) -> Result<(), SampleError> {
        let call = Call {
            method: method.to_owned(),
            template: template.to_owned(),
            store,
            arguments: match arguments {
                Value::Object(arguments) => arguments,
                _ => Map::new(),
            },
            query: Map::new(),
            now: self.now,
            seed: self.now.unsigned_abs(),
            customer: None,
        };
        self.now += PAUSE;
        match api::repeat(self.shop, &call) {
            None => Err(row.error(format!("no route is {method} {template}"))),
            Some(Err(refusal)) => Err(row.error(refusal.interpolated())),
            // A cancellation that cannot be is no error to the store.
            Some(Ok(Value::Bool(false))) => Err(row.error("the store does not do it")),
            Some(Ok(_)) => Ok(()),
        }
    }
}
