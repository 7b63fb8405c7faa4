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

use super::fault::{Fault, Trouble};
use super::file::PlanFile;
use super::schema;
use crate::plans::StoreError;

/// How many pieces of work wait at most; whoever brings more waits to hand them over.
const QUEUE: usize = 256;

/// How many share a transaction at most, so that the first need not wait long for the last.
const TOGETHER: usize = 128;

/// What a commit promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Durability {
    /// It outlives the process: the operating system has it.
    Written,
    /// It, and all before it, outlives a power cut: the disk has it.
    Flushed,
}

/// How many transactions this process has committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commits {
    /// Left to the operating system to flush.
    pub written: u64,
    /// Flushed to the disk before they were answered.
    pub flushed: u64,
}

#[derive(Debug, Default)]
struct Tally {
    written: AtomicU64,
    flushed: AtomicU64,
}

/// Hands work to the thread. The thread ends when this is dropped and all work is done.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    tally: Arc<Tally>,
}

impl Writer {
    pub(super) fn start(file: PlanFile, connection: Connection) -> Result<Self, StoreError> {
        let (jobs, received) = mpsc::channel(QUEUE);
        let tally = Arc::new(Tally::default());
        let path = file.path.clone();
        let desk = Desk { file, connection, flushing: None, tally: Arc::clone(&tally) };
        thread::Builder::new()
            .name("souk-plans".into())
            .spawn(move || desk.serve(received))
            .map_err(|source| StoreError::Io { doing: "start a thread for", path, source })?;
        Ok(Self { jobs, tally })
    }

    /// Does this in a transaction, and answers when it is committed.
    pub(super) async fn write<T, W>(&self, durability: Durability, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Piece { durability, work: Some(work), result: None, reply };
        self.jobs.send(Box::new(job)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) fn commits(&self) -> Commits {
        Commits {
            written: self.tally.written.load(Ordering::Relaxed),
            flushed: self.tally.flushed.load(Ordering::Relaxed),
        }
    }
}

/// A piece of work, whatever it results in.
trait Job: Send {
    fn durability(&self) -> Durability;
    /// Does it, and says whether it shall stay.
    fn run(&mut self, connection: &Connection) -> bool;
    /// Tells whoever waits for it how the transaction ended.
    fn answer(self: Box<Self>, end: Result<(), Trouble>, file: &PlanFile);
}

struct Piece<T, W> {
    durability: Durability,
    work: Option<W>,
    result: Option<Result<T, Fault>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, W> Job for Piece<T, W>
where
    W: FnOnce(&Connection) -> Result<T, Fault> + Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn run(&mut self, connection: &Connection) -> bool {
        self.result = self.work.take().map(|work| work(connection));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, end: Result<(), Trouble>, file: &PlanFile) {
        let answer = match (self.result, end) {
            (Some(Err(fault)), _) => Err(fault),
            (_, Err(trouble)) => Err(trouble.into()),
            (Some(Ok(result)), Ok(())) => Ok(result),
            (None, Ok(())) => Err(Trouble::RolledBack.into()),
        };
        // Whoever no longer waits has been told to expect that it happened.
        let _ = self.reply.send(answer.map_err(|fault| fault.told("write", &file.path)));
    }
}

/// What the thread holds.
struct Desk {
    file: PlanFile,
    connection: Connection,
    /// What the connection is set to; none: not known.
    flushing: Option<Durability>,
    tally: Arc<Tally>,
}

impl Desk {
    fn serve(mut self, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
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

    fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Trouble> {
        let durability =
            batch.iter().map(|job| job.durability()).max().unwrap_or(Durability::Written);
        self.file.still_there()?;
        self.roll_back()?;
        self.flush_as(durability)?;
        self.execute("BEGIN IMMEDIATE")?;
        schema::still_known(&self.connection)?;
        for job in batch.iter_mut() {
            self.execute("SAVEPOINT piece")?;
            let stays = job.run(&self.connection);
            // A full disk, for one, makes SQLite undo the whole transaction.
            if self.connection.is_autocommit() {
                return Err(Trouble::RolledBack);
            }
            if !stays {
                self.execute("ROLLBACK TO piece")?;
            }
            self.execute("RELEASE piece")?;
        }
        self.execute("COMMIT")?;
        let count = match durability {
            Durability::Written => &self.tally.written,
            Durability::Flushed => &self.tally.flushed,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Undoes what is left of a transaction, if there is one.
    fn roll_back(&self) -> Result<(), Trouble> {
        if self.connection.is_autocommit() { Ok(()) } else { self.execute("ROLLBACK") }
    }

    /// With a write-ahead log, FULL flushes it with each commit, and so all that was written to it
    /// before; NORMAL leaves that to checkpoints. It cannot be changed inside a transaction.
    fn flush_as(&mut self, durability: Durability) -> Result<(), Trouble> {
        if self.flushing != Some(durability) {
            self.flushing = None;
            self.connection.pragma_update(
                None,
                "synchronous",
                match durability {
                    Durability::Written => "NORMAL",
                    Durability::Flushed => "FULL",
                },
            )?;
            self.flushing = Some(durability);
        }
        Ok(())
    }

    fn execute(&self, statement: &str) -> Result<(), Trouble> {
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::types::Value;

    use super::*;

    fn writer() -> (tempfile::TempDir, Writer) {
        let root = tempfile::tempdir().unwrap();
        let file = PlanFile::prepare(root.path().join("plans.db")).unwrap();
        let connection = file.open_to_write().unwrap();
        schema::migrate(&connection).unwrap();
        (root, Writer::start(file, connection).unwrap())
    }

    async fn ask(writer: &Writer, durability: Durability, question: &'static str) -> Value {
        let work = move |from: &Connection| Ok(from.query_row(question, [], |row| row.get(0))?);
        writer.write(durability, work).await.unwrap()
    }

    #[tokio::test]
    async fn the_log_is_flushed_with_a_commit_only_where_that_is_asked_for() {
        let (_root, writer) = writer();
        assert_eq!(
            ask(&writer, Durability::Written, "PRAGMA journal_mode").await,
            Value::Text("wal".into())
        );
        for (durability, level) in
            [(Durability::Flushed, 2), (Durability::Written, 1), (Durability::Flushed, 2)]
        {
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
            writer.write(Durability::Written, work)
        };
        let pages = ask(&writer, Durability::Written, "PRAGMA page_count").await;
        let Value::Integer(pages) = pages else { panic!("{pages:?}") };
        let limit = move |to: &Connection| {
            let limit = format!("PRAGMA max_page_count = {}", pages + 4);
            Ok(to.query_row(&limit, [], |row| row.get::<_, i64>(0))?)
        };
        writer.write(Durability::Written, limit).await.unwrap();
        let full = remember("large", 1 << 20).await;
        assert!(matches!(full, Err(StoreError::Full(_))), "{full:?}");
        remember("small", 1).await.unwrap();
        let kept = ask(&writer, Durability::Written, "SELECT group_concat(key) FROM request").await;
        assert_eq!(kept, Value::Text("small".into()));
    }

    #[tokio::test]
    async fn whoever_waits_beside_a_write_that_loses_the_transaction_is_told() {
        let (_root, writer) = writer();
        let lose = |to: &Connection| -> Result<(), Fault> {
            to.execute_batch(
                "INSERT INTO request VALUES ('', 'lost', '', '', '', 0, 0, NULL); ROLLBACK",
            )?;
            Ok(())
        };
        let lost = writer.write(Durability::Written, lose).await;
        assert!(matches!(lost, Err(StoreError::Database { doing: "write", .. })), "{lost:?}");
        let kept = ask(&writer, Durability::Written, "SELECT count(*) FROM request").await;
        assert_eq!(kept, Value::Integer(0));
    }
}
