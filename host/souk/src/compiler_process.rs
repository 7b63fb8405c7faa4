//! This program as the compiler of plugins: the host starts it as a child of itself, so that a file
//! which takes the compiler's memory or time takes nothing of the host's.

use std::path::PathBuf;
use std::process::ExitCode;

use souk_runtime::Compiler;

/// What makes this program a compiler. Not for people, so that it is no command.
const ARGUMENT: &str = "--compile-component";

/// The compiler that the host uses.
pub(crate) fn compiler() -> Compiler {
    Compiler::ChildProcess { program: this_program(), argument: ARGUMENT }
}

/// Compiles, where that is what this process was started for.
pub(crate) fn run_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let settings = arguments.next().unwrap_or_default();
    Some(souk_runtime::compile_child(&settings.to_string_lossy()))
}

/// The file of this very program: what is at its path may be another version by now.
#[cfg(target_os = "linux")]
fn this_program() -> PathBuf {
    "/proc/self/exe".into()
}

/// The file at this program's path. Code that another version made is refused where it is loaded.
#[cfg(not(target_os = "linux"))]
fn this_program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| "souk".into())
}
