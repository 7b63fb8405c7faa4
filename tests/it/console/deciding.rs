//! What a person decides, and what then happens in the store.

use serde_json::json;
use souk_tests::{confirmed, lines_of};

use super::{ANNA, BERT, Shop, propose};

#[tokio::test]
async fn what_a_person_approved_is_carried_out_without_what_they_left_out() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let refused = agent.refusal("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    assert!(refused.contains("APPROVAL_REQUIRED"), "{refused}");
    assert!(refused.contains(&format!("/console/plans/{plan}")), "{refused}");
    let mut anna = shop.signed_in("anna", ANNA).await;
    let list = anna.page("/").await;
    assert!(list.text.contains(&plan) && list.text.contains("agent"), "{}", list.text);
    let done = anna.decide(&plan, "approve", &["1"], &[("reason", "spring is here")]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let page = anna.get(&done.location()).await;
    assert!(page.text.contains("<strong>anna</strong> approved it"), "{}", page.text);
    assert!(page.text.contains("without 1 of its items") && page.text.contains("spring is here"));
    let ran = anna.press(&page, &format!("/plans/{plan}/run"), &[]).await;
    assert_eq!(ran.status, 303, "{}", ran.text);
    for _ in 0..100 {
        if shop.state(&agent, &plan).await != "running" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(shop.title("TEN-001").await, "Spring");
    assert_ne!(shop.title("TEN-002").await, "Spring", "it was left out");
    assert_eq!(shop.title("TEN-003").await, "Spring");
    let approved = lines_of(&shop.home.trail(), "plan-approved");
    assert_eq!(approved.len(), 1);
    assert_eq!((&approved[0]["person"], &approved[0]["means"]), (&json!("anna"), &json!("page")));
    assert!(!lines_of(&shop.home.trail(), "plan-viewed").is_empty());
}

#[tokio::test]
async fn an_undo_is_proposed_reviewed_and_carried_out_in_its_turn() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let before = shop.title("TEN-001").await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    anna.decide(&plan, "approve", &[], &[("reason", "spring is here")]).await;
    agent.answer("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    assert_eq!(shop.title("TEN-001").await, "Spring");
    let page = anna.page(&format!("/plans/{plan}")).await;
    let undo = format!("/plans/{plan}/undo");
    let reason = ("reason", "it is autumn");
    let wrong = anna.press(&page, &undo, &[reason, ("passphrase", "a wrong passphrase")]).await;
    assert_eq!(wrong.status, 403, "an undo wants the passphrase again");
    let proposed = anna.press(&page, &undo, &[reason, ("passphrase", ANNA)]).await;
    assert_eq!(proposed.status, 303, "{}", proposed.text);
    assert_eq!(shop.title("TEN-001").await, "Spring", "nothing is changed yet");
    let reverse = proposed.location().rsplit('/').next().unwrap().to_owned();
    let done = anna.decide(&reverse, "approve", &[], &[reason]).await;
    let page = anna.get(&done.location()).await;
    let ran = anna.press(&page, &format!("/plans/{reverse}/run"), &[]).await;
    assert_eq!(ran.status, 303, "{}", ran.text);
    for _ in 0..100 {
        if shop.title("TEN-001").await == before {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it was not taken back: {}", shop.title("TEN-001").await);
}

#[tokio::test]
async fn a_rejection_is_told_with_its_reason_and_ends_the_plan() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let without = anna.decide(&plan, "reject", &[], &[("reason", " ")]).await;
    assert_eq!(without.status, 422, "a rejection says why");
    let done = anna.decide(&plan, "reject", &[], &[("reason", "not in spring")]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let refused = agent.refusal("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    assert!(refused.contains("not in spring"), "{refused}");
    assert_ne!(shop.title("TEN-001").await, "Spring");
}

#[tokio::test]
async fn two_tabs_decide_once() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let turned = format!("/plans/{plan}/decide");
    let approving = anna.page(&format!("{turned}?verdict=approve")).await;
    let rejecting = anna.page(&format!("{turned}?verdict=reject")).await;
    let reason = [("reason", "decided")];
    assert_eq!(anna.press(&rejecting, &turned, &reason).await.status, 303);
    let late = anna.press(&approving, &turned, &reason).await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert_ne!(shop.state(&agent, &plan).await, "proposed");
    assert_ne!(shop.title("TEN-001").await, "Spring");
}

#[tokio::test]
async fn another_person_than_the_one_behind_the_caller_decides_and_gives_the_passphrase_again() {
    let config = super::PERSON.replace("need = \"person\"", "need = \"other\"");
    let shop = Shop::new(&config).await;
    let agent_of_anna = ["agent".to_owned()];
    shop.set("anna", Some(ANNA), ANNA, Some(&agent_of_anna));
    shop.set("bert", Some(ANNA), BERT, None);
    let agent = shop.agent().await;
    let plan = propose(&agent, &["TEN-001"], "Spring").await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let given = [("reason", "mine"), ("passphrase", ANNA)];
    anna.decide(&plan, "approve", &[], &given).await;
    let commit = confirmed(json!({"plan_id": plan}));
    let refused = agent.refusal("plans_commit", commit.clone()).await;
    assert!(refused.contains("APPROVAL_REQUIRED"), "{refused}");
    let mut bert = shop.signed_in("bert", BERT).await;
    let without = bert.decide(&plan, "approve", &[], &[("reason", "fine")]).await;
    assert_eq!(without.status, 403, "{}", without.text);
    let given = [("reason", "fine"), ("passphrase", BERT)];
    let done = bert.decide(&plan, "approve", &[], &given).await;
    assert_eq!(done.status, 303, "{}", done.text);
    assert_eq!(agent.outcome("plans_commit", commit).await["state"], "done");
    assert_eq!(shop.title("TEN-001").await, "Spring");
}

#[tokio::test]
async fn items_are_found_by_text_field_and_state_and_marks_are_kept_from_page_to_page() {
    let shop = Shop::new(super::PERSON).await;
    let agent = shop.agent().await;
    let proposed = agent
        .answer(
            "catalog_prepare_bulk_update",
            json!({"match": {"sku_prefix": "TEN-"}, "updates": {"meta_title": "All of them"},
                   "scope": {"scope": "global"}}),
        )
        .await;
    let plan = proposed["plan_id"].as_str().unwrap().to_owned();
    let count = proposed["affected_count"].as_u64().unwrap();
    assert!(count > 3, "{proposed}");
    let mut anna = shop.signed_in("anna", ANNA).await;
    let here = format!("/plans/{plan}");
    let page = anna.page(&here).await;
    let shown = |text: &str| text.matches("<li class=\"item\"").count();
    assert_eq!(shown(&page.text) as u64, count.min(50));
    let filter = [("mark", "2"), ("text", "ten-001"), ("go", "filter")];
    let found = anna.press(&page, &here, &filter).await;
    let found = anna.get(&found.location().replace("#items", "")).await;
    assert_eq!(shown(&found.text), 1, "{}", found.text);
    assert!(found.text.contains("marked to be left out: 2"), "{}", found.text);
    // What is not on the page keeps its mark.
    let approving = anna.press(&found, &here, &[("mark", "0"), ("go", "approve")]).await;
    assert!(
        approving.location().ends_with("&leave=2") || approving.location().contains("leave=0%2C2")
    );
    for (query, expected) in [
        ("text=nothing-like-that", 0),
        ("field=meta_title&text=TEN-002", 1),
        ("field=price", 0),
        ("state=done", 0),
    ] {
        let page = anna.page(&format!("{here}?{query}")).await;
        assert_eq!(shown(&page.text), expected, "{query}");
    }
    assert_eq!(shop.state(&agent, &plan).await, "proposed");
}

#[tokio::test]
async fn whoever_asked_for_an_undo_is_not_somebody_else() {
    let other = super::PERSON.replace("need = \"person\"", "need = \"other\"");
    let shop = Shop::new(&other).await;
    shop.set("bert", Some(ANNA), BERT, None);
    let agent = shop.agent().await;
    let plan = propose(&agent, &["TEN-001"], "Spring").await;
    let mut bert = shop.signed_in("bert", BERT).await;
    bert.decide(&plan, "approve", &[], &[("reason", "spring"), ("passphrase", BERT)]).await;
    agent.answer("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    let page = bert.page(&format!("/plans/{plan}")).await;
    let undo = format!("/plans/{plan}/undo");
    let fields = [("reason", "autumn"), ("passphrase", BERT)];
    let proposed = bert.press(&page, &undo, &fields).await;
    let reverse = proposed.location().rsplit('/').next().unwrap().to_owned();
    let done = bert.decide(&reverse, "approve", &[], &fields).await;
    let page = bert.get(&done.location()).await;
    assert!(page.text.contains("<strong>bert</strong> approved it"), "{}", page.text);
    assert!(page.text.contains("state waiting") && !page.text.contains("/run\""), "{}", page.text);
    let refused = agent.refusal("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    assert!(!refused.is_empty());
    assert_eq!(shop.title("TEN-001").await, "Spring");
}

#[tokio::test]
async fn the_operators_ceiling_stands_above_whoever_presses_run() {
    let (shop, agent, plan) = Shop::with_plan().await;
    let mut anna = shop.signed_in("anna", ANNA).await;
    let done = anna.decide(&plan, "approve", &[], &[("reason", "spring is here")]).await;
    let page = anna.get(&done.location()).await;
    for ceiling in ["read_only = true", "max_tier = \"safe\""] {
        let config = super::PERSON.replace("max_tier = \"critical\"", ceiling);
        shop.home.configure(config);
        shop.host.process().logged("is in force").await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let ran = anna.press(&page, &format!("/plans/{plan}/run"), &[]).await;
        assert_eq!(ran.status, 403, "{ceiling}: {}", ran.text);
    }
    assert_eq!(shop.state(&agent, &plan).await, "proposed");
    assert_ne!(shop.title("TEN-001").await, "Spring");
}
