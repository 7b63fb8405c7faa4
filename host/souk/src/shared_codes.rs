//! Which one-time codes were used, and when one was refused, across the processes of this user: a store
//! refuses a code that comes twice, and each refusal brings the account nearer to being locked.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use souk_upstream::{SharedCodes, StoreConfig};

/// The file in the state directory with the last half minute whose code each account used.
const STEPS: &str = "otp-steps";
/// The one with the second at which a code of each account was last refused.
const REFUSALS: &str = "otp-refusals";
/// No more accounts are remembered.
const MOST_ACCOUNTS: usize = 100;
/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// What the processes with this state directory know of the codes of this store's accounts.
pub(crate) fn shared_in(state: &Path, config: &StoreConfig) -> Arc<dyn SharedCodes> {
    Arc::new(CodeFiles {
        steps: AccountFile(state.join(STEPS)),
        refusals: AccountFile(state.join(REFUSALS)),
        store: config.base_url.as_str().to_owned(),
    })
}

struct CodeFiles {
    steps: AccountFile,
    refusals: AccountFile,
    store: String,
}

impl CodeFiles {
    fn account(&self, account: &str) -> String {
        [&self.store, " ", account].concat()
    }
}

impl SharedCodes for CodeFiles {
    fn claim(&self, account: &str, step: u64) -> bool {
        self.steps.raise(&self.account(account), step).unwrap_or_else(|error| {
            tracing::warn!("which one-time codes were used cannot be noted: {error}");
            true
        })
    }

    fn refuse(&self, account: &str, at: SystemTime) {
        let second = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        if let Err(error) = self.refusals.raise(&self.account(account), second) {
            tracing::warn!("that a one-time code was refused cannot be noted: {error}");
        }
    }

    fn refused_at(&self, account: &str) -> Option<SystemTime> {
        let second = self.refusals.last(&self.account(account)).unwrap_or_else(|error| {
            tracing::warn!("whether a one-time code was refused cannot be read: {error}");
            None
        })?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(second))
    }
}

/// A file with a number for each of the last accounts: lines of it, a space and the account.
struct AccountFile(PathBuf);

impl AccountFile {
    /// Keeps a larger number than the account had; `false` where it had it, or a larger one.
    fn raise(&self, account: &str, number: u64) -> std::io::Result<bool> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&self.0)?;
        // Until the file is closed.
        file.lock()?;
        let mut rows = rows(&mut file)?;
        if rows.iter().any(|(last, of)| of == account && *last >= number) {
            return Ok(false);
        }
        rows.retain(|(_, of)| of != account);
        rows.push((number, account.to_owned()));
        let surplus = rows.len().saturating_sub(MOST_ACCOUNTS);
        let lines = rows[surplus..].iter().map(|(number, account)| format!("{number} {account}\n"));
        rewrite(&mut file, &lines.collect::<String>())?;
        Ok(true)
    }

    /// The account's number.
    fn last(&self, account: &str) -> std::io::Result<Option<u64>> {
        let mut file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        file.lock_shared()?;
        let of_account = |(number, of): (u64, String)| (of == account).then_some(number);
        Ok(rows(&mut file)?.into_iter().find_map(of_account))
    }
}

fn rows(file: &mut File) -> std::io::Result<Vec<(u64, String)>> {
    let mut text = String::new();
    Read::by_ref(file).take(MAX_BYTES).read_to_string(&mut text)?;
    let rows = text.lines().filter_map(|line| {
        let (number, account) = line.split_once(' ')?;
        Some((number.parse().ok()?, account.to_owned()))
    });
    Ok(rows.collect())
}

fn rewrite(file: &mut File, text: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(directory: &Path, url: &str) -> Arc<dyn SharedCodes> {
        shared_in(directory, &StoreConfig::new("shop", url.parse().unwrap()))
    }

    #[test]
    fn a_step_is_claimed_once_whoever_asks() {
        let directory = tempfile::tempdir().unwrap();
        let one = codes(directory.path(), "https://a.example/");
        let other = codes(directory.path(), "https://a.example/");
        assert!(one.claim("agent", 7));
        assert!(!other.claim("agent", 7));
        assert!(!other.claim("agent", 6));
        assert!(other.claim("agent", 8));
        assert!(!one.claim("agent", 8));
        assert!(one.claim("another agent", 8));
        let elsewhere = codes(directory.path(), "https://b.example/");
        assert!(elsewhere.claim("agent", 7));
        std::fs::write(directory.path().join(STEPS), "nonsense\n\n9 \n").unwrap();
        assert!(one.claim("agent", 9));
    }

    #[test]
    fn a_refusal_is_known_to_whoever_logs_in_by_the_same_account() {
        let directory = tempfile::tempdir().unwrap();
        let one = codes(directory.path(), "https://a.example/");
        let other = codes(directory.path(), "https://a.example/");
        assert_eq!(other.refused_at("agent"), None);
        let at = |second: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        one.refuse("agent", at(1_800_000_000));
        one.refuse("agent", at(1_700_000_000));
        assert_eq!(other.refused_at("agent"), Some(at(1_800_000_000)));
        assert_eq!(other.refused_at("another agent"), None);
        let elsewhere = codes(directory.path(), "https://b.example/");
        assert_eq!(elsewhere.refused_at("agent"), None);
    }
}
