//! Where settings come from, and what `souk config` says of them.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};
use souk_tests::{Era, Home, Souk, until};

/// What `souk config show` says of a setting.
async fn setting(souk: &Souk<'_>, key: &str) -> Value {
    let text = souk.clone().args(["config", "show", "--json"]).run().await.ok();
    let all: Value = serde_json::from_str(&text).unwrap();
    all.as_array().unwrap().iter().find(|one| one["key"] == key).unwrap_or(&Value::Null).clone()
}

#[tokio::test]
async fn every_setting_is_shown_with_its_source_and_no_secret_is() {
    let home = Home::new();
    let bare = home.souk(["config", "show"]).run().await.ok();
    for said in
        ["policy.max_tier = \"risk\"", "# default", "limits.cpu_ms = 5000", "SOUK_STATE_DIR"]
    {
        assert!(bare.contains(said), "`{said}` is not in:\n{bare}");
    }
    let file = home.configure("[principals.ci]\ntoken = 'hunter2-hunter2-hunter2'\n");
    let secrets = home
        .souk(["--max-tier", "safe", "config", "show"])
        .env("MAGENTO_ADMIN_PASSWORD", "hunter2-hunter2")
        .env("MCP_MAX_COUPON_QTY", "7");
    for json in [&[][..], &["--json"]] {
        let text = secrets.clone().args(json.iter().copied()).run().await.ok();
        assert!(!text.contains("hunter2"), "{text}");
        for said in
            ["--max-tier", "MCP_MAX_COUPON_QTY", "principals.ci.token", "MAGENTO_ADMIN_PASSWORD"]
        {
            assert!(text.contains(said), "`{said}` is not in:\n{text}");
        }
        assert!(text.contains(file.to_str().unwrap()), "{text}");
    }
}

#[tokio::test]
async fn the_operators_file_is_named_or_at_home() {
    let home = Home::new();
    let souk = home.souk::<&str>([]);
    let cap = async |souk: &Souk<'_>| setting(souk, "guards.bulk_cap").await["value"].clone();
    assert_eq!(cap(&souk).await, 500);
    home.configure("[guards]\nbulk_cap = 1");
    assert_eq!(cap(&souk).await, 1);
    std::fs::create_dir_all(home.path("xdg/souk")).unwrap();
    home.write("xdg/souk/souk.toml", "[guards]\nbulk_cap = 2");
    let xdg = souk.env("XDG_CONFIG_HOME", home.path("xdg"));
    assert_eq!(cap(&xdg).await, 2);
    let named = xdg.env("SOUK_CONFIG", home.write("named.toml", "[guards]\nbulk_cap = 3"));
    assert_eq!(cap(&named).await, 3);
    home.write("flag.toml", "[guards]\nbulk_cap = 4");
    for before in ["--config=flag.toml", "--demo"] {
        let flag = named.clone().args([before]);
        assert_eq!(cap(&flag).await, if before == "--demo" { 3 } else { 4 });
    }
    let missing = home.souk(["config", "show", "--config", "nowhere.toml"]).run().await;
    assert!(missing.status == Some(1) && missing.err.contains("`nowhere.toml`"), "{}", missing.err);
}

#[tokio::test]
async fn a_file_of_the_working_directory_narrows_and_can_do_nothing_else() {
    let home = Home::new();
    let souk = home.souk::<&str>([]);
    home.write(
        "souk.toml",
        "[policy]\nmax_tier = 'critical'\nconfirm = false\naccept_credentials = true\n\
         deny = ['cache_*']\n[guards]\nbulk_cap = 9000\nmax_refund = { EUR = 9, '*' = 9000 }\n\
         [limits]\ncpu_ms = 50",
    );
    for (key, value) in [
        ("policy.max_tier", json!("risk")),
        ("policy.confirm", json!(true)),
        ("policy.accept_credentials", json!(false)),
        ("policy.deny", json!(["cache_*"])),
        ("guards.bulk_cap", json!(500)),
        ("guards.max_refund", json!({"*": "1000", "EUR": "9"})),
        ("limits.cpu_ms", json!(50)),
    ] {
        assert_eq!(setting(&souk, key).await["value"], value, "{key}");
    }
    for widens in ["listen = '127.0.0.1:0'", "[[stores]]\nname = 'a'", "state_dir = '/tmp'"] {
        home.write("souk.toml", widens);
        let ran = home.souk(["actions"]).run().await;
        assert!(ran.status == Some(1) && ran.err.contains("--config"), "{}", ran.err);
        // Named, it is the operator's.
        let named = home.souk(["config", "show", "--config", "souk.toml"]).run().await;
        assert_eq!(named.status, Some(0), "{}", named.err);
    }
}

#[tokio::test]
async fn a_file_of_the_working_directory_neither_widens_what_has_no_default_nor_forgets() {
    let home = Home::new();
    home.write("souk.toml", "[policy]\noperators = ['*']\n[approvals]\ncritical = 'none'\n");
    let souk = home.souk::<&str>([]);
    assert_eq!(setting(&souk, "policy.operators").await["value"], json!([]));
    assert_eq!(setting(&souk, "approvals.critical").await["value"], "person");
    let client = home.souk(["serve", "--demo"]).stdio(Era::Modern).await;
    let refused = client.read("souk://audit/latest").await.unwrap_err().to_string();
    assert!(refused.contains("FORBIDDEN"), "{refused}");
    home.configure("[policy]\noperators = ['loc*', 'local']\n");
    home.write("souk.toml", "[policy]\noperators = ['local']\n");
    assert_eq!(setting(&souk, "policy.operators").await["value"], json!(["local"]));
    for forgets in [
        "[state]\nkeep_days = 0",
        "[state]\nprincipal_plans = 1",
        "[limits]\nexport_hours = 1",
        "[audit]\nanchor_s = 1",
        "[plans]\nkeep_days = 1",
        "[http]\nsession_idle_s = 1",
        "[[stores]]\n[stores.cdn]\npurges_per_minute = 1",
    ] {
        home.write("souk.toml", forgets);
        let ran = home.souk(["actions"]).run().await;
        let said = "souk.toml:";
        assert!(ran.status == Some(1) && ran.err.contains(said), "{forgets}: {}", ran.err);
        assert!(
            ran.err.contains("may not stand in a file of the working directory"),
            "{}",
            ran.err
        );
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_line_and_what_is_meant() {
    let home = Home::new();
    let file =
        "[policy]\nmax_teir = 'safe'\n\n[limits]\nmemory_bytes = 5\n[[stores]]\nbase_url = 'x'\n";
    home.write("wrong.toml", file);
    let check = home.souk(["config", "check", "--config", "wrong.toml"]);
    let ran = check.run().await;
    assert_eq!(ran.status, Some(1));
    for said in [
        "wrong.toml:2: `policy.max_teir` is no setting; is `policy.max_tier` meant?",
        "wrong.toml:5: `limits.memory_bytes`",
        "wrong.toml:7: `stores[0].base_url`: `x` is no URL",
    ] {
        assert!(ran.out.contains(said), "`{said}` is not in:\n{}", ran.out);
    }
    let ran = check.args(["--json"]).run().await;
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(json["problems"][0]["place"], "wrong.toml:2");
    let ran = home.souk(["config", "check"]).run().await;
    assert!(ran.status == Some(0) && ran.out.contains("sound"), "{}{}", ran.out, ran.err);
}

#[tokio::test]
async fn the_example_is_a_configuration_and_changes_nothing() {
    let home = Home::new();
    let example = home.souk(["config", "example"]).run().await.ok();
    let bare = home.souk(["config", "show"]).run().await.ok();
    home.write("example.toml", example);
    let with = home.souk(["config", "show", "--config", "example.toml"]).run().await.ok();
    // The column of sources moves with the longest line.
    let values = |text: &str| -> Vec<Vec<String>> {
        let lines = text.lines().filter(|line| !line.contains("config"));
        lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    };
    assert_eq!(values(&with), values(&bare));
}

#[tokio::test]
async fn a_secret_may_stand_in_a_file_of_its_own() {
    let home = Home::new();
    let token = home.write("token", "ann-0123456789abcdef\n");
    let file = "[principals.ann]\ntoken = { file = 'token' }";
    let config = home.write("secret.toml", file);
    let serve = home.souk(["serve", "--demo", "--config"]).args([config]);
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o640)).unwrap();
    let ran = serve.run().await;
    assert!(ran.status == Some(1) && ran.err.contains("chmod 600"), "{}", ran.err);
    assert!(ran.err.contains("secret.toml:2: `principals.ann.token`"), "{}", ran.err);
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let served = serve.http().await;
    served.connect_as(Era::Modern, "ann-0123456789abcdef").await.tools().await;
}

#[tokio::test]
async fn a_local_file_is_followed_and_its_limits_outlive_it() {
    let home = Home::new();
    let mcp = home.souk(["serve", "--demo"]).stdio(Era::Modern).await;
    let has = async || mcp.tools().await.contains(&"catalog_get_product".to_owned());
    assert!(has().await);
    home.write("souk.toml", "policy.deny = ['catalog_*']");
    until("the file is in force", async || !has().await).await;
    std::fs::remove_file(home.path("souk.toml")).unwrap();
    mcp.process().logged("what was in force stays so").await;
    assert!(!has().await);
}

#[tokio::test]
async fn a_reload_says_what_it_does_not_put_in_force() {
    let home = Home::new();
    let config = home.write("rules.toml", "");
    let souk = home.souk(["serve", "--demo", "--config"]).args([config]);
    let mcp = souk.stdio(Era::Modern).await;
    mcp.tools().await;
    home.write("rules.toml", "[guards]\nbulk_cap = 7\n[policy]\nconfirm = false");
    mcp.process().logged("in force only after a restart: guards.bulk_cap").await;
    assert!(!mcp.process().log().contains("policy.confirm"));
}

#[tokio::test]
async fn a_file_that_others_may_write_or_take_away_is_refused_and_said_so_everywhere() {
    let set = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let home = Home::new();
    std::fs::create_dir_all(home.path("etc")).unwrap();
    let file = home.write("etc/rules.toml", "[policy]\nmax_tier = 'safe'\n");
    let local = home.write("souk.toml", "[policy]\ndeny = ['cache_*']\n");
    let directory = home.path("etc");
    let check = async |command: &[&str]| {
        let souk = home.souk(command.iter().copied()).args(["--config".into(), file.clone()]);
        souk.run().await
    };
    assert_eq!(check(&["config", "check"]).await.status, Some(0));
    for (path, mode, safe) in [
        (&file, 0o664, 0o644),
        (&file, 0o646, 0o600),
        (&local, 0o666, 0o644),
        (&directory, 0o777, 0o755),
    ] {
        set(path, mode);
        for command in [&["config", "check"][..], &["doctor", "--demo"], &["config", "show"]] {
            let ran = check(command).await;
            let said = ran.out + &ran.err;
            assert_eq!(ran.status, Some(1), "{command:?} {path:?} {mode:o}: {said}");
            assert!(said.contains("is not taken") && said.contains("chmod go-w"), "{said}");
        }
        set(path, safe);
        assert_eq!(check(&["config", "check"]).await.status, Some(0), "{path:?} {safe:o}");
    }
    // And by a host that runs.
    let mcp =
        home.souk(["serve", "--demo", "--config"]).args([file.clone()]).stdio(Era::Modern).await;
    set(&file, 0o666);
    home.write("etc/next", "[policy]\nmax_tier = 'critical'\n");
    set(&home.path("etc/next"), 0o666);
    std::fs::rename(home.path("etc/next"), &file).unwrap();
    mcp.process().logged("is not taken").await;
    assert!(!mcp.tools().await.contains(&"plans_commit".to_owned()));
    let doctor = home.souk(["doctor", "--demo"]).run().await;
    assert!(doctor.out.contains("has refused"), "{}", doctor.out);
}

#[tokio::test]
async fn the_working_directory_configures_nothing_but_where_it_is_named() {
    let home = Home::new();
    home.write("souk.toml", "[policy]\nmax_tier = 'critical'\n");
    let tier = async |souk: &Souk<'_>| setting(souk, "policy.max_tier").await["value"].clone();
    assert_eq!(tier(&home.souk::<&str>([])).await, "risk");
    // What would lead there by the environment's conventions is relative, and so ignored.
    for (name, value) in [("XDG_CONFIG_HOME", "."), ("HOME", ".")] {
        std::fs::create_dir_all(home.path("souk")).unwrap();
        std::fs::create_dir_all(home.path(".config/souk")).unwrap();
        home.write("souk/souk.toml", "[policy]\nmax_tier = 'critical'\n");
        home.write(".config/souk/souk.toml", "[policy]\nmax_tier = 'critical'\n");
        let mut souk = home.souk::<&str>([]).env(name, value);
        if name == "XDG_CONFIG_HOME" {
            souk = souk.env("HOME", home.path("nowhere"));
        }
        assert_eq!(tier(&souk).await, "risk", "{name}");
    }
    assert_eq!(tier(&home.souk(["--config", "."])).await, "critical");
}

#[tokio::test]
async fn a_variable_that_sets_nothing_is_told_with_the_one_that_is_meant() {
    let home = Home::new();
    let souk = home.souk(["config", "check"]).env("SOUK_MAX_TEIR", "safe").env("SOUK_COLOUR", "1");
    let ran = souk.run().await;
    assert_eq!(ran.status, Some(0));
    assert!(ran.err.contains("`SOUK_MAX_TEIR` is set and sets nothing; is `SOUK_MAX_TIER` meant?"));
    assert!(ran.err.contains("`SOUK_COLOUR` is set and sets nothing\n"), "{}", ran.err);
    assert!(!ran.err.contains("SOUK_STATE_DIR"), "{}", ran.err);
    let doctor = home.souk(["doctor", "--demo"]).env("SOUK_MAX_TEIR", "safe").run().await;
    assert!(doctor.out.contains("SOUK_MAX_TEIR"), "{}", doctor.out);
}
