//! The one connection that writes, on a thread of its own.
//!
//! Work that arrives while a transaction is under way waits, and then shares the next one: however
//! many items are written at once, they cost one flush together. Each piece is undone by itself
//! when it is refused; none is answered before the transaction is committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::error::{FileError, SqliteTaskError};
use super::file::PlanFile;
use super::schema;
use crate::cpu_account::CpuAccount;
use crate::plans::error::StoreError;

/// How many pieces of work wait at most; whoever brings more waits to hand them over.
const QUEUE: usize = 256;

/// How many share a transaction at most, so that the first need not wait long for the last.
const TOGETHER: usize = 128;

/// What a commit promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CommitDurability {
    /// It outlives the process: the operating system has it.
    Written,
    /// It, and all before it, outlives a power cut: the disk has it.
    Flushed,
}

/// How many transactions this process has committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitCounts {
    /// Left to the operating system to flush.
    pub written: u64,
    /// Flushed to the disk before they were answered.
    pub flushed: u64,
}

#[derive(Debug, Default)]
struct CommitCounters {
    written: AtomicU64,
    flushed: AtomicU64,
}

/// Hands work to the thread. The thread ends when this is dropped and all work is done.
#[derive(Debug)]
pub(super) struct PlanWriter {
    jobs: mpsc::Sender<Box<dyn WriteJob>>,
    counters: Arc<CommitCounters>,
}

impl PlanWriter {
    pub(super) fn start(file: PlanFile, connection: Connection) -> Result<Self, StoreError> {
        let (jobs, received) = mpsc::channel(QUEUE);
        let counters = Arc::new(CommitCounters::default());
        let path = file.path.clone();
        let thread =
            WriterThread { file, connection, flushing: None, counters: Arc::clone(&counters) };
        thread::Builder::new()
            .name("souk-plans".into())
            .spawn(move || thread.serve(received))
            .map_err(|source| StoreError::Io { doing: "start a thread for", path, source })?;
        Ok(Self { jobs, counters })
    }

    /// Does this in a transaction, and answers when it is committed.
    pub(super) async fn write<T, W>(
        &self,
        durability: CommitDurability,
        work: W,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, SqliteTaskError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let account = CpuAccount::current();
        let job = WriteTask { durability, work: Some(work), result: None, reply, account };
        self.jobs.send(Box::new(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) fn commits(&self) -> CommitCounts {
        CommitCounts {
            written: self.counters.written.load(Ordering::Relaxed),
            flushed: self.counters.flushed.load(Ordering::Relaxed),
        }
    }
}

/// A piece of work, whatever it results in.
trait WriteJob: Send {
    fn durability(&self) -> CommitDurability;
    /// Does it, and says whether it shall stay.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Tells whoever waits for it how the transaction ended.
    fn answer(self: Box<Self>, end: Result<(), FileError>, file: &PlanFile);
}

struct WriteTask<T, W> {
    durability: CommitDurability,
    work: Option<W>,
    result: Option<Result<T, SqliteTaskError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
    /// In whose name it is done.
    account: CpuAccount,
}

impl<T: Send, W> WriteJob for WriteTask<T, W>
where
    W: FnOnce(&Connection) -> Result<T, SqliteTaskError> + Send,
{
    fn durability(&self) -> CommitDurability {
        self.durability
    }

    fn run(&mut self, connection: &Connection) -> bool {
        self.result = self.work.take().map(|work| self.account.count(|| work(connection)));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, end: Result<(), FileError>, file: &PlanFile) {
        let answer = match (self.result, end) {
            (Some(Err(error)), _) => Err(error),
            (_, Err(error)) => Err(error.into()),
            (Some(Ok(result)), Ok(())) => Ok(result),
            (None, Ok(())) => Err(FileError::RolledBack.into()),
        };
        // Whoever no longer waits has been told to expect that it happened.
        let _ =
            self.reply.send(answer.map_err(|error| error.into_store_error("write", &file.path)));
    }
}

/// What the thread holds.
struct WriterThread {
    file: PlanFile,
    connection: Connection,
    /// What the connection is set to; none: not known.
    flushing: Option<CommitDurability>,
    counters: Arc<CommitCounters>,
}

impl WriterThread {
    fn serve(mut self, mut jobs: mpsc::Receiver<Box<dyn WriteJob>>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < TOGETHER
                && let Ok(next) = jobs.try_recv()
            {
                batch.push(next);
            }
            let end = self.commit(&mut batch);
            if end.is_err() {
                // The file's lock goes with it. When even this fails, the next one tries again.
                let _ = self.roll_back();
            }
            for job in batch {
                job.answer(end.clone(), &self.file);
            }
        }
    }

    fn commit(&mut self, batch: &mut [Box<dyn WriteJob>]) -> Result<(), FileError> {
        let durability =
            batch.iter().map(|job| job.durability()).max().unwrap_or(CommitDurability::Written);
        self.file.check_not_moved()?;
        self.roll_back()?;
        self.flush_as(durability)?;
        self.execute("BEGIN IMMEDIATE")?;
        schema::check_version(&self.connection)?;
        for job in batch.iter_mut() {
            self.execute("SAVEPOINT piece")?;
            let stays = job.run(&self.connection);
            // A full disk, for one, makes SQLite undo the whole transaction.
            if self.connection.is_autocommit() {
                return Err(FileError::RolledBack);
            }
            if !stays {
                self.execute("ROLLBACK TO piece")?;
            }
            self.execute("RELEASE piece")?;
        }
        self.execute("COMMIT")?;
        let count = match durability {
            CommitDurability::Written => &self.counters.written,
            CommitDurability::Flushed => &self.counters.flushed,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Undoes what is left of a transaction, if there is one.
    fn roll_back(&self) -> Result<(), FileError> {
        if self.connection.is_autocommit() { Ok(()) } else { self.execute("ROLLBACK") }
    }

    /// With a write-ahead log, FULL flushes it with each commit, and so all that was written to it
    /// before; NORMAL leaves that to checkpoints. It cannot be changed inside a transaction.
    fn flush_as(&mut self, durability: CommitDurability) -> Result<(), FileError> {
        if self.flushing != Some(durability) {
            self.flushing = None;
            self.connection.pragma_update(
                None,
                "synchronous",
                match durability {
                    CommitDurability::Written => "NORMAL",
                    CommitDurability::Flushed => "FULL",
                },
            )?;
            self.flushing = Some(durability);
        }
        Ok(())
    }

    fn execute(&self, statement: &str) -> Result<(), FileError> {
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::types::Value;

    use super::*;

    fn writer() -> (tempfile::TempDir, PlanWriter) {
        let root = tempfile::tempdir().unwrap();
        let file = PlanFile::prepare(root.path().join("plans.db")).unwrap();
        let connection = file.open_to_write().unwrap();
        let key = super::super::spend_book::SpendKey::of(&[7; 32]);
        schema::migrate(&connection, &key).unwrap();
        (root, PlanWriter::start(file, connection).unwrap())
    }

    async fn ask(
        writer: &PlanWriter,
        durability: CommitDurability,
        question: &'static str,
    ) -> Value {
        let work = move |from: &Connection| Ok(from.query_row(question, [], |row| row.get(0))?);
        writer.write(durability, work).await.unwrap()
    }

    #[tokio::test]
    async fn the_log_is_flushed_with_a_commit_only_where_that_is_asked_for() {
        let (_root, writer) = writer();
        assert_eq!(
            ask(&writer, CommitDurability::Written, "PRAGMA journal_mode").await,
            Value::Text("wal".into())
        );
        for (durability, level) in [
            (CommitDurability::Flushed, 2),
            (CommitDurability::Written, 1),
            (CommitDurability::Flushed, 2),
        ] {
            let set = ask(&writer, durability, "PRAGMA synchronous").await;
            assert_eq!(set, Value::Integer(level), "{durability:?}");
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_an_error_and_the_next_write_works() {
        let (_root, writer) = writer();
        let remember = |key: &'static str, bytes: u32| {
            let work = move |to: &Connection| {
                to.execute(
                    "INSERT INTO request VALUES ('', ?1, '', '', hex(zeroblob(?2)), 0, 0, NULL)",
                    (key, bytes),
                )?;
                Ok(())
            };
            writer.write(CommitDurability::Written, work)
        };
        let pages = ask(&writer, CommitDurability::Written, "PRAGMA page_count").await;
        let Value::Integer(pages) = pages else { panic!("{pages:?}") };
        let limit = move |to: &Connection| {
            let limit = format!("PRAGMA max_page_count = {}", pages + 4);
            Ok(to.query_row(&limit, [], |row| row.get::<_, i64>(0))?)
        };
        writer.write(CommitDurability::Written, limit).await.unwrap();
        let full = remember("large", 1 << 20).await;
        assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
        remember("small", 1).await.unwrap();
        let kept =
            ask(&writer, CommitDurability::Written, "SELECT group_concat(key) FROM request").await;
        assert_eq!(kept, Value::Text("small".into()));
    }

    #[tokio::test]
    async fn whoever_waits_beside_a_write_that_loses_the_transaction_is_told() {
        let (_root, writer) = writer();
        let lose = |to: &Connection| -> Result<(), SqliteTaskError> {
            to.execute_batch(
                "INSERT INTO request VALUES ('', 'lost', '', '', '', 0, 0, NULL); ROLLBACK",
            )?;
            Ok(())
        };
        let lost = writer.write(CommitDurability::Written, lose).await;
        assert!(matches!(lost, Err(StoreError::Database { doing: "write", .. })), "{lost:?}");
        let kept = ask(&writer, CommitDurability::Written, "SELECT count(*) FROM request").await;
        assert_eq!(kept, Value::Integer(0));
    }
}
