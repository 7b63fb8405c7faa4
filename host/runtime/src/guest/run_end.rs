//! Why a run of a plugin ended before its time.

use wasmtime::{Trap, WasmBacktrace};

use super::usage::{ExceededBudget, Usage};
use crate::text::printable;

/// wasmtime's own error for too much data between guest and host has no public type.
pub(crate) fn crossing_too_large(trap: &wasmtime::Error) -> bool {
    trap.chain().any(|cause| cause.to_string().contains("fuel allocated for hostcalls"))
}

/// Why a run ended early, in a phrase.
pub(crate) fn why_ended(usage: &Usage, trap: &wasmtime::Error) -> String {
    if let Some(exceeded) = usage.exceeded {
        return exceeded.to_string();
    }
    if crossing_too_large(trap) {
        return ExceededBudget::Crossing(usage.budget.answer_bytes).to_string();
    }
    match trap.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            "its calls nest deeper than its stack allows (`limits.stack_bytes`)".to_owned()
        }
        Some(Trap::UnreachableCodeReached) => {
            "it gave up (a panic, or an `unreachable` instruction)".to_owned()
        }
        Some(trap) => printable(&trap.to_string(), 300),
        // The root cause; the chain above it is a backtrace of the guest.
        None => printable(&trap.root_cause().to_string(), 300),
    }
}

/// How the functions begin by which a language gives up: they stand in every stack and tell nothing.
const GIVING_UP: [&str; 6] = ["__rust", "rust_", "std::", "core::", "alloc::", "abort"];

/// In which functions a guest was when it ended, innermost first; empty where its file has no names, as
/// one that is built to be small has none.
pub(crate) fn guest_stack(trap: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = trap.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    let names = backtrace.frames().iter().filter_map(wasmtime::FrameInfo::func_name);
    let names: Vec<String> = names
        .map(|name| printable(&format!("{:#}", rustc_demangle::demangle(name)), 200))
        .collect();
    let tells = |name: &&String| !GIVING_UP.iter().any(|start| name.starts_with(start));
    let begins = names.iter().position(|name| tells(&name)).unwrap_or(0);
    names[begins..].to_vec()
}
