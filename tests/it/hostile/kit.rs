//! The kit with which any host of the contract can be tried, tried on Souk as its README says.

use souk_hostile::forgery;
use souk_hostile::trial::{TrialPlan, run};
use souk_tests::{DemoStore, Home};

#[tokio::test]
async fn forged_proposals_are_refused_and_nothing_reaches_the_store() {
    let (store, home) = (DemoStore::start().await, Home::new());
    let directory = home.plugins_and_forger();
    let souk = home.souk(["serve", "--tools", "all", "--trust", "open"]).on(&store);
    let command = souk.env("SOUK_PLUGINS", directory.as_os_str()).command();
    let plan = TrialPlan {
        in_souks_words: true,
        honest: Some("catalog_search_products {\"page_size\": 1}".parse().unwrap()),
        first: Some("auth_login".parse().unwrap()),
        with_forger: true,
    };
    let report = run(command, &plan, &[]).await.unwrap();
    assert_eq!(report.breaches(), 0, "{report}");
    assert_eq!(report.results.len(), forgery::all().len());
    let written = store
        .requests()
        .await
        .into_iter()
        .filter(|request| request.method != "GET" && !request.target.contains("/integration/"));
    assert_eq!(written.count(), 0);
}
