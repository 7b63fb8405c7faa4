//! Secrets that are kept in files of their own, as deployment tools hand them over.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::trust;

/// The longest that is read.
const MAX_BYTES: u64 = 64 << 10;

/// The secret in a file, without the line break at its end.
///
/// # Errors
/// Why it is not taken: it is not there, others can read it, it is no text. For people.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    let named = path.display();
    let wrong = |error: std::io::Error| format!("cannot read the secret in `{named}`: {error}");
    let mut file = std::fs::File::open(path).map_err(wrong)?;
    // Of the file that is open, so that it cannot be another by the time it is read.
    let metadata = file.metadata().map_err(wrong)?;
    if !metadata.is_file() {
        return Err(format!("`{named}` holds no secret: it is not a regular file"));
    }
    trust::check_owner(&metadata, path)?;
    if metadata.mode() & 0o077 != 0 {
        return Err(format!(
            "others than its owner may use `{named}`, which holds a secret: run `chmod 600` on it"
        ));
    }
    let mut text = String::new();
    let taken = (&mut file).take(MAX_BYTES + 1).read_to_string(&mut text).map_err(wrong)?;
    if taken as u64 > MAX_BYTES {
        return Err(format!("`{named}` is too long for a secret"));
    }
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.is_empty() {
        return Err(format!("`{named}` is empty, and should hold a secret"));
    }
    Ok(secret.to_owned())
}
