//! The soak in its short form: `make soak` has the long one.

use std::process::Stdio;

#[tokio::test(flavor = "multi_thread")]
async fn mixed_load_with_faults_loses_nothing_doubles_nothing_and_gives_back_what_it_took() {
    let mut soak = tokio::process::Command::new(env!("CARGO_BIN_EXE_souk-soak"));
    soak.env("SOUK_SOAK_SECONDS", "8").env("SOUK_SOAK_REST", "20").kill_on_drop(true);
    let ran = soak.stdin(Stdio::null()).output().await.unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{told}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(told.contains("lost 0\ndoubled 0\n"), "{told}");
}
