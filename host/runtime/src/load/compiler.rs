//! The compiler, and where it runs: in a child of this program, where a limit on memory and time
//! ends it and nothing else, or in this process.
//!
//! Compiling is what wasmtime promises least of: a small file can make it take all memory, or not
//! come to an end. Nothing ends it from outside but the end of its process.

use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::guest::engine::code_config;
use crate::guest::limits::Limits;
use crate::text::printable;

/// Code of one component. Bytes. A file of 32 MiB makes some 160.
const CODE_BYTES: u64 = 256 << 20;
/// What a compiler says when it fails. Bytes.
const COMPLAINT_BYTES: u64 = 16 << 10;
/// Threads of one compiler. Two may run at once, beside the calls.
const THREADS: &str = "4";
/// How much longer than its processor time a compiler may take on a busy machine before it is ended,
/// to be tried again, and how long it may in any case.
const PATIENCE: u32 = 10;
const PATIENCE_AT_LEAST: Duration = Duration::from_secs(60);
/// How much rarer than the host the compiler gets a processor where both want one.
const NICE: i32 = 5;
/// Exit status of a compiler that refuses what it was given. Whatever else it ends with, it broke.
const REFUSED: u8 = 3;

/// Where plugins are compiled.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// In a child process: `program argument SETTINGS`, which calls [`compile_child`] and nothing
    /// else.
    ChildProcess {
        /// This program, as a rule.
        program: PathBuf,
        /// What makes it a compiler.
        argument: &'static str,
    },
    /// In this process, without limits: for programs whose plugins are their own.
    InProcess,
}

/// Everything that the code depends on, and what the compiler may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompilerSettings {
    pub(crate) stack_bytes: usize,
    pub(crate) memory_bytes: usize,
    /// Processor time.
    compile_ms: u64,
    /// Address space.
    compile_memory_bytes: u64,
}

/// Why there is no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CompileError {
    /// The file is at fault, and stays so.
    Refused(String),
    /// The machine is: it may be tried again.
    TryAgain(String),
}

impl CompilerSettings {
    pub(crate) fn of(limits: &Limits) -> Self {
        Self {
            stack_bytes: limits.stack_bytes,
            memory_bytes: limits.memory_bytes,
            compile_ms: limits.compile_ms,
            compile_memory_bytes: limits.compile_memory_bytes,
        }
    }

    /// Takes on the limits, for good.
    fn limit_this_process(&self) -> std::io::Result<()> {
        let seconds = self.compile_ms.div_ceil(1_000);
        let exactly = |value| Rlimit { current: Some(value), maximum: Some(value) };
        rustix::process::setrlimit(Resource::Core, exactly(0))?;
        // The first ends it with a signal that tells why.
        rustix::process::setrlimit(
            Resource::Cpu,
            Rlimit { current: Some(seconds), maximum: Some(seconds + 2) },
        )?;
        // Elsewhere the system does not know this limit, or takes it and forgets it.
        #[cfg(target_os = "linux")]
        rustix::process::setrlimit(Resource::As, exactly(self.compile_memory_bytes))?;
        // Calls come first; where it is not nice enough already, that is no harm.
        let _ = rustix::process::nice(NICE);
        Ok(())
    }
}

impl Compiler {
    /// Compiles a component to code that an engine with these limits can run.
    ///
    /// # Errors
    /// See [`CompileError`].
    pub(crate) async fn compile(
        &self,
        settings: CompilerSettings,
        component: Vec<u8>,
    ) -> Result<Vec<u8>, CompileError> {
        match self {
            Self::InProcess => in_this_process(settings, component).await,
            Self::ChildProcess { program, argument } => {
                in_a_child(program, argument, &settings, component).await
            }
        }
    }
}

async fn in_this_process(
    settings: CompilerSettings,
    component: Vec<u8>,
) -> Result<Vec<u8>, CompileError> {
    let work = tokio::task::spawn_blocking(move || compile(&settings, &component));
    match work.await {
        Ok(compiled) => compiled.map_err(CompileError::Refused),
        Err(panic) => Err(CompileError::Refused(format!("the compiler failed on it: {panic}"))),
    }
}

fn compile(settings: &CompilerSettings, component: &[u8]) -> Result<Vec<u8>, String> {
    let config = code_config(settings.stack_bytes, settings.memory_bytes);
    let code =
        wasmtime::Engine::new(&config).and_then(|engine| engine.precompile_component(component));
    code.map_err(|error| {
        let why = printable(&format!("{error:#}"), 500);
        format!("it is not a valid component: {why}")
    })
}

/// What a child process that was started as a compiler does: reads a component from its standard
/// input and writes its code to its standard output, within the limits of these settings.
#[must_use]
pub fn compile_child(settings: &str) -> ExitCode {
    let broken = |what: &str| {
        eprintln!("{what}");
        ExitCode::FAILURE
    };
    let settings: CompilerSettings = match serde_json::from_str(settings) {
        Ok(settings) => settings,
        Err(error) => return broken(&format!("these are no settings of a compiler: {error}")),
    };
    if let Err(error) = settings.limit_this_process() {
        return broken(&format!("the compiler cannot be limited: {error}"));
    }
    let mut component = Vec::new();
    if let Err(error) = std::io::Read::read_to_end(&mut std::io::stdin(), &mut component) {
        return broken(&format!("the component cannot be read: {error}"));
    }
    match compile(&settings, &component) {
        Ok(code) => match std::io::Write::write_all(&mut std::io::stdout(), &code) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => broken(&format!("the code cannot be handed over: {error}")),
        },
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(REFUSED)
        }
    }
}

async fn in_a_child(
    program: &Path,
    argument: &str,
    settings: &CompilerSettings,
    component: Vec<u8>,
) -> Result<Vec<u8>, CompileError> {
    let again = |what: &str, error: &dyn std::fmt::Display| {
        CompileError::TryAgain(format!("{what}: {error}"))
    };
    let text = serde_json::to_string(settings)
        .map_err(|error| again("the compiler cannot be told its settings", &error))?;
    let mut child = Command::new(program)
        .args([argument, &text])
        // It needs nothing of what the host knows, credentials least of all.
        .env_clear()
        .env("RAYON_NUM_THREADS", THREADS)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| again("the compiler cannot be started", &error))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err(CompileError::TryAgain("the compiler cannot be spoken with".into()));
    };
    let (mut code, mut complaint) = (Vec::new(), Vec::new());
    let work = async {
        let give = async {
            // Where it ends before it has read all, its end tells why.
            let _ = stdin.write_all(&component).await;
            drop((stdin, component));
        };
        let (mut stdout, mut stderr) = (stdout.take(CODE_BYTES + 1), stderr.take(COMPLAINT_BYTES));
        let take = stdout.read_to_end(&mut code);
        let listen = stderr.read_to_end(&mut complaint);
        let ((), taken, _) = tokio::join!(give, take, listen);
        taken?;
        // What is not read any more would hold it up.
        drop((stdout, stderr));
        child.wait().await
    };
    let patience = Duration::from_millis(settings.compile_ms) * PATIENCE;
    let patience = patience.max(PATIENCE_AT_LEAST);
    let status = match tokio::time::timeout(patience, work).await {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => return Err(again("the compiler cannot be heard", &error)),
        Err(_) => {
            let waited = patience.as_secs();
            return Err(CompileError::TryAgain(format!(
                "the machine was too busy to compile it within {waited} s"
            )));
        }
    };
    if code.len() as u64 > CODE_BYTES {
        return Err(CompileError::Refused(format!(
            "its code would have more than {CODE_BYTES} bytes"
        )));
    }
    if status.success() {
        return Ok(code);
    }
    Err(settings.why_it_ended(status, &String::from_utf8_lossy(&complaint)))
}

impl CompilerSettings {
    fn why_it_ended(&self, status: std::process::ExitStatus, complaint: &str) -> CompileError {
        use std::os::unix::process::ExitStatusExt;
        let said = complaint.trim();
        let complaint = printable(said, 500);
        if status.code() == Some(REFUSED.into()) {
            return CompileError::Refused(complaint);
        }
        let signal = status.signal().and_then(rustix::process::Signal::from_named_raw);
        match signal {
            Some(rustix::process::Signal::XCPU) => CompileError::Refused(format!(
                "compiling it takes more than {} ms of processor time (`limits.compile_ms`)",
                self.compile_ms
            )),
            _ if complaint.contains("memory allocation of") => CompileError::Refused(format!(
                "compiling it takes more than {} MiB of memory (`limits.compile_memory_bytes`)",
                self.compile_memory_bytes >> 20
            )),
            // Somebody ended it: the system for want of memory, or a person.
            Some(rustix::process::Signal::KILL | rustix::process::Signal::TERM) => {
                CompileError::TryAgain(format!("the compiler was ended: {status}"))
            }
            _ => CompileError::Refused(format!(
                "the compiler failed on it: {status}: {}",
                printable(&in_one_line(said), 500)
            )),
        }
    }
}

/// What a compiler that broke said, without what is said of every panic.
fn in_one_line(said: &str) -> String {
    let lines = said.lines().map(str::trim);
    let told = lines.filter(|line| !line.is_empty() && !line.starts_with("note: "));
    told.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn a_compiler_that_panics_refuses_its_file_in_one_line() {
        let panic = "\nthread 'main' panicked at cranelift/x.rs:1:2:\nno such type\nnote: run with `RUST_BACKTRACE=1`";
        let settings = CompilerSettings::of(&Limits::default());
        let ended = settings.why_it_ended(ExitStatus::from_raw(101 << 8), panic);
        let CompileError::Refused(why) = ended else { panic!("{ended:?}") };
        assert!(why.ends_with("panicked at cranelift/x.rs:1:2: no such type"), "{why}");
        assert!(!why.contains('\n'), "{why}");
    }
}
