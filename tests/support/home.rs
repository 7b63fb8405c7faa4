//! A place of a test's own, and `souk` run in it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::Command;

use crate::{DemoStore, Era, HttpHost, Mcp, PATIENCE, Process, RawClient, Versions, built};

/// A directory that holds everything one test's hosts read and write. Compiled plugins alone are
/// shared between tests, by their digests.
#[derive(Debug)]
pub struct Home(TempDir);

impl Home {
    /// An empty one.
    ///
    /// # Panics
    /// When no directory can be made.
    #[must_use]
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// The path of a file in it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file in it, by a rename, as editors and deployment tools do.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        let temporary = path.with_file_name(".being-written");
        std::fs::write(&temporary, bytes).unwrap();
        std::fs::rename(&temporary, &path).unwrap();
        path
    }

    /// Writes the operator's file, where it is looked for unless another is named.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn configure(&self, text: impl AsRef<[u8]>) -> PathBuf {
        std::fs::create_dir_all(self.path(".config/souk")).unwrap();
        self.write(".config/souk/souk.toml", text)
    }

    /// A plugin directory of the test's own, with `auth`, `scope` and `catalog` in it.
    ///
    /// # Panics
    /// When they have not been built.
    #[must_use]
    pub fn plugins(&self) -> PathBuf {
        let directory = self.path("plugins");
        std::fs::create_dir_all(&directory).unwrap();
        for group in built::GROUPS {
            let file = format!("{group}.wasm");
            std::fs::copy(built::plugins().join(&file), directory.join(&file)).unwrap();
        }
        directory
    }

    /// `auth` and `scope`, whose tools stay as they are, and the probe plugin.
    ///
    /// # Panics
    /// When it has not been built.
    #[must_use]
    pub fn plugins_and_probe(&self) -> PathBuf {
        let directory = self.plugins();
        std::fs::remove_file(directory.join("catalog.wasm")).unwrap();
        self.write("plugins/probe.wasm", Versions::new().file(0));
        directory
    }

    /// `auth`, `scope` and `catalog`, and the plugin that forges.
    ///
    /// # Panics
    /// When it has not been built.
    #[must_use]
    pub fn plugins_and_forger(&self) -> PathBuf {
        let directory = self.plugins();
        std::fs::copy(built::test_plugin("forger"), directory.join("forger.wasm")).unwrap();
        directory
    }

    /// Where the audit trail is.
    #[must_use]
    pub fn trail(&self) -> PathBuf {
        self.path("state/audit.jsonl")
    }

    /// `souk` with these arguments, in this home.
    pub fn souk<S: Into<OsString>>(&self, arguments: impl IntoIterator<Item = S>) -> Souk<'_> {
        Souk {
            home: self,
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
        }
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

/// A `souk` about to be started.
#[derive(Debug, Clone)]
pub struct Souk<'h> {
    home: &'h Home,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct CommandOutput {
    /// Its exit status; none where a signal ended it.
    pub status: Option<i32>,
    /// What it wrote to stdout.
    pub out: String,
    /// What it wrote to stderr.
    pub err: String,
}

impl CommandOutput {
    async fn of(mut command: Command) -> Self {
        let output = tokio::time::timeout(PATIENCE, command.output());
        let output = output.await.expect("the command ends").unwrap();
        Self {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What it wrote to stdout, where it succeeded.
    ///
    /// # Panics
    /// When it did not.
    #[must_use]
    pub fn ok(self) -> String {
        assert_eq!(self.status, Some(0), "{}\n{}", self.out, self.err);
        self.out
    }
}

impl Souk<'_> {
    /// Adds arguments.
    #[must_use]
    pub fn args<S: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Points it at a store, with that store's OAuth credentials.
    #[must_use]
    pub fn on(self, store: &DemoStore) -> Self {
        self.on_at(store, store.url())
    }

    /// The same, by another way to the store.
    #[must_use]
    pub fn on_at(mut self, store: &DemoStore, url: &str) -> Self {
        for (name, value) in store.oauth() {
            self = self.env(name, value);
        }
        self.env("MAGENTO_BASE_URL", url)
    }

    /// The command, in an environment that holds nothing of the machine's own settings.
    ///
    /// # Panics
    /// When the binary has not been built.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = self.in_environment(built::souk());
        command.args(&self.arguments);
        command
    }

    /// A program in the same home and environment.
    fn in_environment(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["SOUK_", "MAGENTO_", "MCP_", "FASTLY_", "XDG_", "DOCKER_"]
                .iter()
                .any(|own| text.starts_with(own))
            {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(self.home.path(""))
            .env("HOME", self.home.path(""))
            .env("SOUK_STATE_DIR", self.home.path("state"))
            .env("SOUK_CACHE_DIR", built::target().join("test-cache"))
            .env("SOUK_PLUGINS", built::plugins())
            // Tests drop what plugins they like; those about trust say what is trusted.
            .env("SOUK_PLUGINS_TRUST", "open")
            // Tests count what reaches the store; those about probing switch it on.
            .env("SOUK_PROBE", "false")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it cannot be started, or does not end.
    pub async fn run(&self) -> CommandOutput {
        CommandOutput::of(self.command()).await
    }

    /// Runs a script as one types it, in a shell that knows `souk` by its name and by the path at
    /// which a checkout has it.
    ///
    /// # Panics
    /// When it cannot be started, or does not end.
    pub async fn shell(&self, script: &str) -> CommandOutput {
        let directory = self.home.path("target/release");
        std::fs::create_dir_all(&directory).unwrap();
        let link = directory.join("souk");
        if !link.exists() {
            std::os::unix::fs::symlink(built::souk(), link).unwrap();
        }
        let mut search = directory.into_os_string();
        search.push(":");
        let machines = std::env::vars_os().find(|(name, _)| name == "PATH");
        search.push(machines.map(|(_, path)| path).unwrap_or_default());
        let mut command = self.in_environment("bash");
        command.env("PATH", search).args(["-euo", "pipefail", "-c", script]);
        CommandOutput::of(command).await
    }

    /// Starts it and speaks MCP with it over its standard input and output.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn stdio(&self, era: Era) -> Mcp {
        Mcp::stdio(self.command(), era).await
    }

    /// The same in the newer era, logged in with the operator's credentials.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn logged_in(&self) -> Mcp {
        let client = self.stdio(Era::Modern).await;
        client.log_in().await;
        client
    }

    /// Starts it to serve over HTTP on a free port.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn http(&self) -> HttpHost {
        self.http_at("127.0.0.1:0").await
    }

    /// The same, at this address.
    pub async fn http_at(&self, address: &str) -> HttpHost {
        let with_port = self.clone().args(["--http", address]);
        HttpHost::start(Process::start(with_port.command())).await
    }

    /// Starts it to be spoken with line by line.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn wire(&self) -> RawClient {
        RawClient::start(self.command())
    }
}
