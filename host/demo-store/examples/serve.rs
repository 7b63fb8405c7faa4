//! Serves a demo store alone: `serve --listen 127.0.0.1:8090 [--state FILE] [--data DIR] [--faults FILE]`.

use std::io::Write as _;

use souk_demo_store::DemoStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let mut store = match option("--state") {
        Some(file) => DemoStore::from_state(&std::fs::read(file)?)?,
        None => DemoStore::sample(),
    };
    if let Some(directory) = option("--data") {
        store = store.with_data(directory.as_ref())?;
    }
    if let Some(file) = option("--faults") {
        store = store.with_faults(&std::fs::read(file)?)?;
    }
    let listener =
        tokio::net::TcpListener::bind(option("--listen").map_or("127.0.0.1:8090", String::as_str))
            .await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "serving http://{}/rest/V1", listener.local_addr()?)?;
    for credential in store.credentials() {
        writeln!(stdout, "{credential:?}")?;
    }
    store.serve(listener, std::future::pending()).await?;
    Ok(())
}
