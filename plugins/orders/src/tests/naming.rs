//! Orders as people name them: by the numbers that they know, and by the moments at which they came.

use std::rc::Rc;

use serde_json::{Value, json};
use souk_sdk::prelude::Failure;
use souk_sdk::testing::Host;

use super::shop::Shop;

/// A host on a shop whose store views are in these time zones, one after the other.
fn host_in(shop: &Rc<Shop>, zones: &'static [&'static str]) -> Host {
    let shop = Rc::clone(shop);
    Host::answering(move |read| {
        let mut answer = shop.read(read)?;
        if read.route.template == "/V1/store/storeConfigs" {
            let views = answer.as_array_mut().unwrap().iter_mut();
            for (view, zone) in views.zip(zones.iter().cycle()) {
                view["timezone"] = json!(zone);
            }
        }
        Ok(answer)
    })
    .logged_in()
}

/// The ids of what is found.
fn found(host: &Host, created: &Value) -> Result<Vec<u64>, Failure> {
    let asked = json!({"created": created, "page_size": 100});
    let answer = host.call(&crate::orders(), "search", &asked)?;
    let items = answer["items"].as_array().unwrap().iter();
    let mut ids: Vec<u64> = items.map(|order| order["entity_id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// The sample shop's orders of a stretch of time, in UTC as the store keeps it.
fn between(shop: &Rc<Shop>, from: &str, to: &str) -> Vec<u64> {
    let is_in = |id: &u64| {
        let order = shop.order(*id);
        let created = order["created_at"].as_str().unwrap();
        from <= created && created <= to
    };
    (1..=42).filter(is_in).collect()
}

#[test]
fn a_time_with_a_z_is_a_moment_in_whatever_zone_the_store_is() {
    let shop = Shop::open();
    let zones: [&[&str]; 5] = [
        &["UTC"],
        &["Europe/Berlin"],
        &["Pacific/Auckland"],
        &["America/Los_Angeles"],
        &["Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles"],
    ];
    for (from, to, in_utc) in [
        (
            "2026-11-18T20:45:00Z",
            "2026-11-21T11:54:00Z",
            ("2026-11-18 20:45:00", "2026-11-21 11:54:00"),
        ),
        // The same with other offsets.
        (
            "2026-11-18T21:45:00+01:00",
            "2026-11-21T00:54:00-11:00",
            ("2026-11-18 20:45:00", "2026-11-21 11:54:00"),
        ),
        ("2026-11-18T20:45:00Z", "2026-11-18T20:45:59Z", ("2026-11-18 20:45", "2026-11-18 20:46")),
    ] {
        let expected = between(&shop, in_utc.0, in_utc.1);
        assert!(!expected.is_empty(), "{from}");
        for zones in zones {
            let host = host_in(&shop, zones);
            let ids = found(&host, &json!({"from": from, "to": to})).unwrap();
            assert_eq!(ids, expected, "{from} to {to} in {zones:?}");
        }
    }
    // A day is another in each zone, and none where views differ.
    let day = json!({"from": "2026-11-21", "to": "2026-11-21"});
    let in_zone = |zones| found(&host_in(&shop, zones), &day);
    assert_eq!(in_zone(&["UTC"]).unwrap(), between(&shop, "2026-11-21", "2026-11-22"));
    assert_eq!(
        in_zone(&["Pacific/Auckland"]).unwrap(),
        between(&shop, "2026-11-20 11:00:00", "2026-11-21 10:59:59")
    );
    let failure = in_zone(&["UTC", "Pacific/Auckland"]).unwrap_err();
    assert_eq!(failure.argument.as_deref(), Some("/time_zone"), "{failure:?}");
    // An end that is a moment does not make a day of the other one.
    let mixed = json!({"from": "2026-11-21", "to": "2026-11-21T12:00:00Z"});
    assert!(found(&host_in(&shop, &["UTC", "Pacific/Auckland"]), &mixed).is_err());
}

#[test]
fn a_plan_for_many_takes_moments_in_a_store_of_several_zones() {
    let shop = Shop::open();
    let host = host_in(&shop, &["Europe/Berlin", "Pacific/Auckland"]);
    let range = json!({"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"});
    let asked = json!({"match": {"created": range}, "action": "comment", "comment": "seen"});
    let plan = host.call(&crate::orders(), "prepare_bulk_update", &asked).unwrap();
    assert_eq!(plan["affected_count"], between(&shop, "2026-11-21", "2026-11-22").len());
}

#[test]
fn a_number_is_taken_with_its_sign_and_one_that_was_cut_short_gets_a_hint() {
    let shop = Shop::open();
    let host = shop.host();
    let number = shop.order(12)["increment_id"].as_str().unwrap().to_owned();
    for typed in [number.clone(), format!("#{number}"), format!(" # {number} ")] {
        let of = |action: &str, arguments: Value| host.call(&crate::orders(), action, &arguments);
        let why = of("why", json!({"increment_id": typed})).unwrap();
        assert_eq!(why["order"]["entity_id"], 12, "{typed}");
        let searched = of("search", json!({"increment_ids": [typed]})).unwrap();
        assert_eq!(searched["items"][0]["entity_id"], 12, "{typed}");
        let comment =
            json!({"match": {"increment_ids": [typed]}, "action": "comment", "comment": "x"});
        assert_eq!(of("prepare_bulk_update", comment).unwrap()["affected_count"], 1, "{typed}");
    }
    for typed in ["12", "#12"] {
        let failure =
            host.call(&crate::orders(), "why", &json!({"increment_id": typed})).unwrap_err();
        assert!(failure.message.contains("no order `12`"), "{failure:?}");
        let remedy = failure.remedy.unwrap();
        assert!(
            remedy.contains("`000000012`") && remedy.contains("`order_id`: 12"),
            "{typed}: {remedy}"
        );
        let comment =
            json!({"match": {"increment_ids": [typed]}, "action": "comment", "comment": "x"});
        let failure = host.call(&crate::orders(), "prepare_bulk_update", &comment).unwrap_err();
        assert!(failure.message.contains("no order 12"), "{failure:?}");
        let remedy = failure.remedy.unwrap();
        assert!(remedy.contains("`000000012`") && remedy.contains("`order_ids`"), "{remedy}");
    }
    // What is no number at all is not made one.
    for typed in ["9000000012", "12a", "R-12"] {
        let failure =
            host.call(&crate::orders(), "why", &json!({"increment_id": typed})).unwrap_err();
        let remedy = failure.remedy.unwrap();
        assert_eq!(remedy, "find orders with `orders_search`", "{typed}");
    }
}
