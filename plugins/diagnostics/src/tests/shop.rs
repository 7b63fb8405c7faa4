//! A small shop as the recordings have it, and what is said of it when something in it is changed.

use serde_json::{Value, json};
use souk_sdk::core::Read;
use souk_sdk::prelude::{BindingSource, Failure, FailureCode, StoreView};
use souk_sdk::testing::Host;

use crate::diagnostics;

pub(super) type Answer = Result<Value, Failure>;

/// What a test changes of an answer: the route, the view's code (`all` for the global scope), and
/// what would be answered.
pub(super) type Change = fn(&str, &str, &mut Value);

pub(super) fn text(read: &Read, name: &str) -> Option<String> {
    let binding = read.query.iter().chain(&read.path).find(|binding| binding.name == name)?;
    match &binding.value {
        BindingSource::Text(text) => Some(text.clone()),
        other => panic!("{other:?}"),
    }
}

fn filter(read: &Read) -> Vec<String> {
    let value = text(read, "searchCriteria[filter_groups][0][filters][0][value]");
    value.unwrap_or_default().split(',').map(str::to_owned).collect()
}

fn product(sku: &str) -> Option<Value> {
    let mut product = json!({
        "id": 1, "sku": "LAB-000", "name": "Alpha Jacket", "price": 19.99, "status": 1,
        "visibility": 4, "type_id": "simple",
        "extension_attributes": {
            "website_ids": [1, 2],
            "stock_item": {
                "qty": 100, "is_in_stock": true, "manage_stock": true, "backorders": 0, "min_qty": 0,
            },
        },
        "product_links": [],
        "media_gallery_entries": [
            {"id": 1, "disabled": false, "types": ["image"], "file": "/i/m/img.png"},
        ],
        "custom_attributes": [
            {"attribute_code": "image", "value": "/i/m/img.png"},
            {"attribute_code": "small_image", "value": "/i/m/img.png"},
            {"attribute_code": "thumbnail", "value": "/i/m/img.png"},
            {"attribute_code": "url_key", "value": "alpha-jacket"},
            {"attribute_code": "category_ids", "value": ["6"]},
        ],
    });
    match sku {
        "LAB-000" => {}
        "LAB-CONF" => {
            product["sku"] = sku.into();
            product["price"] = json!(0);
            product["type_id"] = "configurable".into();
            product["extension_attributes"]["configurable_product_links"] = json!([24, 25]);
        }
        "LAB-BUN" => {
            product["sku"] = sku.into();
            product["price"] = json!(0);
            product["type_id"] = "bundle".into();
            product["extension_attributes"]["bundle_product_options"] = json!([
                {"title": "Pick", "required": true, "product_links": [{"sku": "RED"}]},
                {"title": "Wrap", "required": false, "product_links": [{"sku": "BLUE"}]},
            ]);
        }
        _ => return None,
    }
    Some(product)
}

/// The variants of the configurable product: `RED` is on both websites, `BLUE` on the first.
fn parts() -> Value {
    let part = |id: u8, sku: &str, websites: Value| {
        json!({
            "id": id, "sku": sku, "name": sku, "status": 1, "price": 30, "type_id": "simple",
            "extension_attributes": {"website_ids": websites},
        })
    };
    json!([part(24, "RED", json!([1, 2])), part(25, "BLUE", json!([1]))])
}

/// Everything in order: two websites, three views, two stocks, one category below another.
pub(super) fn order(read: &Read) -> Answer {
    let of = |sku: &str| {
        product(sku).ok_or_else(|| Failure {
            status: Some(404),
            ..Failure::not_found("the store said: The product that was requested doesn't exist")
        })
    };
    let list = |items: Value| {
        let count = items.as_array().map_or(0, Vec::len);
        Ok(json!({"items": items, "total_count": count}))
    };
    match read.route.template.as_str() {
        "/V1/products/{sku}" => of(&text(read, "sku").unwrap()),
        "/V1/products" => {
            let all = parts();
            let wanted = filter(read);
            let fits = |part: &&Value| {
                let id = part["id"].to_string();
                wanted.iter().any(|want| *want == id || part["sku"] == want.as_str())
            };
            list(all.as_array().unwrap().iter().filter(fits).cloned().collect())
        }
        "/V1/store/websites" => Ok(json!([
            {"id": 0, "code": "admin", "default_group_id": 0},
            {"id": 1, "code": "base", "default_group_id": 1},
            {"id": 2, "code": "b2b", "default_group_id": 2},
        ])),
        "/V1/store/storeGroups" => Ok(json!([
            {"id": 0, "code": "default", "root_category_id": 0, "default_store_id": 0},
            {"id": 1, "code": "main", "root_category_id": 2, "default_store_id": 1},
            {"id": 2, "code": "b2b_store", "root_category_id": 2, "default_store_id": 3},
        ])),
        "/V1/store/storeViews" => Ok(json!([
            {"id": 1, "code": "default", "name": "English", "website_id": 1, "store_group_id": 1, "is_active": 1},
            {"id": 0, "code": "admin", "name": "Admin", "website_id": 0, "store_group_id": 0, "is_active": 1},
            {"id": 2, "code": "de", "name": "Deutsch", "website_id": 1, "store_group_id": 1, "is_active": 1},
            {"id": 3, "code": "b2b_en", "name": "B2B", "website_id": 2, "store_group_id": 2, "is_active": 1},
        ])),
        "/V1/store/storeConfigs" => Ok(json!([
            {"id": 1, "timezone": "UTC"}, {"id": 2, "timezone": "UTC"},
            {"id": 3, "timezone": "UTC"},
        ])),
        "/graphql" => {
            let asked: Value = serde_json::from_str(&text(read, "variables").unwrap()).unwrap();
            assert_eq!(asked["u"], "catalog/product/view/id/1");
            let (website, code) = match &read.view {
                StoreView::View(view) if view == "b2b_en" => (2, "b2b"),
                StoreView::View(_) => (1, "base"),
                other => panic!("{other:?} is no view"),
            };
            let names = [(2, "Default Category"), (5, "Gear"), (6, "Bags")];
            let wanted = asked["c"].as_array().cloned().unwrap_or_default();
            let active = names.iter().filter(|(id, _)| wanted.contains(&json!(id.to_string())));
            let active: Value = active.map(|(id, name)| json!({"id": id, "name": name})).collect();
            Ok(json!({"data": {
                "storeConfig": {
                    "website_id": website, "website_code": code, "root_category_id": 2,
                    "timezone": "UTC",
                },
                "route": {"relative_url": "alpha-jacket.html", "stock_status": "IN_STOCK"},
                "categories": {"total_count": active.as_array().unwrap().len(), "items": active},
            }}))
        }
        "/V1/categories/list" => {
            let row = |id: u8, path: &str, name: &str| json!({"id": id, "name": name, "is_active": true, "path": path});
            let all = [
                row(1, "1", "Root Catalog"),
                row(2, "1/2", "Default Category"),
                row(5, "1/2/5", "Gear"),
                row(6, "1/2/5/6", "Bags"),
            ];
            let wanted = filter(read);
            let fits = |row: &&Value| wanted.contains(&row["id"].to_string());
            list(all.iter().filter(fits).cloned().collect())
        }
        "/V1/inventory/stocks" => {
            let channels =
                |code: &str| json!({"sales_channels": [{"type": "website", "code": code}]});
            list(json!([
                {"stock_id": 1, "name": "Default Stock", "extension_attributes": channels("base")},
                {"stock_id": 2, "name": "B2B stock", "extension_attributes": channels("b2b")},
                {"stock_id": 3, "name": "Nobody's", "extension_attributes": []},
            ]))
        }
        "/V1/inventory/are-products-salable" => {
            let stock: u8 = text(read, "stockId").unwrap().parse().unwrap();
            let skus = (0..).map_while(|at| text(read, &format!("skus[{at}]")));
            let answer = |sku: String| json!({"sku": sku, "stock_id": stock, "salable": true});
            Ok(skus.map(answer).collect())
        }
        "/V1/inventory/get-product-salable-quantity/{sku}/{stockId}" => {
            Ok(if text(read, "stockId").unwrap() == "1" { json!(97) } else { json!(40) })
        }
        "/V1/inventory/source-items" => list(json!([
            {"sku": "LAB-000", "source_code": "default", "quantity": 100, "status": 1},
            {"sku": "LAB-000", "source_code": "wh_berlin", "quantity": 40, "status": 1},
        ])),
        "/V1/inventory/sources" => list(json!([
            {"source_code": "default", "name": "Default Source", "enabled": true},
            {"source_code": "wh_berlin", "name": "Berlin", "enabled": true},
        ])),
        "/V1/inventory/stock-source-links" => list(json!([
            {"stock_id": 1, "source_code": "default"}, {"stock_id": 2, "source_code": "wh_berlin"},
        ])),
        other => panic!("{other} was read"),
    }
}

pub(super) fn changed(change: Change) -> Host {
    Host::answering(changing(change))
}

fn changing(change: Change) -> impl Fn(&Read) -> Answer {
    move |read| {
        let mut answer = order(read)?;
        let view = match &read.view {
            StoreView::Global => "all",
            StoreView::View(code) => code,
            StoreView::SessionDefault => panic!("{read:?} names no view"),
        };
        change(&read.route.template, view, &mut answer);
        Ok(answer)
    }
}

/// The same, without multi-source inventory.
pub(super) fn without_sources(stock_item: fn(&str) -> Value) -> Host {
    Host::answering(move |read| match read.route.template.as_str() {
        route if route.starts_with("/V1/inventory/") => {
            Err(Failure::unavailable("the store has no such route"))
        }
        "/graphql" => {
            let mut answer = order(read)?;
            if stock_item("LAB-000")["is_in_stock"] == false {
                answer["data"]["route"]["stock_status"] = json!("OUT_OF_STOCK");
            }
            Ok(answer)
        }
        "/V1/stockItems/{productSku}" => Ok(stock_item(&text(read, "productSku").unwrap())),
        "/V1/products/{sku}" => {
            let mut product = order(read)?;
            let sku = product["sku"].as_str().unwrap().to_owned();
            product["extension_attributes"]["stock_item"] = stock_item(&sku);
            Ok(product)
        }
        _ => order(read),
    })
}

pub(super) fn check(host: &Host, sku: &str) -> Value {
    host.call(&diagnostics(), "product_display_check", &json!({"sku": sku})).unwrap()
}

/// The report with all that explains it.
pub(super) fn salable(host: &Host, sku: &str) -> Value {
    let asked = json!({"sku": sku, "details": true});
    host.call(&diagnostics(), "inventory_salable_report", &asked).unwrap()
}

/// A shop whose storefront does not answer in some views.
pub(super) fn silent(is_silent: fn(&StoreView) -> bool, change: Change) -> Host {
    let shop = changing(change);
    Host::answering(move |read| {
        if read.route.template == "/graphql" && is_silent(&read.view) {
            return Err(Failure::new(FailureCode::UpstreamError, "no GraphQL for visitors"));
        }
        shop(read)
    })
}

/// The issues as `CODE view view`.
pub(super) fn issues(report: &Value) -> Vec<String> {
    let told = |issue: &Value| {
        let views = issue["store_views"].as_array().unwrap().iter();
        let views = views.map(|view| view.as_str().unwrap());
        [issue["code"].as_str().unwrap()].into_iter().chain(views).collect::<Vec<_>>().join(" ")
    };
    report["issues"].as_array().unwrap().iter().map(told).collect()
}

pub(super) fn action<'a>(report: &'a Value, code: &str) -> &'a Value {
    let issues = report["issues"].as_array().unwrap();
    &issues.iter().find(|issue| issue["code"] == code).unwrap()["action"]
}

pub(super) fn custom<'a>(product: &'a mut Value, code: &str) -> &'a mut Value {
    let all = product["custom_attributes"].as_array_mut().unwrap();
    if !all.iter().any(|entry| entry["attribute_code"] == code) {
        all.push(json!({"attribute_code": code, "value": null}));
    }
    &mut all.iter_mut().find(|entry| entry["attribute_code"] == code).unwrap()["value"]
}
