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
        person: None,
        undone: None,
        need: None,
        principal: "agent".into(),
        roles: Vec::new(),
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

/// Plans of nothing, which only have to be listed.
async fn propose_many(shop: &Shop, principal: &str, count: u32, made_ms: impl Fn(u32) -> i64) {
    let state = StateDir::open(shop.home.path("state")).unwrap();
    let store = SqlitePlanStore::open(&state).unwrap();
    for number in 0..count {
        let mut header = header();
        let bytes = format!("{principal:_<8}{number:014}");
        header.id = PlanId::from_random(bytes.as_bytes().try_into().unwrap());
        header.principal = principal.to_owned();
        header.summary = format!("{principal}-{number:03}.");
        header.created_ms = made_ms(number);
        header.expires_ms = header.created_ms + 30 * 60_000;
        header.count = 1;
        store.begin(&header).await.unwrap();
        store.add(&header.id, &[item(number)]).await.unwrap();
        store.seal(&header, "digest", "seal").await.unwrap();
    }
}

#[tokio::test]
async fn no_caller_hides_what_another_has_waiting_and_every_plan_is_on_some_page() {
    let shop = Shop::new(PERSON).await;
    let now = souk_state::Timestamp::now().as_millisecond();
    propose_many(&shop, "other", 1, |_| now - 60_000).await;
    propose_many(&shop, "agent", 120, |number| now - 50_000 + i64::from(number)).await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let first = anna.page("/").await;
    assert!(first.text.contains("<span class=\"count\">121</span>"), "{}", first.text);
    assert!(first.text.contains("other-000.") && first.text.contains("agent-119."));
    assert!(first.text.contains("1 to 50 of 121"), "{}", first.text);
    for told in [">agent</a> 120", ">other</a> 1"] {
        assert!(first.text.contains(told), "`{told}` is not in {}", first.text);
    }
    // Page by page, none is left out and none is there twice.
    for order in ["turns", "newest", "soonest"] {
        let mut seen = std::collections::BTreeSet::new();
        for from in [0, 50, 100] {
            let page = anna.page(&format!("/?order={order}&waiting={from}")).await;
            for number in 0..120 {
                let name = format!("agent-{number:03}.");
                if page.text.contains(&name) {
                    assert!(seen.insert(name), "{order} {from} {number}");
                }
            }
            if page.text.contains("other-000.") {
                assert!(seen.insert("other".to_owned()), "{order} {from}");
            }
        }
        assert_eq!(seen.len(), 121, "{order}");
    }
    let soonest = anna.page("/?order=soonest").await;
    assert!(soonest.text.contains("other-000.") && soonest.text.contains("agent-000."));
    assert!(!soonest.text.contains("agent-119."));
    let newest = anna.page("/?order=newest").await;
    assert!(!newest.text.contains("other-000.") && newest.text.contains("agent-119."));
    let of_other = anna.page("/?caller=other").await;
    assert!(of_other.text.contains("other-000.") && !of_other.text.contains("agent-119."));
    assert!(of_other.text.contains("Those of all callers"), "{}", of_other.text);
    let terminal = shop.home.souk(["plans", "list"]).on(&shop.store).run().await.ok();
    let told = "121 plans wait, 101 of them not listed: 120 of `agent`, 1 of `other`";
    assert!(terminal.contains(told), "{terminal}");
    // A page that there is not any more says so, and leads back.
    let beyond = anna.page("/?waiting=5000").await;
    assert!(beyond.text.contains("Nothing is on this page any more"), "{}", beyond.text);
    assert!(beyond.text.contains("Those before"));
}
