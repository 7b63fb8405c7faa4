//! Connections that read beside the writer, each what was committed when it began.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::fault::{Fault, Trouble};
use super::file::PlanFile;
use crate::plans::StoreError;

/// How many read at once; others wait. Each keeps a connection with half a MiB of cache.
const READERS: usize = 4;

#[derive(Debug)]
pub(super) struct Readers {
    file: PlanFile,
    idle: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(file: PlanFile) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(READERS));
        Arc::new(Self { file, idle: Mutex::default(), places })
    }

    /// Reads on a blocking thread, all of it as of one instant.
    pub(super) async fn read<T, W>(self: &Arc<Self>, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let place =
            Arc::clone(&self.places).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let readers = Arc::clone(self);
        let reading = spawn_blocking(move || {
            let _place = place;
            readers.with_connection(work).map_err(|fault| fault.told("read", &readers.file.path))
        });
        reading.await.map_err(|_| StoreError::Closed)?
    }

    fn with_connection<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.file.still_there()?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = idle.map_or_else(|| self.file.open_to_read(), Ok)?;
        let result = {
            let _snapshot = connection.unchecked_transaction()?;
            work(&connection)
        };
        // One that met trouble is not used again.
        if !matches!(result, Err(Fault::Trouble(Trouble::Sqlite(_)))) {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }
}
