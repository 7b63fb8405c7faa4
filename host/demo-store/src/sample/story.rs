//! How the sample shop came by what is not goods: each thing is made by the request that makes it in any
//! shop, at a time of its own.

use serde_json::{Map, Value};

use crate::api;
use crate::call::Call;
use crate::shop::{Shop, StoreId};

/// Makes requests to the shop, all of them in order.
pub(super) struct Story<'a> {
    pub(super) shop: &'a mut Shop,
    /// The time of the next request, in seconds since 1970.
    pub(super) now: i64,
}

impl Story<'_> {
    /// One request: an operation, the store view it is made in, its arguments.
    pub(super) fn tell(&mut self, method: &str, template: &str, store: StoreId, arguments: Value) {
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
        api::replay(self.shop, &call);
        self.now += 3 * 60 * 60 + 17 * 60 + 5;
    }
}
