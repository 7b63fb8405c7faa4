//! From files to plugins that can be called: read, checked before they are compiled, compiled,
//! described, and kept in step with their directory.

pub(crate) mod describe;
mod files;
pub(crate) mod host_args;
pub(crate) mod plugin;
mod preflight;
pub(crate) mod registry;
pub(crate) mod sandbox;
pub(crate) mod schema;
mod schema_references;
pub(crate) mod watch;
