//! What imports answer.

use super::bindings::souk::plugin::types::Failure;

/// What an import answers a guest: a failure is a value that the plugin can pass on; an error of
/// wasmtime's ends the run, and is kept for used-up budgets.
pub(crate) type HostResult<T> = wasmtime::Result<Result<T, Failure>>;
