//! A plan is for one view of the store: what is read and what is written.

use serde_json::{Value, json};

use super::{Attack, SKU, Shop, change, edit, plan, post, products, put};

fn named(reads: Option<&str>, at: Option<&str>, writes: &[Option<&str>]) -> Value {
    let mut intent = products();
    if let Some(view) = reads {
        intent["one"]["view"] = json!(view);
    }
    if let Some(view) = at {
        intent["view"] = json!(view);
        intent["inherits"] = json!(true);
    }
    let step = |view: &Option<&str>| {
        let mut step = put(&json!({"product": {"name": "Telt"}}));
        if let Some(view) = view {
            step["view"] = json!(view);
        }
        step
    };
    let steps: Vec<Value> = writes.iter().map(step).collect();
    plan(intent, &[change("product", SKU, &[edit("name", "/name", "/product/name")], &steps)])
}

fn undone_at(view: &str) -> Value {
    let mut proposal = named(Some("de"), Some("de"), &[Some("de")]);
    let mut undo = put(&json!({"product": {"name": null}}));
    undo["view"] = json!(view);
    proposal["changes"][0]["undo"] = json!({"steps": [undo]});
    proposal
}

fn attacks() -> Vec<Attack> {
    let de = Some("de");
    let row = |row: Value, route: &str| {
        let step = post(route, &json!({"prices": [row]}));
        plan(
            products(),
            &[change("product", SKU, &[edit("price", "/price", "/prices/0/price")], &[step])],
        )
    };
    let mut many = named(de, de, &[de]);
    many["intent"]["many"] = json!({
        "read": {"route": "/V1/products", "query": {
            "searchCriteria[filter_groups][0][filters][0][field]": {"text": "sku"},
            "searchCriteria[filter_groups][0][filters][0][condition_type]": {"text": "in"},
        }, "view": "trade"},
        "ids": "searchCriteria[filter_groups][0][filters][0][value]", "items": "/items", "id": "/sku",
    });
    vec![
        ("reviewed at one and written everywhere", named(de, de, &[None])),
        ("reviewed at one and written at another", named(de, de, &[Some("trade")])),
        ("reviewed everywhere and written at one", named(None, None, &[de])),
        ("read at another than the plan's", named(Some("trade"), de, &[de])),
        ("read everywhere and written at one", named(None, de, &[de])),
        ("written twice, once at another", named(de, de, &[de, Some("trade")])),
        ("many are read at another", many),
        ("taken back at another", undone_at("trade")),
        ("taken back everywhere", undone_at("all")),
        (
            "a row of a view",
            row(json!({"sku": SKU, "price": 200, "store_id": 2}), "/V1/products/base-prices"),
        ),
        (
            "a sale at a view",
            row(
                json!({"sku": SKU, "price": 200, "store_id": 2, "price_from": "2030-01-01 00:00:00",
                    "price_to": "2030-02-01 00:00:00"}),
                "/V1/products/special-price",
            ),
        ),
    ]
}

#[tokio::test]
async fn what_is_reviewed_at_one_view_is_written_at_no_other() {
    Shop::new("").await.refuses(attacks()).await;
}
