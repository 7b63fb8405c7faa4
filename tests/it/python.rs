//! The reference client, Python's, in each of its modes.

use souk_tests::{DemoStore, Home, PATIENCE, Versions, python};
use tokio::process::Command;

#[tokio::test]
async fn the_reference_client_works_in_every_mode_on_both_transports() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/test_client.py");
    for mode in ["auto", "legacy", "2026-07-28"] {
        let (store, home) = (DemoStore::start().await, Home::new());
        let plugins = home.plugins();
        let probe = home.write("probe.wasm", Versions::new().file(0));
        let souk = home.souk(["serve"]).on(&store).env("SOUK_PLUGINS", &plugins);
        let served = souk.http().await;
        let over_stdio = souk.command();
        let over_stdio = over_stdio.as_std();
        for server in [served.url().to_owned(), over_stdio.get_program().display().to_string()] {
            let mut command = Command::new(python());
            // What the script does not need itself it passes on to the server that it starts.
            for (name, value) in over_stdio.get_envs() {
                match value {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
            command.arg(script).args([mode, &server]).args([&plugins, &probe]).kill_on_drop(true);
            let ran = tokio::time::timeout(PATIENCE, command.output());
            let ran = ran.await.expect("the script ends").unwrap();
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(ran.status.success(), "{mode}, {server}:\n{said}\n{}", served.process().log());
        }
    }
}
