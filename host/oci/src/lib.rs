//! Plugins from and to an OCI registry, as `wkg` reads and writes them: one layer of `application/wasm`,
//! and a small document beside it that says what the component imports and exports.
//!
//! Nothing here decides whether a plugin may do anything. What is pulled is bytes of which the digest is
//! known; an approval is about that digest, and is the operator's.
//!
//! The registry is not trusted with anything but its own credentials. Each digest is computed of what was
//! received, each answer is bounded, and plain HTTP goes to this machine alone, wherever the registry
//! leads: see [`OciRegistry`].

mod artifact;
mod credentials;
mod memory_bound;
mod plain_http_guard;
mod reference;
mod registry_client;
mod registry_error;

pub use artifact::{ArtifactManifest, PluginArtifact, sha256};
pub use credentials::{CredentialsError, RegistryCredentials};
pub use reference::{InvalidReference, OciReference};
pub use registry_client::{FileLimit, OciRegistry};
pub use registry_error::OciError;
