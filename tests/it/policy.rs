//! The operator's rules, from wherever they come, hold in the list and in calls.

use std::fs::{File, OpenOptions};
use std::io::Write;

use serde_json::json;
use souk_tests::{ERAS, Era, Home, Mcp, Souk, Versions, everywhere, until};

/// A rule in each of the three ways of saying it, what it forbids of `probe`, and its id.
struct Rule {
    flag: &'static [&'static str],
    variable: (&'static str, &'static str),
    file: &'static str,
    key: &'static str,
    forbids: &'static [&'static str],
    id: &'static str,
}

/// Every rule allows `critical`, so that it alone decides.
const RULES: [Rule; 4] = [
    Rule {
        flag: &["--max-tier", "safe"],
        variable: ("SOUK_MAX_TIER", "safe"),
        file: "[policy]\nmax_tier = 'safe'",
        key: "policy.max_tier",
        forbids: &["probe_risk", "probe_critical", "plans_commit", "plans_resume"],
        id: "ceiling",
    },
    Rule {
        flag: &["--read-only"],
        variable: ("SOUK_READ_ONLY", "1"),
        file: "[policy]\nread_only = true\nmax_tier = 'critical'",
        key: "policy.read_only",
        forbids: &["probe_change", "plans_commit", "plans_resume"],
        id: "read-only",
    },
    Rule {
        flag: &["--deny", "scope_*,probe_risk"],
        variable: ("SOUK_DENY", "scope_*, probe_risk"),
        file: "[policy]\ndeny = ['scope_*', 'probe_risk']\nmax_tier = 'critical'",
        key: "policy.deny",
        forbids: &["probe_risk", "scope_list_websites_stores", "scope_set_default"],
        id: "denied",
    },
    Rule {
        flag: &["--allow", "auth_*,scope_*,probe_safe"],
        variable: ("SOUK_ALLOW", "auth_*,scope_*,probe_safe"),
        file: "[policy]\nallow = ['auth_*', 'scope_*', 'probe_safe']\nmax_tier = 'critical'",
        key: "policy.allow",
        forbids: &[
            "probe_risk",
            "probe_critical",
            "probe_change",
            "probe_disguise",
            "probe_export",
            "probe_person",
            "probe_picture",
            "probe_read",
            "probe_sealed",
            "plans_commit",
            "plans_discard",
            "plans_get",
            "plans_list",
            "plans_resume",
            "plans_stop",
            "plans_undo",
        ],
        id: "allow list",
    },
];

/// What there is besides `probe_usurp`, which may never touch a session.
const ALL: [&str; 26] = [
    "auth_login",
    "auth_logout",
    "auth_whoami",
    "plans_commit",
    "plans_discard",
    "plans_get",
    "plans_list",
    "plans_resume",
    "plans_stop",
    "plans_undo",
    "probe_change",
    "probe_critical",
    "probe_disguise",
    "probe_export",
    "probe_person",
    "probe_picture",
    "probe_read",
    "probe_risk",
    "probe_safe",
    "probe_sealed",
    "scope_list_websites_stores",
    "scope_set_default",
    "tools_describe",
    "tools_read",
    "tools_search",
    "tools_write",
];

fn all_but(forbidden: &[&str]) -> Vec<&'static str> {
    ALL.into_iter().filter(|tool| !forbidden.contains(tool)).collect()
}

/// What is listed, by name.
async fn listed(mcp: &Mcp) -> Vec<String> {
    let mut listed = mcp.tools().await;
    listed.sort_unstable();
    listed
}

fn serve(home: &Home) -> Souk<'_> {
    home.souk(["serve", "--demo"]).env("SOUK_PLUGINS", home.plugins_and_probe())
}

async fn forbids(mcp: &Mcp, tool: &str, says: &[&str]) {
    let refusal = mcp.refusal(tool, json!({})).await;
    assert!(refusal.starts_with("FORBIDDEN: "), "{refusal}");
    assert!(refusal.contains("hint: "), "{refusal}");
    for said in says {
        assert!(refusal.contains(said), "`{said}` is not in: {refusal}");
    }
}

#[tokio::test]
async fn each_rule_holds_from_flag_environment_and_file() {
    for rule in &RULES {
        let home = Home::new();
        let high = || serve(&home).env("SOUK_MAX_TIER", "critical");
        let file = home.write("rules.toml", rule.file);
        for (souk, origin) in [
            (high().args(rule.flag.iter().copied()), rule.flag[0]),
            (high().env(rule.variable.0, rule.variable.1), rule.variable.0),
            (serve(&home).args(["--config".into(), file.into_os_string()]), rule.key),
        ] {
            everywhere(&souk, async |mcp| {
                assert_eq!(listed(&mcp).await, all_but(rule.forbids), "{origin}");
                for tool in rule.forbids {
                    forbids(&mcp, tool, &[rule.id, origin, tool]).await;
                }
            })
            .await;
        }
        let rules: Vec<_> = souk_tests::calls(&home.trail())
            .into_iter()
            .map(|call| call["outcome"].to_string())
            .collect();
        assert!(rules.iter().all(|outcome| outcome.contains("\"rule\"")), "{rules:?}");
    }
}

#[tokio::test]
async fn by_default_what_is_critical_is_not_offered() {
    let home = Home::new();
    everywhere(&serve(&home), async |mcp| {
        assert_eq!(listed(&mcp).await, all_but(&["probe_critical"]));
        forbids(&mcp, "probe_critical", &["`critical`", "souk's default"]).await;
        mcp.answer("probe_risk", json!({})).await;
    })
    .await;
}

#[tokio::test]
async fn a_plugin_that_is_not_named_for_it_touches_no_session() {
    let home = Home::new();
    everywhere(&serve(&home).args(["--max-tier", "critical"]), async |mcp| {
        mcp.log_in().await;
        assert!(!mcp.tools().await.contains(&"probe_usurp".to_owned()));
        forbids(&mcp, "probe_usurp", &["session"]).await;
        mcp.answer("auth_whoami", json!({})).await;
    })
    .await;
}

#[tokio::test]
async fn read_only_leaves_reading_and_logging_in() {
    let home = Home::new();
    everywhere(&serve(&home).args(["--read-only"]), async |mcp| {
        mcp.log_in().await;
        mcp.answer("scope_set_default", json!({"store_view_code": "de"})).await;
        mcp.answer("probe_read", json!({"sku": "TEN-002"})).await;
        forbids(&mcp, "probe_change", &["--read-only"]).await;
    })
    .await;
}

#[tokio::test]
async fn a_ceiling_of_one_plugin_or_principal_is_theirs_alone() {
    let home = Home::new();
    let (ann, bob) = ("ann-0123456789abcdef", "bob-0123456789abcdef");
    let config = home.write(
        "rules.toml",
        format!(
            "[plugins.probe]\nmax_tier = 'safe'\n[principals.ann]\ntoken = '{ann}'\n\
             [principals.bob]\ntoken = '{bob}'\ndeny = ['scope_*']\n"
        ),
    );
    let served = serve(&home).args(["--config".into(), config.into_os_string()]).http().await;
    for era in ERAS {
        let (ann, bob) = (served.connect_as(era, ann).await, served.connect_as(era, bob).await);
        assert_eq!(listed(&ann).await, all_but(&["probe_risk", "probe_critical"]));
        forbids(&ann, "probe_risk", &["`probe`", "plugins.probe.max_tier"]).await;
        let hidden =
            ["probe_risk", "probe_critical", "scope_list_websites_stores", "scope_set_default"];
        assert_eq!(listed(&bob).await, all_but(&hidden));
        forbids(&bob, "scope_set_default", &["principals.bob.deny"]).await;
    }
}

#[tokio::test]
async fn a_rule_that_cannot_be_read_stops_the_start() {
    let home = Home::new();
    for (arguments, variable, file, says) in [
        (vec!["--max-tier", "sky"], None, "", "sky"),
        (vec!["--deny", "catalog"], None, "", "catalog_*"),
        (vec![], Some(("SOUK_READ_ONLY", "perhaps")), "", "SOUK_READ_ONLY"),
        (vec![], None, "[policy]\nreadonly = true", "readonly"),
        (vec![], None, "[policy]\nallow = ['*_get']", "policy.allow"),
    ] {
        home.configure(file);
        let mut souk = home.souk(["serve", "--demo"]).args(arguments);
        if let Some((name, value)) = variable {
            souk = souk.env(name, value);
        }
        let ran = souk.run().await;
        assert!(ran.status.is_some_and(|status| status != 0), "{says}");
        assert!(ran.err.contains(says), "{}", ran.err);
        assert_eq!(ran.out, "");
    }
}

/// A server whose file can be rewritten, with a client of each era on each transport.
#[tokio::test]
async fn a_rewritten_file_is_in_force_at_once_and_clients_are_told() {
    for http in [false, true] {
        for era in ERAS {
            let home = Home::new();
            let config = home.write("rules.toml", "");
            let souk = serve(&home).args(["--config".into(), config.into_os_string()]);
            let served = if http { Some(souk.http().await) } else { None };
            let mcp = match &served {
                Some(served) => served.connect(era).await,
                None => souk.stdio(era).await,
            };
            assert!(mcp.tools().await.contains(&"probe_risk".to_owned()));
            mcp.notified_of(|attempt| {
                home.write("rules.toml", format!("policy.deny = ['probe_risk'] # {attempt}"));
            })
            .await;
            until("the rule is in force", async || {
                !mcp.tools().await.contains(&"probe_risk".to_owned())
            })
            .await;
            forbids(&mcp, "probe_risk", &["policy.deny", "rules.toml"]).await;
            mcp.notified_of(|attempt| {
                home.write("rules.toml", format!("# {attempt}"));
            })
            .await;
            until("the rule is gone", async || {
                mcp.tools().await.contains(&"probe_risk".to_owned())
            })
            .await;
            mcp.answer("probe_risk", json!({})).await;
        }
    }
}

#[tokio::test]
async fn the_file_cannot_raise_what_a_flag_or_the_environment_lowered() {
    let home = Home::new();
    let config = home.write("rules.toml", "[policy]\nmax_tier = 'safe'");
    let souk = serve(&home)
        .args(["--read-only", "--deny", "scope_*", "--config"])
        .args([config])
        .env("SOUK_MAX_TIER", "risk");
    let mcp = souk.stdio(Era::Modern).await;
    let lowered = [
        "plans_commit",
        "plans_resume",
        "probe_critical",
        "probe_change",
        "scope_list_websites_stores",
        "scope_set_default",
    ];
    home.write(
        "rules.toml",
        "[policy]\nmax_tier = 'critical'\nread_only = false\nallow = ['*']\ndeny = []",
    );
    until("the file is in force", async || listed(&mcp).await == all_but(&lowered)).await;
    forbids(&mcp, "probe_critical", &["SOUK_MAX_TIER"]).await;
    forbids(&mcp, "probe_change", &["--read-only"]).await;
    forbids(&mcp, "scope_set_default", &["--deny"]).await;
}

#[tokio::test]
async fn a_broken_file_leaves_the_rules_in_force() {
    let home = Home::new();
    let config = home.write("rules.toml", "[policy]\nmax_tier = 'safe'");
    let souk = serve(&home).args(["--config".into(), config.clone().into_os_string()]);
    let mcp = souk.stdio(Era::Modern).await;
    for broken in ["[policy]\nmax_teir = 'critical'", "[policy", "[policy]\nmax_tier = 'sky'"] {
        home.write("rules.toml", broken);
        mcp.process().signal("HUP").await;
        let said = if broken.contains("teir") { "max_teir" } else { "what was in force stays so" };
        mcp.process().logged(said).await;
        forbids(&mcp, "probe_risk", &["policy.max_tier"]).await;
    }
    std::fs::remove_file(config).unwrap();
    mcp.process().logged("cannot read the configuration").await;
    forbids(&mcp, "probe_risk", &["policy.max_tier"]).await;
}

#[tokio::test]
async fn sighup_reads_the_file_even_where_it_looks_unchanged() {
    let home = Home::new();
    let config = home.write("rules.toml", "policy.deny = ['probe_safe']");
    let souk = serve(&home).args(["--config".into(), config.clone().into_os_string()]);
    let served = souk.http().await;
    let mcp = served.connect(Era::Modern).await;
    let written = std::fs::metadata(&config).unwrap().modified().unwrap();
    // In place, of the same length and time: only SIGHUP can make anybody look.
    let mut file: File = OpenOptions::new().write(true).open(&config).unwrap();
    file.write_all(b"policy.deny = ['probe_read']").unwrap();
    file.set_modified(written).unwrap();
    drop(file);
    served.process().signal("HUP").await;
    until("SIGHUP is heard", async || {
        listed(&mcp).await == all_but(&["probe_critical", "probe_read"])
    })
    .await;
    forbids(&mcp, "probe_read", &["policy.deny"]).await;
}

#[tokio::test]
async fn rules_hold_for_whatever_a_plugin_becomes() {
    let home = Home::new();
    let souk = serve(&home).args(["--max-tier", "safe", "--deny", "probe_read"]);
    let mcp = souk.stdio(Era::Modern).await;
    let hidden = ["probe_risk", "probe_critical", "probe_read", "plans_commit", "plans_resume"];
    assert_eq!(listed(&mcp).await, all_but(&hidden));
    home.write("plugins/probe.wasm", Versions::new().file(1));
    until("the plugin is replaced", async || {
        mcp.answer("probe_safe", json!({})).await["build"] == Versions::mark(1)
    })
    .await;
    assert_eq!(listed(&mcp).await, all_but(&hidden));
    forbids(&mcp, "probe_risk", &["--max-tier"]).await;
    forbids(&mcp, "probe_read", &["--deny"]).await;
}
