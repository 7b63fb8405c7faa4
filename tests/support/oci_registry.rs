//! A real OCI registry: Debian's `docker-registry`, on a free port, with a directory of its own.

use std::path::PathBuf;

use tempfile::TempDir;
use tokio::process::Command;

use crate::{Process, built};

/// Who may ask a registry that wants a login, with which password.
pub const REGISTRY_LOGIN: (&str, &str) = ("me", "a-password-of-the-registrys");
/// The same, as `htpasswd -B` writes it.
const HTPASSWD: &str = "me:$2y$05$abcdefghijklmnopqrstuuyTtk1PxaUdEzjWGUSpJ79D9kwlFWCIK\n";

/// A running registry. It ends when it is dropped.
#[derive(Debug)]
pub struct OciRegistry {
    address: String,
    process: Process,
    _directory: TempDir,
}

impl OciRegistry {
    /// One that asks nobody who they are.
    ///
    /// # Panics
    /// When Debian's package is not installed, or it does not start.
    pub async fn start() -> Self {
        Self::of(false).await
    }

    /// One that wants [`REGISTRY_LOGIN`].
    ///
    /// # Panics
    /// When Debian's package is not installed, or it does not start.
    pub async fn with_login() -> Self {
        Self::of(true).await
    }

    async fn of(has_login: bool) -> Self {
        let directory = TempDir::new().unwrap();
        let path = |name: &str| directory.path().join(name);
        let mut config = format!(
            "version: 0.1\nlog: {{level: info, accesslog: {{disabled: true}}}}\n\
             storage: {{filesystem: {{rootdirectory: '{}'}}}}\nhttp: {{addr: '127.0.0.1:0'}}\n",
            path("data").display()
        );
        if has_login {
            std::fs::write(path("htpasswd"), HTPASSWD).unwrap();
            let file = path("htpasswd").display().to_string();
            config.push_str(&format!("auth: {{htpasswd: {{realm: souk, path: '{file}'}}}}\n"));
        }
        std::fs::write(path("config.yml"), config).unwrap();
        let mut command = Command::new(program());
        command.arg("serve").arg(path("config.yml"));
        let process = Process::start(command);
        process.logged("listening on 127.0.0.1:").await;
        let log = process.log();
        let (_, after) = log.split_once("listening on ").unwrap();
        let address = after.split(['"', ' ']).next().unwrap().to_owned();
        Self { address, process, _directory: directory }
    }

    /// Its host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What souk calls something in it: `greet:1.0.0`.
    #[must_use]
    pub fn reference(&self, name: &str) -> String {
        format!("oci://{}/{name}", self.address)
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}

/// The program: `SOUK_TEST_REGISTRY`, else the one that the system has.
#[expect(clippy::disallowed_methods, reason = "the product's own environment is not concerned")]
fn program() -> PathBuf {
    let named = std::env::var_os("SOUK_TEST_REGISTRY").map(PathBuf::from);
    built::existing(
        named.unwrap_or_else(|| "/usr/bin/docker-registry".into()),
        "apt-get install docker-registry",
    )
}
