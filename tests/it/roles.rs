//! What callers may do, by their roles: in the list, in calls, in plans, and however they come.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use souk_tests::{DemoStore, ERAS, Era, Home, HttpHost, Mcp, Souk, confirmed, until};

const ANN: &str = "ann-0123456789abcdef";
const BOB: &str = "bob-0123456789abcdef";
const PASSPHRASE: &str = "correct horse battery";

/// An order that is paid, in euros.
const PAID: u32 = 41;

struct Shop {
    store: DemoStore,
    home: Home,
}

impl Shop {
    async fn with(config: &str) -> Self {
        let shop = Self { store: DemoStore::start().await, home: Home::new() };
        shop.home.configure(format!("[policy]\nmax_tier = 'critical'\n{config}"));
        shop
    }

    fn souk<const N: usize>(&self, arguments: [&str; N]) -> Souk<'_> {
        self.home.souk(arguments).on(&self.store)
    }

    async fn http(&self) -> HttpHost {
        self.souk(["serve", "--tools", "all"]).http().await
    }

    /// How often the store was asked to write something.
    async fn writes(&self) -> usize {
        let log = self.store.requests().await;
        let is_login = |target: &str| target.contains("/token");
        log.iter().filter(|one| one.method != "GET" && !is_login(&one.target)).count()
    }

    async fn explained(&self, arguments: &[&str]) -> (bool, String) {
        let ran = self.souk(["policy", "explain"]).args(arguments.iter().copied()).run().await;
        (ran.status == Some(0), ran.out)
    }
}

async fn logged_in(served: &HttpHost, era: Era, token: &str) -> Mcp {
    let mcp = served.connect_as(era, token).await;
    mcp.log_in().await;
    mcp
}

fn refund(adjustment: &str) -> Value {
    confirmed(json!({
        "order_id": PAID, "method": "offline", "adjustment_refund": adjustment, "shipping": 0,
        "items": [],
    }))
}

fn titles(code: Option<&str>, title: &str) -> Value {
    let scope = match code {
        Some(code) => json!({"store_view_code": code}),
        None => json!({"scope": "global"}),
    };
    json!({
        "match": {"sku_list": ["TEN-001"]}, "updates": {"meta_title": title}, "scope": scope,
    })
}

#[tokio::test]
async fn a_role_is_what_its_callers_see_and_may_call() {
    let shop = Shop::with(&format!(
        "[roles.reader]\nmax_tier = 'safe'\ngroups = ['auth', 'orders', 'catalog']\n\
         mask_pii = true\ntools = ['orders', 'auth']\n\
         [roles.keeper]\nallow = ['catalog_*', 'auth_*', 'plans_*']\n\
         [principals.ann]\ntoken = '{ANN}'\nroles = ['reader']\n\
         [principals.bob]\ntoken = '{BOB}'\nroles = ['reader', 'keeper']\ndeny = ['catalog_get_product']\n"
    ))
    .await;
    let served = shop.souk(["serve"]).http().await;
    for era in ERAS {
        let ann = logged_in(&served, era, ANN).await;
        let listed = ann.tools().await;
        let is_own =
            |name: &String| ["orders_", "auth_", "tools_"].iter().any(|own| name.starts_with(own));
        assert!(listed.iter().all(is_own), "the role's sets are listed: {listed:?}");
        assert!(!listed.contains(&"orders_cancel".to_owned()));
        let order = ann.answer("orders_get", json!({"order_id": PAID})).await.to_string();
        let refused = ann.refusal("orders_refund", refund("1")).await;
        assert!(
            refused.contains("for the role `reader`") && refused.contains("roles.reader.max_tier")
        );
        let refused = ann.refusal("catalog_prepare_bulk_update", titles(None, "x")).await;
        assert!(refused.starts_with("FORBIDDEN: ") || refused.contains("safe"), "{refused}");

        let bob = logged_in(&served, era, BOB).await;
        // What both of his roles and he himself say: more roles are more, his own line is less.
        let proposed = bob.answer("catalog_prepare_bulk_update", titles(None, "x")).await;
        assert_eq!(proposed["affected_count"], 1);
        let refused = bob.refusal("catalog_get_product", json!({"sku": "TEN-001"})).await;
        assert!(refused.contains("principals.bob.deny"), "{refused}");
        // Only the role that masks allows orders.
        let same = bob.answer("orders_get", json!({"order_id": PAID})).await.to_string();
        let whole = shop.store.rest(&format!("/V1/orders/{PAID}")).await;
        let email = whole["customer_email"].as_str().unwrap();
        assert!(!order.contains(email) && !same.contains(email), "{order}");
    }
}

#[tokio::test]
async fn one_role_has_to_allow_all_of_a_refund() {
    let shop = Shop::with(&format!(
        "[roles.little]\nallow = ['orders_*', 'auth_*', 'plans_*']\nmax_refund = 'EUR=2'\n\
         [roles.elsewhere]\nallow = ['orders_*', 'auth_*']\nstores = ['another']\n\
         [principals.ann]\ntoken = '{ANN}'\nroles = ['little', 'elsewhere']\n\
         [principals.bob]\ntoken = '{BOB}'\nroles = ['elsewhere']\n"
    ))
    .await;
    let served = shop.http().await;
    let ann = logged_in(&served, Era::Modern, ANN).await;
    let before = shop.writes().await;
    let refused = ann.refusal("orders_refund", refund("2.01")).await;
    assert!(
        refused.contains("for the role `little`") && refused.contains("roles.little.max_refund"),
        "{refused}"
    );
    assert_eq!(shop.writes().await, before, "nothing was sent");
    let done = ann.answer("orders_refund", refund("2")).await;
    assert_eq!(shop.writes().await, before + 1, "{done}");
    // Whoever may not into the store cannot log in to it.
    let bob = served.connect_as(Era::Modern, BOB).await;
    let refused = bob.refusal("auth_login", json!({})).await;
    assert!(refused.contains("roles.elsewhere.stores"), "{refused}");
}

#[tokio::test]
async fn a_role_for_one_store_view_writes_and_reads_there_alone() {
    let shop = Shop::with(&format!(
        "[roles.german]\nstore_views = ['de']\n[principals.ann]\ntoken = '{ANN}'\nroles = ['german']\n"
    ))
    .await;
    let served = shop.http().await;
    let ann = logged_in(&served, Era::Modern, ANN).await;
    let proposed = ann.answer("catalog_prepare_bulk_update", titles(Some("de"), "Zelt")).await;
    let plan = proposed["plan_id"].as_str().unwrap();
    let done = ann.answer("plans_commit", confirmed(json!({"plan_id": plan}))).await;
    assert_eq!(done["success_count"], 1, "{done}");
    let before = shop.writes().await;
    for code in [None, Some("default")] {
        let refused = ann.refusal("catalog_prepare_bulk_update", titles(code, "Tent")).await;
        assert!(refused.contains("roles.german.store_views"), "{refused}");
    }
    let refused = ann.refusal("scope_set_default", json!({"store_view_code": "default"})).await;
    assert!(refused.contains("roles.german.store_views"), "{refused}");
    ann.answer("scope_set_default", json!({"store_view_code": "de"})).await;
    ann.answer("catalog_get_product", json!({"sku": "TEN-001"})).await;
    // A purge is seen in every view.
    let purge = confirmed(json!({"sku": "TEN-001"}));
    let refused = ann.refusal("cache_purge_product", purge).await;
    assert!(refused.contains("roles.german.store_views"), "{refused}");
    assert_eq!(shop.writes().await, before);
}

#[tokio::test]
async fn what_a_role_wants_of_plans_is_asked_for_and_nobody_behind_it_decides() {
    let shop = Shop::with(&format!(
        "[roles.agent]\napprovals = 'person'\ndecides = false\n\
         [principals.ann]\ntoken = '{ANN}'\nroles = ['agent']\n\
         [principals.bob]\ntoken = '{BOB}'\n"
    ))
    .await;
    let secret = shop.home.write("passphrase", PASSPHRASE);
    std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    let secret = secret.to_str().unwrap();
    let set_up = async |name: &str, behind: &str| {
        let words =
            ["console", "setup", "--name", name, "--principal", behind, "--passphrase-file"];
        let setup = shop.souk(words).args([secret, "--old-passphrase-file", secret]);
        drop(setup.run().await.ok());
    };
    set_up("anna", "ann").await;
    set_up("robert", "bob").await;
    let served = shop.http().await;
    let ann = logged_in(&served, Era::Modern, ANN).await;
    let proposed = ann.answer("catalog_prepare_bulk_update", titles(None, "Tent")).await;
    let plan = proposed["plan_id"].as_str().unwrap();
    let commit = confirmed(json!({"plan_id": plan}));
    let refused = ann.refusal("plans_commit", commit.clone()).await;
    assert!(
        refused.starts_with("APPROVAL_REQUIRED: ") && refused.contains("roles.agent.approvals")
    );
    let decide = async |name: &str| {
        let words = ["plans", "approve", plan, "--name", name, "--passphrase-file", secret];
        shop.souk(words).run().await
    };
    let own = decide("anna").await;
    assert!(own.status == Some(1) && own.err.contains("roles.agent.decides"), "{}", own.err);
    drop(decide("robert").await.ok());
    assert_eq!(ann.answer("plans_commit", commit).await["success_count"], 1);
    // Whoever has no such role is asked for no more than before.
    let bob = logged_in(&served, Era::Modern, BOB).await;
    let proposed = bob.answer("catalog_prepare_bulk_update", titles(None, "Tents")).await;
    let commit = confirmed(json!({"plan_id": proposed["plan_id"]}));
    assert_eq!(bob.answer("plans_commit", commit).await["success_count"], 1);
}

#[tokio::test]
async fn a_new_token_is_printed_once_and_known_to_a_running_host_by_its_digest() {
    let shop = Shop::with("[roles.reader]\nmax_tier = 'safe'\n").await;
    let file = shop.home.configure(format!(
        "[policy]\nmax_tier = 'critical'\n[roles.reader]\nmax_tier = 'safe'\n\
         [principals.bob]\ntoken = '{BOB}'\n"
    ));
    // Whoever could read it can afterwards.
    std::fs::set_permissions(&file, Permissions::from_mode(0o604)).unwrap();
    let served = shop.http().await;
    let made = shop.souk(["token", "new", "ann", "--role", "reader"]).run().await;
    let token = made.out.trim();
    assert!(
        made.status == Some(0) && token.starts_with("souk_") && token.len() > 40,
        "{}",
        made.err
    );
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o604);
    assert!(!written.contains(token) && written.contains("roles = [\"reader\"]"), "{written}");
    until("the token counts", async || {
        let asked = souk_tests::http_client()
            .post(served.url())
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .bearer_auth(token)
            .body(json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}).to_string());
        asked.send().await.unwrap().status() != 401
    })
    .await;
    let ann = served.connect_as(Era::Modern, token).await;
    assert!(ann.refusal("orders_refund", refund("1")).await.contains("roles.reader.max_tier"));
    // What stands there already is the operator's to change.
    let again = shop.souk(["token", "new", "ann"]).run().await;
    assert!(again.status == Some(1) && again.out.is_empty(), "{}", again.out);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
    let printed = shop.souk(["token", "new", "ann", "--print"]).run().await.ok();
    assert!(printed.contains("token_sha256 = [\"sha256:"), "{printed}");
    for wrong in ["local", ""] {
        assert_eq!(shop.souk(["token", "new", wrong]).run().await.status, Some(1));
    }
    let unknown = shop.souk(["token", "new", "cid", "--role", "readr"]).run().await;
    assert!(unknown.err.contains("is `reader` meant?"), "{}", unknown.err);
    // Of several at once each is in the file.
    let others = ["dan", "eve", "fay", "gus"];
    let at = &shop;
    let made = others.map(|name| async move { at.souk(["token", "new", name]).run().await });
    for made in futures::future::join_all(made).await {
        drop(made.ok());
    }
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(others.iter().all(|name| text.contains(&format!("[principals.{name}]"))), "{text}");
    // A file that has no room for a section at its end stays as it is.
    let inline = format!("principals = {{ bob = {{ token = '{BOB}' }} }}\n");
    std::fs::write(&file, &inline).unwrap();
    let refused = shop.souk(["token", "new", "ann"]).run().await;
    assert!(
        refused.status == Some(1) && refused.err.contains("nothing was written"),
        "{}",
        refused.err
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), inline);
}

#[tokio::test]
async fn the_user_at_this_machine_can_have_a_role_and_needs_none() {
    let shop = Shop::with("").await;
    let free = shop.souk(["serve", "--tools", "all"]).stdio(Era::Modern).await;
    assert!(free.tools().await.contains(&"orders_refund".to_owned()));
    drop(free);
    shop.home
        .configure("policy.max_tier = 'critical'\n[roles.reader]\nmax_tier = 'safe'\n[principals.local]\nroles = ['reader']\n");
    for era in ERAS {
        let held = shop.souk(["serve", "--tools", "all"]).stdio(era).await;
        assert!(!held.tools().await.contains(&"orders_cancel".to_owned()));
        let refused = held.refusal("orders_cancel", confirmed(json!({"order_id": 1}))).await;
        assert!(refused.contains("roles.reader.max_tier"), "{refused}");
    }
    let refused = shop.souk(["call", "orders_cancel", "order_id=1"]).run().await;
    assert!(refused.status == Some(1) && refused.err.contains("roles.reader.max_tier"));
}

#[tokio::test]
async fn how_often_a_role_lets_its_callers_call_is_theirs_alone() {
    let shop = Shop::with(&format!(
        "[roles.slow]\ncalls_per_s = 1\n[principals.ann]\ntoken = '{ANN}'\nroles = ['slow']\n\
         [principals.bob]\ntoken = '{BOB}'\n"
    ))
    .await;
    let served = shop.http().await;
    let ann = served.connect_as(Era::Modern, ANN).await;
    let mut refused = String::new();
    for _ in 0..4 {
        if let Ok(refusal) =
            ann.refused_or_answered("tools_search", json!({"query": "order"})).await
        {
            refused = refusal;
        }
    }
    assert!(refused.starts_with("RATE_LIMITED: "), "{refused}");
    let bob = served.connect_as(Era::Modern, BOB).await;
    for _ in 0..4 {
        bob.answer("tools_search", json!({"query": "order"})).await;
    }
}

#[tokio::test]
async fn the_policy_says_yes_or_no_by_which_line_and_what_would_change_it() {
    let shop = Shop::with(
        "[roles.reader]\nmax_tier = 'safe'\nmask_pii = true\n\
         [roles.refunds]\nallow = ['orders_*']\nmax_refund = 'EUR=10'\napprovals = 'other'\n\
         stores = ['main']\nstore_views = ['de']\n\
         [principals.ann]\nroles = ['reader', 'refunds']\n[principals.bob]\nroles = ['reader']\n",
    )
    .await;
    let (yes, said) = shop.explained(&["ann", "orders_refund"]).await;
    assert!(yes, "{said}");
    for part in [
        "yes: `ann` may call `orders_refund` (critical, apply), by the role `refunds`",
        "the role `reader` refuses it",
        "gives back at most EUR=10 at once (",
        "souk.toml:8)",
        "wants a person other than the one behind the caller (",
        "souk.toml:9)",
    ] {
        assert!(said.contains(part), "`{part}` is not in:\n{said}");
    }
    for (arguments, rule, line) in [
        (&["bob", "orders_refund"][..], "tier-ceiling", "souk.toml:4"),
        (&["ann", "orders_refund", "--refund", "10.01EUR"], "max-refund", "souk.toml:8"),
        (&["ann", "orders_refund", "--store", "other"], "stores", "souk.toml:10"),
        (&["ann", "orders_refund", "--view", "all"], "store-views", "souk.toml:11"),
    ] {
        let (yes, said) = shop.explained(arguments).await;
        assert!(!yes && said.starts_with("no: FORBIDDEN: "), "{said}");
        assert!(said.contains(&format!("rule: {rule}\n")), "{said}");
        assert!(
            said.lines().any(|said| said.starts_with("line: ") && said.ends_with(line)),
            "{said}"
        );
        assert!(said.contains("hint: "), "{said}");
    }
    let (yes, said) =
        shop.explained(&["ann", "orders_refund", "order_id=41", "method=offline"]).await;
    assert!(!yes && said.contains("rule: confirmation"), "{said}");
    let (yes, said) = shop.explained(&["bob", "orders_get"]).await;
    assert!(yes && said.contains("personal data is masked"), "{said}");
    let (yes, _) = shop.explained(&["local", "orders_refund"]).await;
    assert!(yes, "whoever has no role needs none");
}

#[tokio::test]
async fn a_rule_whose_example_is_decided_otherwise_stops_the_start() {
    let home = Home::new();
    for (file, says) in [
        (
            "[roles.reader]\nmax_tier = 'risk'\ndeny_example = ['orders_cancel risk apply']",
            "`roles.reader.deny_example`: `orders_cancel risk apply` is allowed",
        ),
        (
            "[roles.reader]\ndeny = ['orders_*']\nallow_example = ['orders_get']",
            "`roles.reader.allow_example`: `orders_get` is refused",
        ),
        (
            "[[approvals.rules]]\nneed = 'two'\ngroups = ['orders']\nmoney_above = '100 EUR'\n\
             deny_example = ['orders_refund critical apply refund=100EUR']",
            "the rule is not about its `deny_example`",
        ),
        (
            "[principals.ann]\nroles = ['redaer']\n[roles.reader]\nread_only = true",
            "`reader` meant?",
        ),
    ] {
        home.configure(file);
        for command in [&["serve", "--demo"][..], &["config", "check"]] {
            let ran = home.souk(command.iter().copied()).run().await;
            assert_eq!(ran.status, Some(1), "{file}");
            assert!(format!("{}{}", ran.out, ran.err).contains(says), "{}{}", ran.out, ran.err);
        }
    }
    // Whoever narrows more by a flag makes no example wrong.
    home.configure("[policy]\nallow_example = ['orders_cancel risk apply']");
    let ran = home.souk(["actions", "--max-tier", "safe"]).run().await;
    assert_eq!(ran.status, Some(0), "{}", ran.err);
}
