//! Which one-time codes were used, across the processes of this user: a store refuses a code that
//! comes twice, and each refusal brings the account nearer to being locked.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use souk_upstream::{ClaimCode, StoreConfig};

/// The file in the state directory: for each account the last half minute whose code was used.
const FILE: &str = "otp-steps";
/// No more accounts are remembered.
const MOST_ACCOUNTS: usize = 100;
/// The longest file that is read, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// What asks that file, for accounts of this store.
pub(crate) fn claim_in(state: &Path, config: &StoreConfig) -> ClaimCode {
    let (file, store) = (state.join(FILE), config.base_url.as_str().to_owned());
    Arc::new(move |account, step| {
        claim(&file, &format!("{store} {account}"), step).unwrap_or_else(|error| {
            tracing::warn!("which one-time codes were used cannot be noted: {error}");
            true
        })
    })
}

/// Whether this step of the account's was not claimed yet; then it is.
fn claim(path: &PathBuf, account: &str, step: u64) -> std::io::Result<bool> {
    let mut options = OpenOptions::new();
    let mut file =
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    // Until the file is closed.
    file.lock()?;
    let mut text = String::new();
    Read::by_ref(&mut file).take(MAX_BYTES).read_to_string(&mut text)?;
    let parsed = text.lines().filter_map(|line| {
        let (step, account) = line.split_once(' ')?;
        Some((step.parse::<u64>().ok()?, account.to_owned()))
    });
    let mut steps: Vec<(u64, String)> = parsed.collect();
    if steps.iter().any(|(last, of)| of == account && *last >= step) {
        return Ok(false);
    }
    steps.retain(|(_, of)| of != account);
    steps.push((step, account.to_owned()));
    let surplus = steps.len().saturating_sub(MOST_ACCOUNTS);
    let lines = steps[surplus..].iter().map(|(step, account)| format!("{step} {account}\n"));
    rewrite(&mut file, &lines.collect::<String>())?;
    Ok(true)
}

fn rewrite(file: &mut File, text: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_claimed_once_whoever_asks() {
        let directory = std::env::temp_dir().join(format!("souk-otp-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let store = |url: &str| StoreConfig::new("shop", url.parse().unwrap());
        let one = claim_in(&directory, &store("https://a.example/"));
        let other = claim_in(&directory, &store("https://a.example/"));
        assert!(one("agent", 7));
        assert!(!other("agent", 7));
        assert!(!other("agent", 6));
        assert!(other("agent", 8));
        assert!(!one("agent", 8));
        assert!(one("another agent", 8));
        let elsewhere = claim_in(&directory, &store("https://b.example/"));
        assert!(elsewhere("agent", 7));
        std::fs::write(directory.join(FILE), "nonsense\n\n9 \n").unwrap();
        assert!(one("agent", 9));
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
