//! Who may what, as a table: role × tier × effect, in the list, in calls and in calls that are passed on, on
//! each transport; and role × approval × how it is given, when a plan is carried out. What is expected is
//! said here once more, and not asked of the rules.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use souk_tests::{ERAS, Home, Mcp, confirmed};

use super::{ANNA, Shop, propose};

/// A tool as the product lists it.
struct Listed {
    name: String,
    group: String,
    tier: String,
    effect: String,
}

/// A role, and what it lets its callers call.
struct Role {
    name: &'static str,
    says: &'static str,
    allows: fn(&Listed) -> bool,
}

const GROUPS: [&str; 3] = ["auth", "catalog", "plans"];
const COMMITS: [&str; 3] = ["catalog_commit_bulk_update", "plans_commit", "plans_resume"];

fn is_relay(tool: &Listed) -> bool {
    tool.effect == "relay"
}

const ROLES: [Role; 6] = [
    Role { name: "all", says: "", allows: |_| true },
    Role {
        name: "reader",
        says: "max_tier = 'safe'",
        allows: |tool| tool.tier == "safe" || is_relay(tool),
    },
    Role {
        name: "looker",
        says: "read_only = true",
        allows: |tool| !["apply", "commit"].contains(&tool.effect.as_str()),
    },
    Role {
        name: "keeper",
        says: "groups = ['auth', 'catalog', 'plans']\napprovals = 'person'",
        allows: |tool| GROUPS.contains(&tool.group.as_str()) || is_relay(tool),
    },
    Role {
        name: "proposer",
        says: "groups = ['auth', 'catalog', 'plans']\n\
               deny = ['catalog_commit_bulk_update', 'plans_commit', 'plans_resume']",
        allows: |tool| {
            let is_commit = COMMITS.contains(&tool.name.as_str());
            (GROUPS.contains(&tool.group.as_str()) && !is_commit) || is_relay(tool)
        },
    },
    Role { name: "nothing", says: "allow = []\ndeny = ['tools_*']", allows: |_| false },
];

fn token(role: &str) -> String {
    format!("{role}-0123456789abcdef")
}

/// Everybody may all that there is, so that the role alone decides.
fn config(role: &Role) -> String {
    let Role { name, says, .. } = role;
    format!(
        "[policy]\nmax_tier = 'critical'\n[roles.{name}]\nallow_example = []\n{says}\n\
         [principals.local]\nroles = ['{name}']\n[principals.agent]\ntoken = '{}'\nroles = ['{name}']\n",
        token(name)
    )
}

async fn every_tool(home: &Home) -> Vec<Listed> {
    home.configure("policy.max_tier = 'critical'");
    let listed = home.souk(["actions", "--json"]).run().await.ok();
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let text = |tool: &Value, name: &str| tool[name].as_str().unwrap_or_default().to_owned();
    let tools = listed.iter().map(|tool| {
        let name = text(tool, "action");
        let group = name.split('_').next().unwrap_or_default().to_owned();
        Listed { name, group, tier: text(tool, "tier"), effect: text(tool, "effect") }
    });
    tools.collect()
}

/// One tool for each tier, effect and answer that a role has for it.
fn samples<'t>(tools: &'t [Listed], role: &Role) -> Vec<&'t Listed> {
    let mut samples = BTreeMap::new();
    // Who logs out cannot be asked anything more.
    for tool in tools.iter().filter(|tool| tool.name != "auth_logout" && !is_relay(tool)) {
        samples.entry((&tool.tier, &tool.effect, (role.allows)(tool))).or_insert(tool);
    }
    samples.into_values().collect()
}

async fn check(mcp: &Mcp, tools: &[Listed], role: &Role, on: &str) {
    let mut listed = mcp.tools().await;
    listed.sort_unstable();
    let mut expected: Vec<&str> =
        tools.iter().filter(|tool| (role.allows)(tool)).map(|tool| tool.name.as_str()).collect();
    expected.sort_unstable();
    assert_eq!(listed, expected, "the list of `{}` on {on}", role.name);
    for tool in samples(tools, role) {
        let Listed { name, tier, effect, .. } = tool;
        let said = mcp.refused_or_answered(name, json!({})).await.err_or_text();
        let is_forbidden = said.starts_with("FORBIDDEN: ");
        let of = format!("`{}` calls {name} ({tier}, {effect}) on {on}: {said}", role.name);
        assert_eq!(is_forbidden, !(role.allows)(tool), "{of}");
        let relay = if effect == "query" { "tools_read" } else { "tools_write" };
        let passed_on = json!({"name": name, "arguments": {}});
        if role.name != "nothing" && effect != "session" {
            let said = mcp.refused_or_answered(relay, passed_on).await.err_or_text();
            assert_eq!(
                said.starts_with("FORBIDDEN: "),
                !(role.allows)(tool),
                "by {relay}, {of}: {said}"
            );
        }
    }
}

/// What a call came to, as text.
trait CallText {
    fn err_or_text(self) -> String;
}

impl CallText for Result<String, Value> {
    fn err_or_text(self) -> String {
        self.unwrap_or_else(|answer| answer.to_string())
    }
}

#[tokio::test]
async fn a_role_is_the_same_in_the_list_in_calls_and_on_every_transport() {
    let home = Home::new();
    let tools = every_tool(&home).await;
    assert!(tools.len() > 60);
    for role in &ROLES {
        home.configure(config(role));
        let souk = home.souk(["serve", "--demo", "--tools", "all"]);
        let served = souk.http().await;
        for era in ERAS {
            check(&souk.stdio(era).await, &tools, role, &format!("stdio, {era:?}")).await;
            let mcp = served.connect_as(era, &token(role.name)).await;
            check(&mcp, &tools, role, &format!("HTTP, {era:?}")).await;
        }
    }
}

/// How a person says yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Approval {
    Nobody,
    Terminal,
    Console,
}

async fn approve(shop: &Shop, plan: &str, approval: Approval) {
    match approval {
        Approval::Nobody => {}
        Approval::Terminal => {
            let secret = shop.home.write("passphrase", ANNA);
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
            let words = ["plans", "approve", plan, "--name", "anna", "--passphrase-file"];
            drop(shop.home.souk(words).args([secret]).on(&shop.store).run().await.ok());
        }
        Approval::Console => {
            let mut anna = shop.signed_in("anna", ANNA).await;
            let done = anna.decide(plan, "approve", &[], &[("reason", "yes")]).await;
            assert_eq!(done.status, 303, "{}", done.text);
        }
    }
}

#[tokio::test]
async fn a_plan_is_carried_out_by_whom_its_role_lets_and_once_whom_it_wants_has_said_yes() {
    for (name, approval, expected) in [
        ("all", Approval::Nobody, None),
        ("keeper", Approval::Nobody, Some("APPROVAL_REQUIRED: ")),
        ("keeper", Approval::Terminal, None),
        ("keeper", Approval::Console, None),
        ("proposer", Approval::Nobody, Some("FORBIDDEN: ")),
        ("proposer", Approval::Terminal, Some("FORBIDDEN: ")),
        ("proposer", Approval::Console, Some("FORBIDDEN: ")),
    ] {
        let role = ROLES.iter().find(|role| role.name == name).unwrap();
        let shop = Shop::new(&config(role)).await;
        let http = shop.host.connect_as(souk_tests::Era::Modern, &token(name)).await;
        let stdio = super::souk(&shop.home, &shop.store).stdio(souk_tests::Era::Legacy).await;
        for (agent, on) in [(&http, "HTTP"), (&stdio, "stdio")] {
            agent.log_in().await;
            let title = format!("{name} {approval:?} {on}");
            let plan = propose(agent, &["TEN-001"], &title).await;
            approve(&shop, &plan, approval).await;
            for tool in ["plans_commit", "catalog_commit_bulk_update"] {
                let commit = confirmed(json!({"plan_id": plan}));
                let said = agent.refused_or_answered(tool, commit).await;
                match (expected, said) {
                    (Some(code), Ok(refusal)) => {
                        assert!(refusal.starts_with(code), "{title}: {refusal}");
                    }
                    (None, Err(done)) => {
                        assert_eq!(done["success_count"], 1, "{title}: {done}");
                        break;
                    }
                    (_, said) => panic!("{title}: {said:?}"),
                }
            }
            let is_written = shop.title("TEN-001").await == title.as_str();
            assert_eq!(is_written, expected.is_none(), "{title}");
        }
    }
}
