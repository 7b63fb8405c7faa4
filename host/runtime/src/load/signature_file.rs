//! Reads the signature beside a plugin's file, and has it verified.

use std::path::Path;

use super::files;
use super::plugin_signature::{PluginSignature, signature_path};
use super::signing_keys::SigningKeys;

/// The largest signature that is read, in bytes: what minisign writes has less, with the longest
/// comments.
const MAX_SIGNATURE: u64 = 16 << 10;

/// Verifies the signature beside a file over the file's bytes, which are at hand: they are what is hashed
/// and loaded, whatever lies there by now. It is read as a plugin is: no link is followed.
///
/// # Errors
/// There is one that cannot be read, is none, or is not of these bytes. For people.
pub(super) fn check_beside(
    keys: &SigningKeys,
    path: &Path,
    wasm: &[u8],
) -> Result<PluginSignature, String> {
    let path = signature_path(path);
    let checked = match files::read_if_there(&path, MAX_SIGNATURE, "the most of a signature") {
        Ok(None) => return Ok(PluginSignature::None),
        Ok(Some(signature)) => keys.verify(&signature, wasm),
        Err(why) => Err(why),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    checked.map_err(|why| format!("its signature `{name}` is refused: {why}"))
}
