//! Who may call over HTTP, and for how long: what the operator's file says now, and nobody else.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};
use souk_tests::{DemoStore, Era, Home, HttpHost, Mcp, http_client, until};

const ANN: &str = "ann-0123456789abcdef";
const BOB: &str = "bob-0123456789abcdef";
const BOB_NEW: &str = "bob-new-0123456789abcdef";

fn ann() -> String {
    format!("[principals.ann]\ntoken = '{ANN}'\n")
}

fn bob(token: &str) -> String {
    format!(
        "[principals.bob]\ntoken = '{token}'\nread_only = true\nallow = ['catalog_*', 'auth_*']\n"
    )
}

/// The status that a request with this token is answered with.
async fn status(served: &HttpHost, token: &str) -> u16 {
    status_in(served, token, None).await
}

/// The same within a session of the older era.
async fn status_in(served: &HttpHost, token: &str, session: Option<&str>) -> u16 {
    let listing = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let mut request = post(served, token, &listing);
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    request.send().await.unwrap().status().as_u16()
}

fn post(served: &HttpHost, token: &str, message: &Value) -> reqwest::RequestBuilder {
    http_client()
        .post(served.url())
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2025-06-18")
        .bearer_auth(token)
        .body(message.to_string())
}

/// Opens a session of the older era by hand, and answers its id.
async fn open_session(served: &HttpHost, token: &str) -> String {
    let initialize = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "1"}}});
    let answer = post(served, token, &initialize).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers()["mcp-session-id"].to_str().unwrap().to_owned()
}

/// What bob is never allowed, whatever becomes of the file.
async fn comments(mcp: &Mcp, by: &str) -> bool {
    let comment = json!({"order_id": 3, "comment": by, "confirm": true, "reason": "a test"});
    mcp.call("orders_comment", comment).await.is_ok_and(|result| result.is_error != Some(true))
}

struct Served {
    store: DemoStore,
    home: Home,
    file: std::path::PathBuf,
    served: HttpHost,
}

impl Served {
    async fn with(config: &str) -> Self {
        let (store, home) = (DemoStore::start().await, Home::new());
        let file = home.write("rules.toml", config);
        let souk =
            home.souk(["serve", "--tools", "all", "--config"]).args([file.clone()]).on(&store);
        let served = souk.http().await;
        Self { store, home, file, served }
    }

    /// Replaces the file at once, as deployment tools do.
    fn replace(&self, config: &str) {
        self.home.write("rules.toml", config);
    }

    /// Writes over the file where it is, as editors may.
    fn overwrite(&self, config: &str) {
        let mut file = OpenOptions::new().write(true).truncate(true).open(&self.file).unwrap();
        file.write_all(config.as_bytes()).unwrap();
    }

    async fn is_refused(&self, token: &str) {
        until("the token is refused", async || status(&self.served, token).await == 401).await;
    }

    async fn comments_of_order(&self) -> String {
        self.store.rest("/V1/orders/3").await["status_histories"].to_string()
    }
}

#[tokio::test]
async fn a_caller_that_the_file_no_longer_knows_is_turned_away_with_all_it_has_open() {
    let served = Served::with(&(ann() + &bob(BOB))).await;
    // The newer era has a stream of changes open; the older one a session and its stream.
    let modern = served.served.connect_as(Era::Modern, BOB).await;
    modern.log_in().await;
    let session = open_session(&served.served, BOB).await;
    let stream = http_client()
        .get(served.served.url())
        .header("accept", "text/event-stream")
        .header("mcp-session-id", &session)
        .header("mcp-protocol-version", "2025-06-18")
        .bearer_auth(BOB)
        .send()
        .await
        .unwrap();
    assert_eq!(stream.status(), 200);
    assert!(!comments(&modern, "limited").await);

    served.replace(&ann());
    served.is_refused(BOB).await;
    assert!(modern.call("catalog_get_product", json!({"sku": "TEN-001"})).await.is_err());
    assert!(!comments(&modern, "removed").await);
    assert_eq!(status_in(&served.served, BOB, Some(&session)).await, 401);
    // What was open is over, and not only closed to further requests.
    let ended = tokio::time::timeout(souk_tests::PATIENCE, stream.bytes()).await;
    assert!(ended.is_ok(), "the stream of a caller that is gone is still open");
    // The session of a caller that is gone is not there for whoever comes under its name again.
    served.replace(&(ann() + &bob(BOB_NEW)));
    until("the new token is known", async || status(&served.served, BOB_NEW).await != 401).await;
    assert_eq!(status_in(&served.served, BOB_NEW, Some(&session)).await, 404);
    let again = served.served.connect_as(Era::Modern, BOB_NEW).await;
    let read = again.refusal("catalog_get_product", json!({"sku": "TEN-001"})).await;
    assert!(read.starts_with("NOT_AUTHENTICATED"), "{read}");
    assert!(!served.comments_of_order().await.contains("removed"));
}

#[tokio::test]
async fn a_section_without_its_token_and_a_token_in_another_hand_are_what_the_file_says() {
    let served = Served::with(&(ann() + &bob(BOB))).await;
    let mcp = served.served.connect_as(Era::Modern, BOB).await;
    mcp.log_in().await;
    // The token's line alone is gone: the limits stay, and nobody comes under that name.
    served.replace(&(ann() + "[principals.bob]\nread_only = true\n"));
    served.is_refused(BOB).await;
    assert!(!comments(&mcp, "without a token").await);
    // The two exchange their tokens: each is whom the file says, limits and all.
    let reloads = || served.served.process().log().matches("is in force").count();
    let before = reloads();
    served.replace(&(bob(ANN) + &ann().replace(ANN, BOB)));
    // What is asked in that very moment may be refused.
    until("it is in force", async || reloads() > before).await;
    until("ann's token is bob's", async || {
        let mcp = served.served.connect_as(Era::Modern, ANN).await;
        !mcp.tools().await.contains(&"orders_comment".to_owned())
    })
    .await;
    let exchanged = served.served.connect_as(Era::Modern, ANN).await;
    assert!(!comments(&exchanged, "exchanged").await);
}

#[tokio::test]
async fn a_rotated_token_counts_at_once_and_the_old_one_no_more() {
    let (home, store) = (Home::new(), DemoStore::start().await);
    let secret = home.write("bob.token", BOB);
    let private = |path: &Path| {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
    };
    private(&secret);
    let by_file = bob("x").replace("'x'", "{ file = 'bob.token' }");
    let file = home.write("rules.toml", ann() + &by_file);
    let served = home.souk(["serve", "--config"]).args([file]).on(&store).http().await;
    let session = open_session(&served, BOB).await;
    // The file of the secret alone changes, as where a secret is mounted.
    std::fs::write(home.path(".next"), BOB_NEW).unwrap();
    private(&home.path(".next"));
    std::fs::rename(home.path(".next"), &secret).unwrap();
    until("the old token is refused", async || status(&served, BOB).await == 401).await;
    assert_ne!(status(&served, BOB_NEW).await, 401);
    assert_eq!(status_in(&served, BOB, Some(&session)).await, 401);
    assert_eq!(status_in(&served, BOB_NEW, Some(&session)).await, 404);
    assert_ne!(status(&served, ANN).await, 401);
}

#[tokio::test]
async fn a_file_that_is_empty_cut_off_wrong_or_gone_leaves_in_force_what_is() {
    let rules = "[policy]\ndeny = ['catalog_prepare_bulk_update']\nmax_tier = 'safe'\n";
    let whole = ann() + &bob(BOB) + rules;
    let served = Served::with(&whole).await;
    let mcp = served.served.connect_as(Era::Modern, BOB).await;
    let ann_s = served.served.connect_as(Era::Modern, ANN).await;
    let tools = (mcp.tools().await, ann_s.tools().await);
    let aside = served.home.path("aside.toml");
    let complaints = || served.served.process().log().matches("what was in force stays so").count();
    type Change<'a> = Box<dyn Fn() + 'a>;
    let changes: [(&str, Change<'_>); 8] = [
        ("emptied in place", Box::new(|| served.overwrite(""))),
        ("emptied by a new file", Box::new(|| served.replace("\n \n"))),
        ("cut off within a line", Box::new(|| served.overwrite(&whole[..whole.len() - 8]))),
        (
            "cut off within a section",
            Box::new(|| {
                served.overwrite(&whole[..whole.find("max_tier").unwrap()]);
            }),
        ),
        (
            "cut off before the rules",
            Box::new(|| {
                served.overwrite(&whole[..whole.find("[policy]").unwrap()]);
            }),
        ),
        ("wrong", Box::new(|| served.replace("[policy]\nmax_tear = 'critical'\n"))),
        ("gone", Box::new(|| std::fs::rename(&served.file, &aside).unwrap())),
        (
            "a directory",
            Box::new(|| {
                std::fs::remove_file(&served.file).ok();
                std::fs::create_dir_all(&served.file).unwrap();
            }),
        ),
    ];
    for (what, change) in changes {
        let before = complaints();
        change();
        until(&format!("{what}: it is said in the log"), async || complaints() > before).await;
        assert_eq!(status(&served.served, "nobody-0123456789abcdef").await, 401, "{what}");
        assert_ne!(status(&served.served, BOB).await, 401, "{what}");
        assert_eq!((mcp.tools().await, ann_s.tools().await), tools, "{what}");
        let trail = std::fs::read_to_string(served.home.trail()).unwrap();
        assert!(trail.contains("what was in force stays so"), "{what}: {trail}");
        let doctor = served.home.souk(["doctor", "--demo"]).run().await;
        let said = doctor.out.contains("has refused") && doctor.status == Some(1);
        assert!(said, "{what}: {}", doctor.out);
        // And it comes back.
        if served.file.is_dir() {
            std::fs::remove_dir(&served.file).unwrap();
        }
        let loaded = || served.served.process().log().matches("is in force").count();
        let before = loaded();
        served.replace(&format!("{whole}# after: {what}\n"));
        until("the file is read again", async || loaded() > before).await;
    }
    let doctor = served.home.souk(["doctor", "--demo"]).run().await.ok();
    assert!(!doctor.contains("has refused"), "{doctor}");
}

/// A directory of configuration as Kubernetes mounts it: the file is a link through `..data`, which
/// is exchanged as a whole.
#[tokio::test]
async fn a_mounted_directory_that_is_exchanged_as_a_whole_is_read_again() {
    let (home, store) = (Home::new(), DemoStore::start().await);
    let version = |name: &str, text: &str| {
        std::fs::create_dir_all(home.path(format!("etc/{name}"))).unwrap();
        std::fs::write(home.path(format!("etc/{name}/souk.toml")), text).unwrap();
        symlink(name, home.path("etc/..next")).unwrap();
        std::fs::rename(home.path("etc/..next"), home.path("etc/..data")).unwrap();
    };
    version("..one", &(ann() + &bob(BOB)));
    symlink("..data/souk.toml", home.path("etc/souk.toml")).unwrap();
    let souk = home.souk(["serve", "--config"]).args([home.path("etc/souk.toml")]).on(&store);
    let served = souk.http().await;
    assert_ne!(status(&served, BOB).await, 401);
    version("..two", &ann());
    until("bob is gone", async || status(&served, BOB).await == 401).await;
    version("..three", "");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_ne!(status(&served, ANN).await, 401);
    assert_eq!(status(&served, BOB).await, 401);
}

#[tokio::test]
async fn tokens_that_come_close_the_door_and_it_never_opens_again() {
    let home = Home::new();
    let file = home.write("rules.toml", "# nobody yet\n");
    let souk = home.souk(["serve", "--demo", "--config"]).args([file]);
    let served = souk.http().await;
    assert_ne!(status(&served, "anything-0123456789").await, 401);
    home.write("rules.toml", ann());
    until("a token is needed", async || status(&served, "anything-0123456789").await == 401).await;
    assert_ne!(status(&served, ANN).await, 401);
    home.write("rules.toml", "# nobody any more\n");
    until("ann is gone", async || status(&served, ANN).await == 401).await;
    assert_eq!(status(&served, "anything-0123456789").await, 401);
}

/// A tool that is denied stays denied by whatever way its plan is taken on.
#[tokio::test]
async fn what_is_denied_is_denied_in_commit_resume_and_undo_for_both_tools_of_a_plan() {
    let served = Served::with(&ann()).await;
    let mcp = served.served.connect_as(Era::Modern, ANN).await;
    mcp.log_in().await;
    let price =
        async || served.store.rest("/all/V1/products/TEN-001").await["price"].as_f64().unwrap();
    let propose = async |price: f64| {
        let proposal = json!({
            "match": {"sku_list": ["TEN-001"]}, "updates": {"price": price},
            "scope": {"scope": "global"},
        });
        let proposed = mcp.answer("catalog_prepare_bulk_update", proposal).await;
        proposed["plan_id"].as_str().unwrap().to_owned()
    };
    let denying = async |tools: &str| {
        served.replace(&format!("[policy]\ndeny = [{tools}]\n{}", ann()));
        let wanted = tools.replace('\'', "");
        until("it is in force", async || {
            let listed = mcp.tools().await;
            ["catalog_prepare_bulk_update", "catalog_commit_bulk_update", "plans_undo"]
                .iter()
                .all(|tool| listed.contains(&(*tool).to_owned()) != wanted.contains(tool))
        })
        .await;
    };
    let call = |plan: &str| json!({"plan_id": plan, "confirm": true, "reason": "a test"});
    let before = price().await;
    let plan = propose(201.0).await;
    for denied in ["'catalog_prepare_bulk_update'", "'catalog_commit_bulk_update'"] {
        denying(denied).await;
        for tool in ["plans_commit", "plans_resume", "catalog_commit_bulk_update"] {
            let refusal = mcp.refusal(tool, call(&plan)).await;
            assert!(refusal.starts_with("FORBIDDEN: "), "{denied} {tool}: {refusal}");
        }
    }
    assert!((price().await - before).abs() < 0.001);
    denying("").await;
    mcp.answer("plans_commit", call(&plan)).await;
    assert!((price().await - 201.0).abs() < 0.001);
    let undo = mcp.answer("plans_undo", json!({"plan_id": plan})).await;
    let undo = undo["plan_id"].as_str().unwrap();
    for denied in ["'catalog_prepare_bulk_update'", "'catalog_commit_bulk_update'", "'plans_undo'"]
    {
        denying(denied).await;
        let refusal = mcp.refusal("plans_undo", json!({"plan_id": plan})).await;
        assert!(refusal.starts_with("FORBIDDEN: "), "{denied}: {refusal}");
        let refusal = mcp.refusal("plans_commit", call(undo)).await;
        assert!(refusal.starts_with("FORBIDDEN: "), "{denied}: {refusal}");
    }
    assert!((price().await - 201.0).abs() < 0.001);
}
