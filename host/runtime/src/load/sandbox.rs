//! From bytes to a plugin that can be called: every check a file must pass, in order.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};
use souk_model::visible;
use souk_policy::writes::WriteCatalogue;
use tokio::sync::Semaphore;
use wasmtime::component::{Component, HasSelf, Linker};

use super::artifacts::{Artifacts, load_compiled};
use super::compiler::{CompileError, Compiler, CompilerSettings};
use super::describe::{self, GroupDescription};
use super::plugin::Plugin;
use super::remedy;
use super::signature_file::check_beside;
use super::signing_keys::SigningKeys;
use crate::guest::bindings::souk::plugin::{
    cache, documents, plans, progress, session, session_control, settings, types, upstream,
};
use crate::guest::bindings::{ActionGroup, ActionGroupPre};
use crate::guest::engine::{DESCRIBING, Engine, EngineError};
use crate::guest::limit_overrides::{FileLimits, PluginLimits};
use crate::guest::limits::Limits;
use crate::guest::run_end::why_ended;
use crate::guest::state::GuestState;
use crate::guest::usage::ExceededBudget;
use crate::text::printable;

/// Compilers that run at once, so that loading leaves processors and memory to the calls.
const COMPILING: usize = 2;

/// What every plugin runs in: the engine, what is offered to guests, and the budgets.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) engine: Engine,
    linker: Arc<Linker<GuestState>>,
    pub(crate) limits: Arc<Limits>,
    /// What files may be that are named after these plugins.
    plugin_limits: Arc<PluginLimits>,
    compiler: Arc<Compiler>,
    /// Compiled code, where it is kept.
    artifacts: Option<Artifacts>,
    /// Loading has places of its own, a few: it never takes those of calls, and a file's budget
    /// begins when it has its place.
    compiling: Arc<Semaphore>,
    describing: Arc<Semaphore>,
    /// What the store's writes do, by which tools are listed and purges judged.
    pub(crate) catalogue: Arc<WriteCatalogue>,
}

/// Why a file is not taken as a plugin. Lower case, names in backticks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct PluginRejection {
    pub(crate) why: String,
    /// Whether it may be taken another time though it stays as it is: the machine was at fault.
    pub(crate) for_now: bool,
}

impl PluginRejection {
    /// The file is at fault.
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), for_now: false }
    }

    /// The machine is at fault, as far as can be told.
    pub(crate) fn for_now(why: impl Into<String>) -> Self {
        Self { why: format!("{}; it is tried again", why.into()), for_now: true }
    }
}

impl From<CompileError> for PluginRejection {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Refused(why) => Self::new(format!("{why}{}", remedy::of_feature(&why))),
            CompileError::TryAgain(why) => Self::for_now(why),
        }
    }
}

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
        let rejected = |why: &str| Err(PluginRejection::new(why));
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
    pub fn new(
        limits: Limits,
        cache_dir: Option<&Path>,
        compiler: Compiler,
    ) -> Result<Self, EngineError> {
        let engine = Engine::new(&limits)?;
        let artifacts = cache_dir.map(|path| {
            Artifacts::open(path, &engine.wasmtime).map_err(|cause| EngineError::Cache {
                path: path.display().to_string(),
                cause: cause.to_string(),
            })
        });
        let linker = offered(&engine.wasmtime).map_err(|cause| EngineError::Reserve {
            calls: limits.concurrent_calls,
            memory: limits.memory_bytes,
            cause: format!("{cause:#}"),
        })?;
        Ok(Self {
            engine,
            linker: Arc::new(linker),
            limits: Arc::new(limits),
            plugin_limits: Arc::default(),
            compiler: Arc::new(compiler),
            artifacts: artifacts.transpose()?,
            compiling: Arc::new(Semaphore::new(COMPILING)),
            describing: Arc::new(Semaphore::new(DESCRIBING as usize)),
            catalogue: Arc::new(WriteCatalogue::shipped().clone()),
        })
    }

    /// With another catalogue of the store's writes than the shipped one: with an operator's entries.
    #[must_use]
    pub fn with_catalogue(self, catalogue: Arc<WriteCatalogue>) -> Self {
        Self { catalogue, ..self }
    }

    /// With what the operator has set for plugins one by one.
    #[must_use]
    pub fn with_plugin_limits(self, limits: PluginLimits) -> Self {
        Self { plugin_limits: Arc::new(limits), ..self }
    }

    /// What a file of this name may be.
    pub(crate) fn file_limits(&self, file: &str) -> FileLimits {
        FileLimits::of(file, &self.limits, &self.plugin_limits)
    }

    /// How large a file of this name may be, in bytes.
    pub(crate) fn max_file_bytes(&self, file: &str) -> u64 {
        self.limits.max_file_bytes(file, &self.plugin_limits)
    }

    /// Takes one file, with its signature, through every check, without keeping it.
    ///
    /// # Errors
    /// Why the file is not taken.
    pub async fn inspect(
        &self,
        path: &Path,
        keys: &SigningKeys,
    ) -> Result<Plugin, PluginRejection> {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let file = visible::line(&file).into_owned();
        let bytes = super::files::read_file(path, self.max_file_bytes(&file))
            .map_err(PluginRejection::new)?;
        let signature = check_beside(keys, path, &bytes).map_err(PluginRejection::new)?;
        let plugin = self.load(&file, PluginBytes::new(bytes)).await?;
        Ok(plugin.with_signature(signature))
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
        let component = self.component(file, &digest, bytes).await?;
        let imports = self.imports(&component)?;
        let pre = self.linker.instantiate_pre(&component).and_then(ActionGroupPre::new).map_err(
            |error| PluginRejection::new(format!("it does not fit the contract: {error:#}")),
        )?;
        let description = self.describe(file, &pre).await?;
        Ok(Plugin::new(file, digest, size, imports, description, pre))
    }

    /// The file's code: as it was compiled before, or now.
    async fn component(
        &self,
        file: &str,
        digest: &str,
        bytes: Vec<u8>,
    ) -> Result<Component, PluginRejection> {
        // What is refused before it is compiled is refused as well where it was compiled before.
        let FileLimits { function_bytes, .. } = self.file_limits(file);
        let bytes = blocking(move || {
            super::preflight::check(&bytes, function_bytes)
                .map(|()| bytes)
                .map_err(PluginRejection::new)
        })
        .await??;
        if let Some(component) = self.compiled(digest).await? {
            return Ok(component);
        }
        let _place = self.compiling.acquire().await;
        let started = Instant::now();
        let code = self.compiler.compile(CompilerSettings::of(&self.limits), bytes).await?;
        let (engine, artifacts) = (self.engine.wasmtime.clone(), self.artifacts.clone());
        let name = digest.to_owned();
        let component = blocking(move || {
            if let Some(artifacts) = artifacts {
                match artifacts.keep(&engine, &name, &code) {
                    Ok(component) => return component,
                    Err(error) => tracing::warn!("cannot keep compiled code: {error}"),
                }
            }
            load_compiled(&engine, &code)
        })
        .await?
        .map_err(|error| {
            let why = format!("{error:#}");
            PluginRejection::new(format!(
                "it does not fit this host: {why}{}",
                remedy::of_size(&why)
            ))
        })?;
        tracing::info!("compiled {file} in {} ms", started.elapsed().as_millis());
        Ok(component)
    }

    /// Code that was compiled before.
    async fn compiled(&self, digest: &str) -> Result<Option<Component>, PluginRejection> {
        let Some(artifacts) = self.artifacts.clone() else { return Ok(None) };
        let (engine, digest) = (self.engine.wasmtime.clone(), digest.to_owned());
        blocking(move || artifacts.load(&engine, &digest)).await
    }

    /// The interfaces a component imports, and that each is one the host offers.
    fn imports(&self, component: &Component) -> Result<Vec<String>, PluginRejection> {
        let imports: Vec<String> = component
            .component_type()
            .imports(&self.engine.wasmtime)
            .map(|(name, _)| name.to_owned())
            .collect();
        match imports.iter().find(|name| !OFFERED.iter().any(|offered| name.starts_with(offered))) {
            Some(strange) => Err(PluginRejection::new(format!(
                "it imports `{}`, which this host does not offer{}",
                printable(strange, 120),
                remedy::of_import(strange)
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
        let _place = self.describing.acquire().await;
        let budget = self.limits.describe();
        let wall = budget.wall;
        let state = GuestState::describing(&self.engine, file.into(), budget);
        let mut store = state.into_store(&self.engine);
        let meter = store.data().usage.meter.clone();
        let ticking = self.engine.ticking();
        let run = async {
            let group: ActionGroup = pre.instantiate_async(&mut store).await?;
            group.souk_plugin_actions().call_describe(&mut store).await
        };
        let result = tokio::time::timeout(wall, meter.measure(run)).await;
        drop(ticking);
        let group = match result {
            Ok(Ok(group)) => group,
            Ok(Err(trap)) => {
                let why = why_ended(&store.data().usage, &trap);
                return Err(PluginRejection::new(format!("it does not describe itself: {why}")));
            }
            Err(_) => {
                // What it did with the time it had is another budget's.
                return Err(PluginRejection::for_now(format!(
                    "it does not describe itself: {}",
                    ExceededBudget::Wall(wall)
                )));
            }
        };
        describe::check(group, &self.limits, &self.catalogue).map_err(PluginRejection::new)
    }
}

/// Runs what takes the processor or the disk for a while where a thread may be kept busy.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PluginRejection> {
    let broke = |panic| PluginRejection::new(format!("the host failed on it: {panic}"));
    tokio::task::spawn_blocking(work).await.map_err(broke)
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
