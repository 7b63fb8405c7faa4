//! A file system of a test's own that holds little, and that can be filled, taken and given back.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::mount::{Mount, run};

/// A btrfs of 20 MB, twice compressed, in which the subvolume `held` may take 4 MB: a limit of a
/// quota that needs no program of btrfs' to be set. `quota_disk.sh` has made it.
const QUOTA_DISK: &[u8] = include_bytes!("quota_disk.btrfs.gz.gz");

/// A mounted file system, gone when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    /// What takes the room away; closed before the rest goes.
    filling: Option<File>,
    mount: Mount,
    /// Where in it the test's files are.
    held: &'static str,
    /// What it stands in, where it is no memory.
    images: TempDir,
    /// Of the disk with a quota there is one at a time: it is known by an identity in its image.
    _turn: Option<File>,
}

impl SmallDisk {
    /// One in memory, of so many KiB.
    ///
    /// # Panics
    /// When it cannot be mounted.
    #[must_use]
    pub fn new(kib: u32) -> Self {
        Self::of(Mount::in_memory(kib), "", TempDir::new().unwrap(), None)
    }

    /// One that has room, of which files here may take 4 MB, as a quota says.
    ///
    /// # Panics
    /// When it cannot be mounted.
    #[must_use]
    pub fn with_quota() -> Self {
        let turn = std::env::temp_dir().join("souk-test-quota-disk");
        let turn = OpenOptions::new().create(true).append(true).open(turn).unwrap();
        turn.lock().unwrap();
        let images = TempDir::new().unwrap();
        let image = images.path().join("image");
        let packed = images.path().join("packed");
        fs::write(&packed, QUOTA_DISK).unwrap();
        let (packed, text) = (packed.to_str().unwrap(), image.to_str().unwrap());
        let unpack = format!("gzip -dc '{packed}' | gzip -dc > '{text}'");
        run(&["sh", "-c", &unpack]).unwrap();
        Self::of(Mount::of_image(&image, "btrfs"), "held", images, Some(turn))
    }

    /// One on a device of so many KiB, which can be [broken off](Self::break_off).
    ///
    /// # Panics
    /// When it cannot be made or mounted.
    #[must_use]
    pub fn on_device(kib: u32) -> Self {
        let images = TempDir::new().unwrap();
        let image = images.path().join("image");
        File::create(&image).unwrap().set_len(u64::from(kib) * 1024).unwrap();
        if let Err(refused) = run(&["mkfs.ext4", "-q", "-m", "0", image.to_str().unwrap()]) {
            panic!(
                "cannot make a file system for this test, with e2fsprogs' `mkfs.ext4`: {refused}"
            );
        }
        Self::of(Mount::of_image(&image, "ext4"), "", images, None)
    }

    fn of(mount: Mount, held: &'static str, images: TempDir, turn: Option<File>) -> Self {
        Self { filling: None, mount, held, images, _turn: turn }
    }

    /// Has it take no more writes, or take them again. No file of it may be open to be written.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn set_read_only(&self, read_only: bool) {
        self.mount.remount(if read_only { "ro" } else { "rw" });
    }

    /// Has the file system meet an error, so that it takes no more writes, whoever has files open:
    /// what was not flushed is lost.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn break_off(&self) {
        self.mount.remount("abort");
    }

    /// Mends what was broken off, and mounts it again: with what had reached the device.
    ///
    /// # Panics
    /// When it cannot be mounted.
    pub fn mount_again(&self) {
        // A copy: as long as somebody has a file open, the device is in use.
        let mended = self.images.path().join("mended");
        fs::copy(self.images.path().join("image"), &mended).unwrap();
        self.mount.replace(&mended);
    }

    /// The path of a file on it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.mount.path().join(self.held).join(name)
    }

    /// Takes room away until so many bytes are left.
    ///
    /// # Panics
    /// When the disk cannot be filled.
    pub fn leave(&mut self, bytes: u64) {
        self.make_room();
        // To the last byte, to learn how much there is: what is free is not told in bytes, and of
        // what a quota leaves nothing is told.
        let most = self.fill(u64::MAX);
        self.make_room();
        self.fill(most.saturating_sub(bytes));
        self.mount.flush();
    }

    fn fill(&mut self, bytes: u64) -> u64 {
        let filling = self.path("filling");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).open(filling).unwrap();
        let block = [0; 4096];
        let mut length = 0;
        while length < bytes {
            let most = usize::try_from(bytes - length).unwrap_or(block.len()).min(block.len());
            match file.write(&block[..most]) {
                Ok(written @ 1..) => length += written as u64,
                _ => break,
            }
        }
        self.filling = Some(file);
        length
    }

    /// Gives all of it back.
    ///
    /// # Panics
    /// When it cannot be given back.
    pub fn make_room(&mut self) {
        if self.filling.take().is_some() {
            fs::remove_file(self.path("filling")).unwrap();
            self.mount.flush();
        }
    }
}
