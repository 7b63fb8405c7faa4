//! Connections that read beside the writer, each what was committed when it began.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::error::{FileError, SqliteTaskError};
use super::file::PlanFile;
use crate::cpu_account::CpuAccount;
use crate::plans::error::StoreError;

/// How many read at once; others wait. Each keeps a connection with half a MiB of cache.
const READERS: usize = 4;

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(super) struct ReaderPool {
    file: PlanFile,
    idle: Mutex<Vec<(Instant, Connection)>>,
    places: Arc<Semaphore>,
}

impl ReaderPool {
    pub(super) fn new(file: PlanFile) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(READERS));
        Arc::new(Self { file, idle: Mutex::default(), places })
    }

    /// Reads on a blocking thread, all of it as of one instant.
    pub(super) async fn read<T, W>(self: &Arc<Self>, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, SqliteTaskError> + Send + 'static,
    {
        let place =
            Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let reader_pool = Arc::clone(self);
        let account = CpuAccount::current();
        let reading = spawn_blocking(move || {
            let _place = place;
            account
                .count(|| reader_pool.with_connection(work))
                .map_err(|error| error.into_store_error("read", &reader_pool.file.path))
        });
        reading.await.map_err(|_| StoreError::Closed)?
    }

    fn with_connection<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, SqliteTaskError>,
    ) -> Result<T, SqliteTaskError> {
        self.file.check_not_moved()?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some((_, connection)) => connection,
            None => self.file.open_to_read()?,
        };
        let result = {
            let _snapshot = connection.unchecked_transaction()?;
            work(&connection)
        };
        // One that met trouble is not used again.
        if !matches!(result, Err(SqliteTaskError::File(FileError::Sqlite(_)))) {
            let idle = (Instant::now(), connection);
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
        result
    }

    /// Closes the connections that nobody has used for a while: each is three open files and a cache.
    pub(super) fn close_idle(&self) {
        // The one that was given back last is used next, so that the others are the idle ones.
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (rested, kept) = idle.drain(..).partition(|(since, _)| since.elapsed() > IDLE);
        *idle = kept;
        drop(idle);
        let _: Vec<(Instant, Connection)> = rested;
    }
}
