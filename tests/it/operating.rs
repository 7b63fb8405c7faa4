//! What an operator's own tools see: metrics, readiness, the log, the id of a request.

mod exposition;
mod listeners;
mod readiness;
mod request_ids;

use souk_tests::{Home, HttpHost, http_client};

/// Where its own listener is, as the log says.
async fn own_listener(log: impl Fn() -> String) -> String {
    souk_tests::until("the listener of metrics", || {
        let log = log();
        async move { log.contains("metrics at http://") }
    })
    .await;
    let log = log();
    let (_, after) = log.split_once("metrics at http://").unwrap();
    after.split(['/', ',']).next().unwrap().to_owned()
}

/// Serves over HTTP, with a listener of its own for metrics.
async fn serve(home: &Home, rules: &str) -> (HttpHost, String) {
    let rules = format!("{rules}\n[metrics]\nlisten = \"127.0.0.1:0\"\n");
    let file = home.write("rules.toml", rules);
    let souk = home.souk(["serve", "--demo", "--config"]).args([file]);
    let served = souk.http().await;
    let own = own_listener(|| served.process().log()).await;
    (served, own)
}

/// A page of that listener.
async fn page(own: &str, path: &str) -> (u16, String) {
    let answer = http_client().get(format!("http://{own}{path}")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}
