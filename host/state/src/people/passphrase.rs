//! Passphrases: what one must be, and its hash.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use souk_model::{ExposeSecret, Secret};

/// The shortest passphrase, in characters. With [`tries`](super::tries) slowing whoever guesses, and
/// Argon2id whoever got the file, what is not in a list of common ones holds.
const SHORTEST: usize = 10;
/// The longest that is hashed, in bytes.
const LONGEST: usize = 1024;

/// Whether a text may be a passphrase; else why not, for people.
pub(super) fn check(passphrase: &Secret) -> Result<(), String> {
    let text = passphrase.expose_secret();
    let letters = text.chars().count();
    let mut kinds: Vec<char> = text.chars().collect();
    kinds.sort_unstable();
    kinds.dedup();
    if letters < SHORTEST {
        return Err(format!("the passphrase is shorter than {SHORTEST} characters"));
    }
    if text.len() > LONGEST {
        return Err(format!("the passphrase is longer than {LONGEST} bytes"));
    }
    if kinds.len() < 4 || text.trim() != text {
        return Err("the passphrase must have four different characters at least, and no blanks \
                    around it"
            .to_owned());
    }
    Ok(())
}

/// The hash of a passphrase, with a salt of its own: Argon2id as its crate recommends it (19 MiB, two
/// passes), some 20 ms.
pub(super) fn hash(passphrase: &Secret) -> Result<String, String> {
    let hashed = Argon2::default().hash_password(passphrase.expose_secret().as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

/// Whether it is the passphrase of this hash. Of no hash the same work is done, so that nobody learns
/// by the time it takes whether there is such a person.
pub(super) fn is_right(passphrase: &Secret, hash: Option<&str>) -> bool {
    let Some(hash) = hash else {
        let _ = self::hash(passphrase);
        return false;
    };
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default().verify_password(passphrase.expose_secret().as_bytes(), &hash).is_ok()
    })
}
