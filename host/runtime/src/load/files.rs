//! The plugin directory's files: listed, and read one at a time and safely.

use std::fs::{Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use souk_model::visible;

use super::plugin_signature::signature_path;

/// Changes that follow each other faster than a file system's clock ticks leave a file looking as it
/// did. What was changed so recently is read again.
const RECENT: Duration = Duration::from_secs(2);

/// A file named `*.wasm`.
pub(crate) struct ListedFile {
    /// Its name. Of one that could steer whatever it is shown on it is written out, and of no use to
    /// open the file.
    pub(crate) file: String,
    /// Whether the name is written out. Such a file is not taken.
    pub(crate) has_hidden_name: bool,
    /// Bytes, as far as can be told before it is opened.
    pub(crate) size: u64,
    /// When its content, name or rights changed last, in seconds and nanoseconds: nobody can set that.
    pub(crate) changed: (i64, i64),
    /// What it looks like; nothing where a change of it might not show.
    pub(crate) stamp: Option<FileStamp>,
}

/// What changes whenever a file does, or the signature beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStamp {
    wasm: EntryStamp,
    signature: Option<EntryStamp>,
}

/// What changes whenever one entry of the directory does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EntryStamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

/// Lists every `*.wasm` of a directory, in the order of their names. Hidden files are left out:
/// copying tools write them before they rename.
///
/// # Errors
/// The directory cannot be read.
pub(crate) fn list(directory: &Path) -> std::io::Result<Vec<ListedFile>> {
    let now = SystemTime::now();
    let mut names: Vec<(String, bool, String)> = std::fs::read_dir(directory)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".wasm") && !name.starts_with('.'))
        .map(|name| {
            let shown = visible::line(&name).into_owned();
            (shown.clone(), shown != name, name)
        })
        .collect();
    names.sort();
    // A file that has the written-out name is not hidden behind one that is shown as it.
    names.dedup_by(|(shown, ..), (before, ..)| shown == before);
    Ok(names
        .into_iter()
        .map(|(file, has_hidden_name, name)| {
            let path = directory.join(&name);
            let metadata = std::fs::symlink_metadata(&path).ok().filter(Metadata::is_file);
            let signature = std::fs::symlink_metadata(signature_path(&path)).ok();
            ListedFile {
                size: metadata.as_ref().map_or(0, Metadata::len),
                // What is no file is refused for that, and takes its place after all that are.
                changed: metadata.as_ref().map_or((i64::MAX, 0), changed),
                stamp: metadata
                    .and_then(|metadata| FileStamp::of(&metadata, signature.as_ref(), now)),
                file,
                has_hidden_name,
            }
        })
        .collect())
}

fn changed(metadata: &Metadata) -> (i64, i64) {
    (metadata.ctime(), metadata.ctime_nsec())
}

impl FileStamp {
    /// The stamp of a file and its signature that were last changed a while ago.
    fn of(wasm: &Metadata, signature: Option<&Metadata>, now: SystemTime) -> Option<Self> {
        let signature = match signature {
            Some(signature) => Some(EntryStamp::of(signature, now)?),
            None => None,
        };
        Some(Self { wasm: EntryStamp::of(wasm, now)?, signature })
    }
}

impl EntryStamp {
    fn of(metadata: &Metadata, now: SystemTime) -> Option<Self> {
        let changed = changed(metadata);
        let since = Duration::new(u64::try_from(changed.0).ok()?, u32::try_from(changed.1).ok()?);
        let settled = now.duration_since(SystemTime::UNIX_EPOCH + since).ok()? > RECENT;
        settled.then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            changed,
        })
    }
}

/// Reads one file, as [`read_if_there`] does.
///
/// # Errors
/// It is not there, or cannot be read. For people.
pub(crate) fn read_file(path: &Path, max_bytes: u64) -> Result<Vec<u8>, String> {
    let read = read_if_there(path, max_bytes, "`limits.file_bytes`")?;
    read.ok_or_else(|| "it cannot be opened: there is no such file".to_owned())
}

/// Reads one file. Links are not followed and pipes not waited for, and the kind is asked of the
/// opened file, so that nothing can be swapped in between. `limit` says whose the limit is.
///
/// # Errors
/// It is there and cannot be read, or has more than `max_bytes`. For people.
pub fn read_if_there(path: &Path, max_bytes: u64, limit: &str) -> Result<Option<Vec<u8>>, String> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(|error| error.to_string())?;
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let code = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
            return Err(match code {
                Some(rustix::io::Errno::LOOP) => {
                    "it is a symbolic link, which is not followed".to_owned()
                }
                _ => format!("it cannot be opened: {error}"),
            });
        }
    };
    let metadata = file.metadata().map_err(|error| format!("it cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err("it is not a regular file".into());
    }
    if metadata.len() > max_bytes {
        return Err(format!("it has {} bytes, more than {max_bytes} ({limit})", metadata.len()));
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(max_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("it cannot be read: {error}"))?;
    if bytes.len() as u64 > max_bytes {
        return Err(format!("it has more than {max_bytes} bytes ({limit})"));
    }
    Ok(Some(bytes))
}
