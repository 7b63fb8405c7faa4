//! What can be sold of a product, and what the indexes do.

use serde_json::{Value, json};
use souk_sdk::prelude::{Failure, FailureCode, StoreView};
use souk_sdk::testing::Host;

use super::shop::{changed, check, issues, order, salable, silent, text, without_sources};
use crate::diagnostics;

#[test]
fn the_report_tells_what_each_stock_can_sell_and_what_holds_the_rest() {
    let report = salable(&changed(|_, _, _| {}), "LAB-000");
    assert_eq!((&report["salable_quantity"], &report["is_salable"]), (&json!(97), &json!(true)));
    let stocks = report["stocks"].as_array().unwrap();
    let told: Vec<_> = stocks
        .iter()
        .map(|s| {
            (&s["websites"][0], &s["salable_quantity"], &s["quantity_at_sources"], &s["reserved"])
        })
        .collect();
    let (base, b2b) = (json!("base"), json!("b2b"));
    let numbers = [97, 100, 3, 40, 40, 0].map(Value::from);
    assert_eq!(
        told,
        [
            (&base, &numbers[0], &numbers[1], &numbers[2]),
            (&b2b, &numbers[3], &numbers[4], &numbers[5]),
        ]
    );
    assert_eq!(report["source_items"][1]["source_name"], "Berlin");
    assert_eq!(report["source_items"][1]["stock_ids"], json!([2]));
    assert_eq!(report["stock_item"]["qty"], 100);
    assert_eq!(report["unknown"], json!([]));
}

fn brief(host: &Host, sku: &str) -> Value {
    host.call(&diagnostics(), "inventory_salable_report", &json!({"sku": sku})).unwrap()
}

#[test]
fn a_report_asks_the_store_for_no_more_than_it_shows() {
    let host = changed(|_, _, _| {});
    let report = brief(&host, "LAB-000");
    // The product, stocks, and a quantity of each stock.
    assert_eq!(host.reads().len(), 4, "{:#?}", host.reads());
    assert_eq!((&report["salable_quantity"], &report["is_salable"]), (&json!(97), &json!(true)));
    assert_eq!(report["stocks"][1]["salable_quantity"], 40);
    assert_eq!(report["source_items"], Value::Null);
    // Where the quantity does not tell whether it can be sold, the store is asked.
    let host = changed(|route, _, answer| {
        if route == "/V1/products/{sku}" {
            answer["extension_attributes"]["stock_item"]["backorders"] = json!(1);
        }
    });
    assert_eq!(brief(&host, "LAB-000")["is_salable"], true);
    assert_eq!(host.reads().len(), 6);
    // What explains the numbers: websites, source items, sources and links.
    let host = changed(|_, _, _| {});
    salable(&host, "LAB-000");
    assert_eq!(host.reads().len(), 8, "{:#?}", host.reads());
    // Of a composite product its parts, and whether each stock sells them.
    let host = changed(|_, _, _| {});
    let report = brief(&host, "LAB-CONF");
    assert_eq!(host.reads().len(), 5, "{:#?}", host.reads());
    assert_eq!(report["parts"][0]["stocks"][0]["is_salable"], true);
    assert_eq!(report["parts"][0]["stocks"][0]["salable_quantity"], Value::Null);
}

#[test]
fn what_cannot_be_sold_is_explained_with_the_details() {
    let host = changed(|route, _, answer| {
        if route.contains("get-product-salable-quantity") {
            *answer = json!(0);
        }
    });
    let reasons = brief(&host, "LAB-000")["stocks"][0]["reasons"].to_string();
    assert!(reasons.contains("details"), "{reasons}");
    let report = salable(&host, "LAB-000");
    assert!(!report["stocks"][0]["reasons"].to_string().contains("details"), "{report}");
    assert_eq!(report["stocks"][0]["reserved"], 100);
}

#[test]
fn the_report_may_be_of_one_website() {
    let host = changed(|_, _, _| {});
    let asked = json!({"sku": "LAB-000", "website_code": "b2b"});
    let report = host.call(&diagnostics(), "inventory_salable_report", &asked).unwrap();
    assert_eq!(
        (&report["salable_quantity"], report["stocks"].as_array().unwrap().len()),
        (&json!(40), 1)
    );
    // Of one stock what lies at the sources comes along.
    assert_eq!(report["source_items"][1]["quantity"], 40);
    assert_eq!(host.reads().len(), 4, "{:#?}", host.reads());
    let asked = json!({"sku": "LAB-000", "website_code": "de"});
    let failure = host.call(&diagnostics(), "inventory_salable_report", &asked).unwrap_err();
    assert!(failure.remedy.unwrap().contains("website `base`"));
    let missing = host.call(&diagnostics(), "inventory_salable_report", &json!({"sku": "NOPE"}));
    assert_eq!(missing.unwrap_err().code, FailureCode::NotFound);
}

#[test]
fn a_website_without_a_stock_is_named() {
    let host = changed(|route, _, answer| {
        if route == "/V1/inventory/stocks" {
            answer["items"].as_array_mut().unwrap().remove(1);
        }
    });
    assert_eq!(salable(&host, "LAB-000")["websites_without_stock"], json!(["b2b"]));
    let asked = json!({"sku": "LAB-000", "website_code": "b2b"});
    let report = host.call(&diagnostics(), "inventory_salable_report", &asked).unwrap();
    assert_eq!(report["websites_without_stock"], json!(["b2b"]));
    // The storefront of such a website has no answer.
    let host = silent(
        |view| *view == StoreView::View("b2b_en".to_owned()),
        |route, _, answer| {
            if route == "/V1/inventory/stocks" {
                answer["items"].as_array_mut().unwrap().remove(1);
            }
        },
    );
    assert_eq!(issues(&check(&host, "LAB-000")), ["NO_STOCK_FOR_WEBSITE b2b_en"]);
}

#[test]
fn composite_products_are_reported_by_their_parts() {
    let host = changed(|route, _, answer| {
        if route == "/V1/inventory/are-products-salable" && answer[0]["stock_id"] == 2 {
            for row in answer.as_array_mut().unwrap() {
                row["salable"] = json!(false);
            }
        }
    });
    let report = salable(&host, "LAB-CONF");
    assert_eq!((&report["salable_quantity"], &report["is_salable"]), (&Value::Null, &json!(true)));
    let by_stock: Vec<_> =
        report["stocks"].as_array().unwrap().iter().map(|stock| &stock["is_salable"]).collect();
    assert_eq!(by_stock, [true, false]);
    assert_eq!(report["parts"][0]["sku"], "RED");
    assert_eq!(report["parts"][0]["stocks"][0]["salable_quantity"], 97);
    assert!(host.reads().iter().all(|read| text(read, "sku").is_none_or(|sku| {
        !(sku == "LAB-CONF" && read.route.template.contains("salable-quantity"))
    })));
}

#[test]
fn without_sources_the_stock_item_decides() {
    let item = |sku: &str| match sku {
        "RED" | "LAB-000" => json!({"qty": 0, "is_in_stock": false, "manage_stock": true}),
        _ => json!({"qty": 7, "is_in_stock": true, "manage_stock": true}),
    };
    let host = without_sources(item);
    let report = salable(&host, "LAB-000");
    let told = (&report["inventory"], &report["salable_quantity"], &report["is_salable"]);
    assert_eq!(told, (&json!("legacy"), &json!(0), &json!(false)));
    assert_eq!(issues(&check(&host, "LAB-000")), ["OUT_OF_STOCK default de b2b_en"]);
    let report = salable(&host, "LAB-CONF");
    assert_eq!((&report["is_salable"], &report["stocks"]), (&json!(true), &json!([])));
    assert_eq!(
        issues(&check(&host, "LAB-CONF")),
        [
            "NO_SALABLE_PART b2b_en",
            "PARTS_OUT_OF_STOCK default de",
            "PARTS_NOT_IN_WEBSITE b2b_en",
            "PARTS_OUT_OF_STOCK b2b_en",
        ]
    );
}

#[test]
fn indexes_are_told_of_only_where_the_store_tells() {
    let host = Host::answering(|_| Err(Failure::unavailable("the store has no such route")));
    let failure = host.call(&diagnostics(), "indexer_status_report", &json!({})).unwrap_err();
    assert_eq!(failure.code, FailureCode::Unavailable);
    assert!(failure.remedy.unwrap().contains("bin/magento indexer:status"));
    let host = Host::answering(|_| {
        Ok(json!([
            {"indexer_id": "a", "title": "A", "status": "valid", "updated_at": "2026-11-22 00:00:00"},
            {"indexer_id": "b", "title": "B", "status": "invalid", "updated_at": null},
            {"indexer_id": "c", "status": "working"},
        ]))
    });
    let report = host.call(&diagnostics(), "indexer_status_report", &json!({})).unwrap();
    let counts =
        ["total", "valid", "invalid", "working"].map(|name| report[name].as_u64().unwrap());
    assert_eq!(counts, [3, 1, 1, 1]);
    assert_eq!(report["needs_reindex"], json!(["b"]));
}

#[test]
fn more_questions_than_a_call_may_ask_are_left_and_told() {
    let host = Host::answering(|read| {
        let mut answer = order(read)?;
        let part = |id: u64| {
            json!({
                "id": id, "sku": format!("V-{id}"), "name": "v", "status": 1, "price": 1,
                "extension_attributes": {"website_ids": [1, 2]},
            })
        };
        match read.route.template.as_str() {
            "/V1/products/{sku}" => {
                let links = (1..=201).collect::<Value>();
                answer["extension_attributes"]["configurable_product_links"] = links;
            }
            "/V1/products" => {
                let wanted = text(read, "searchCriteria[filter_groups][0][filters][0][value]");
                let ids = wanted.unwrap_or_default();
                let ids = ids.split(',').map(|id| part(id.parse().unwrap()));
                answer = json!({"items": ids.collect::<Value>(), "total_count": 201});
            }
            _ => {}
        }
        Ok(answer)
    });
    let report = salable(&host, "LAB-CONF");
    assert_eq!(
        (&report["is_salable"], report["parts"].as_array().unwrap().len()),
        (&json!(true), 201)
    );
    assert_eq!(report["parts"][0]["stocks"][0]["salable_quantity"], Value::Null);
    assert!(report["unknown"].to_string().contains("website_code"), "{}", report["unknown"]);
    assert!(host.reads().len() < 50, "{}", host.reads().len());
}
