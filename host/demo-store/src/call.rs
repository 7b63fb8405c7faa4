//! One request, read and checked, as the handlers get it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::php;
use crate::shop::StoreId;

/// The method of calls that no client can make: those of the message queue.
pub(crate) const QUEUE: &str = "QUEUE";

/// A request on a route. It carries its own time and its own source of chance, so that handling it
/// again gives the same shop: the journal of a durable store rests on that.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Call {
    /// The method.
    pub(crate) method: String,
    /// The route's template, such as `/V1/products/{sku}`.
    pub(crate) template: String,
    /// The store view; 0 for all.
    pub(crate) store: StoreId,
    /// Path parameters and the body's arguments, in the types of the operation.
    pub(crate) arguments: Map<String, Value>,
    /// The query.
    #[serde(default)]
    pub(crate) query: Map<String, Value>,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// Chance: generated codes and report ids come from it.
    pub(crate) seed: u64,
    /// The customer who asks, on routes about oneself.
    #[serde(default)]
    pub(crate) customer: Option<String>,
}

impl Call {
    /// A call that no client can make, for the message queue.
    pub(crate) fn of_queue(
        template: &str,
        store: StoreId,
        arguments: Map<String, Value>,
        now: i64,
    ) -> Self {
        Self {
            method: QUEUE.to_owned(),
            template: template.to_owned(),
            store,
            arguments,
            query: Map::new(),
            now,
            seed: fastrand::u64(..),
            customer: None,
        }
    }

    /// An argument; null when absent.
    pub(crate) fn argument(&self, name: &str) -> &Value {
        self.arguments.get(name).unwrap_or(&Value::Null)
    }

    /// An argument as an id.
    pub(crate) fn id(&self, name: &str) -> u64 {
        php::id_of(self.argument(name))
    }

    /// An argument as text.
    pub(crate) fn text(&self, name: &str) -> String {
        php::text_of(self.argument(name))
    }

    /// An argument as an object; empty when it is none.
    pub(crate) fn object(&self, name: &str) -> Map<String, Value> {
        self.argument(name).as_object().cloned().unwrap_or_default()
    }

    /// An argument as a list; empty when it is none.
    pub(crate) fn list(&self, name: &str) -> Vec<Value> {
        self.argument(name).as_array().cloned().unwrap_or_default()
    }

    /// The time of the request as the API writes it, in UTC.
    pub(crate) fn stamp(&self) -> String {
        stamp(self.now)
    }

    /// The day of the request.
    pub(crate) fn today(&self) -> String {
        self.stamp()[..10].to_owned()
    }
}

/// Seconds since 1970 as `YYYY-MM-DD hh:mm:ss` in UTC.
pub(crate) fn stamp(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_| "1970-01-01 00:00:00".to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}
