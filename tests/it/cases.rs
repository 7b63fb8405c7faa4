//! `souk test`: a plugin's cases against a demo store of their own, under the host's real limits.

use std::path::Path;

use souk_tests::{Home, plugins};

use souk_hostile::case::renamed;

const CASES: &str = r#"
[[case]]
name = "finds blocks"
call = "search_blocks"
requests = ["GET /V1/cmsBlock/search"]

[[case]]
name = "proposes a title"
call = "prepare_bulk_update_blocks"
arguments = { match = { block_ids = [1] }, updates = { title = "New" }, scope = { scope = "global" } }
answer = { affected_count = 1 }
review = { items = [{ subject = "1", changes = [{ field = "title", after = "New" }] }] }

[[case]]
name = "commits it"
commit = true
answer = { state = "done" }
requests = ["PUT /V1/cmsBlock/{id}"]

[[case]]
name = "takes it back"
undo = true

[[case]]
name = "wants a match"
call = "cms_prepare_bulk_update_blocks"
fails = "VALIDATION_ERROR"
says = "match"
"#;

#[tokio::test]
async fn cases_are_tried_and_each_that_is_not_as_expected_is_said() {
    let home = Home::new();
    let (file, cases) = (plugins().join("cms.wasm"), home.write("cases.toml", CASES));
    let test = || home.souk(["test"]).args([file.as_os_str(), cases.as_os_str()]);
    let good = test().run().await.ok();
    assert!(good.contains("5 cases, all as expected"), "{good}");
    assert!(good.contains("grants that no case used: ") && good.contains("PUT /V1/cmsPage/{id}"));
    assert!(!good.contains("refused"), "{good}");

    for (as_it_is, wrong, said) in [
        ("subject = \"1\"", "subject = \"2\"", "the review: `/items/0/subject` is \"1\""),
        ("\"PUT /V1/cmsBlock/{id}\"", "", "it sent `PUT /V1/cmsBlock/{id}`: expected nothing"),
        ("VALIDATION_ERROR", "DRIFTED", "it failed with VALIDATION_ERROR: expected DRIFTED"),
        ("says = \"match\"", "says = \"nothing\"", "expected `nothing` in it"),
        ("affected_count = 1", "affected_count = 2", "`/affected_count` is 1: expected 2"),
    ] {
        home.write("cases.toml", CASES.replace(as_it_is, wrong));
        let ran = test().run().await;
        assert_eq!(ran.status, Some(1), "{}", ran.out);
        assert!(ran.out.contains(said), "{}", ran.out);
        assert!(ran.out.contains("5 cases, 1 not as expected"), "{}", ran.out);
    }
    // Nothing of it is left in the operator's own state.
    assert!(!home.trail().exists());
}

/// A plugin that breaks ends its own case, and what it wrote is shown to whoever tries it.
#[tokio::test]
async fn a_plugin_that_breaks_says_what_it_wrote_last() {
    let home = Home::new();
    let case = renamed("trap-with-words", "words");
    let file = home.write("words.wasm", &case.wasm);
    let cases = home.write(
        "cases.toml",
        "[[case]]\ncall = 'run'\nfails = 'INTERNAL_ERROR'\nsays = 'last words'",
    );
    let ran = home.souk(["test"]).args([file.as_os_str(), cases.as_os_str()]).run().await;
    assert_eq!(ran.status, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("last words") && !ran.err.contains('\u{1b}'), "{}", ran.err);
}

/// A plugin's directory may be anybody's.
#[tokio::test]
async fn a_file_of_cases_that_is_a_link_a_pipe_or_without_end_is_refused_and_not_shown() {
    let home = Home::new();
    let file = plugins().join("cms.wasm");
    let cases = home.path("cases.toml");
    let test = || home.souk(["test"]).args([file.as_os_str(), cases.as_os_str()]);
    let secret = home.write("secret", "password = hunter2 is no toml\n");
    let link = |to: &Path| std::os::unix::fs::symlink(to, &cases).unwrap();
    link(&secret);
    let of_a_secret = test().run().await;
    std::fs::remove_file(&cases).unwrap();
    link(Path::new("/dev/zero"));
    let endless = test().run().await;
    std::fs::remove_file(&cases).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&cases).status().unwrap().success());
    let pipe = test().run().await;
    std::fs::remove_file(&cases).unwrap();
    std::fs::File::create(&cases).unwrap().set_len(8 << 30).unwrap();
    let huge = test().run().await;
    std::fs::remove_file(&cases).unwrap();
    std::fs::copy(&secret, &cases).unwrap();
    let no_toml = test().run().await;
    for (ran, said) in [
        (&of_a_secret, "it is a link"),
        (&endless, "it is a link"),
        (&pipe, "it is not a regular file"),
        (&huge, "it has more than"),
        (&no_toml, "is no file of cases: line 1: "),
    ] {
        assert_eq!(ran.status, Some(1), "{}", ran.out);
        assert!(ran.err.contains(said), "`{said}` is not in {}", ran.err);
        assert!(!ran.err.contains("hunter2") && !ran.out.contains("hunter2"), "{}", ran.err);
    }
}
