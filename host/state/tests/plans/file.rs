//! The file itself: whose it is, what version it is, what else may lie there.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn refused(directory: &Path) -> StoreError {
    SqlitePlanStore::open(&StateDir::open(directory).unwrap()).unwrap_err()
}

#[tokio::test]
async fn only_its_user_can_open_the_file_and_its_log() {
    let (root, store) = fresh();
    proposed(&store, 1, 1).await;
    let files = ["plans.db", "plans.db-wal", "plans.db-shm"]
        .map(|name| root.path().join("state").join(name));
    assert_eq!(files.each_ref().map(|path| mode(path)), [0o600; 3]);
    for path in &files {
        fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    }
    let second = open(&root.path().join("state"));
    assert_eq!(files.each_ref().map(|path| mode(path)), [0o600; 3]);
    assert!(second.plan(&id(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_of_a_newer_souk_is_refused_also_while_it_is_open() {
    let (root, store) = fresh();
    meddler(&store).execute("INSERT INTO souk_version VALUES (99, 'souk 9.9')", []).unwrap();
    let error = store.discard(&id(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    let error = refused(&root.path().join("state"));
    assert!(error.to_string().contains("written by a newer souk (version 99; this one knows "));
    let failure = Failure::from(error);
    assert_eq!(failure.code, Code::Unavailable);
    assert!(!failure.render().contains('/'), "no path leaves the host: {failure}");
}

#[test]
fn what_is_not_a_file_of_plans_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("plans.db");
    fs::write(&path, "some notes of mine, which are long enough to be looked at. ".repeat(20))
        .unwrap();
    assert!(matches!(refused(root.path()), StoreError::Foreign(_)));
    fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    assert!(matches!(refused(root.path()), StoreError::Foreign(_)));
    fs::rename(&path, root.path().join("elsewhere")).unwrap();
    symlink(root.path().join("elsewhere"), &path).unwrap();
    assert!(matches!(refused(root.path()), StoreError::Foreign(_)));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(refused(root.path()), StoreError::Foreign(_)));
}

#[tokio::test]
async fn nothing_is_written_to_a_file_that_was_moved_away() {
    let (root, store) = fresh();
    let plan = proposed(&store, 1, 1).await;
    let away = root.path().join("away");
    fs::rename(store.path(), &away).unwrap();
    assert!(matches!(store.discard(&plan).await, Err(StoreError::Moved(_))));
    assert!(matches!(store.plan(&plan).await, Err(StoreError::Moved(_))));
    fs::rename(&away, store.path()).unwrap();
    assert!(store.discard(&plan).await.unwrap());
}

#[tokio::test]
async fn a_file_of_before_plans_could_be_stopped_is_brought_to_it_with_all_that_hangs_on_its_plans()
{
    let (root, store) = fresh();
    let plan = running(&store, 1, 3, "me").await;
    // As the version before had it.
    meddler(&store)
        .execute_batch(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, ' ''stopped'',', '') WHERE name = 'plan';
             PRAGMA writable_schema = RESET;
             ALTER TABLE plan DROP COLUMN lease_process; ALTER TABLE plan DROP COLUMN started_ms;
             ALTER TABLE plan DROP COLUMN started_by; ALTER TABLE plan DROP COLUMN answered;
             ALTER TABLE plan DROP COLUMN stop_by; ALTER TABLE plan DROP COLUMN stop_ms;
             ALTER TABLE plan DROP COLUMN ended;
             DROP TABLE decision_log; ALTER TABLE identity DROP COLUMN lacks_decisions;
             DROP TABLE spend_day; ALTER TABLE identity DROP COLUMN spend_seal;
             DELETE FROM souk_version WHERE version >= 5;",
        )
        .unwrap();
    drop(store);
    let store = open(&root.path().join("state"));
    let before = store.plan(&plan).await.unwrap().unwrap();
    assert_eq!((before.state, before.counts.pending, before.run), (PlanState::Running, 3, None));
    assert!(store.finish(&plan, "me", PlanState::Stopped, None).await.unwrap());
    assert_eq!(store.plan(&plan).await.unwrap().unwrap().state, PlanState::Stopped);
    let sound = meddler(&store)
        .query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
        .unwrap();
    assert_eq!(sound, "ok");
    meddler(&store).execute("UPDATE plan SET state = 'paused'", []).unwrap_err();
}
