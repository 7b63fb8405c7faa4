//! From bytes to a plugin that can be called: every check a file must pass, in order.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use wasmtime::component::{Component, HasSelf, Linker};

use super::describe::{self, GroupDescription};
use super::plugin::Plugin;
use crate::guest::bindings::souk::plugin::{
    cache, documents, plans, progress, session, session_control, settings, types, upstream,
};
use crate::guest::bindings::{ActionGroup, ActionGroupPre};
use crate::guest::engine::{Engine, EngineError};
use crate::guest::limits::Limits;
use crate::guest::run_end::why_ended;
use crate::guest::state::GuestState;
use crate::guest::usage::ExceededBudget;
use crate::text::printable;

/// What every plugin runs in: the engine, what is offered to guests, and the budgets.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) engine: Engine,
    linker: Arc<Linker<GuestState>>,
    pub(crate) limits: Arc<Limits>,
}

/// Why a file is not taken as a plugin. Lower case, names in backticks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PluginRejection(pub(crate) String);

/// A file's bytes after the checks that need no compiler.
pub(crate) struct PluginBytes {
    pub(crate) bytes: Vec<u8>,
    /// Lower-case hex SHA-256.
    pub(crate) digest: String,
}

impl PluginBytes {
    /// Hashes the bytes; what was hashed is what is compiled, since nothing is read again.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let digest = hex::encode(Sha256::digest(&bytes));
        Self { bytes, digest }
    }

    /// Refuses what is not a component's binary: text, core modules, precompiled code.
    fn check(&self) -> Result<(), PluginRejection> {
        let rejected = |why: &str| Err(PluginRejection(why.to_owned()));
        if wasmtime::Engine::detect_precompiled(&self.bytes).is_some() {
            return rejected("it is precompiled code, which is never loaded; build a component");
        }
        match self.bytes.get(..8) {
            Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(()),
            Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => {
                rejected("it is a core module and not a component; build it for `wasm32-wasip2`")
            }
            Some(_) => rejected("it is not WebAssembly"),
            None => rejected("it is too short to be WebAssembly"),
        }
    }
}

impl Sandbox {
    /// Builds the engine and the linker. Compiled plugins are kept in `cache_dir`, if there is one.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn new(limits: Limits, cache_dir: Option<&Path>) -> Result<Self, EngineError> {
        let engine = Engine::new(&limits, cache_dir)?;
        let linker = offered(&engine.wasmtime).map_err(|cause| EngineError::Reserve {
            calls: limits.concurrent_calls,
            memory: limits.memory_bytes,
            cause: format!("{cause:#}"),
        })?;
        Ok(Self { engine, linker: Arc::new(linker), limits: Arc::new(limits) })
    }

    /// Takes one file through every check, without keeping it.
    ///
    /// # Errors
    /// Why the file is not taken.
    pub async fn inspect(&self, path: &Path) -> Result<Plugin, PluginRejection> {
        let bytes =
            super::files::read_file(path, self.limits.file_bytes).map_err(PluginRejection)?;
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.load(&file.unwrap_or_default(), PluginBytes::new(bytes)).await
    }

    /// Takes a file's bytes through every check: form, compiler, imports, `describe`.
    pub(crate) async fn load(
        &self,
        file: &str,
        bytes: PluginBytes,
    ) -> Result<Plugin, PluginRejection> {
        bytes.check()?;
        let PluginBytes { bytes, digest } = bytes;
        let size = bytes.len();
        let component = self.compile(file, bytes).await?;
        let imports = self.imports(&component)?;
        let pre =
            self.linker.instantiate_pre(&component).and_then(ActionGroupPre::new).map_err(
                |error| PluginRejection(format!("it does not fit the contract: {error:#}")),
            )?;
        let description = self.describe(file, &pre).await?;
        Ok(Plugin::new(file, digest, size, imports, description, pre))
    }

    /// Compiles on a thread that may block. Where it takes too long the file is refused; the thread
    /// itself ends when the compiler does, which the file's size bounds.
    async fn compile(&self, file: &str, bytes: Vec<u8>) -> Result<Component, PluginRejection> {
        let (engine, compiled) = (self.engine.wasmtime.clone(), self.engine.compiled());
        let started = Instant::now();
        let work = tokio::task::spawn_blocking(move || {
            super::preflight::check(&bytes).map_err(PluginRejection)?;
            Component::from_binary(&engine, &bytes).map_err(|error| {
                let why = printable(&format!("{error:#}"), 500);
                PluginRejection(format!("it is not a valid component: {why}"))
            })
        });
        let patience = Duration::from_millis(self.limits.compile_ms);
        let component = match tokio::time::timeout(patience, work).await {
            Ok(Ok(compiled)) => compiled?,
            Ok(Err(panic)) => {
                return Err(PluginRejection(format!("the compiler failed on it: {panic}")));
            }
            Err(_) => {
                return Err(PluginRejection(format!(
                    "compiling it takes longer than {} ms (`limits.compile_ms`)",
                    self.limits.compile_ms
                )));
            }
        };
        if self.engine.compiled() > compiled {
            tracing::info!("compiled {file} in {} ms", started.elapsed().as_millis());
        }
        Ok(component)
    }

    /// The interfaces a component imports, and that each is one the host offers.
    fn imports(&self, component: &Component) -> Result<Vec<String>, PluginRejection> {
        let imports: Vec<String> = component
            .component_type()
            .imports(&self.engine.wasmtime)
            .map(|(name, _)| name.to_owned())
            .collect();
        match imports.iter().find(|name| !OFFERED.iter().any(|offered| name.starts_with(offered))) {
            Some(strange) => Err(PluginRejection(format!(
                "it imports `{}`, which this host does not offer",
                printable(strange, 120)
            ))),
            None => Ok(imports),
        }
    }

    /// Runs `describe` in an instance that can reach nothing, and checks what it says.
    async fn describe(
        &self,
        file: &str,
        pre: &ActionGroupPre<GuestState>,
    ) -> Result<GroupDescription, PluginRejection> {
        let budget = self.limits.describe();
        let wall = budget.wall;
        let state = GuestState::describing(file.into(), budget);
        let mut store = state.into_store(&self.engine.wasmtime);
        let ticking = self.engine.ticking();
        let run = async {
            let group: ActionGroup = pre.instantiate_async(&mut store).await?;
            group.souk_plugin_actions().call_describe(&mut store).await
        };
        let result = tokio::time::timeout(wall, run).await;
        drop(ticking);
        let group = match result {
            Ok(Ok(group)) => group,
            Ok(Err(trap)) => {
                let why = why_ended(&store.data().usage, &trap);
                return Err(PluginRejection(format!("it does not describe itself: {why}")));
            }
            Err(_) => {
                return Err(PluginRejection(format!(
                    "it does not describe itself: {}",
                    ExceededBudget::Wall(wall)
                )));
            }
        };
        describe::check(group, &self.limits).map_err(PluginRejection)
    }
}

/// The interfaces a plugin may import. Standard WASI is there, because every toolchain's start-up
/// code imports it, and leads nowhere.
const OFFERED: [&str; 15] = [
    "souk:plugin/types@0.1.",
    "souk:plugin/session@0.1.",
    "souk:plugin/session-control@0.1.",
    "souk:plugin/upstream@0.1.",
    "souk:plugin/plans@0.1.",
    "souk:plugin/cache@0.1.",
    "souk:plugin/documents@0.1.",
    "souk:plugin/progress@0.1.",
    "souk:plugin/settings@0.1.",
    "wasi:io/",
    "wasi:cli/",
    "wasi:clocks/",
    "wasi:random/",
    "wasi:filesystem/",
    "wasi:sockets/",
];

fn offered(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<GuestState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    types::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    session::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    session_control::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    upstream::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    plans::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    cache::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    documents::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    progress::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    settings::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state)?;
    Ok(linker)
}
