//! Long plans: a page of ten thousand items holds what a person can look at.

use serde_json::json;
use souk_model::plan::{
    BodyPointer, Change, Edit, Expectation, FieldAfter, FieldBefore, FieldReview, Lookup,
    PlanHeader, PlanId, PlanItem, PlanOrigin, Retry, Step, Subject, Undo,
};
use souk_model::{Binding, Read, StoreView, Tier, WriteMethod};
use souk_state::StateDir;
use souk_state::plans::{PlanStore, SqlitePlanStore};

use super::{ANNA, PERSON, Shop};

const ITEMS: u32 = 10_000;

#[tokio::test]
async fn a_plan_of_ten_thousand_items_is_shown_by_fifty_from_wherever_and_by_what_it_is_filtered() {
    let shop = Shop::new(PERSON).await;
    let state = StateDir::open(shop.home.path("state")).unwrap();
    let store = SqlitePlanStore::open(&state).unwrap();
    let header = header();
    store.begin(&header).await.unwrap();
    for from in (0..ITEMS).step_by(500) {
        let items: Vec<PlanItem> = (from..from + 500).map(item).collect();
        store.add(&header.id, &items).await.unwrap();
    }
    store.seal(&header, "digest", "seal").await.unwrap();
    let mut anna = shop.signed_in("anna", ANNA).await;
    let here = format!("/plans/{}", header.id);
    for (what, query, shown) in [
        ("the first page", String::new(), 50),
        ("a page in the middle", "after=4999".to_owned(), 50),
        ("the last page", format!("after={}", ITEMS - 51), 50),
        ("one state", "state=pending&after=7000".to_owned(), 50),
        ("a text in the first items", "text=MB00017".to_owned(), 1),
    ] {
        let page = anna.page(&format!("{here}?{query}")).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.text.matches("<li class=\"item\"").count(), shown, "{what}");
    }
    // A text is looked for in some thousand items, and the page says where it stopped.
    let page = anna.page(&format!("{here}?text=MB09999")).await;
    assert!(page.text.contains("Look further"), "{}", page.text);
}

fn header() -> PlanHeader {
    let now = souk_state::Timestamp::now().as_millisecond();
    let route = "/V1/products/{sku}".to_owned();
    PlanHeader {
        id: PlanId::from_random([7; 22]),
        origin: PlanOrigin::Prepared {
            commit_tool: "catalog_commit_bulk_update".into(),
            commit_tier: Tier::Risk,
        },
        group: "catalog".into(),
        tool: "catalog_prepare_bulk_update".into(),
        tier: Tier::Risk,
        grants: Vec::new(),
        principal: "agent".into(),
        store: "magento".into(),
        environment: "staging".into(),
        base_url: "https://shop.example".into(),
        summary: "set price of products globally".into(),
        view: StoreView::Global,
        lookup: Lookup {
            one: Read {
                upstream: "magento".into(),
                route,
                path: vec![Binding::text("sku", "x")],
                query: Vec::new(),
                view: StoreView::Global,
            },
            many: None,
            inherits: false,
        },
        created_ms: now,
        expires_ms: now + 1_800_000,
        count: ITEMS,
        unverifiable: 0,
        rows: 0,
        money: Vec::new(),
        may_move_money: false,
        warnings: Vec::new(),
        plugin_warnings: Vec::new(),
    }
}

/// A change of one product's price.
fn item(n: u32) -> PlanItem {
    let sku = format!("24-MB{n:05}");
    PlanItem {
        n,
        change: Change {
            subject: Subject { kind: "product".into(), id: sku.clone(), label: None },
            edits: vec![Edit {
                field: "price".into(),
                at: "/price".parse().unwrap(),
                after: Expectation::AsSent(vec![BodyPointer {
                    step: 0,
                    at: "/product/price".parse().unwrap(),
                }]),
            }],
            steps: vec![Step {
                upstream: "magento".into(),
                method: WriteMethod::Put,
                route: "/V1/products/{sku}".into(),
                path: vec![Binding::text("sku", sku.clone())],
                query: Vec::new(),
                view: StoreView::Global,
                body: Some(json!({ "product": { "sku": sku, "price": n } })),
                body_bindings: Vec::new(),
                failure_responses: Vec::new(),
            }],
            retry: Retry::Idempotent,
            undo: Undo::Restore,
            warnings: Vec::new(),
        },
        review: vec![FieldReview {
            field: "price".into(),
            before: FieldBefore::Value(json!(12.5)),
            after: FieldAfter::AsSent(json!(n)),
        }],
        constants: Vec::new(),
        warnings: Vec::new(),
        subject_digest: None,
        writes: Vec::new(),
    }
}
