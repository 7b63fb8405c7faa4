//! Plans, from the proposal to the undo, across the built host, real transports and a store that is a
//! process of its own. What the store holds is always read from it directly, past the host.

mod attacks;
mod call_time;
mod characters;
mod creates;
mod drift;
mod exact_undo;
mod faults;
mod forged;
mod in_turns;
mod killed;
mod outcomes;
mod refusals;
mod repeated;
mod resuming;
mod round_trip;
mod side_by_side;
mod stopping;
mod surfaces;
mod tiers;
mod undo;
mod unknown;

use serde_json::{Map, Value, json};
use souk_tests::{DemoStore, Home, LoggedRequest, Mcp, Souk, field_of};

/// A store, and a home for hosts that work on it.
struct Shop {
    store: DemoStore,
    home: Home,
}

impl Shop {
    /// With this configuration.
    async fn new(config: &str) -> Self {
        Self::of(DemoStore::start().await, config)
    }

    /// With this store, and this configuration.
    fn of(store: DemoStore, config: &str) -> Self {
        let home = Home::new();
        home.configure(config);
        Self { store, home }
    }

    fn souk(&self) -> Souk<'_> {
        self.home.souk(["serve"]).on(&self.store)
    }

    /// A host on stdio, logged in.
    async fn host(&self) -> Mcp {
        self.souk().logged_in().await
    }

    /// The first so many simple products, by sku.
    async fn simple(&self, count: usize) -> Vec<String> {
        let found = self
            .store
            .rest(
                "/all/V1/products?searchCriteria[filterGroups][0][filters][0][field]=type_id\
                 &searchCriteria[filterGroups][0][filters][0][value]=simple\
                 &searchCriteria[pageSize]=300&fields=items[sku]",
            )
            .await;
        let skus: Vec<String> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["sku"].as_str().unwrap().to_owned())
            .take(count)
            .collect();
        assert_eq!(skus.len(), count);
        skus
    }

    /// One field of these products, each as a plain read of the store at this view shows it.
    async fn field(&self, view: &str, skus: &[String], field: &str) -> Map<String, Value> {
        let found = self
            .store
            .rest(&format!(
                "/{view}/V1/products?searchCriteria[pageSize]=300\
                 &fields=items[sku,name,price,custom_attributes]"
            ))
            .await;
        let all: Map<String, Value> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (item["sku"].as_str().unwrap().to_owned(), field_of(item, field)))
            .collect();
        skus.iter().map(|sku| (sku.clone(), all[sku].clone())).collect()
    }

    /// The writes of products that reached the store, by what it answered.
    async fn writes(&self) -> Vec<LoggedRequest> {
        let mut log = self.store.requests().await;
        log.retain(|request| request.method == "PUT" && request.target.contains("/V1/products/"));
        log
    }
}

/// The body of a write that sets a product's meta title.
fn titled(title: &str) -> Value {
    json!({"product": {"custom_attributes": [{"attribute_code": "meta_title", "value": title}]}})
}

/// Proposes the same meta title for these products, everywhere; answers the plan.
async fn propose(client: &Mcp, skus: &[String], title: &str) -> String {
    souk_tests::propose(client, skus, json!({"meta_title": title})).await
}

/// The plan that an answer names.
fn id(answer: &Value) -> &str {
    answer["plan_id"].as_str().unwrap()
}

/// The arguments that commit a plan.
fn confirmed(plan: &str) -> Value {
    souk_tests::confirmed(json!({"plan_id": plan}))
}

/// Commits a plan; answers what came of it, also where that is a failure.
async fn commit(client: &Mcp, plan: &str) -> Value {
    client.outcome("plans_commit", confirmed(plan)).await
}

/// Every item of a plan, page by page.
async fn items(client: &Mcp, plan: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = Value::Null;
    loop {
        let mut asked = json!({"plan_id": plan, "page_size": 60});
        if !after.is_null() {
            asked["after"] = after;
        }
        let mut page = client.answer("plans_get", asked).await;
        all.append(page["items"].as_array_mut().unwrap());
        after = page["next_after"].take();
        if after.is_null() {
            return all;
        }
    }
}

/// The subjects of a plan's items in this state.
fn in_state(items: &[Value], state: &str) -> Vec<String> {
    items
        .iter()
        .filter(|item| item["state"] == state)
        .map(|item| item["subject"].as_str().unwrap().to_owned())
        .collect()
}

/// Proposes to take a plan back.
async fn undo(client: &Mcp, plan: &str) -> Value {
    client.answer("plans_undo", json!({"plan_id": plan})).await
}
