//! Keeping a shop over restarts: a snapshot, and a journal of the writes since.
//!
//! A write is in the journal, and the journal on the disk, before the shop changes, so that whatever was
//! answered is there again after a crash. Handlers are deterministic (a [`Call`] carries its time and its
//! chance), so the journal holds requests and not their effects. At each start the two become one new
//! snapshot. Snapshot and journal carry a generation: a crash between writing the one and removing the
//! other leaves nothing to be applied twice.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::api;
use crate::call::Call;
use crate::shop::Shop;

/// The snapshot's file name.
const SNAPSHOT: &str = "shop.json";

/// A data directory that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// It cannot be read or written.
    #[error("cannot use the data directory: {0}")]
    Io(#[from] io::Error),
    /// Another store is kept there at this moment.
    #[error("another demo store has it open: stop that one, or use its address")]
    Busy,
    /// The snapshot is not one, or of another version.
    #[error(
        "`{path}` is not a demo store's data: {source}; move it away to start with a fresh shop"
    )]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// The snapshot, as read.
#[derive(Deserialize)]
struct Snapshot {
    generation: u64,
    shop: Shop,
}

/// The same, as written.
#[derive(Serialize)]
struct SnapshotOf<'a> {
    generation: u64,
    shop: &'a Shop,
}

/// The open journal of a durable shop.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    /// Held as long as the journal is open.
    _lock: File,
}

impl Journal {
    /// Opens a data directory, made when it is not there. The shop that it holds takes the place of
    /// `shop`; an empty directory starts with `shop`.
    ///
    /// # Errors
    /// When the directory cannot be used or holds something else.
    pub(crate) fn open(directory: &Path, shop: &mut Shop) -> Result<Self, DataError> {
        fs::create_dir_all(directory)?;
        let lock = File::create(directory.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => DataError::Busy,
            fs::TryLockError::Error(error) => error.into(),
        })?;
        let path = directory.join(SNAPSHOT);
        let mut generation = 0;
        match fs::read(&path) {
            Ok(bytes) => {
                let snapshot: Snapshot = serde_json::from_slice(&bytes)
                    .map_err(|source| DataError::Snapshot { path, source })?;
                generation = snapshot.generation;
                *shop = snapshot.shop;
                shop.address_all();
                replay(&journal_path(directory, generation), shop)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let next = generation + 1;
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(journal_path(directory, next))?;
        file.sync_all()?;
        write_snapshot(directory, &SnapshotOf { generation: next, shop })?;
        match fs::remove_file(journal_path(directory, generation)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        Ok(Self { file, _lock: lock })
    }

    /// Writes down a write that is about to happen; on return it is on the disk.
    ///
    /// # Errors
    /// When the disk does not take it. The write must not happen then.
    pub(crate) fn note(&mut self, call: &Call) -> io::Result<()> {
        let mut line = serde_json::to_vec(call)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }
}

fn journal_path(directory: &Path, generation: u64) -> PathBuf {
    directory.join(format!("journal-{generation}.jsonl"))
}

/// Handles the journal's writes once more. A crash can tear the last line only; it was never answered.
fn replay(path: &Path, shop: &mut Shop) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for line in BufReader::new(file).split(b'\n') {
        let Ok(call) = serde_json::from_slice(&line?) else { break };
        // A refused write changes nothing but ids, and did so the first time too.
        drop(api::repeat(shop, &call));
    }
    Ok(())
}

fn write_snapshot(directory: &Path, snapshot: &SnapshotOf<'_>) -> io::Result<()> {
    let beside = directory.join("shop.json.new");
    let mut file = File::create(&beside)?;
    serde_json::to_writer(io::BufWriter::new(&mut file), snapshot)?;
    file.sync_all()?;
    fs::rename(&beside, directory.join(SNAPSHOT))?;
    File::open(directory)?.sync_all()
}
