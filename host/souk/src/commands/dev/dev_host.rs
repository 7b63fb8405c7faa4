//! The host that a plugin is tried in while somebody makes it: with a demo store and plans that are kept,
//! and nothing of the operator's own state.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;
use souk_mcp::HttpServer;
use souk_model::{PluginManifest, counted};
use souk_state::audit::Transport;
use tokio::net::TcpListener;

use super::loaded_build;
use super::project::PluginProject;
use crate::output::path_line;
use crate::own_settings::with_own;
use crate::plugin_workspace::SHARED;
use crate::settings::source::SettingValue;
use crate::setup::Setup;
use crate::wiring::RunningHost;

/// Plugins that a client logs in with and chooses a view by, which are served beside the one that is made.
const BESIDE: [&str; 2] = ["auth.wasm", "scope.wasm"];

/// The setting of an address to serve at.
const LISTEN: &str = "listen";

/// Where everything is that is kept between runs.
struct DevPlaces {
    plugins: PathBuf,
    /// What the last good build was.
    manifest: PathBuf,
}

/// The host, and what serves in it.
pub(super) struct DevHost {
    pub(super) host: RunningHost,
    pub(super) setup: Setup,
    /// Where it serves MCP, if it does.
    listen: Option<SocketAddr>,
    places: DevPlaces,
    /// What serves, once something has been built.
    serving: Option<PluginManifest>,
    /// Its file in the directory of plugins.
    component: Option<PathBuf>,
    /// What the last good build was, of this run or an earlier one.
    last_good: Option<PluginManifest>,
}

impl DevHost {
    /// Starts it, with the demo store as this project left it.
    ///
    /// # Errors
    /// Whatever keeps a host from serving.
    pub(super) async fn start(
        project: &PluginProject,
        flags: Vec<SettingValue>,
    ) -> anyhow::Result<Self> {
        let home = home_of(project);
        let (plugins, manifest) = (home.join("plugins"), home.join("manifest.json"));
        fs::create_dir_all(&plugins)
            .with_context(|| format!("cannot make `{}`", plugins.display()))?;
        // Where the operator's own host listens is none of this one's business.
        let is_asked = flags.iter().any(|flag| flag.key == LISTEN);
        let operators = Setup::read(flags.clone())?;
        let path = |name: &str| Value::from(home.join(name).to_string_lossy().into_owned());
        let own = [
            ("demo_data", path("store")),
            ("state_dir", path("state")),
            ("plugins_dir", path("plugins")),
        ];
        let setup = Setup::read(with_own("souk dev", flags, own)?)?;
        empty(&plugins)?;
        let listen = setup.listen().filter(|_| is_asked);
        let transport = match listen {
            Some(address) => {
                souk_mcp::check_bind(address, &setup.rules()?.callers())?;
                serve_beside(&operators, &plugins)?;
                Transport::Http
            }
            None => Transport::Terminal,
        };
        fs::create_dir_all(home.join("store"))?;
        let host = RunningHost::start(&setup, transport).await?;
        host.log_in().await.map_err(|failure| anyhow::anyhow!("{}", failure.render()))?;
        let last_good = loaded_build::read(&manifest);
        let places = DevPlaces { plugins, manifest };
        Ok(Self { host, setup, listen, places, serving: None, component: None, last_good })
    }

    /// Whether clients are served.
    pub(super) const fn is_serving(&self) -> bool {
        self.listen.is_some()
    }

    /// Serves MCP, where an address was asked for, for as long as the process runs; says where.
    ///
    /// # Errors
    /// The address is taken.
    pub(super) async fn serve(&self) -> anyhow::Result<Option<String>> {
        let Some(address) = self.listen else { return Ok(None) };
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let http = HttpServer {
            actions: self.host.dispatcher.clone(),
            access: None,
            limits: self.setup.mcp.clone(),
            config: self.setup.http.clone(),
            // Of a plugin that is being made nobody has to decide.
            pages: axum::Router::new(),
        };
        tokio::spawn(async move {
            if let Err(error) =
                souk_mcp::serve_http(vec![listener], http, std::future::pending()).await
            {
                tracing::error!("MCP is served no longer: {error}");
            }
        });
        Ok(Some(url))
    }

    /// The name of the group that serves, once something has been built.
    pub(super) fn group(&self) -> Option<&str> {
        self.serving.as_ref().map(|manifest| manifest.group.as_str())
    }

    /// The file that serves, once something has been built.
    pub(super) fn component(&self) -> Option<PathBuf> {
        self.component.clone()
    }

    /// What serves and what it may do, in lines.
    pub(super) fn show(&self) -> String {
        match &self.serving {
            Some(manifest) => format!("{}\n{}", named(manifest), loaded_build::whole(manifest)),
            None => "nothing has been built yet that serves\n".to_owned(),
        }
    }

    /// Puts a component in the place of the one that serves, and says what it is or why it is refused:
    /// then the one before goes on serving.
    ///
    /// # Errors
    /// The file cannot be read, or the directory of plugins not be written.
    pub(super) async fn load(&mut self, file: &Path, built_in: Duration) -> anyhow::Result<String> {
        let name = file.file_name().context("the component's file has a name")?;
        let name = name.to_string_lossy().into_owned();
        let temporary = self.places.plugins.join(format!(".{name}"));
        let bytes = fs::copy(file, &temporary)
            .with_context(|| format!("cannot read `{}`", path_line(file)))?;
        let component = self.places.plugins.join(&name);
        fs::rename(&temporary, &component)?;
        let begun = Instant::now();
        let loaded = self.host.registry.scan().await.context("the plugins cannot be read")?;
        if let Some(refused) = loaded.refused.iter().find(|refused| refused.file == name) {
            let goes_on = match &self.serving {
                Some(_) => "; the build before goes on serving",
                None => "",
            };
            bail!("it is refused: {}{goes_on}", refused.why);
        }
        let Some(plugin) = loaded.plugins.values().find(|plugin| plugin.file == name) else {
            bail!("it is held back: `--trust open` serves all of it");
        };
        let manifest = self.host.registry.manifest(plugin);
        let mut text = format!(
            "{}: {}, {} KB, built in {:.1} s, loaded in {:.1} s\n",
            named(&manifest),
            counted(manifest.tools().count(), "tool", "tools"),
            bytes.div_ceil(1_000),
            built_in.as_secs_f32(),
            begun.elapsed().as_secs_f32(),
        );
        match &self.last_good {
            Some(before) => text.push_str(&loaded_build::difference(before, &manifest)),
            None => text.push_str(&loaded_build::whole(&manifest)),
        }
        loaded_build::keep(&self.places.manifest, &manifest)?;
        self.component = Some(component);
        self.serving = Some(manifest.clone());
        self.last_good = Some(manifest);
        Ok(text)
    }
}

fn named(manifest: &PluginManifest) -> String {
    format!("{} {}", manifest.group, manifest.version)
}

/// Beside the SDKs where `souk new` has made the plugin, else in its own directory.
fn home_of(project: &PluginProject) -> PathBuf {
    let beside = project.directory.parent().map(|parent| parent.join(SHARED));
    match beside.filter(|shared| shared.is_dir()) {
        Some(shared) => shared.join("dev").join(project.name()),
        None => project.directory.join(SHARED).join("dev"),
    }
}

/// Takes away what an earlier run has left: its component is built again.
fn empty(plugins: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(plugins)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "wasm") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Lets a client log in: with the operator's own plugins for that, where they are installed.
fn serve_beside(operators: &Setup, plugins: &Path) -> anyhow::Result<()> {
    let installed = operators.plugins_dir()?;
    for name in BESIDE {
        let file = installed.join(name);
        if file.is_file() {
            fs::copy(&file, plugins.join(name))
                .with_context(|| format!("cannot read `{}`", file.display()))?;
        }
    }
    Ok(())
}
