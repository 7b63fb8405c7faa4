//! A file system of a test's own, mounted on a directory of its own, gone when dropped.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What is mounted.
///
/// Mounting needs root, or `sudo` without a password. Where neither is to be had, or the system has no
/// such file system, the test fails and says so: what was not tried is not known to be harmless.
#[derive(Debug)]
pub(crate) struct Mount {
    directory: TempDir,
    with_sudo: bool,
}

impl Mount {
    /// A file system in memory, of so many KiB.
    pub(crate) fn in_memory(kib: u32) -> Self {
        let directory = TempDir::new().unwrap();
        let owner = directory.path().metadata().unwrap();
        let options = format!("size={kib}k,mode=700,uid={},gid={}", owner.uid(), owner.gid());
        Self::new(directory, &["-t", "tmpfs", "-o", &options, "souk-test"])
    }

    /// The one that stands in an image, as if the image were a disk.
    pub(crate) fn of_image(image: &Path, kind: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let owner = directory.path().metadata().unwrap();
        let mount = Self::new(directory, &["-t", kind, "-o", "loop", image.to_str().unwrap()]);
        let owner = format!("{}:{}", owner.uid(), owner.gid());
        mount.run(&["chown", "-R", &owner, mount.text()]);
        mount
    }

    fn new(directory: TempDir, what: &[&str]) -> Self {
        let mut mount = Self { directory, with_sudo: false };
        let command = [&["mount"], what, &[mount.text()]].concat().join(" ");
        let words: Vec<&str> = command.split(' ').collect();
        let refused = match mount.output(&words) {
            Ok(_) => return mount,
            Err(refused) => refused,
        };
        mount.with_sudo = true;
        if let Err(with_sudo) = mount.output(&words) {
            panic!(
                "cannot mount a file system for this test: run it as root, or with `sudo` that asks \
                 for no password, on a Linux that has loop devices, tmpfs, ext4 and btrfs.\n\
                 {command}: {refused}\nsudo {command}: {with_sudo}"
            );
        }
        mount
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    fn text(&self) -> &str {
        self.path().to_str().unwrap()
    }

    /// Mounts it with other options.
    pub(crate) fn remount(&self, options: &str) {
        self.run(&["mount", "-o", &format!("remount,{options}"), self.text()]);
    }

    /// Mounts another image in its place. Whoever has a file of the old one open keeps that.
    pub(crate) fn replace(&self, image: &Path) {
        self.run(&["umount", "-l", self.text()]);
        self.run(&["mount", "-o", "loop", image.to_str().unwrap(), self.text()]);
    }

    /// Has all that was written or removed reach what it stands on.
    pub(crate) fn flush(&self) {
        self.run(&["sync", "-f", self.text()]);
    }

    fn run(&self, command: &[&str]) {
        if let Err(refused) = self.output(command) {
            panic!("{}: {refused}", command.join(" "));
        }
    }

    fn output(&self, command: &[&str]) -> Result<Output, String> {
        let words = self.with_sudo.then_some(["sudo", "-n"]).into_iter().flatten();
        let words: Vec<&str> = words.chain(command.iter().copied()).collect();
        run(&words)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily, where a host that is being killed still has files open.
        if self.output(&["umount", self.text()]).is_err() {
            let _ = self.output(&["umount", "-l", self.text()]);
        }
    }
}

/// Runs a command that makes or mounts; what it says where it fails.
pub(crate) fn run(words: &[&str]) -> Result<Output, String> {
    let mut search = std::env::vars_os()
        .find(|(name, _)| name == "PATH")
        .map(|(_, path)| path)
        .unwrap_or_default();
    // Where programs for administrators are, which not everybody has in their path.
    search.push(":/usr/sbin:/sbin");
    let output = Command::new(words[0]).args(&words[1..]).env("PATH", search).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output);
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
