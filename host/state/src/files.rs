//! What every file in the state directory needs: its permission bits, its directory flushed, and a
//! file system that takes it.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The permission bits alone.
pub(crate) fn permissions(metadata: &Metadata) -> u32 {
    metadata.permissions().mode() & 0o777
}

/// Flushes a directory, so that a file just made in it is still there after a power cut.
pub(crate) fn sync_parent(file: &Path) -> io::Result<()> {
    let parent = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)?.sync_all()
}

/// Writes a file that nobody else can read, whole or not at all, and on the disk when this returns.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, File::sync_all)?;
    sync_parent(path)
}

/// The same for what is of no use after a power cut: it is not waited until it is on the disk.
///
/// # Errors
/// It cannot be written.
pub fn write_note(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, |_| Ok(()))
}

/// Writes a file that everybody may read whom the permissions let, whole or not at all, in a directory in
/// which others may write as well: what they have laid there under any name is neither written nor
/// followed.
///
/// # Errors
/// It cannot be written.
pub fn write_replacing(path: &Path, bytes: &[u8], permissions: Permissions) -> io::Result<()> {
    replace(path, bytes, |file| file.set_permissions(permissions).and_then(|()| file.sync_all()))
}

fn replace(
    path: &Path,
    bytes: &[u8],
    flush: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<()> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}-{}", hex::encode(random)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| flush(&file))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// What is written to see whether there is room, in bytes: some lines of a trail, a few pages of plans.
const ROOM: usize = 64 << 10;

/// Makes a file of this many bytes in a directory, and takes it away again; what it was like. The
/// standard library cannot ask who we are, nor a quota what it leaves.
pub(crate) fn probe(directory: &Path, bytes: usize) -> io::Result<Metadata> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    let path = directory.join(format!(".probe-{}", hex::encode(random)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    let written = file.write_all(&vec![b' '; bytes]).and_then(|()| file.metadata());
    fs::remove_file(&path)?;
    written
}

/// Whether the file system of a directory takes writes now.
pub(crate) fn check_room(directory: &Path) -> io::Result<()> {
    probe(directory, ROOM).map(drop)
}

/// Whether pages of a file that are mapped into memory can be written without the file system having
/// to find new room for them. Where it has to, a process that writes to one while the disk or a quota
/// is full is ended by a signal (`SIGBUS`), and no error tells it before.
///
/// Asked is what keeps written blocks where they are; what is unknown does not. What lies below an
/// overlay, as containers have it, cannot be seen.
#[cfg(target_os = "linux")]
pub(crate) fn keeps_mapped_pages(path: &Path) -> bool {
    const EXT: rustix::fs::FsWord = 0xef53;
    const XFS: rustix::fs::FsWord = 0x5846_5342;
    const IN_MEMORY: rustix::fs::FsWord = 0x0102_1994;
    const OVERLAY: rustix::fs::FsWord = 0x794c_7630;
    rustix::fs::statfs(path)
        .is_ok_and(|found| [EXT, XFS, IN_MEMORY, OVERLAY].contains(&found.f_type))
}

/// Elsewhere there is no telling file systems apart.
#[cfg(not(target_os = "linux"))]
pub(crate) fn keeps_mapped_pages(_: &Path) -> bool {
    true
}
