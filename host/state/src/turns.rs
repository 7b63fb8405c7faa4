//! Turns that processes take: who holds a file's lock has the turn, and the kernel gives it on when
//! that process ends, however it ends.
//!
//! Two files a turn: whoever wants it takes the place at the head of the queue first, and gives that
//! up once it has the turn. So a process that takes one turn after another cannot keep the others
//! out: it has to queue again.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// How often somebody who waits looks whether it is their turn.
const LOOK: Duration = Duration::from_millis(10);

/// Turns of one state directory.
#[derive(Debug, Clone)]
pub(crate) struct TurnFiles {
    directory: PathBuf,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct ProcessTurn {
    _lock: File,
}

impl TurnFiles {
    pub(crate) fn in_directory(state: &Path) -> Self {
        Self { directory: state.join("turns") }
    }

    /// Waits for the turn of this name.
    ///
    /// # Errors
    /// The files cannot be made or locked.
    pub(crate) async fn take(&self, name: &str) -> io::Result<ProcessTurn> {
        let name = hex::encode(&Sha256::digest(name)[..12]);
        let (queue, turn) =
            (self.open(&format!("{name}.queue"))?, self.open(&format!("{name}.turn"))?);
        lock(&queue).await?;
        lock(&turn).await?;
        Ok(ProcessTurn { _lock: turn })
    }

    fn open(&self, name: &str) -> io::Result<File> {
        use std::os::unix::fs::DirBuilderExt;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        options.open(self.directory.join(name))
    }
}

async fn lock(file: &File) -> io::Result<()> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_has_the_turn_and_whoever_waits_comes_before_who_had_it() {
        let root = tempfile::tempdir().unwrap();
        // Each opens its own files, as processes do.
        let turns = TurnFiles::in_directory(root.path());
        let first = turns.take("ship").await.unwrap();
        let other = turns.take("refund").await.unwrap();
        let (order, said) = std::sync::mpsc::channel();
        let waiting = {
            let (turns, order) = (turns.clone(), order.clone());
            tokio::spawn(async move {
                let turn = turns.take("ship").await.unwrap();
                order.send("waiting").unwrap();
                drop(turn);
            })
        };
        while turns
            .open(&format!("{}.queue", hex::encode(&Sha256::digest("ship")[..12])))
            .unwrap()
            .try_lock()
            .is_ok()
        {
            tokio::task::yield_now().await;
        }
        let again = {
            let turns = turns.clone();
            tokio::spawn(async move {
                let turn = turns.take("ship").await.unwrap();
                order.send("again").unwrap();
                drop(turn);
            })
        };
        assert!(said.try_recv().is_err());
        drop((first, other));
        waiting.await.unwrap();
        again.await.unwrap();
        assert_eq!(said.iter().collect::<Vec<_>>(), ["waiting", "again"]);
    }
}
