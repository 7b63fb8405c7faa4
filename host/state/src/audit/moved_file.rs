//! A trail's file that was moved away while no host ran, as whoever rotates logs does: it lies beside
//! the place where the trail is, under the same name with more behind it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::chain_head::ChainHead;
use super::key::TrailKey;
use super::line::{LineSeal, Position};
use super::plans_mark::PlansMark;

/// The file, and where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedFile {
    /// Where it is now.
    pub path: PathBuf,
    /// Its last line.
    pub position: Position,
    /// The plans for which that line vouches.
    pub mark: Option<PlansMark>,
}

impl MovedFile {
    /// The last of those beside this path that the key has sealed: `audit.jsonl.1`,
    /// `audit.jsonl-20261130`.
    pub(super) fn beside(path: &Path, key: &TrailKey) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let is_moved = |found: &Path| {
            let rest = found.file_name()?.to_str()?.strip_prefix(name)?;
            rest.starts_with(['.', '-']).then_some(())
        };
        let mut found: Vec<(SystemTime, PathBuf)> = fs::read_dir(path.parent()?)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|found| is_moved(found).is_some())
            .filter_map(|found| {
                let about = fs::symlink_metadata(&found).ok().filter(fs::Metadata::is_file)?;
                Some((about.modified().ok()?, found))
            })
            .collect();
        found.sort();
        found.into_iter().rev().find_map(|(_, found)| Self::at(found, key))
    }

    fn at(path: PathBuf, key: &TrailKey) -> Option<Self> {
        let file = File::open(&path).ok()?;
        let head = ChainHead::read(&file, file.metadata().ok()?.len()).ok()??;
        match head.seal {
            LineSeal { position, mac: Some(mac) } if key.has_sealed(&position.hash, &mac) => {
                Some(Self { path, position, mark: head.mark })
            }
            LineSeal { .. } => None,
        }
    }
}
