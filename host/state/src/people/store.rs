//! The file: sealed, written whole, locked while it is changed.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use souk_model::{Principal, Secret};

use super::passphrase;
use super::record::{PeopleRecord, Person};
use super::tries::TryCounts;
use crate::audit::{keyed, secret_key};
use crate::error::StateError;
use crate::files::write_whole;

/// The largest file that is read, in bytes: thousands of persons.
const MAX_RECORD: u64 = 1 << 20;
/// The longest name, in bytes.
const MAX_NAME: usize = 64;

/// Why a person cannot be set, or did not prove to be one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// The state directory or a key in it cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// It was changed by somebody without the key, or the key is another.
    #[error(
        "the file of people `{}` is not as souk wrote it, so nobody in it can decide: find out who \
         changed it, and put the right one back", .0.display()
    )]
    Tampered(PathBuf),
    /// It is gone, and there was one.
    #[error(
        "the file of people `{}` is gone, and there was one, so nobody can decide: put it back. If you \
         removed it yourself and want to begin anew, remove `people.key` beside it too, and say \
         `souk state accept`", .0.display()
    )]
    Gone(PathBuf),
    /// It holds something else.
    #[error("the file of people `{}` cannot be read: {why}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// What was to be set cannot be.
    #[error("{0}")]
    Unfit(String),
    /// The passphrase is not this person's, or there is no such person; which of the two is not said.
    #[error("the name or the passphrase is wrong")]
    Wrong,
    /// Too many were wrong before.
    #[error(
        "there were too many wrong passphrases: wait until {}",
        crate::instant::rfc3339_to_the_second(*.until_ms)
    )]
    Slowed {
        /// Until then. Milliseconds since 1970, UTC.
        until_ms: i64,
    },
}

/// A person as they are to be.
#[derive(Debug, Clone, Copy)]
pub struct PersonChange<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their passphrase until now; where they are new, that of somebody who is there.
    pub old: Option<&'a Secret>,
    /// Their passphrase from now on.
    pub new: &'a Secret,
    /// The principals that they are behind. None: as before; of the first person `local`, of later
    /// ones nobody.
    pub principals: Option<&'a [String]>,
}

/// Those who can decide, in a state directory. It is read anew each time, and whatever changes it takes
/// a lock. What hashes a passphrase takes some 20 ms of a thread.
#[derive(Debug, Clone)]
pub struct People {
    state: PathBuf,
}

/// People as they are to be, not written yet. Nobody else changes them as long as it lives.
#[derive(Debug)]
pub struct PreparedPeople {
    people: People,
    sealed: SealedPeople,
    person: Person,
    _turn: File,
}

impl PreparedPeople {
    /// The person who is set.
    #[must_use]
    pub const fn person(&self) -> &Person {
        &self.person
    }

    /// The seal of the file as it is to be.
    #[must_use]
    pub fn seal(&self) -> &str {
        &self.sealed.seal
    }

    /// Writes it: from now on it is so.
    ///
    /// # Errors
    /// It cannot be written; everybody is as before.
    pub fn keep(self) -> Result<Person, PeopleError> {
        self.people.write(&self.sealed)?;
        Ok(self.person)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedPeople {
    record: PeopleRecord,
    /// Over the record as compact JSON.
    seal: String,
}

impl People {
    /// In this state directory. Nothing is made before somebody is set.
    #[must_use]
    pub fn new(state: impl Into<PathBuf>) -> Self {
        Self { state: state.into() }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.state.join("people.json")
    }

    fn key_path(&self) -> PathBuf {
        self.state.join("people.key")
    }

    /// Everybody there is, in the order in which they were set; nobody where nobody ever was.
    ///
    /// # Errors
    /// The file is not as it was written, or is gone: nobody can decide then, and that is not the same
    /// as that nobody was ever set.
    pub fn list(&self) -> Result<Vec<Person>, PeopleError> {
        self.sealed().map(|(people, _)| people)
    }

    /// The same with the file's seal, which is another whenever anything of it is; none where nobody ever
    /// was.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn sealed(&self) -> Result<(Vec<Person>, Option<String>), PeopleError> {
        let (record, seal) = self.read()?;
        Ok((record.people, seal))
    }

    /// Sets a person, or another passphrase of theirs. Once there is somebody, the old passphrase has
    /// to be theirs, or for somebody new that of anybody who is there. Who they are then, and who
    /// vouched for it.
    ///
    /// # Errors
    /// [`PeopleError::Unfit`], [`PeopleError::Wrong`], [`PeopleError::Slowed`]; as [`list`](Self::list).
    pub fn set(&self, change: PersonChange<'_>) -> Result<Person, PeopleError> {
        self.prepare(change)?.keep()
    }

    /// The same in two steps: nobody else can change the file between them.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn prepare(&self, change: PersonChange<'_>) -> Result<PreparedPeople, PeopleError> {
        check_name(change.name)?;
        passphrase::check(change.new).map_err(PeopleError::Unfit)?;
        for principal in change.principals.into_iter().flatten() {
            check_name(principal)?;
        }
        let turn = self.lock()?;
        let (mut record, _) = self.read()?;
        let known = record.find(change.name).cloned();
        let vouched = match (&known, change.old) {
            _ if record.people.is_empty() => true,
            (_, None) => false,
            (Some(person), Some(old)) => self.try_passphrase(&record, &person.name, old)?.is_some(),
            (None, Some(old)) => self.is_of_anybody(&record, old)?,
        };
        if !vouched {
            return Err(match change.old {
                Some(_) => PeopleError::Wrong,
                None => PeopleError::Unfit(
                    "somebody is set up already: to set a passphrase needs one that is there"
                        .to_owned(),
                ),
            });
        }
        let default = || match record.people.is_empty() {
            true => vec![Principal::LOCAL.to_owned()],
            false => Vec::new(),
        };
        let person = Person {
            name: change.name.to_owned(),
            principals: match (change.principals, &known) {
                (Some(principals), _) => principals.to_vec(),
                (None, Some(known)) => known.principals.clone(),
                (None, None) => default(),
            },
            created: known.as_ref().map_or_else(Timestamp::now, |known| known.created),
            hash: passphrase::hash(change.new).map_err(PeopleError::Unfit)?,
        };
        match record.people.iter_mut().find(|known| known.name == person.name) {
            Some(known) => known.clone_from(&person),
            None => record.people.push(person.clone()),
        }
        let seal = hex::encode(self.mac(&record)?.finalize().into_bytes());
        let sealed = SealedPeople { record, seal };
        Ok(PreparedPeople { people: self.clone(), sealed, person, _turn: turn })
    }

    /// The person of this name, if the passphrase is theirs. Wrong ones are counted on the disk before
    /// anything is said, and slow down whoever tries on.
    ///
    /// # Errors
    /// [`PeopleError::Wrong`], [`PeopleError::Slowed`]; as [`list`](Self::list).
    pub fn verify(&self, name: &str, passphrase: &Secret) -> Result<Person, PeopleError> {
        let _turn = self.lock()?;
        let (record, _) = self.read()?;
        self.try_passphrase(&record, name, passphrase)?.ok_or(PeopleError::Wrong)
    }

    /// One try, counted. The turn is taken.
    fn try_passphrase(
        &self,
        record: &PeopleRecord,
        name: &str,
        tried: &Secret,
    ) -> Result<Option<Person>, PeopleError> {
        let person = record.find(name);
        self.count_try(person.map(|person| person.name.as_str()))?;
        let is_right = passphrase::is_right(tried, person.map(|person| person.hash.as_str()));
        let right = person.filter(|_| is_right);
        if let Some(person) = right {
            let mut tries = self.tries();
            tries.succeed(&person.name);
            self.keep_tries(&tries)?;
        }
        Ok(right.cloned())
    }

    /// Whether a passphrase is anybody's: one try, counted as one for a name that nobody has.
    fn is_of_anybody(&self, record: &PeopleRecord, tried: &Secret) -> Result<bool, PeopleError> {
        self.count_try(None)?;
        let is_right = record
            .people
            .iter()
            .any(|person| passphrase::is_right(tried, Some(person.hash.as_str())));
        if is_right {
            let mut tries = self.tries();
            tries.succeed("");
            self.keep_tries(&tries)?;
        }
        Ok(is_right)
    }

    fn count_try(&self, person: Option<&str>) -> Result<(), PeopleError> {
        let now = Timestamp::now().as_millisecond();
        let mut tries = self.tries();
        if let Some(until_ms) = tries.shut_until(person, now) {
            return Err(PeopleError::Slowed { until_ms });
        }
        tries.begin(person, now);
        self.keep_tries(&tries)
    }

    fn tries_path(&self) -> PathBuf {
        self.state.join("people.tries.json")
    }

    /// What was counted; where that cannot be read, nothing was.
    fn tries(&self) -> TryCounts {
        let text = fs::read(self.tries_path()).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn keep_tries(&self, tries: &TryCounts) -> Result<(), PeopleError> {
        let path = self.tries_path();
        let text = serde_json::to_vec(tries).map_err(|error| self.invalid(error.to_string()))?;
        write_whole(&path, &text).map_err(|error| StateError::io("write", &path)(error).into())
    }

    fn read(&self) -> Result<(PeopleRecord, Option<String>), PeopleError> {
        let path = self.path();
        let file = match File::open(&path) {
            Ok(file) => file,
            // Its key was made with the first person.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return match self.key_path().exists() {
                    true => Err(PeopleError::Gone(path)),
                    false => Ok((PeopleRecord::default(), None)),
                };
            }
            Err(error) => return Err(StateError::io("open", &path)(error).into()),
        };
        let mut text = String::new();
        file.take(MAX_RECORD)
            .read_to_string(&mut text)
            .map_err(|error| StateError::io("read", &path)(error))?;
        let sealed: SealedPeople =
            serde_json::from_str(&text).map_err(|error| self.invalid(error.to_string()))?;
        let seal = hex::decode(&sealed.seal).map_err(|error| self.invalid(error.to_string()))?;
        if !self.key_path().exists() {
            return Err(PeopleError::Tampered(path));
        }
        self.mac(&sealed.record)?.verify_slice(&seal).map_err(|_| PeopleError::Tampered(path))?;
        Ok((sealed.record, Some(sealed.seal)))
    }

    fn write(&self, sealed: &SealedPeople) -> Result<(), PeopleError> {
        let text =
            serde_json::to_vec_pretty(sealed).map_err(|error| self.invalid(error.to_string()))?;
        let path = self.path();
        write_whole(&path, &text).map_err(|error| StateError::io("write", &path)(error).into())
    }

    fn mac(&self, record: &PeopleRecord) -> Result<Hmac<Sha256>, PeopleError> {
        let key = secret_key(&self.key_path())?;
        let text = serde_json::to_vec(record).map_err(|error| self.invalid(error.to_string()))?;
        Ok(keyed(key).chain_update(b"souk people:").chain_update(text))
    }

    fn invalid(&self, why: String) -> PeopleError {
        PeopleError::Invalid { path: self.path(), why }
    }

    /// Waits for its turn, which ends with the file.
    fn lock(&self) -> Result<File, PeopleError> {
        lock(&self.state.join("people.turn")).map_err(PeopleError::from)
    }
}

fn lock(path: &Path) -> Result<File, StateError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(StateError::io("open", path))?;
    file.lock().map_err(StateError::io("lock", path))?;
    Ok(file)
}

/// Whether a text may be a name: it is shown, and stands in addresses.
fn check_name(name: &str) -> Result<(), PeopleError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | '-');
    if !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(PeopleError::Unfit(format!(
        "`{}` is no name: it has letters, digits, `.`, `_`, `@` and `-`, at most {MAX_NAME}",
        souk_model::visible::line(name)
    )))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::from(text.to_owned())
    }

    fn set(
        people: &People,
        name: &str,
        old: Option<&str>,
        new: &str,
    ) -> Result<Person, PeopleError> {
        let (old, new) = (old.map(secret), secret(new));
        people.set(PersonChange { name, old: old.as_ref(), new: &new, principals: None })
    }

    const FIRST: &str = "correct horse 1";
    const SECOND: &str = "battery staple 2";

    #[test]
    fn a_new_passphrase_needs_one_that_is_there() {
        let root = tempfile::tempdir().unwrap();
        let people = People::new(root.path());
        assert_eq!(people.list().unwrap(), []);
        assert!(matches!(set(&people, "ann", None, "short"), Err(PeopleError::Unfit(_))));
        assert!(matches!(set(&people, "a b", None, FIRST), Err(PeopleError::Unfit(_))));
        assert_eq!(set(&people, "ann", None, FIRST).unwrap().principals, ["local"]);
        let mode = fs::metadata(people.path()).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        assert!(!fs::read_to_string(people.path()).unwrap().contains(FIRST));
        for (name, old) in
            [("ann", None), ("bob", None), ("ann", Some("wrong")), ("bob", Some("x"))]
        {
            assert!(set(&people, name, old, SECOND).is_err(), "{name} {old:?}");
        }
        assert_eq!(set(&people, "bob", Some(FIRST), SECOND).unwrap().principals, [""; 0]);
        // Another's passphrase changes nobody's own.
        assert!(matches!(set(&people, "ann", Some(SECOND), SECOND), Err(PeopleError::Wrong)));
        set(&people, "ann", Some(FIRST), "another one 3").unwrap();
        assert!(people.verify("ann", &secret(FIRST)).is_err());
        assert_eq!(people.verify("ann", &secret("another one 3")).unwrap().name, "ann");
        assert_eq!(people.verify("bob", &secret(SECOND)).unwrap().name, "bob");
    }

    #[test]
    fn an_edit_without_the_key_shows_and_a_file_that_is_gone_is_not_the_same_as_none() {
        let root = tempfile::tempdir().unwrap();
        let people = People::new(root.path());
        set(&people, "ann", None, FIRST).unwrap();
        let text = fs::read_to_string(people.path()).unwrap();
        fs::write(people.path(), text.replace("\"local\"", "\"other\"")).unwrap();
        assert!(matches!(people.list(), Err(PeopleError::Tampered(_))));
        assert!(matches!(people.verify("ann", &secret(FIRST)), Err(PeopleError::Tampered(_))));
        assert!(matches!(set(&people, "eve", None, SECOND), Err(PeopleError::Tampered(_))));
        fs::remove_file(people.path()).unwrap();
        assert!(matches!(people.list(), Err(PeopleError::Gone(_))));
        assert!(matches!(set(&people, "eve", None, SECOND), Err(PeopleError::Gone(_))));
        fs::write(people.path(), &text).unwrap();
        assert_eq!(people.list().unwrap().len(), 1);
        fs::remove_file(people.key_path()).unwrap();
        assert!(matches!(people.list(), Err(PeopleError::Tampered(_))));
        assert!(!people.key_path().exists(), "reading makes no key");
    }

    #[test]
    fn whoever_guesses_is_slowed_and_a_restart_does_not_help() {
        let root = tempfile::tempdir().unwrap();
        let people = People::new(root.path());
        set(&people, "ann", None, FIRST).unwrap();
        for name in ["ann", "nobody", "nobody else"] {
            let tried = if name == "ann" { 5 } else { 2 };
            for _ in 0..tried {
                assert!(matches!(people.verify(name, &secret("wrong")), Err(PeopleError::Wrong)));
            }
        }
        assert!(matches!(people.verify("nobody", &secret("wrong")), Err(PeopleError::Wrong)));
        let again = People::new(root.path());
        for name in ["ann", "nobody", "a third"] {
            let tried = again.verify(name, &secret(FIRST));
            assert!(matches!(tried, Err(PeopleError::Slowed { .. })), "{name}: {tried:?}");
        }
    }
}
