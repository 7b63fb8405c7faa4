//! `souk.lock` is a proposal and a pin: it approves nothing by itself.

use serde_json::json;
use souk_tests::Home;

use super::{digest, directory, greet, listed, plugins, serving, under};
use souk_hostile::case::described;

#[tokio::test]
async fn a_lock_is_taken_over_by_whoever_may_approve_and_only_where_it_says_what_the_files_are() {
    let home = Home::new();
    directory(&home);
    let one = greet("1.0.0", "");
    home.write("plugins/greet.wasm", &one);
    let accept = under(&home, "locked", &["plugins", "lock", "--accept"]);
    let none = accept.run().await;
    assert!(none.status == Some(1) && none.err.contains("`souk plugins lock` writes one"));
    plugins(&home, &["lock"]).await;
    let lock = std::fs::read_to_string(home.path("plugins/souk.lock")).unwrap();
    for said in ["[plugins.greet.actions.greet_note]", &digest(&one), "apply, at most 1"] {
        assert!(lock.contains(said), "{said} is not in {lock}");
    }
    // Whoever can drop files can write it, too.
    let shown = listed(&home, "locked").await;
    assert_eq!(serving(&shown, "greet"), None);
    assert!(shown["problems"].to_string().contains("souk.lock proposes greet 1.0.0"), "{shown}");
    // Edited, so that it says less than the file asks for.
    home.write("plugins/souk.lock", lock.replace("apply, at most 1", "query"));
    let edited = accept.run().await;
    assert_eq!(edited.status, Some(1), "{}", edited.out);
    let says = "~ effect of greet_note: apply, at most 1 in place of query";
    assert!(
        edited.err.contains("nothing is approved") && edited.err.contains(says),
        "{}",
        edited.err
    );
    assert_eq!(serving(&listed(&home, "locked").await, "greet"), None);

    home.write("plugins/souk.lock", &lock);
    let accepted = accept.run().await.ok();
    assert!(accepted.contains("approved greet 1.0.0"), "{accepted}");
    let shown = listed(&home, "locked").await;
    assert_eq!(serving(&shown, "greet"), Some(digest(&one)));
    assert_eq!(shown["problems"], json!([]), "{shown}");
    assert!(accept.run().await.ok().contains("approved already"));

    // Another file than it has shows, and is not approved by it.
    home.write("plugins/greet.wasm", greet("1.1.0", ""));
    let other = accept.run().await;
    assert!(other.err.contains("souk.lock has greet 1.0.0"), "{}", other.err);
    assert_eq!(serving(&listed(&home, "reads").await, "greet"), Some(digest(&one)));
}

#[tokio::test]
async fn a_lock_holds_back_a_file_that_is_not_the_one_it_names() {
    let home = Home::new();
    directory(&home);
    let reader = |version: &str| {
        described(&format!("name = 'greet'\nversion = '{version}'\n[[action]]\nname = 'hello'"))
    };
    home.write("plugins/greet.wasm", reader("1.0.0"));
    plugins(&home, &["lock"]).await;
    assert!(serving(&listed(&home, "reads").await, "greet").is_some(), "it only reads");
    home.write("plugins/greet.wasm", reader("1.0.1"));
    let shown = listed(&home, "reads").await;
    assert_eq!(serving(&shown, "greet"), None);
    let shown = plugins(&home, &[]).await;
    assert!(shown.contains("it is not the file that `souk.lock` names"), "{shown}");
    // A lock that cannot be read holds nothing, and is told of.
    home.write("plugins/souk.lock", "form = 1\nopen = true");
    let shown = plugins(&home, &[]).await;
    assert!(shown.contains("`souk.lock` cannot be read: unknown field"), "{shown}");
}

#[tokio::test]
async fn what_is_laid_in_the_directory_is_written_through_by_no_command() {
    let home = Home::new();
    directory(&home);
    let own = home.write("own", "the operator's own words");
    let lay = |name: &str| {
        std::os::unix::fs::symlink(&own, home.path("plugins").join(name)).unwrap();
    };
    // Whatever number the command's process gets.
    let most: u32 = 1 + std::fs::read_to_string("/proc/sys/kernel/ns_last_pid")
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or_else(std::process::id);
    (most..most + 3_000).for_each(|number| lay(&format!("souk.lock-{number}")));
    plugins(&home, &["lock"]).await;
    let lock = home.path("plugins/souk.lock");
    assert!(lock.symlink_metadata().unwrap().is_file());
    // The lock that commands take turns by is not followed either, and the file itself is replaced.
    std::fs::remove_file(&lock).unwrap();
    lay("souk.lock");
    plugins(&home, &["lock"]).await;
    assert!(lock.symlink_metadata().unwrap().is_file());
    let turn = home.path("plugins/.souk.lock.turn");
    std::fs::remove_file(&turn).unwrap();
    lay(".souk.lock.turn");
    let refused = under(&home, "reads", &["plugins", "lock"]).run().await;
    assert!(
        refused.status == Some(1) && refused.err.contains(".souk.lock.turn"),
        "{}",
        refused.err
    );
    assert_eq!(std::fs::read_to_string(&own).unwrap(), "the operator's own words");
}

#[tokio::test]
async fn who_can_read_the_directory_holds_no_command_up() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    directory(&home);
    let held = std::fs::File::open(home.path("plugins")).unwrap();
    held.lock().unwrap();
    plugins(&home, &["lock"]).await;
    // Nobody else may open what the commands lock, and whoever is the same user holds it for a while.
    let turn = home.path("plugins/.souk.lock.turn");
    assert_eq!(turn.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let held = std::fs::File::open(&turn).unwrap();
    held.lock().unwrap();
    let waited = under(&home, "reads", &["plugins", "lock"]).run().await;
    assert_eq!(waited.status, Some(1), "{}", waited.out);
    assert!(waited.err.contains(".souk.lock.turn"), "{}", waited.err);
}

#[tokio::test]
async fn a_file_as_large_as_anybody_likes_is_removed_without_being_read() {
    let home = Home::new();
    directory(&home);
    let large = home.path("plugins/greet.wasm");
    // More than there is memory for; on the disk it takes nothing.
    std::fs::File::create(&large).unwrap().set_len(1 << 42).unwrap();
    let begun = std::time::Instant::now();
    let removed = plugins(&home, &["remove", "greet"]).await;
    assert!(removed.starts_with("removed greet.wasm"), "{removed}");
    assert!(!large.exists() && begun.elapsed().as_secs() < 30);
}
