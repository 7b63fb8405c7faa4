//! Rules: found, planned, changed.

use souk_sdk::core::{Change, Retry, Undo};

use super::*;

fn prepare(host: &Host, with: &Value) -> Result<Value, Failure> {
    let mut arguments = json!({
        "name": "Black Friday", "website_ids": [1], "customer_group_ids": [0, 1],
        "simple_action": "by_percent", "discount_amount": 20
    });
    for (name, value) in with.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    call(host, "prepare_cart_price_rule_create", &arguments)
}

fn update(host: &Host, id: u64, patch: &Value) -> Result<Value, Failure> {
    call(host, "update_rule", &json!({"rule_id": id, "patch": patch}))
}

fn change(host: &Host) -> Change {
    host.proposed().pop().unwrap().changes.pop().unwrap()
}

fn warnings(answer: &Value) -> String {
    answer["warnings"].to_string()
}

#[test]
fn a_new_rule_is_one_request_that_says_everything() {
    let host = store();
    let answer =
        prepare(&host, &json!({"conditions": {"subtotal": {"op": ">=", "value": 50}}})).unwrap();
    let [post] = &sent(&host)[..] else { panic!("one request") };
    assert_eq!((post.method, post.path.as_str()), ("POST", "/rest/all/V1/salesRules"));
    let body = &post.body["rule"];
    // Left out, Magento would stop further rules and take the type of coupon for a number.
    assert_eq!(body["stop_rules_processing"], false);
    assert_eq!(body["is_active"], false);
    assert_eq!(
        (&body["coupon_type"], &body["use_auto_generation"]),
        (&json!("NO_COUPON"), &json!(false))
    );
    assert_eq!(body["condition"]["conditions"][0]["attribute_name"], "base_subtotal");
    assert_eq!(&answer["rule_preview"], body);
    let change = change(&host);
    assert_eq!(change.retry, Retry::IfAbsent);
    // Every value is an edit, so that reading back compares it: conditions, too.
    assert_eq!(change.edits.len(), body.as_object().unwrap().len());
    let undo = host.sent_to_undo(&change, &[]);
    assert_eq!(
        (undo[0].method, undo[0].path.as_str()),
        ("DELETE", "/rest/all/V1/salesRules/</rule_id>")
    );
}

#[test]
fn a_rule_gets_its_discount_once_its_coupon_is_there() {
    let host = store();
    let coupon =
        json!({"coupon_type": "specific_coupon", "coupon_code": "BF26", "is_active": true});
    let answer = prepare(&host, &coupon).unwrap();
    assert_eq!(answer["rule_preview"]["coupon_code"], "BF26");
    let [post, coupon, put] = &sent(&host)[..] else { panic!("three requests") };
    assert_eq!(
        (&post.body["rule"]["discount_amount"], &post.body["rule"]["is_active"]),
        (&json!(0), &json!(false))
    );
    assert_eq!(
        coupon.body,
        json!({"coupon": {"rule_id": "</rule_id>", "code": "BF26", "is_primary": true, "type": 0, "times_used": 0}})
    );
    assert_eq!(put.path, "/rest/all/V1/salesRules/</rule_id>");
    assert_eq!(
        put.body,
        json!({"rule": {"is_active": true, "simple_action": "by_percent", "discount_amount": 20}})
    );
}

#[test]
fn a_rule_is_found_by_its_name_in_a_search() {
    let host = store();
    prepare(&host, &json!({"name": "Welcome, 10 % off"})).unwrap();
    let proposed = host.proposed().pop().unwrap();
    let lookup = proposed.intent.lookup;
    let many = lookup.many.unwrap();
    assert_eq!((many.read.route, many.id.as_str()), (lookup.one.route, "/name"));
    assert_eq!(proposed.changes[0].edits[0].at, "/name");
}

#[test]
fn what_a_new_rule_cannot_be_is_refused_before_anything_is_planned() {
    for (with, argument, says) in [
        (json!({"name": "Lab"}), "/name", "has this name"),
        (json!({"website_ids": [1, 9]}), "/website_ids", "no website 9"),
        (json!({"website_ids": [0]}), "/website_ids", "at least one"),
        (json!({"customer_group_ids": [7]}), "/customer_group_ids", "no customer group 7"),
        (json!({"from_date": "2026-02-30"}), "/from_date", "day of the calendar"),
        (
            json!({"from_date": "2026-12-02", "to_date": "2026-12-01"}),
            "/to_date",
            "before it begins",
        ),
        (json!({"to_date": "2025-12-31"}), "/to_date", "would have ended"),
        (json!({"discount_amount": 101}), "/discount_amount", "at most 100"),
        (json!({"discount_amount": 12.34567}), "/discount_amount", "4 digits"),
        (json!({"coupon_code": "X"}), "/coupon_code", "specific_coupon"),
        (
            json!({"coupon_type": "specific_coupon", "coupon_code": "lab-0007"}),
            "/coupon_code",
            "rule 3",
        ),
        (
            json!({"coupon_type": "specific_coupon", "coupon_code": "X", "discount_amount": 0}),
            "/discount_amount",
            "proves nothing",
        ),
        (
            json!({"conditions": {"product_found": {"nosuch": 1}}}),
            "/conditions/product_found/nosuch",
            "no product attribute",
        ),
        (json!({"action_conditions": {"color": "Blue"}}), "/action_conditions/color", "no option"),
        (
            json!({"store_labels": [{"store_id": 9, "store_label": "x"}]}),
            "/store_labels",
            "no store view 9",
        ),
    ] {
        let host = store();
        let failure = prepare(&host, &with).unwrap_err();
        assert_eq!(failure.argument.as_deref(), Some(argument), "{with}");
        assert!(failure.message.contains(says), "{}", failure.message);
        assert!(host.proposed().is_empty());
    }
    let label = prepare(&store(), &json!({"action_conditions": {"color": "blue"}})).unwrap_err();
    assert_eq!(label.remedy.as_deref(), Some("`Blue` is `5`"));
}

#[test]
fn a_reviewer_is_told_what_the_rule_meets() {
    let host = store();
    let told = warnings(
        &prepare(
            &host,
            &json!({"stop_rules_processing": true, "sort_order": 2, "to_date": "2099-12-24"}),
        )
        .unwrap(),
    );
    assert!(told.contains("applies to every cart"), "{told}");
    assert!(told.contains("4 active rules apply"), "{told}");
    let [stops, stopped] = ["one of these applies, it may not", "it applies, these may not"]
        .map(|said| told.split(said).nth(1).unwrap());
    assert!(stops.contains("1 `Lab`"), "{told}");
    assert!(stopped.contains("2 `Lab single coupon` (sort_order 2, with a coupon), 3"), "{told}");
    let told = warnings(
        &prepare(
            &host,
            &json!({"simple_action": "buy_x_get_y", "action_conditions": {"color": "5"}}),
        )
        .unwrap(),
    );
    assert!(
        told.contains("discount_step") && told.contains("not marked for use in promotions"),
        "{told}"
    );
}

#[test]
fn a_rule_means_what_a_merchant_thinks() {
    // 0.2 is 0.2 %. Who reviews it hears that from the host, once.
    let host = store();
    let told = warnings(&update(&host, 1, &json!({"discount_amount": "0.2"})).unwrap());
    assert!(told.contains("0.2 by per cent is 0.2 %: 20 % is written 20"), "{told}");
    let proposed = host.proposed().pop().unwrap().changes.pop().unwrap();
    assert!(!proposed.warnings.join(" ").contains("is written"), "{:?}", proposed.warnings);
    let told = warnings(&update(&store(), 1, &json!({"discount_amount": 15})).unwrap());
    assert!(!told.contains("is written"), "{told}");
    let told = warnings(&prepare(&store(), &json!({"discount_amount": 0.15})).unwrap());
    assert!(!told.contains("is written"), "{told}");
    // One that begins later is not in force at once.
    let later = json!({"is_active": true, "from_date": "2099-01-02"});
    let told = warnings(&prepare(&store(), &later).unwrap());
    assert!(told.contains("from 2099-01-02 on") && !told.contains("as soon as"), "{told}");
    // One that has ended comes into force with nothing.
    let ended = ended_rule();
    let told = warnings(&call(&ended, "enable_rule", &json!({"rule_id": 5})).unwrap());
    assert!(told.contains("ended on 2020-02-01"), "{told}");
    assert!(!told.contains("rules apply"), "{told}");
    // Nor is it among those that apply beside another.
    let told = warnings(&prepare(&ended, &json!({})).unwrap());
    assert!(told.contains("3 active rules apply"), "{told}");
    let failure = update(&store(), 1, &json!({"to_date": "2026-02-01"})).unwrap_err();
    assert!(failure.message.contains("would have ended"), "{}", failure.message);
}

/// `put-partial` keeps whatever is left out.
#[test]
fn a_change_sends_what_changes_and_the_discount_with_its_kind() {
    let host = store();
    update(&host, 1, &json!({"name": "New", "sort_order": 1})).unwrap();
    let path = "/rest/all/V1/salesRules/1".to_owned();
    assert_eq!(
        sent(&host),
        [SentRequest { method: "PUT", path: path.clone(), body: json!({"rule": {"name": "New"}}) }]
    );
    assert_eq!(change(&host).undo, Undo::Restore);
    update(&host, 1, &json!({"discount_amount": 12.5})).unwrap();
    let body = json!({"rule": {"discount_amount": 12.5, "simple_action": "by_percent"}});
    assert_eq!(sent(&host), [SentRequest { method: "PUT", path, body }]);
}

#[test]
fn a_change_that_is_none_sends_nothing() {
    let host = store();
    let answer =
        update(&host, 1, &json!({"discount_amount": "10.00", "website_ids": ["1"]})).unwrap();
    assert!(answer["message"].as_str().unwrap().contains("already has these values"));
    assert_eq!(answer["rule"]["name"], "Lab");
    call(&host, "disable_rule", &json!({"rule_id": 5})).unwrap();
    assert!(host.proposed().is_empty());
}

#[test]
fn what_cannot_be_set_is_refused_naming_what_can() {
    let failure = update(&store(), 1, &json!({"times_used": 0})).unwrap_err();
    assert!(failure.message.contains("`times_used`"));
    assert!(failure.remedy.unwrap().contains("discount_amount"));
    for (patch, says) in [
        (json!({"to_date": "2025-01-01"}), "before it begins, on 2026-01-01"),
        (json!({"condition": {"sku": 1}, "conditions": {}}), "no condition on a cart"),
        (json!({"condition": {}, "conditions": {}}), "given twice"),
        (json!({"discount_amount": 101}), "at most 100"),
        (json!({"store_labels": [{"store_id": 0}]}), "store_label"),
    ] {
        let failure = update(&store(), 1, &patch).unwrap_err();
        assert!(failure.message.contains(says), "{}", failure.message);
    }
    let failure = update(&store(), 999, &json!({"name": "x"})).unwrap_err();
    assert_eq!(failure.code, FailureCode::NotFound);
}

#[test]
fn what_magento_cannot_be_told_again_is_not_offered_to_be_undone() {
    for (id, patch, says) in [
        (2, json!({"coupon_type": "no_coupon"}), "coupons are deleted"),
        (1, json!({"coupon_type": "auto"}), "delete the coupons made since"),
    ] {
        let host = store();
        let answer = update(&host, id, &patch).unwrap();
        let Undo::None(why) = change(&host).undo else { panic!("{patch}") };
        assert!(why.contains(says) && warnings(&answer).contains(says), "{why}");
    }
    // An empty description is as good as none.
    let host = store();
    update(&host, 1, &json!({"description": "x", "name": "New"})).unwrap();
    let change = change(&host);
    let before = host.review(&host.proposed()[0], &change);
    let undo = host.sent_to_undo(&change, &before);
    assert_eq!(undo[0].body, json!({"rule": {"description": "", "name": "Lab"}}));
}

/// `live2`, recordings 63 to 65: null says nothing, and an empty text takes the day away.
#[test]
fn what_a_rule_did_not_have_is_taken_away_again() {
    for (patch, back) in [
        (json!({"to_date": "2099-01-01"}), json!({"to_date": ""})),
        (json!({"discount_qty": 3}), json!({"discount_qty": 0})),
        (
            json!({"store_labels": [{"store_id": 1, "store_label": "x"}]}),
            json!({"store_labels": [{"store_id": 1, "store_label": ""}]}),
        ),
    ] {
        let host = store();
        let answer = update(&host, 1, &patch).unwrap();
        let change = change(&host);
        let before = host.review(&host.proposed()[0], &change);
        assert_eq!(host.sent_to_undo(&change, &before)[0].body, json!({ "rule": back }));
        assert!(!warnings(&answer).contains("plans_undo"), "{answer}");
    }
    for none in [json!(null), json!("")] {
        let host = store();
        update(&host, 1, &json!({ "from_date": none })).unwrap();
        assert_eq!(sent(&host)[0].body, json!({"rule": {"from_date": ""}}));
        assert_eq!(change(&host).undo, Undo::Restore);
        // It has none already.
        let answer = update(&host, 1, &json!({ "to_date": none })).unwrap();
        assert!(answer["message"].as_str().unwrap().contains("already has these values"));
    }
}

#[test]
fn what_a_rule_has_not_cannot_be_taken_away_and_nothing_is_sent() {
    for patch in [
        json!({"discount_qty": 0}),
        json!({"description": ""}),
        json!({"to_date": ""}),
        json!({"action_conditions": []}),
    ] {
        let host = store();
        let answer = update(&host, 1, &patch).unwrap();
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains("already has these values"), "{patch}: {message}");
        assert!(host.proposed().is_empty(), "{patch}");
    }
}

#[test]
fn a_change_of_the_coupons_type_says_what_becomes_of_them() {
    let host = store();
    let told = warnings(&update(&host, 3, &json!({"coupon_type": "NO_COUPON"})).unwrap());
    assert!(told.contains("for good, 700 now"), "{told}");
    let body = json!({"rule": {"coupon_type": "NO_COUPON", "use_auto_generation": false}});
    assert_eq!(sent(&host)[0].body, body);
    let told = warnings(&update(&host, 2, &json!({"coupon_type": "auto"})).unwrap());
    assert!(told.contains("1 coupon stops working"), "{told}");
    // Both spellings of a rule with generated coupons are the same.
    let before = host.proposed().len();
    update(&host, 3, &json!({"coupon_type": "auto"})).unwrap();
    assert_eq!(host.proposed().len(), before);
}

#[test]
fn enabling_shows_the_host_the_discount_and_disabling_sends_the_flag_alone() {
    let host = store();
    let answer = call(&host, "enable_rule", &json!({"rule_id": 5})).unwrap();
    let body =
        json!({"rule": {"is_active": true, "simple_action": "by_percent", "discount_amount": 10}});
    assert_eq!(sent(&host)[0].body, body);
    assert!(warnings(&answer).contains("4 active rules apply"), "{answer}");
    call(&host, "disable_rule", &json!({"rule_id": "1"})).unwrap();
    assert_eq!(sent(&host)[0].body, json!({"rule": {"is_active": false}}));
    assert_eq!(change(&host).undo, Undo::Restore);
}

#[test]
fn labels_are_set_view_by_view() {
    let host = store();
    update(&host, 1, &json!({"store_labels": [{"store_id": 0, "store_label": "Neu"}]})).unwrap();
    let body = json!({"rule": {"store_labels": [{"store_id": 0, "store_label": "Neu"}]}});
    assert_eq!(sent(&host)[0].body, body);
    let rows = host.review(&host.proposed()[0], &change(&host));
    assert_eq!((&rows[0].before, &rows[0].after), (&json!("L"), &json!("Neu")));
}

#[test]
fn rules_of_a_website_are_counted_over_all_pages() {
    let host = store();
    let find = |arguments: Value| call(&host, "search_rules", &arguments).unwrap();
    let found = find(json!({"website_code": "b2b", "page_size": 100, "current_page": 3}));
    assert_eq!(found["total_count"], 300);
    assert_eq!(found["items"][0]["rule_id"], 206);
    assert_eq!(found["items"].as_array().unwrap().len(), 100);
    let found = find(json!({"website_code": "base", "enabled": false}));
    assert_eq!(found["items"][0]["rule_id"], 5);
    let refused = call(&host, "search_rules", &json!({"website_code": "nope"})).unwrap_err();
    assert_eq!(refused.remedy.as_deref(), Some("one of: base, b2b"));
}

#[test]
fn a_name_is_searched_as_it_is_written() {
    let host = store();
    call(&host, "search_rules", &json!({"query": "10_%", "page_size": 5, "current_page": 2}))
        .unwrap();
    let read = &host.reads()[0];
    assert_eq!(filters(read)[0].2, "%10\\_\\%%");
    assert_eq!(query(read, "searchCriteria[sortOrders][0][field]"), Some("rule_id"));
    assert_eq!(query(read, "searchCriteria[currentPage]"), Some("2"));
}

#[test]
fn an_unknown_rule_is_told_as_such() {
    assert_eq!(call(&store(), "get_rule", &json!({"rule_id": 4})).unwrap()["name"], "Auto");
    for action in ["get_rule", "enable_rule", "disable_rule", "export_coupons"] {
        let failure = call(&store(), action, &json!({"rule_id": 999})).unwrap_err();
        assert_eq!(failure.code, FailureCode::NotFound);
        assert_eq!(failure.message, "the store has no cart price rule with the id 999");
    }
}
