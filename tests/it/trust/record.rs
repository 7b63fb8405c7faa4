//! The record of what was approved is out of reach for whoever can only drop files, and shows an edit.

use std::os::unix::fs::PermissionsExt;

use souk_tests::Home;

use super::{digest, directory, greet, listed, plugins, serving, under};
use souk_hostile::case::described;

#[tokio::test]
async fn a_record_that_somebody_edited_approves_nothing_and_is_told_of() {
    let home = Home::new();
    directory(&home);
    let (one, two) = (greet("1.0.0", ""), greet("1.1.0", ""));
    home.write("plugins/greet.wasm", &one);
    plugins(&home, &["approve", "greet"]).await;
    let record = home.path("state/approvals.json");
    let mode = std::fs::metadata(&record).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let text = std::fs::read_to_string(&record).unwrap();
    home.write("plugins/greet.wasm", &two);
    home.write("state/approvals.json", text.replace(&digest(&one), &digest(&two)));
    // Neither what it says now nor what needs no approval otherwise.
    home.write("plugins/more.wasm", described("name = 'more'"));
    for mode in ["reads", "locked"] {
        let shown = listed(&home, mode).await;
        assert_eq!((serving(&shown, "greet"), serving(&shown, "more")), (None, None), "{mode}");
        assert!(shown["problems"].to_string().contains("is not as souk wrote it"), "{shown}");
    }
    let doctor = under(&home, "reads", &["doctor", "--demo"]).run().await;
    assert!(doctor.status == Some(1) && doctor.out.contains("is not as souk wrote it"));
    let approve = under(&home, "reads", &["plugins", "approve", "greet"]).run().await;
    assert!(approve.status == Some(1) && approve.err.contains("move it away"), "{}", approve.err);
    std::fs::rename(&record, home.path("state/moved-away")).unwrap();
    plugins(&home, &["approve", "greet"]).await;
    assert_eq!(serving(&listed(&home, "locked").await, "greet"), Some(digest(&two)));
}

#[tokio::test]
async fn a_record_may_lie_elsewhere_but_not_among_the_plugins() {
    let home = Home::new();
    directory(&home);
    home.write("plugins/greet.wasm", greet("1.0.0", ""));
    home.configure(format!("[plugins]\nlock = '{}'\n", home.path("elsewhere.json").display()));
    plugins(&home, &["approve", "greet"]).await;
    assert!(home.path("elsewhere.json").exists());
    assert!(!home.path("state/approvals.json").exists());
    assert!(serving(&listed(&home, "locked").await, "greet").is_some());
    home.configure(format!("[plugins]\nlock = '{}'\n", home.path("plugins/a.json").display()));
    let refused = under(&home, "reads", &["plugins"]).run().await;
    assert!(refused.err.contains("whoever can drop a plugin there could approve it"));
}

/// The bytes that were approved are kept, and what lies in their place is not them.
#[tokio::test]
async fn a_kept_file_that_was_changed_does_not_serve() {
    let home = Home::new();
    directory(&home);
    let one = greet("1.0.0", "");
    home.write("plugins/greet.wasm", &one);
    plugins(&home, &["approve", "greet"]).await;
    home.write("plugins/greet.wasm", greet("1.1.0", ""));
    let kept = format!("state/approved/{}.wasm", digest(&one));
    assert_eq!(std::fs::read(home.path(&kept)).unwrap(), one);
    home.write(&kept, greet("6.6.6", ""));
    let ran = under(&home, "reads", &["plugins"]).run().await;
    assert!(ran.err.contains("is not the file that was approved"), "{}", ran.err);
    assert_eq!(serving(&listed(&home, "reads").await, "greet"), None);
}
