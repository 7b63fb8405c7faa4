//! That a running host has refused its configuration, for whoever asks `souk doctor`: what the files
//! say then is not what is in force.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Begins the name of a note; a number of a process ends it.
const PREFIX: &str = "refused-config-";

/// What a host says of the configuration that it refused.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RefusedConfig {
    pub(crate) pid: u32,
    /// When the process began, as the system counts it: another may have its number by now.
    started: Option<String>,
    /// When it was refused.
    pub(crate) at: String,
    pub(crate) why: String,
}

/// The note of this process, in the state directory.
pub(crate) struct RefusalNote(PathBuf);

impl RefusalNote {
    /// None is written yet; one that an earlier process of this number left is gone.
    pub(crate) fn new(state_dir: &Path) -> Self {
        let note = Self(state_dir.join(format!("{PREFIX}{}", std::process::id())));
        note.withdraw();
        note
    }

    /// Says what was refused, in place of what was said before.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, why: &str) -> io::Result<()> {
        let pid = std::process::id();
        let (started, at) = (started(pid), jiff::Timestamp::now());
        let refused = RefusedConfig { pid, started, at: format!("{at:.0}"), why: why.to_owned() };
        let text = serde_json::to_vec(&refused)?;
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&self.0)?;
        file.write_all(&text)
    }

    /// Nothing is refused any more.
    pub(crate) fn withdraw(&self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Drop for RefusalNote {
    fn drop(&mut self) {
        self.withdraw();
    }
}

/// What running hosts of this state directory have refused. Notes of others are removed.
pub(crate) fn of_running(state_dir: &Path) -> Vec<RefusedConfig> {
    let mut found = Vec::new();
    for file in fs::read_dir(state_dir).into_iter().flatten().flatten() {
        if !file.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let note = fs::read(file.path()).ok();
        let note = note.and_then(|text| serde_json::from_slice::<RefusedConfig>(&text).ok());
        match note {
            Some(note) if note.started.is_some() && started(note.pid) == note.started => {
                found.push(note);
            }
            _ => _ = fs::remove_file(file.path()),
        }
    }
    found
}

/// When a process began; none where there is none, or the system does not tell.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Its name stands in parentheses, and may hold any character.
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(19).map(str::to_owned)
}
