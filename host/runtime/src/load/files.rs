//! The plugin directory's files, read once and safely.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A file named `*.wasm`, and its bytes or why they cannot be had.
pub(crate) struct PluginFile {
    pub(crate) file: String,
    pub(crate) bytes: Result<Vec<u8>, String>,
}

/// Reads every `*.wasm` of a directory, in the order of their names. Hidden files are left out:
/// copying tools write them before they rename.
///
/// # Errors
/// The directory cannot be read.
pub(crate) fn read(directory: &Path, max_bytes: u64) -> std::io::Result<Vec<PluginFile>> {
    let mut names: Vec<String> = std::fs::read_dir(directory)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".wasm") && !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names
        .into_iter()
        .map(|file| {
            let bytes = read_file(&directory.join(&file), max_bytes);
            PluginFile { file, bytes }
        })
        .collect())
}

/// Reads one file. Links are not followed and pipes not waited for, and the kind is asked of the
/// opened file, so that nothing can be swapped in between.
pub(crate) fn read_file(path: &Path, max_bytes: u64) -> Result<Vec<u8>, String> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(|error| error.to_string())?;
    let file =
        OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(
            |error| match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
                Some(rustix::io::Errno::LOOP) => {
                    "it is a symbolic link, which is not followed".into()
                }
                _ => format!("it cannot be opened: {error}"),
            },
        )?;
    let metadata = file.metadata().map_err(|error| format!("it cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err("it is not a regular file".into());
    }
    if metadata.len() > max_bytes {
        return Err(format!(
            "it has {} bytes, more than {max_bytes} (`limits.file_bytes`)",
            metadata.len()
        ));
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(max_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("it cannot be read: {error}"))?;
    if bytes.len() as u64 > max_bytes {
        return Err(format!("it has more than {max_bytes} bytes (`limits.file_bytes`)"));
    }
    Ok(bytes)
}
