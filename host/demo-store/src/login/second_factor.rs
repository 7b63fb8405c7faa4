//! Admins' second factor, as `Magento_TwoFactorAuth` demands it: a code of Google Authenticator, or
//! whatever other provider the user has.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha1::Sha1;

use crate::credentials::Credential;
use crate::refusal::Refusal;

/// The provider whose codes this store checks.
pub(super) const GOOGLE: &str = "google";
/// Seconds of a code's life.
const STEP: i64 = 30;
/// Wrong codes before the account is locked.
const MOST_FAILURES: u32 = 6;

/// What the store knows of its admins' second factor.
#[derive(Debug)]
pub(crate) struct SecondFactor {
    /// As an authenticator is given it: Base32.
    secret: String,
    /// The admins' active providers.
    providers: Vec<String>,
    state: Mutex<CodeState>,
}

#[derive(Debug, Default)]
struct CodeState {
    used: HashSet<i64>,
    failures: u32,
}

impl SecondFactor {
    pub(super) fn new(providers: Vec<String>) -> Self {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let secret = (0..32).map(|_| char::from(letters[fastrand::usize(..32)])).collect();
        Self { secret, providers, state: Mutex::default() }
    }

    pub(super) fn credential(&self) -> Credential {
        Credential::OneTimeCodes { secret: self.secret.clone() }
    }

    /// What a right password alone is answered.
    pub(crate) fn demand(&self) -> Refusal {
        Refusal::bad("Please use the 2fa provider-specific endpoints to obtain a token.")
            .with(json!({ "active_providers": self.providers }))
    }

    /// Judges a code; each counts once, in its half minute and the one after.
    ///
    /// # Errors
    /// It is wrong, or was used, or the account is locked, or has another provider.
    pub(crate) fn check(&self, code: &str, now: i64) -> Result<(), Refusal> {
        if !self.providers.iter().any(|provider| provider == GOOGLE) {
            return Err(Refusal::bad("Provider is not allowed."));
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.failures >= MOST_FAILURES {
            return Err(Refusal::new(
                401,
                "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later.",
            ));
        }
        let step = now.div_euclid(STEP);
        let fitting = [step, step - 1].into_iter().find(|step| self.code(*step) == code);
        match fitting {
            Some(step) if state.used.insert(step) => {
                state.failures = 0;
                Ok(())
            }
            _ => {
                state.failures += 1;
                Err(Refusal::new(401, "Invalid code."))
            }
        }
    }

    fn code(&self, step: i64) -> String {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&base32(&self.secret)) else {
            return String::new();
        };
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let from = usize::from(hash[hash.len() - 1] % 16);
        let four = [hash[from] & 0x7f, hash[from + 1], hash[from + 2], hash[from + 3]];
        format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
    }
}

/// The bytes that Base32 letters stand for.
fn base32(letters: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for letter in letters.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => continue,
        };
        bits = bits << 5 | u32::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(providers: &str) -> SecondFactor {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned();
        SecondFactor { secret, ..SecondFactor::new(vec![providers.to_owned()]) }
    }

    #[test]
    fn a_code_counts_once_and_wrong_ones_lock_the_account() {
        let own = factor(GOOGLE);
        assert_eq!(own.code(1), "287082");
        assert!(own.check("287082", 59).is_ok());
        assert_eq!(own.check("287082", 59).unwrap_err().message(), "Invalid code.");
        assert!(own.check(&own.code(2), 119).is_ok());
        for _ in 0..MOST_FAILURES {
            assert!(own.check("000000", 300).is_err());
        }
        let locked = own.check(&own.code(10), 300).unwrap_err();
        assert!(locked.message().contains("disabled temporarily"));
        assert!(factor("duo_security").check("287082", 59).is_err());
    }
}
