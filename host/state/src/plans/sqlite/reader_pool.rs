//! Connections that read beside the writer, each what was committed when it began.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::error::{FileError, SqliteTaskError};
use super::file::PlanFile;
use crate::plans::error::StoreError;

/// How many read at once; others wait. Each keeps a connection with half a MiB of cache.
const READERS: usize = 4;

#[derive(Debug)]
pub(super) struct ReaderPool {
    file: PlanFile,
    idle: Mutex<Vec<Connection>>,
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
        let reading = spawn_blocking(move || {
            let _place = place;
            reader_pool
                .with_connection(work)
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
        let connection = idle.map_or_else(|| self.file.open_to_read(), Ok)?;
        let result = {
            let _snapshot = connection.unchecked_transaction()?;
            work(&connection)
        };
        // One that met trouble is not used again.
        if !matches!(result, Err(SqliteTaskError::File(FileError::Sqlite(_)))) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }
}
