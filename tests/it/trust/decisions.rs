//! Approving, rejecting, going back: without a terminal, and obeyed by a host that runs.

use serde_json::json;
use souk_tests::{Home, until};

use super::{digest, directory, greet, listed, noted, plugins, serving, under};

#[tokio::test]
async fn what_is_decided_is_obeyed_by_a_running_host_and_can_be_taken_back_by_one_step() {
    let home = Home::new();
    directory(&home);
    let [one, two, three] = ["1.0.0", "1.1.0", "1.2.0"].map(|version| greet(version, ""));
    home.write("plugins/greet.wasm", &one);
    let client = under(&home, "reads", &["serve", "--demo", "--tools", "all"]).logged_in().await;
    let refused = async |arguments: &[&str]| {
        let ran = under(&home, "reads", &[&["plugins"], arguments].concat()).run().await;
        assert_eq!(ran.status, Some(1), "{arguments:?}: {}", ran.out);
        ran.err
    };
    let serves = async |wasm: &[u8]| {
        let wanted = Some(digest(wasm));
        assert_eq!(serving(&listed(&home, "reads").await, "greet"), wanted);
        // What serves is told on the trail as soon as the host obeys.
        until("the host obeys", async || {
            let lines =
                [noted(&home.trail(), "plugin-loaded"), noted(&home.trail(), "plugin-replaced")];
            lines.concat().iter().any(|line| line.contains(&digest(wasm)))
        })
        .await;
    };

    // What is approved is the file that was looked at, and no other.
    let err = refused(&["approve", "greet", "--digest", &digest(&two)[..12]]).await;
    assert!(err.contains("no file of `greet` has a digest that begins with"), "{err}");
    assert!(refused(&["approve", "nobody"]).await.contains("no file in the directory of plugins"));
    let said = plugins(&home, &["approve", "greet", "--digest", &digest(&one)[..12]]).await;
    assert!(said.starts_with("approved greet 1.0.0"), "{said}");
    until("it serves", async || client.tools().await.contains(&"greet_note".into())).await;
    serves(&one).await;
    assert!(refused(&["approve", "greet"]).await.contains("nothing of `greet` waits"));
    assert!(refused(&["rollback", "greet"]).await.contains("there is no step back"));

    home.write("plugins/greet.wasm", &two);
    serves(&one).await;
    let said = plugins(&home, &["approve", "--all"]).await;
    assert!(
        said.contains("approved greet 1.1.0") && said.contains("in place of greet 1.0.0"),
        "{said}"
    );
    serves(&two).await;
    let said = plugins(&home, &["rollback", "greet"]).await;
    assert!(said.contains("greet 1.0.0") && said.contains("serves again"), "{said}");
    serves(&one).await;
    // What was taken back does not come again by itself: not by being there, in no mode, nor renewed.
    for mode in ["locked", "reads", "open"] {
        assert_eq!(serving(&listed(&home, mode).await, "greet"), Some(digest(&one)), "{mode}");
    }
    home.write("plugins/greet.wasm", &three);
    let said = plugins(&home, &["reject", "greet"]).await;
    assert!(said.starts_with("rejected greet 1.2.0"), "{said}");
    let shown = listed(&home, "reads").await;
    assert_eq!(serving(&shown, "greet"), Some(digest(&one)));
    assert_eq!(shown["waiting"][0]["rejected"], json!(true));
    assert!(noted(&home.trail(), "plugin-refused").concat().contains("rejected by the operator"));

    // To reject what is approved needs its digest, and then nothing of it serves.
    home.write("plugins/greet.wasm", &one);
    assert!(refused(&["reject", "greet"]).await.contains("nothing of `greet` waits"));
    plugins(&home, &["reject", "greet", "--digest", &digest(&one)]).await;
    for mode in ["locked", "reads", "open"] {
        assert_eq!(serving(&listed(&home, mode).await, "greet"), None, "{mode}");
    }
    until("the host obeys", async || !client.tools().await.contains(&"greet_hello".into())).await;
    plugins(&home, &["approve", "greet", "--digest", &digest(&one)]).await;
    until("the host obeys", async || client.tools().await.contains(&"greet_note".into())).await;
    let verified = home.souk(["audit", "verify"]).run().await.ok();
    assert!(verified.contains("unbroken"), "{verified}");
}
