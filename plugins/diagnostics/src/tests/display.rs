//! Why a product does not show.

use serde_json::{Value, json};
use souk_sdk::prelude::{Failure, FailureCode};
use souk_sdk::testing::Host;

use super::shop::{Change, action, changed, check, custom, issues, order, silent};
use crate::diagnostics;

const PRODUCT: &str = "/V1/products/{sku}";

#[test]
fn where_all_is_in_order_nothing_is_wrong_and_what_cannot_be_known_is_said() {
    let host = changed(|_, _, _| {});
    let report = check(&host, "LAB-000");
    assert_eq!(issues(&report), [""; 0]);
    for view in report["views"].as_array().unwrap() {
        assert_eq!((&view["shown"], &view["is_salable"]), (&json!(true), &json!(true)), "{view}");
    }
    let fields = (&report["found"], &report["product_name"], &report["price"]);
    assert_eq!(fields, (&json!(true), &json!("Alpha Jacket"), &json!(19.99)));
    assert!(report["unknown"].to_string().contains("indexes"));
    // The product and the views; its categories; and of each of three views the product and what
    // its storefront tells.
    assert_eq!(host.reads().len(), 9, "{:#?}", host.reads());
}

#[test]
fn a_product_that_is_not_there_is_not_found() {
    let report = check(&changed(|_, _, _| {}), "NOPE");
    assert_eq!(report["found"], false);
    assert_eq!(issues(&report), ["PRODUCT_NOT_FOUND"]);
    assert_eq!(report["recommended_actions"][0]["tool"], "catalog_search_products");
}

#[test]
fn a_view_alone_may_be_asked() {
    let host = changed(|_, _, _| {});
    let asked = json!({"sku": "LAB-000", "store_view_code": "de"});
    let report = host.call(&diagnostics(), "product_display_check", &asked).unwrap();
    assert_eq!(report["views"].as_array().unwrap().len(), 1);
    let asked = json!({"sku": "LAB-000", "store_view_code": "fr"});
    let failure = host.call(&diagnostics(), "product_display_check", &asked).unwrap_err();
    assert_eq!(failure.remedy.as_deref(), Some("one of: default, de, b2b_en"));
}

#[test]
fn what_hides_a_product_is_told_with_the_call_that_mends_it() {
    let host = changed(|route, view, answer| match (route, view) {
        (PRODUCT, "b2b_en") => {
            answer["status"] = json!(2);
            answer["visibility"] = json!(1);
        }
        (PRODUCT, "de") => answer["visibility"] = json!(3),
        ("/V1/store/storeViews", _) => answer[2]["is_active"] = json!(0),
        _ => {}
    });
    let report = check(&host, "LAB-000");
    assert_eq!(
        issues(&report),
        [
            "STORE_VIEW_DISABLED de",
            "STATUS_DISABLED b2b_en",
            "NOT_VISIBLE_INDIVIDUALLY b2b_en",
            "NOT_IN_CATALOG de",
        ]
    );
    assert_eq!(
        action(&report, "STATUS_DISABLED")["arguments"],
        json!({
            "match": {"sku_list": ["LAB-000"]}, "updates": {"status": 1},
            "scope": {"website_code": "b2b"},
        })
    );
    // The view has a value of its own: a global one would not reach it.
    let scope = &action(&report, "NOT_VISIBLE_INDIVIDUALLY")["arguments"]["scope"];
    assert_eq!(*scope, json!({"store_view_code": "b2b_en"}));
    assert_eq!(action(&report, "STORE_VIEW_DISABLED")["tool"], Value::Null);
    let shown: Vec<_> =
        report["views"].as_array().unwrap().iter().map(|view| &view["shown"]).collect();
    assert_eq!(shown, [true, false, false]);
}

#[test]
fn a_website_that_it_is_not_on_hides_it_there() {
    let host = changed(|route, _, answer| {
        if route == PRODUCT {
            answer["extension_attributes"]["website_ids"] = json!([1]);
        }
    });
    assert_eq!(issues(&check(&host, "LAB-000")), ["NOT_IN_WEBSITE b2b_en"]);
}

#[test]
fn categories_count_with_all_above_them_and_only_under_the_views_root() {
    let closed = |which: &'static str| match which {
        "parent" => changed(|route, view, answer| {
            if route == "/graphql" && view == "de" {
                let found = &mut answer["data"]["categories"];
                found["items"].as_array_mut().unwrap().retain(|row| row["id"] != 5);
                found["total_count"] = json!(2);
            }
        }),
        "root" => changed(|route, view, answer| {
            if route == "/graphql" && view == "b2b_en" {
                answer["data"]["storeConfig"]["root_category_id"] = json!(99);
            }
        }),
        _ => changed(|route, _, answer| {
            if route == PRODUCT {
                *custom(answer, "category_ids") = json!([]);
            }
        }),
    };
    assert_eq!(issues(&check(&closed("parent"), "LAB-000")), ["PARENT_CATEGORY_INACTIVE de"]);
    assert_eq!(issues(&check(&closed("root"), "LAB-000")), ["NO_CATEGORY_IN_ROOT b2b_en"]);
    // The same without a storefront that answers.
    let host = silent(
        |_| true,
        |route, view, answer| match (route, view) {
            ("/V1/categories/list", "de") => {
                let rows = answer["items"].as_array_mut().unwrap();
                rows.iter_mut().filter(|row| row["id"] == 5).for_each(|row| {
                    row["is_active"] = json!(false);
                });
            }
            ("/V1/store/storeGroups", _) => answer[2]["root_category_id"] = json!(99),
            _ => {}
        },
    );
    assert_eq!(
        issues(&check(&host, "LAB-000")),
        ["PARENT_CATEGORY_INACTIVE de", "NO_CATEGORY_IN_ROOT b2b_en"]
    );
    let report = check(&closed("none"), "LAB-000");
    assert_eq!(issues(&report), ["NO_CATEGORY default de b2b_en"]);
    assert_eq!(action(&report, "NO_CATEGORY")["to_choose"], json!(["/updates/category_ids"]));
}

#[test]
fn prices_and_sales_are_judged_by_the_day() {
    let sale = |change: Change| {
        let report = check(&changed(change), "LAB-000");
        let sales: Vec<_> =
            report["views"].as_array().unwrap().iter().map(|v| v["sale"].clone()).collect();
        (issues(&report), sales[0].as_str().unwrap().to_owned())
    };
    let told = |code: &str| vec![format!("{code} default de b2b_en")];
    assert_eq!(
        sale(|route, _, answer| if route == PRODUCT {
            *custom(answer, "special_price") = json!("0.000000");
        }),
        (told("SPECIAL_PRICE_ZERO"), "running".to_owned())
    );
    assert_eq!(
        sale(|route, _, answer| if route == PRODUCT {
            *custom(answer, "special_price") = json!("9.500000");
            *custom(answer, "special_to_date") = json!("2020-01-01 00:00:00");
        }),
        (told("SALE_ENDED"), "ended".to_owned())
    );
    assert_eq!(
        sale(|route, _, answer| if route == PRODUCT {
            *custom(answer, "special_price") = json!("9.500000");
            *custom(answer, "special_from_date") = json!("9998-01-01 00:00:00");
        }),
        (told("SALE_SCHEDULED"), "scheduled".to_owned())
    );
    assert_eq!(
        sale(|route, _, answer| if route == PRODUCT {
            *custom(answer, "special_price") = json!("25");
        }),
        (told("SPECIAL_PRICE_NOT_LOWER"), "running".to_owned())
    );
    assert_eq!(
        sale(|route, _, answer| if route == PRODUCT {
            answer["price"] = json!(0);
        }),
        (told("PRICE_ZERO"), "none".to_owned())
    );
    let report = check(
        &changed(|route, _, answer| {
            if route == PRODUCT {
                answer["price"] = Value::Null;
            }
        }),
        "LAB-000",
    );
    assert_eq!(issues(&report), told("PRICE_MISSING"));
    assert_eq!(action(&report, "PRICE_MISSING")["tool"], "pricing_prepare_bulk_price_update");
}

#[test]
fn a_stock_is_the_websites_own() {
    let host = changed(|route, view, answer| match route {
        "/graphql" if view == "b2b_en" => {
            answer["data"]["route"]["stock_status"] = json!("OUT_OF_STOCK");
        }
        "/V1/inventory/are-products-salable" if answer[0]["stock_id"] == 2 => {
            answer[0]["salable"] = json!(false);
        }
        "/V1/inventory/sources" => answer["items"][1]["enabled"] = json!(false),
        _ => {}
    });
    let report = check(&host, "LAB-000");
    assert_eq!(issues(&report), ["OUT_OF_STOCK b2b_en", "SOURCE_DISABLED b2b_en"]);
    let salable: Vec<_> =
        report["views"].as_array().unwrap().iter().map(|view| &view["is_salable"]).collect();
    assert_eq!(salable, [true, true, false]);
}

#[test]
fn a_stock_that_is_not_answered_is_unknown_and_not_passed() {
    let host = Host::answering(|read| match read.route.template.as_str() {
        "/V1/inventory/are-products-salable" | "/graphql" => {
            Err(Failure::new(FailureCode::NotAuthenticated, "the store denies access"))
        }
        _ => order(read),
    });
    let report = check(&host, "LAB-000");
    assert_eq!(issues(&report), [""; 0]);
    for view in report["views"].as_array().unwrap() {
        assert_eq!((&view["shown"], &view["is_salable"]), (&Value::Null, &Value::Null));
    }
    assert!(report["unknown"].to_string().contains("the store denies access"));
}

#[test]
fn pictures_need_a_file_for_each_role() {
    let host = changed(|route, view, answer| match (route, view) {
        (PRODUCT, "default") => *custom(answer, "thumbnail") = json!("no_selection"),
        (PRODUCT, "de") => answer["media_gallery_entries"] = json!([]),
        (PRODUCT, "b2b_en") => *custom(answer, "image") = json!("/g/o/gone.png"),
        _ => {}
    });
    assert_eq!(
        issues(&check(&host, "LAB-000")),
        ["THUMBNAIL_MISSING default", "NO_IMAGE de", "IMAGE_NOT_IN_GALLERY b2b_en"]
    );
}

#[test]
fn name_and_address_are_needed_view_by_view() {
    let host = changed(|route, view, answer| {
        if (route, view) == (PRODUCT, "de") {
            answer["name"] = json!(" ");
            *custom(answer, "url_key") = Value::Null;
        }
    });
    let report = check(&host, "LAB-000");
    assert_eq!(issues(&report), ["NAME_MISSING de", "URL_KEY_MISSING de"]);
    let action = action(&report, "NAME_MISSING");
    assert_eq!(action["arguments"]["scope"], json!({"store_view_code": "de"}));
    assert_eq!(action["to_choose"], json!(["/updates/name"]));
}

#[test]
fn a_configurable_product_is_as_good_as_its_variants() {
    let report = check(&changed(|_, _, _| {}), "LAB-CONF");
    // The price of 0 is not its own: `RED` costs 30. `BLUE` is missing on one website.
    assert_eq!(issues(&report), ["PARTS_NOT_IN_WEBSITE b2b_en"]);
    assert_eq!((&report["price"], &report["views"][2]["shown"]), (&json!(30), &json!(true)));
    let host = changed(|route, _, answer| {
        if route == "/V1/products" {
            answer["items"][0]["status"] = json!(2);
        }
    });
    let report = check(&host, "LAB-CONF");
    assert_eq!(
        issues(&report),
        [
            "NO_SALABLE_PART b2b_en",
            "PARTS_DISABLED default de",
            "PARTS_DISABLED b2b_en",
            "PARTS_NOT_IN_WEBSITE b2b_en",
        ]
    );
    assert_eq!(
        action(&report, "PARTS_DISABLED")["arguments"]["match"],
        json!({"sku_list": ["RED"]})
    );
}

#[test]
fn a_bundle_needs_something_for_each_required_option() {
    let without = |sku: &'static str| match sku {
        "RED" => changed(|route, _, answer| {
            if route == "/V1/products" {
                answer["items"][0]["status"] = json!(2);
            }
        }),
        _ => changed(|_, _, _| {}),
    };
    assert_eq!(check(&without(""), "LAB-BUN")["views"][0]["is_salable"], true);
    let report = check(&without("RED"), "LAB-BUN");
    assert_eq!(report["views"][0]["is_salable"], false);
    assert!(issues(&report)[0].starts_with("NO_SALABLE_PART"));
}

#[test]
fn an_address_has_to_lead_to_its_page() {
    let host = changed(|route, view, answer| match (route, view) {
        ("/graphql", "de") => answer["data"]["route"] = Value::Null,
        ("/graphql", "b2b_en") => answer["data"]["route"] = Value::Null,
        (PRODUCT, "b2b_en") => answer["visibility"] = json!(1),
        _ => {}
    });
    let report = check(&host, "LAB-000");
    assert_eq!(issues(&report), ["NOT_VISIBLE_INDIVIDUALLY b2b_en", "URL_REWRITE_MISSING de"]);
    assert_eq!(report["views"][0]["url"], "alpha-jacket.html");
    let report = check(&silent(|_| true, |_, _, _| {}), "LAB-000");
    assert_eq!((issues(&report).len(), &report["views"][0]["shown"]), (0, &json!(true)));
    assert_eq!(report["unknown"].to_string().matches("no GraphQL for visitors").count(), 1);
}
