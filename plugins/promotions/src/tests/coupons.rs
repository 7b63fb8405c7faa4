//! Coupons: generated and exported.

use souk_sdk::core::StoreSet;
use souk_sdk::core::{Expectation, Retry};

use super::*;

fn generate(host: &Host, with: &Value) -> Result<Value, Failure> {
    let mut arguments = json!({"rule_id": 3, "qty": 5});
    for (name, value) in with.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    call(host, "generate_coupons", &arguments)
}

#[test]
fn coupons_are_proved_by_what_stands_after_the_last_that_there_was() {
    let host = store();
    let shape = json!({"prefix": "P-", "suffix": "-S", "length": 6, "format": "alphabetical", "delimiter_at_every": 2});
    generate(&host, &shape).unwrap();
    let body = json!({"couponSpec": {"rule_id": 3, "format": "alpha", "quantity": 5, "length": 6,
        "prefix": "P-", "suffix": "-S", "delimiter_at_every": 2, "delimiter": "-"}});
    let path = "/rest/all/V1/coupons/generate".to_owned();
    assert_eq!(sent(&host), [SentRequest { method: "POST", path, body }]);
    let proposed = host.proposed().pop().unwrap();
    let change = &proposed.changes[0];
    assert_eq!(change.retry, Retry::IfAbsent);
    assert_eq!(change.edits[0].after, Expectation::SetByStore(StoreSet::exactly(&json!(5))));
    let rows = host.review(&proposed, change);
    assert_eq!((&rows[0].before, &rows[0].after), (&json!(0), &json!(5)));
    let after = ("coupon_id".to_owned(), "gt".to_owned(), "700".to_owned());
    assert!(filters(&proposed.intent.lookup.one).contains(&after));
    let undo = host.sent_to_undo(change, &[]);
    assert_eq!(undo[0].path, "/rest/all/V1/coupons/deleteByCodes");
    assert_eq!(undo[0].body, json!({"codes": "<>", "ignoreInvalidCoupons": true}));
}

#[test]
fn what_magento_would_do_otherwise_than_asked_is_refused() {
    for (with, argument, says) in [
        (json!({"rule_id": 1}), "/rule_id", "without a coupon"),
        (json!({"rule_id": 2}), "/rule_id", "code was chosen"),
        // `gen-exhaust`: 20 of one digit had two.
        (
            json!({"qty": 2501, "length": 4, "format": "numeric"}),
            "/length",
            "longer without a word",
        ),
        (
            json!({"uses_per_coupon": 7}),
            "/uses_per_coupon",
            "from the rule, whose uses_per_coupon is 1",
        ),
        (json!({"delimiter": "_"}), "/delimiter", "writes none"),
        (json!({"prefix": " A"}), "/prefix", "begins with a space"),
        (json!({"suffix": "a\nb"}), "/suffix", "one line"),
        (
            json!({"prefix": "A".repeat(100), "suffix": "B".repeat(100), "length": 32, "delimiter_at_every": 1}),
            "/length",
            "263 characters",
        ),
    ] {
        let host = store();
        let failure = generate(&host, &with).unwrap_err();
        assert_eq!(failure.argument.as_deref(), Some(argument), "{with}");
        assert!(failure.message.contains(says), "{}", failure.message);
        assert!(host.proposed().is_empty());
    }
    let few =
        generate(&store(), &json!({"qty": 2501, "length": 4, "format": "numeric"})).unwrap_err();
    assert!(few.remedy.unwrap().contains("length of 5"));
    for fits in [
        json!({"qty": 2500, "length": 4, "format": "numeric"}),
        json!({"uses_per_coupon": 1}),
        json!({"rule_id": 4, "length": 32}),
    ] {
        assert!(generate(&store(), &fits).is_ok(), "{fits}");
    }
}

#[test]
fn codes_that_are_soon_guessed_are_warned_of() {
    let answer = generate(&store(), &json!({"qty": 1000, "length": 4})).unwrap();
    assert!(answer["warnings"][0].as_str().unwrap().contains("one in 1679"), "{answer}");
    let long = generate(&store(), &json!({})).unwrap();
    assert!(!long["warnings"].to_string().contains("possible codes"), "{long}");
}

#[test]
fn all_coupons_are_exported_page_by_page() {
    let host = store();
    let answer = call(&host, "export_coupons", &json!({"rule_id": 3, "format": "csv"})).unwrap();
    assert_eq!((&answer["total_count"], &answer["truncated"]), (&json!(700), &json!(true)));
    let [document] = &host.exported()[..] else { panic!("one document") };
    let csv = &document.text;
    assert_eq!(csv.split_terminator("\r\n").count(), 701);
    assert!(csv.ends_with("700,LAB-0700,1,0,0,2026-11-22 17:29:04,,generated\r\n"), "{csv}");
    let host = store();
    let chosen = call(&host, "export_coupons", &json!({"rule_id": 2})).unwrap();
    assert!(host.exported().is_empty());
    let line = "701,'=LABFIVE,100,0,1,2026-11-22 17:29:04,2027-01-01 00:00:00,manual\r\n";
    assert!(chosen["csv"].as_str().unwrap().ends_with(line), "{chosen}");
    let none = call(&host, "export_coupons", &json!({"rule_id": 1})).unwrap();
    assert_eq!(none["total_count"], 0);
}

#[test]
fn many_coupons_go_into_a_document() {
    let host = Host::answering(|read| {
        let coupon =
            |id: u64| json!({"coupon_id": id, "rule_id": 3, "code": "C".repeat(60), "type": 1});
        let all: Vec<Value> = (1..=2_000).map(coupon).collect();
        Ok(match read.route.template.as_str() {
            "/V1/coupons/search" => search(&all, read),
            _ => rule(3, "Lab auto coupons", "AUTO", true),
        })
    });
    let answer = call(&host, "export_coupons", &json!({"rule_id": 3})).unwrap();
    assert_eq!((&answer["total_count"], &answer["truncated"]), (&json!(2_000), &json!(true)));
    let [document] = &host.exported()[..] else { panic!("one document") };
    assert_eq!(answer["resource"]["size"], document.text.len());
    assert_eq!(document.text.split_terminator("\r\n").count(), 2_001);
    let first = answer["csv"].as_str().unwrap();
    assert!(document.text.starts_with(first));
    assert_eq!(first.split_terminator("\r\n").count(), 21);
}
