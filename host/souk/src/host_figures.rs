//! What running hosts say of their plugins' calls, for commands that look at them from outside. Hosts
//! share nothing but the state directory, so each keeps a note of its own there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use souk_runtime::PluginFigures;
use souk_state::{ProcessIdentity, Timestamp, write_note};

/// Begins the name of a note.
const PREFIX: &str = "figures-";
/// How often a note is written though nothing in it has changed.
const RENEWED: Duration = Duration::from_secs(10);
/// For how long a note is believed of a process that cannot be looked at, as in another container.
const BELIEVED_S: i64 = 30;
/// After how long such a note is removed.
const FORGOTTEN_S: i64 = 24 * 3_600;

/// What one host says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HostFigures {
    pub(crate) pid: u32,
    /// Which process that is; none where the system does not tell.
    process: Option<String>,
    /// When it said so.
    pub(crate) at: Timestamp,
    /// Its console.
    #[serde(flatten)]
    pub(crate) console: ConsoleNote,
    pub(crate) plugins: Vec<PluginFigures>,
}

/// What a host says of its console.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ConsoleNote {
    /// Where it is, where it is served.
    #[serde(rename = "console", skip_serializing_if = "Option::is_none", default)]
    pub(crate) url: Option<String>,
    /// Why it is not served on this machine, for people.
    #[serde(rename = "no_console", skip_serializing_if = "Option::is_none", default)]
    pub(crate) why_not: Option<String>,
}

/// The note of this process, removed when it is dropped.
pub(crate) struct FiguresNote {
    path: PathBuf,
    process: Option<String>,
    console: ConsoleNote,
    last: Option<(Instant, Vec<PluginFigures>)>,
    has_failed: bool,
}

impl FiguresNote {
    /// None is written yet.
    pub(crate) fn new(state_dir: &Path, console: ConsoleNote) -> Self {
        // Containers count their processes alike, so that a number alone may be another's.
        let name = format!("{PREFIX}{}-{:x}", std::process::id(), Timestamp::now().as_nanosecond());
        let process = ProcessIdentity::current().map(|process| process.to_string());
        Self { path: state_dir.join(name), process, console, last: None, has_failed: false }
    }

    /// Says what the figures are now, where they are other than they were.
    pub(crate) fn write(&mut self, plugins: Vec<PluginFigures>) {
        let is_known =
            self.last.as_ref().is_some_and(|(at, last)| at.elapsed() < RENEWED && *last == plugins);
        if is_known {
            return;
        }
        let figures = HostFigures {
            pid: std::process::id(),
            process: self.process.clone(),
            at: Timestamp::now(),
            console: self.console.clone(),
            plugins,
        };
        let written = serde_json::to_vec(&figures)
            .map_err(std::io::Error::other)
            .and_then(|text| write_note(&self.path, &text));
        match written {
            Ok(()) => self.has_failed = false,
            // Once, and not each second: nothing hangs on it.
            Err(error) if !self.has_failed => {
                self.has_failed = true;
                tracing::warn!("cannot note what plugins use for `souk plugins top`: {error}");
            }
            Err(_) => {}
        }
        self.last = Some((Instant::now(), figures.plugins));
    }
}

impl Drop for FiguresNote {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// What running hosts of this state directory say. Notes of others are removed.
pub(crate) fn of_running(state_dir: &Path) -> Vec<HostFigures> {
    let mut found = Vec::new();
    for file in fs::read_dir(state_dir).into_iter().flatten().flatten() {
        if !file.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(text) = fs::read(file.path()) else { continue };
        match serde_json::from_slice::<HostFigures>(&text) {
            Ok(figures) => match figures.standing() {
                Standing::Running => found.push(figures),
                Standing::Unknown => {}
                Standing::Over => _ = fs::remove_file(file.path()),
            },
            // Another version's, perhaps: it removes its own.
            Err(error) => tracing::debug!("{}: {error}", file.path().display()),
        }
    }
    found.sort_by_key(|figures| figures.pid);
    found
}

/// Whether the process of a note is still there.
enum Standing {
    Running,
    Unknown,
    Over,
}

impl HostFigures {
    fn standing(&self) -> Standing {
        let process = self.process.as_deref().and_then(|text| text.parse::<ProcessIdentity>().ok());
        match process.filter(ProcessIdentity::is_within_reach) {
            Some(process) if process.has_ended() => Standing::Over,
            Some(_) => Standing::Running,
            None => match Timestamp::now().as_second() - self.at.as_second() {
                ..=BELIEVED_S => Standing::Running,
                FORGOTTEN_S.. => Standing::Over,
                _ => Standing::Unknown,
            },
        }
    }
}

/// What all of them say together, by plugin.
pub(crate) fn summed(hosts: &[HostFigures]) -> Vec<PluginFigures> {
    let mut plugins: BTreeMap<&str, PluginFigures> = BTreeMap::new();
    for figures in hosts.iter().flat_map(|host| &host.plugins) {
        let sum = plugins.entry(&figures.plugin).or_insert_with(|| PluginFigures {
            plugin: figures.plugin.clone(),
            digest: figures.digest.clone(),
            ..PluginFigures::default()
        });
        sum.add(figures);
    }
    plugins.into_values().collect()
}

/// The plugins that are parked in running hosts: each with the host's process and how it is parked.
pub(crate) fn parked(state_dir: &Path) -> Vec<(String, String)> {
    let mut parked = Vec::new();
    for host in of_running(state_dir) {
        for figures in &host.plugins {
            parked.extend(figures.parked.iter().map(|parking| {
                let text = format!("{}, in the host with process {}", parking.describe(), host.pid);
                (figures.plugin.clone(), text)
            }));
        }
    }
    parked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(plugin: &str, calls: u64) -> PluginFigures {
        PluginFigures { plugin: plugin.into(), calls, ..PluginFigures::default() }
    }

    #[test]
    fn hosts_are_summed_while_they_run_and_gone_when_they_are() {
        let directory = tempfile::tempdir().unwrap();
        let note = || FiguresNote::new(directory.path(), ConsoleNote::default());
        let (mut one, mut other) = (note(), note());
        one.write(vec![calls("a", 1), calls("b", 2)]);
        other.write(vec![calls("b", 3)]);
        let sums = || -> Vec<(String, u64)> {
            let sums = summed(&of_running(directory.path()));
            sums.into_iter().map(|sum| (sum.plugin, sum.calls)).collect()
        };
        assert_eq!(sums(), [("a".to_owned(), 1), ("b".to_owned(), 5)]);
        one.write(vec![calls("a", 7)]);
        drop(other);
        assert_eq!(sums(), [("a".to_owned(), 7)]);

        // One that was killed leaves its note behind, and whoever looks removes it.
        let of_process = |process: String, ago: i64| {
            let at = Timestamp::from_second(Timestamp::now().as_second() - ago).unwrap();
            let figures = HostFigures {
                pid: 1,
                process: Some(process),
                at,
                console: ConsoleNote::default(),
                plugins: vec![],
            };
            let path = directory.path().join("figures-1-1");
            write_note(&path, &serde_json::to_vec(&figures).unwrap()).unwrap();
            (of_running(directory.path()).len(), path.exists())
        };
        let here = ProcessIdentity::current().unwrap().to_string();
        let mut parts: Vec<&str> = here.split(' ').collect();
        parts[3] = "1";
        assert_eq!(of_process(parts.join(" "), 0), (1, false));
        // What cannot be looked at is believed for a while.
        parts[0] = "another-boot";
        assert_eq!(of_process(parts.join(" "), 20), (2, true));
        assert_eq!(of_process(parts.join(" "), 40), (1, true));
        assert_eq!(of_process(parts.join(" "), 90_000), (1, false));
    }
}
