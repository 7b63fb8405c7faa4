//! Which rule wants whom: by tier, money, number of subjects, environment, caller; over both transports.

use serde_json::json;
use souk_tests::{Era, confirmed};

use super::{Shop, of, plan_of, propose, refund, waiting};

#[tokio::test]
async fn the_strictest_rule_that_is_about_a_plan_counts_and_is_named() {
    for (rules, refund_waits, edit_waits) in [
        ("", true, false),
        ("[approvals]\ncritical = 'confirm'\n", false, false),
        ("[approvals]\ncritical = 'two'\n", true, false),
        ("[approvals]\nproduction = 'person'\n", true, false),
        ("[[approvals.rules]]\nneed = 'none'\n", true, false),
        ("[[approvals.rules]]\nneed = 'person'\ntiers = ['risk']\n", true, true),
        ("[[approvals.rules]]\nneed = 'person'\nsubjects_above = 2\n", true, true),
        ("[[approvals.rules]]\nneed = 'person'\nsubjects_above = 3\n", true, false),
        ("[[approvals.rules]]\nneed = 'person'\neffects = ['commit']\n", true, true),
        ("[[approvals.rules]]\nneed = 'person'\nprincipals = ['agent-*']\n", true, false),
        (
            "[approvals]\ncritical = 'confirm'\n\
             [[approvals.rules]]\nneed = 'person'\nmoney_above = '1000 EUR'\n",
            false,
            false,
        ),
        (
            "[approvals]\ncritical = 'confirm'\n\
             [[approvals.rules]]\nneed = 'person'\nmoney_above = '1 EUR'\n",
            true,
            false,
        ),
        (
            "[approvals]\ncritical = 'confirm'\n\
             [[approvals.rules]]\nneed = 'person'\nmoney_above = '1000 JPY'\n",
            true,
            false,
        ),
    ] {
        let shop = Shop::with_ann(rules).await;
        let client = shop.host().await;
        let plan = propose(&client, 3, "Rules").await;
        let needed = plan_of(&client, &plan).await["decision_needed"].take();
        assert_eq!(needed.is_object(), edit_waits, "{rules}: {needed}");
        if edit_waits {
            let refusal = client.refusal("plans_commit", of(&plan)).await;
            waiting(&refusal);
            assert!(refusal.contains("souk.toml"), "{rules}: {refusal}");
            let own = client.refusal("catalog_commit_bulk_update", of(&plan)).await;
            waiting(&own);
        } else {
            client.answer("plans_commit", of(&plan)).await;
        }
        if refund_waits {
            waiting(&client.refusal("orders_refund", refund()).await);
        } else {
            client.answer("orders_refund", refund()).await;
        }
    }
}

#[tokio::test]
async fn a_rule_may_want_a_confirmation_of_what_is_safe() {
    let shop = Shop::new("[[approvals.rules]]\nneed = 'confirm'\ntools = ['orders_*']\n").await;
    let client = shop.host().await;
    let hold = json!({"order_id": super::PAID});
    let refusal = client.refusal("orders_hold", hold.clone()).await;
    assert!(refusal.starts_with("CONFIRMATION_REQUIRED: "), "{refusal}");
    client.answer("orders_hold", confirmed(hold)).await;
}

#[tokio::test]
async fn over_http_each_caller_is_held_to_it_and_a_token_is_no_persons_secret() {
    const AGENT: &str = "agent-0123456789abcdef";
    let config = format!("[principals.agent]\ntoken = '{AGENT}'\n");
    let shop = Shop::with_ann(&config).await;
    shop.with_bob().await;
    let served = shop.souk(["serve", "--max-tier", "critical"]).http().await;
    for era in [Era::Legacy, Era::Modern] {
        let client = served.connect_as(era, AGENT).await;
        client.log_in().await;
        let mut other = refund();
        other["reason"] = json!(format!("{era:?}"));
        let plan = waiting(&client.refusal("orders_refund", other).await);
        let agent = shop.secret("agent", AGENT);
        let approve = shop.souk(["plans", "approve", &plan, "--name", "ann", "--passphrase-file"]);
        let approve = approve.args([agent]).run().await;
        assert!(approve.err.contains("is wrong"), "{}", approve.err);
        waiting(&client.refusal("plans_commit", of(&plan)).await);
    }
    assert_eq!(shop.writes().await, 0);
}

#[tokio::test]
async fn rules_that_change_count_at_once() {
    let shop = Shop::with_ann("# nothing\n").await;
    let client = shop.host().await;
    let plan = propose(&client, 2, "Reload").await;
    shop.home.configure("[[approvals.rules]]\nneed = 'person'\n");
    client.process().logged("is in force").await;
    waiting(&client.refusal("plans_commit", of(&plan)).await);
}

#[tokio::test]
async fn a_file_of_the_working_directory_takes_no_decision_from_a_person() {
    for local in [
        "[approvals]\ncritical = 'none'\n",
        "[approvals]\ncritical = 'confirm'\n",
        "[approvals]\nproduction = 'none'\nelicitation = 'critical'\n",
        "[[approvals.rules]]\nneed = 'none'\n",
    ] {
        let shop = Shop::with_ann("# nothing\n").await;
        shop.home.write("souk.toml", local);
        let client = shop.host().await;
        waiting(&client.refusal("orders_refund", refund()).await);
        assert_eq!(shop.writes().await, 0, "{local}");
    }
    // It may want more.
    let shop = Shop::with_ann("# nothing\n").await;
    shop.home.write("souk.toml", "[approvals]\ncritical = 'two'\n");
    let client = shop.host().await;
    let plan = waiting(&client.refusal("orders_refund", refund()).await);
    shop.approve(&plan, "ann").await;
    waiting(&client.refusal("plans_commit", of(&plan)).await);
}

#[tokio::test]
async fn a_rule_about_a_plan_is_about_its_undo_and_one_that_held_at_the_proposal_holds_still() {
    for rule in ["tools = ['catalog_commit_bulk_update']", "effects = ['commit']"] {
        let shop = Shop::with_ann(&format!("[[approvals.rules]]\nneed = 'person'\n{rule}\n")).await;
        let client = shop.host().await;
        let plan = propose(&client, 2, "Undone").await;
        waiting(&client.refusal("plans_commit", of(&plan)).await);
        shop.approve(&plan, "ann").await;
        client.answer("plans_commit", of(&plan)).await;
        let mut last = plan;
        // Also the undo of the undo.
        for _ in 0..2 {
            let undo = client.answer("plans_undo", json!({"plan_id": last})).await;
            last = undo["plan_id"].as_str().unwrap().to_owned();
            waiting(&client.refusal("plans_commit", of(&last)).await);
            shop.approve(&last, "ann").await;
            client.answer("plans_commit", of(&last)).await;
        }
    }
    // Another host of the state directory, with rules that are laxer.
    let shop = Shop::with_ann("[[approvals.rules]]\nneed = 'person'\n").await;
    let client = shop.host().await;
    let plan = propose(&client, 2, "Strict").await;
    shop.home.configure("# nothing\n");
    let lax = shop.host().await;
    let refusal = lax.refusal("plans_commit", of(&plan)).await;
    waiting(&refusal);
    assert!(refusal.contains("the rule that held when it was proposed"), "{refusal}");
}
