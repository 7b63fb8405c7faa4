//! From files to plugins that can be called: read, checked before they are compiled, compiled,
//! described, and kept in step with their directory.

mod absent;
mod artifacts;
mod coercion;
pub(crate) mod compiler;
pub(crate) mod describe;
mod expected_shape;
pub(crate) mod files;
pub(crate) mod host_args;
mod lineage;
mod marked_group;
pub(crate) mod plugin;
pub(crate) mod plugin_record;
pub(crate) mod plugin_set;
pub(crate) mod plugin_signature;
pub(crate) mod plugin_trust;
mod preflight;
pub(crate) mod prompt_text;
mod published_schema;
pub(crate) mod registry;
mod remedy;
pub(crate) mod sandbox;
pub(crate) mod schema;
mod schema_references;
mod signature_file;
pub(crate) mod signing_keys;
pub(crate) mod waiting;
pub(crate) mod watch;
