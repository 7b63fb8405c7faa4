//! From a call that waits to the person's word, and what comes of it.

use std::cell::RefCell;

use serde_json::json;
use souk_tests::{Era, modern, until};

use super::{ANN, BOB, Shop, of, plan_of, propose, refund, waiting};

#[tokio::test]
async fn a_refund_waits_for_a_person_and_the_same_call_carries_it_out_once_they_approved() {
    let shop = Shop::with_ann("").await;
    let client = shop.host().await;
    let refusal = client.refusal("orders_refund", refund()).await;
    let plan = waiting(&refusal);
    for said in ["a person", "souk plans approve", "wait_s", "souk's default"] {
        assert!(refusal.contains(said), "`{said}`: {refusal}");
    }
    // The same again is the same plan: they do not pile up.
    assert_eq!(waiting(&client.refusal("orders_refund", refund()).await), plan);
    let plans = client.answer("plans_list", json!({"state": "proposed"})).await;
    assert_eq!(plans["plans"].as_array().unwrap().len(), 1, "{plans}");
    assert_eq!(waiting(&client.refusal("plans_commit", of(&plan)).await), plan);
    assert_eq!(shop.writes().await, 0);

    let shown = shop.approve(&plan, "ann").await;
    for said in ["gives back ", "tier critical", "the plan is approved by ann"] {
        assert!(shown.contains(said), "`{said}`: {shown}");
    }
    let review = plan_of(&client, &plan).await;
    assert_eq!(review["decision_needed"]["who"], "person", "{review}");
    assert_eq!(review["decision_needed"]["is_met"], true, "{review}");
    let decision = &review["decisions"][0];
    assert_eq!(
        (&decision["by"], &decision["means"], &decision["verdict"]),
        (&json!("ann"), &json!("terminal"), &json!("approved"))
    );
    let done = client.answer("orders_refund", refund()).await;
    assert_eq!(done["done"], true, "{done}");
    assert_eq!((&done["plan_id"], shop.writes().await), (&json!(plan), 1), "{done}");
    // And the same once more is answered from before, as ever.
    let again = client.answer("orders_refund", refund()).await;
    assert!(again["repeated"].is_string(), "{again}");
    assert_eq!(shop.writes().await, 1);
    let acts = shop.acts();
    assert!(acts.contains(&("plan-approved".into(), "ann".into())), "{acts:?}");
    assert!(acts.contains(&("person-set".into(), "ann".into())), "{acts:?}");
}

#[tokio::test]
async fn a_call_that_waits_goes_on_when_the_person_approves_and_tells_why_when_they_reject() {
    let shop = Shop::with_ann("").await;
    let client = shop.host().await;
    for (verdict, more) in [("reject", &["--reason", "not this one"][..]), ("approve", &[])] {
        let mut patient = refund();
        patient["wait_s"] = json!(60);
        let person = async {
            let found = RefCell::new(String::new());
            until("the plan waits", async || {
                let list = shop.souk(["plans", "list"]).run().await.ok();
                let line = list.lines().find(|line| line.contains("proposed"));
                let plan = line.and_then(|line| line.split(' ').next());
                found.replace(plan.unwrap_or_default().to_owned());
                plan.is_some()
            })
            .await;
            drop(shop.decide(verdict, &found.into_inner(), "ann", more).await.ok());
        };
        let call = async {
            match verdict {
                "approve" => {
                    let done = client.answer("orders_refund", patient.clone()).await;
                    assert_eq!(done["done"], true, "{done}");
                }
                _ => {
                    let refusal = client.refusal("orders_refund", patient.clone()).await;
                    assert!(refusal.starts_with("REJECTED: `ann` has rejected"), "{refusal}");
                    assert!(refusal.contains("not this one"), "{refusal}");
                }
            }
        };
        tokio::join!(call, person);
    }
    assert_eq!(shop.writes().await, 1);
}

#[tokio::test]
async fn what_is_rejected_is_carried_out_by_nobody() {
    let shop = Shop::with_ann("").await;
    let client = shop.host().await;
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    drop(shop.decide("reject", &plan, "ann", &["--reason", "ask\nfirst"]).await.ok());
    let refusal = client.refusal("plans_commit", of(&plan)).await;
    assert!(refusal.starts_with("REJECTED: ") && refusal.contains(r"ask\nfirst"), "{refusal}");
    let commit = shop.souk(["plans", "commit", &plan, "--reason", "I want it"]).run().await;
    assert!(commit.err.starts_with("REJECTED: "), "{}", commit.err);
    let late = shop.decide("approve", &plan, "ann", &[]).await;
    assert!(late.err.starts_with("CONFLICT: "), "{}", late.err);
    assert_eq!(shop.writes().await, 0);
}

#[tokio::test]
async fn all_but_the_marked_ones_are_carried_out() {
    let shop = Shop::with_ann("[[approvals.rules]]\nneed = 'person'\ngroups = ['catalog']\n").await;
    let client = shop.host().await;
    let plan = propose(&client, 5, "Sale").await;
    waiting(&client.refusal("plans_commit", of(&plan)).await);
    for (but, says) in [("9", "no item 9"), ("0,1,2,3,4", "reject it instead")] {
        let wrong = shop.decide("approve", &plan, "ann", &["--but", but]).await;
        assert!(wrong.err.contains(says), "{}", wrong.err);
    }
    let shown = shop.decide("approve", &plan, "ann", &["--but", "1,3"]).await.ok();
    assert!(shown.contains("item 1, LEFT OUT") && shown.contains("but for 2 items"), "{shown}");
    let outcome = client.outcome("plans_commit", of(&plan)).await;
    assert_eq!((&outcome["success_count"], &outcome["skipped"]), (&json!(3), &json!(2)));
    assert_eq!(shop.writes().await, 3);
    assert_eq!(plan_of(&client, &plan).await["decisions"][0]["left_out"], json!([1, 3]));
}

#[tokio::test]
async fn another_person_and_two_persons_are_what_they_say() {
    let config = "[[approvals.rules]]\nneed = 'other'\ngroups = ['orders']\n\
                  [[approvals.rules]]\nneed = 'two'\ngroups = ['catalog']\n";
    let shop = Shop::with_ann(config).await;
    shop.with_bob().await;
    let client = shop.host().await;
    // Ann is behind `local`, who asks.
    let other = waiting(&client.refusal("orders_refund", refund()).await);
    let shown = shop.approve(&other, "ann").await;
    assert!(shown.contains("it still waits for a person other than"), "{shown}");
    let refusal = client.refusal("orders_refund", refund()).await;
    assert!(refusal.contains("`ann` has approved, and is behind `local`"), "{refusal}");
    shop.approve(&other, "bob").await;
    assert_eq!(client.answer("orders_refund", refund()).await["done"], true);

    let two = propose(&client, 2, "Two").await;
    for name in ["ann", "ann"] {
        shop.approve(&two, name).await;
        waiting(&client.refusal("plans_commit", of(&two)).await);
    }
    shop.approve(&two, "bob").await;
    assert_eq!(client.answer("plans_commit", of(&two)).await["success_count"], 2);
}

#[tokio::test]
async fn whatever_wants_a_person_wants_the_same_secret_in_the_terminal() {
    let shop = Shop::with_ann("").await;
    let client = shop.host().await;
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    let commit = shop.souk(["plans", "commit", &plan, "--reason", "I sit here"]).run().await;
    assert!(commit.err.starts_with("APPROVAL_REQUIRED: "), "{}", commit.err);
    let wrong = shop.secret("wrong", "a wrong passphrase");
    let approve = shop.souk(["plans", "approve", &plan, "--passphrase-file"]);
    let approve = approve.args([wrong]).run().await;
    assert!(approve.err.contains("the name or the passphrase is wrong"), "{}", approve.err);
    // Nobody new is set up, and no passphrase changed, without one that is there.
    for name in ["ann", "eve"] {
        let setup = shop.set_up(name, BOB, &[]).await;
        assert_ne!(setup.status, Some(0), "{}", setup.out);
        let old = shop.secret("old", "a wrong passphrase");
        let setup = shop.set_up(name, BOB, &["--old-passphrase-file", old.to_str().unwrap()]).await;
        assert!(setup.err.contains("is wrong"), "{}", setup.err);
    }
    let acts = shop.acts();
    assert!(acts.contains(&("wrong-passphrase".into(), "ann".into())), "{acts:?}");
    assert!(!std::fs::read_to_string(shop.home.trail()).unwrap().contains(ANN));
    shop.approve(&plan, "ann").await;
    drop(shop.souk(["plans", "commit", &plan, "--reason", "I sit here"]).run().await.ok());
    assert_eq!(shop.writes().await, 1);
}

#[tokio::test]
async fn a_decision_outlives_the_host_and_resuming_what_was_approved_goes_on() {
    let config = "[plans]\nchunk = 5\nconcurrency = 1\n\
                  [[approvals.rules]]\nneed = 'person'\ngroups = ['catalog']\n";
    let shop = Shop::with_ann(config).await;
    let client = shop.host().await;
    let plan = propose(&client, 20, "Killed").await;
    shop.approve(&plan, "ann").await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 60}])).await;
    let mut wire = shop.souk(["serve", "--max-tier", "critical"]).wire();
    wire.send(&modern(1, "tools/call", json!({"name": "auth_login", "arguments": {}}))).await;
    wire.answer(1).await;
    let call = json!({"name": "plans_commit", "arguments": of(&plan)});
    wire.send(&modern(2, "tools/call", call)).await;
    until("some are written", async || shop.writes().await >= 3).await;
    wire.process().kill().await;
    shop.store.faults(&json!([])).await;
    let outcome = client.outcome("plans_resume", of(&plan)).await;
    assert_eq!(outcome["success_count"], 20, "{outcome}");

    // What a person stopped is not taken up again by the word of before.
    let plan = propose(&client, 20, "Stopped").await;
    shop.approve(&plan, "ann").await;
    shop.store.faults(&json!([{"method": "PUT", "delay_ms": 60}])).await;
    let before = shop.writes().await;
    let commit = client.outcome("plans_commit", of(&plan));
    let stop = async {
        until("some are written", async || shop.writes().await >= before + 3).await;
        drop(shop.souk(["plans", "stop", &plan]).run().await.ok());
    };
    let (outcome, ()) = tokio::join!(commit, stop);
    assert_eq!(outcome["state"], "stopped", "{outcome}");
    shop.store.faults(&json!([])).await;
    waiting(&client.refusal("plans_resume", of(&plan)).await);
    shop.approve(&plan, "ann").await;
    let outcome = client.outcome("plans_resume", of(&plan)).await;
    assert_eq!(outcome["success_count"], 20, "{outcome}");
}

#[tokio::test]
async fn without_persons_no_tool_asks_more_than_a_confirmation() {
    let shop = Shop::new("").await;
    for era in [Era::Legacy, Era::Modern] {
        let host = shop.souk(["serve", "--max-tier", "critical", "--tools", "all"]);
        let client = host.stdio(era).await;
        client.log_in().await;
        for tool in client.list().await {
            let properties = serde_json::to_value(&tool.input_schema).unwrap();
            let has_wait = properties["properties"]["wait_s"].is_object();
            let over_plans = ["plans_commit", "plans_resume"].contains(&&*tool.name);
            assert_eq!(has_wait, over_plans, "{}", tool.name);
        }
        let plan = propose(&client, 2, &format!("{era:?}")).await;
        let review = plan_of(&client, &plan).await;
        assert!(review.get("decision_needed").is_none(), "{review}");
        assert_eq!(client.answer("plans_commit", of(&plan)).await["success_count"], 2);
    }
    let client = shop.host().await;
    assert_eq!(client.answer("orders_refund", refund()).await["done"], true);
    let nobody = shop.secret("nobody", BOB);
    let plan = propose(&client, 2, "Nobody").await;
    let approve = shop.souk(["plans", "approve", &plan, "--passphrase-file"]);
    let approve = approve.args([nobody]).run().await;
    assert!(approve.err.contains("souk console setup"), "{}", approve.err);
}
