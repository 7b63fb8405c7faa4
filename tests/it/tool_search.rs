//! Plain questions find the right tool.

use serde_json::{Value, json};
use souk_tests::{Era, Home, everywhere};

/// Questions of merchants, each with the tools for it: as one asks an assistant, and as one says it in
/// passing.
const QUESTIONS: [&str; 2] =
    [include_str!("tool_search/questions.txt"), include_str!("tool_search/colloquial.txt")];

/// How many of each fifty must have their tool among the first three.
const RIGHT: usize = 45;

fn questions(text: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (question, tools) = line.split_once('|').unwrap();
            (question.trim(), tools.split_whitespace().collect())
        })
        .collect()
}

fn names(found: &Value) -> Vec<&str> {
    let tools = found["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn plain_questions_find_their_tool_among_the_first_three() {
    let home = Home::new();
    // Without a session, and whatever is listed.
    let souk = home.souk(["serve", "--demo", "--max-tier", "critical", "--tools", "auth"]);
    let mcp = souk.stdio(Era::Modern).await;
    let described = home.souk(["actions", "--json"]).run().await.ok();
    let all: Vec<Value> = serde_json::from_str(&described).unwrap();
    for set in QUESTIONS {
        let (mut right, mut wrong) = (0, Vec::new());
        for (question, tools) in questions(set) {
            for tool in &tools {
                assert!(all.iter().any(|known| known["action"] == *tool), "`{tool}` is no tool");
            }
            let found = mcp.answer("tools_search", json!({"query": question, "limit": 5})).await;
            let found = names(&found);
            if found.iter().take(3).any(|name| tools.contains(name)) {
                right += 1;
            } else {
                wrong.push(format!("{question}: {found:?}, and not {tools:?}"));
            }
        }
        assert_eq!(right + wrong.len(), 50);
        assert!(right >= RIGHT, "{right} of 50 are right; not\n{}", wrong.join("\n"));
        eprintln!("{right} of 50 questions find their tool; not\n{}", wrong.join("\n"));
    }
}

#[tokio::test]
async fn a_search_answers_name_title_and_tier_of_what_the_caller_may_call() {
    let home = Home::new();
    let souk = home.souk(["serve", "--demo"]);
    everywhere(&souk, async |mcp| {
        let found = mcp.answer("tools_search", json!({"query": "undo what was changed"})).await;
        let first = &found["tools"][0];
        assert_eq!(
            *first,
            json!({"name": "plans_undo", "title": "Propose to undo a plan", "tier": "safe"})
        );
        // What the operator forbids is not found, and neither are those that find.
        for (query, hidden) in [("refund an order", "orders_refund"), ("search tools", "tools_")] {
            let found = mcp.answer("tools_search", json!({"query": query, "limit": 20})).await;
            assert!(!names(&found).is_empty(), "{query}");
            assert!(names(&found).iter().all(|name| !name.starts_with(hidden)), "{found}");
        }
        let few = mcp.answer("tools_search", json!({"query": "order", "limit": 2})).await;
        assert_eq!(names(&few).len(), 2);
        let none = mcp.answer("tools_search", json!({"query": "xyzzy"})).await;
        assert!(names(&none).is_empty() && none["message"].is_string(), "{none}");
        for wrong in [json!({}), json!({"query": "a", "limit": 21}), json!({"query": ""})] {
            let refusal = mcp.refusal("tools_search", wrong).await;
            assert!(refusal.starts_with("VALIDATION_ERROR: "), "{refusal}");
        }
    })
    .await;
}
