//! Who is let in to what operators see.

use souk_tests::{Home, http_client};

use super::{page, serve};

const CALLERS: &str = "[policy]\noperators = [\"ops-*\"]\n\
    [principals.ops-ada]\ntoken = \"ada-0123456789abcdef\"\n\
    [principals.ben]\ntoken = \"ben-0123456789abcdef\"\n";

#[tokio::test]
async fn where_the_protocol_is_served_only_operators_see_them() {
    let home = Home::new();
    let (served, _) = serve(&home, CALLERS).await;
    let base = served.url().trim_end_matches("/mcp").to_owned();
    let ask = async |path: &str, token: Option<&str>| {
        let mut request = http_client().get(format!("{base}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for path in ["/metrics", "/readyz"] {
        assert_eq!(ask(path, None).await.0, 401, "{path}");
        assert_eq!(ask(path, Some("eve-0123456789abcdef")).await.0, 401, "{path}");
        let (status, says) = ask(path, Some("ben-0123456789abcdef")).await;
        assert!(status == 403 && says.contains("policy.operators"), "{path}: {says}");
        assert_eq!(ask(path, Some("ada-0123456789abcdef")).await.0, 200, "{path}");
    }
    // That somebody answers, everybody may know.
    assert_eq!(ask("/healthz", None).await, (200, "ok\n".to_owned()));
    assert_eq!(ask("/metricsx", None).await.0, 404);
}

#[tokio::test]
async fn without_tokens_the_local_user_is_no_operator_unless_the_file_says_so() {
    for (rules, status) in [("", 403), ("[policy]\noperators = [\"local\"]", 200)] {
        let home = Home::new();
        let (served, _) = serve(&home, rules).await;
        let url = served.url().replace("/mcp", "/metrics");
        let answer = http_client().get(url).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{rules}");
    }
}

#[tokio::test]
async fn a_listener_of_their_own_answers_this_machine_and_no_page_of_the_web() {
    let home = Home::new();
    let (_served, own) = serve(&home, CALLERS).await;
    assert_eq!(page(&own, "/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(page(&own, "/metrics").await.0, 200);
    assert_eq!(page(&own, "/mcp").await.0, 404);
    for (name, value) in [("host", "evil.example"), ("origin", "https://evil.example")] {
        let request = http_client().get(format!("http://{own}/metrics")).header(name, value);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 403, "{name}");
    }
}

#[tokio::test]
async fn where_others_reach_it_it_wants_a_token_unless_it_is_said_to_be_open() {
    for (open, status) in [("", 401), ("open = true", 200)] {
        let home = Home::new();
        let rules = format!("{CALLERS}[metrics]\nlisten = \"0.0.0.0:0\"\n{open}\n");
        let file = home.write("rules.toml", rules);
        let served = home.souk(["serve", "--demo", "--config"]).args([file]).http().await;
        let own = super::own_listener(|| served.process().log()).await;
        let own = own.replace("0.0.0.0", "127.0.0.1");
        assert_eq!(page(&own, "/metrics").await.0, status, "{open}");
        assert_eq!(page(&own, "/healthz").await.0, 200, "{open}");
        let request = http_client().get(format!("http://{own}/readyz"));
        let answer = request.bearer_auth("ada-0123456789abcdef").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{open}");
    }
}
