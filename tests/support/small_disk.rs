//! A file system of a test's own that holds a few hundred kilobytes.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A mounted tmpfs, gone when dropped.
///
/// Mounting needs root, or `sudo` without a password. Where neither is to be had the test fails and
/// says so: a full disk that was not tried is not known to be harmless.
#[derive(Debug)]
pub struct SmallDisk {
    directory: TempDir,
    /// What takes the room away.
    filling: Option<File>,
    with_sudo: bool,
}

impl SmallDisk {
    /// One of so many KiB.
    ///
    /// # Panics
    /// When it cannot be mounted.
    #[must_use]
    pub fn new(kib: u32) -> Self {
        let directory = TempDir::new().unwrap();
        let owner = directory.path().metadata().unwrap();
        let options = format!("size={kib}k,mode=700,uid={},gid={}", owner.uid(), owner.gid());
        let path = directory.path().to_str().unwrap().to_owned();
        let mount = ["mount", "-t", "tmpfs", "-o", &options, "souk-test", &path];
        let with_sudo = !run(&mount, false);
        assert!(
            !with_sudo || run(&mount, true),
            "cannot mount a small file system: run the tests as root, or with `sudo` that asks for \
             no password"
        );
        Self { directory, filling: None, with_sudo }
    }

    /// Has it take no more writes, or take them again. No file of it may be open to be written.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn set_read_only(&self, read_only: bool) {
        let options = if read_only { "remount,ro" } else { "remount,rw" };
        let path = self.directory.path().to_str().unwrap();
        assert!(run(&["mount", "-o", options, path], self.with_sudo), "cannot {options} {path}");
    }

    /// The path of a file on it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Takes room away until so many bytes are left.
    ///
    /// # Panics
    /// When the disk cannot be filled.
    pub fn leave(&mut self, bytes: u64) {
        self.make_room();
        let filling = self.path("filling");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).open(filling).unwrap();
        // To the last byte, then back: what is free is not told in bytes.
        let block = [0; 4096];
        let mut length = 0;
        while let Ok(written @ 1..) = file.write(&block) {
            length += written as u64;
        }
        file.set_len(length.saturating_sub(bytes)).unwrap();
        self.filling = Some(file);
    }

    /// Gives all of it back.
    pub fn make_room(&mut self) {
        if self.filling.take().is_some() {
            std::fs::remove_file(self.path("filling")).unwrap();
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let path = self.directory.path().to_str().unwrap();
        // Lazily: a host that is being killed may still have files open.
        let _ = run(&["umount", "-l", path], self.with_sudo);
    }
}

fn run(command: &[&str], with_sudo: bool) -> bool {
    let words =
        with_sudo.then_some(["sudo", "-n"]).into_iter().flatten().chain(command.iter().copied());
    let words: Vec<&str> = words.collect();
    let output = Command::new(words[0]).args(&words[1..]).output();
    output.is_ok_and(|output| output.status.success())
}
