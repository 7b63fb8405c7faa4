use souk_sdk::testing::Host;

use super::*;

#[test]
fn a_login_names_the_secrets_it_was_given_and_holds_none() {
    let host = Host::offline();
    let answer = host
        .call(
            &auth(),
            "login",
            &json!({"base_url": "https://b.example", "username": "[sealed]", "password": "[sealed]"}),
        )
        .unwrap();
    assert_eq!(
        host.logins(),
        [(
            Some("https://b.example".to_owned()),
            vec!["username".to_owned(), "password".to_owned()]
        )]
    );
    assert_eq!(
        answer,
        json!({
            "message": "Login successful",
            "username": "admin",
            "base_url": "https://b.example",
            "auth_method": "admin_token",
            "store": "shop",
            "environment": "staging",
            "default_scope": null,
        })
    );
}

#[test]
fn a_login_without_arguments_uses_the_operators_credentials() {
    let host = Host::offline();
    host.call(&auth(), "login", &json!({})).unwrap();
    assert_eq!(host.logins(), [(None, vec![])]);
}

#[test]
fn every_credential_is_sealed() {
    let described = auth().describe();
    let input: Value = serde_json::from_str(&described.actions[0].input).unwrap();
    for (name, schema) in input["properties"].as_object().unwrap() {
        assert_eq!(schema["writeOnly"] == true, name != "base_url", "{name}");
    }
}

#[test]
fn logging_out_tells_whether_there_was_a_session() {
    let host = Host::offline().logged_in();
    let first = host.call(&auth(), "logout", &json!({})).unwrap();
    assert_eq!(first, json!({"message": "Logged out successfully"}));
    let second = host.call(&auth(), "logout", &json!({})).unwrap();
    assert_eq!(second, json!({"message": "No active session"}));
    assert!(host.call(&auth(), "whoami", &json!({})).is_err());
}

#[test]
fn who_one_is_is_known_without_asking_the_store() {
    let answer = Host::offline().logged_in().call(&auth(), "whoami", &json!({})).unwrap();
    assert_eq!(answer["username"], "admin");
    assert_eq!(answer["environment"], "staging");
}

fn told() -> Value {
    json!({
        "probing": false,
        "probed_at": "2026-11-22T18:00:00Z",
        "version": "2.4",
        "edition": {"unknown": "hidden"},
        "modules": {"count": 356, "vendors": {"Magento": 356}, "others": []},
        "inventory": "multi_source",
        "store_views": [{"code": "default", "name": "English"}, {"code": "de"}],
        "access": {"granted": {"products": 7}, "denied": {"orders": "Magento_Sales::actions_view"}},
        "clock_ahead_s": 0,
    })
}

fn capabilities(host: &Host, asked: &Value) -> Value {
    host.call(&auth(), "whoami", asked).unwrap()["capabilities"].clone()
}

#[test]
fn what_the_store_can_do_is_summed_up_or_told_whole() {
    let host = Host::offline().logged_in().capable(told());
    assert_eq!(
        capabilities(&host, &json!({})),
        json!({
            "probed_at": "2026-11-22T18:00:00Z",
            "version": "2.4",
            "edition": {"unknown": "hidden"},
            "inventory": "multi_source",
            "store_views": ["default", "de"],
            "access": {"denied": {"orders": "Magento_Sales::actions_view"}},
        })
    );
    assert_eq!(capabilities(&host, &json!({"details": true})), told());
    assert_eq!(host.refreshed(), 0);
    capabilities(&host, &json!({"refresh": true}));
    assert_eq!(host.refreshed(), 1);
}

#[test]
fn a_probe_under_way_is_waited_for_only_for_details() {
    let host = Host::offline().logged_in().capable(json!({"probing": true}));
    assert_eq!(capabilities(&host, &json!({})), json!({"probing": true}));
    assert_eq!(host.refreshed(), 0);
    capabilities(&host, &json!({"details": true}));
    assert_eq!(host.refreshed(), 1);
}

#[test]
fn a_clock_that_is_off_is_worth_a_word() {
    let mut off = told();
    off["clock_ahead_s"] = json!(-90);
    let host = Host::offline().logged_in().capable(off);
    assert_eq!(capabilities(&host, &json!({}))["clock_ahead_s"], -90);
}
