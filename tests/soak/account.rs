//! What became of each write: what its caller was told, against what the store has.

use std::collections::{BTreeMap, HashMap};

use rmcp::model::CallToolResult;
use serde_json::{Value, json};
use souk_tests::{DemoStore, Mcp};

/// A write, as its caller saw it.
pub(crate) struct Write {
    /// Which of the callers made it.
    pub(crate) caller: usize,
    /// The order that was written to.
    pub(crate) order: u64,
    /// Whether it was told as done.
    pub(crate) done: bool,
    /// The plan that it was, where that was told.
    pub(crate) plan: Option<String>,
}

/// All writes together.
#[derive(Default)]
pub(crate) struct Account {
    /// By what the plan says of those that were not told as done, and `done`.
    pub(crate) ends: BTreeMap<String, u64>,
    /// Told as done, and not there.
    pub(crate) lost: u64,
    /// There more than once.
    pub(crate) doubled: u64,
    /// Told as not done, and there.
    pub(crate) denied: u64,
    /// Not known, and there.
    pub(crate) unknown_there: u64,
}

impl Write {
    /// What a result says of a write.
    pub(crate) fn of(caller: usize, order: u64, result: Option<&CallToolResult>) -> Self {
        let told = result.and_then(|result| result.structured_content.as_ref());
        let texts = result.map(|result| serde_json::to_string(result).unwrap_or_default());
        let is_error = result.is_none_or(|result| result.is_error == Some(true));
        Self {
            caller,
            order,
            done: !is_error && told.is_some_and(|told| told["done"] == true),
            plan: texts.and_then(|texts| plan_in(&texts)),
        }
    }
}

/// The first plan that a text names.
fn plan_in(text: &str) -> Option<String> {
    const LENGTH: usize = "plan_".len() + 22;
    let mut starts = text.match_indices("plan_").map(|(at, _)| at);
    starts.find_map(|at| {
        let id = text.get(at..at + LENGTH)?;
        id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then(|| id.to_owned())
    })
}

impl Account {
    /// Of these writes, by their comments.
    pub(crate) async fn of(
        store: &DemoStore,
        callers: &[std::sync::Arc<Mcp>],
        writes: &HashMap<String, Write>,
    ) -> Self {
        let times = comments(store, writes).await;
        let mut account = Self::default();
        for (comment, write) in writes {
            let times = times.get(comment).copied().unwrap_or(0);
            let end = match (write.done, &write.plan) {
                (true, _) => "done".to_owned(),
                (false, None) => "refused".to_owned(),
                (false, Some(plan)) => state(&callers[write.caller], plan).await,
            };
            account.doubled += u64::from(times > 1);
            match &*end {
                "done" => account.lost += u64::from(times == 0),
                "unknown" | "sending" => account.unknown_there += u64::from(times > 0),
                _ => account.denied += u64::from(times > 0),
            }
            *account.ends.entry(end).or_default() += 1;
        }
        account
    }
}

/// How often each comment stands in the orders that were written to.
async fn comments(store: &DemoStore, writes: &HashMap<String, Write>) -> HashMap<String, u64> {
    let mut orders: Vec<u64> = writes.values().map(|write| write.order).collect();
    orders.sort_unstable();
    orders.dedup();
    let mut times = HashMap::new();
    for order in orders {
        let order = store.rest(&format!("/V1/orders/{order}")).await;
        let history = order["status_histories"].as_array().cloned().unwrap_or_default();
        for comment in history.iter().filter_map(|entry| entry["comment"].as_str()) {
            *times.entry(comment.to_owned()).or_default() += 1;
        }
    }
    times
}

/// How the only item of a plan ended.
async fn state(caller: &Mcp, plan: &str) -> String {
    let shown = caller.answer("plans_get", json!({"plan_id": plan})).await;
    shown["items"][0]["state"].as_str().map_or_else(|| Value::Null.to_string(), str::to_owned)
}
