//! What a client of the newer era is given to bring back: the answers that it gave in earlier rounds
//! of a call, sealed.
//!
//! The host keeps nothing of a call between its rounds. What comes back is a stranger's text, so it
//! is bound to who called what with which arguments, to a time, and to this process's key.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

/// How long a person may think.
const VALID: Duration = Duration::from_secs(30 * 60);

/// A state that is not one of ours, not for this call, or too old.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the `requestState` is not one that this server gave out for this request, or is too old: make \
     the request again without it"
)]
pub(crate) struct InvalidState;

/// Answers by the keys of their questions.
pub(crate) type AnswersByKey = BTreeMap<String, Value>;

#[derive(Serialize, Deserialize)]
struct StatePayload {
    /// Seconds since 1970.
    until: u64,
    answers: AnswersByKey,
}

/// Seals and opens.
pub(crate) struct StateSealer([u8; 32]);

impl StateSealer {
    /// With a key of its own, which ends with the process.
    pub(crate) fn new() -> Self {
        let mut key = [0; 32];
        if let Err(error) = getrandom::fill(&mut key) {
            // Without chance nothing can be sealed that a stranger could not.
            tracing::error!(%error, "no random key: calls that ask are refused");
            return Self([0; 32]);
        }
        Self(key)
    }

    fn tag(&self, request: &str, state: &[u8]) -> Option<Hmac<Sha256>> {
        if self.0 == [0; 32] {
            return None;
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(&u64::try_from(request.len()).ok()?.to_be_bytes());
        mac.update(request.as_bytes());
        mac.update(state);
        Some(mac)
    }

    /// The answers for the client to bring back with the same request.
    pub(crate) fn seal(&self, request: &str, answers: AnswersByKey) -> Option<String> {
        let until = seconds(SystemTime::now() + VALID);
        let state = serde_json::to_vec(&StatePayload { until, answers }).ok()?;
        let tag = self.tag(request, &state)?.finalize().into_bytes();
        Some(format!("{}.{}", URL_SAFE_NO_PAD.encode(&state), URL_SAFE_NO_PAD.encode(tag)))
    }

    /// The answers that were sealed.
    pub(crate) fn open(&self, request: &str, sealed: &str) -> Result<AnswersByKey, InvalidState> {
        self.open_at(request, sealed, SystemTime::now())
    }

    fn open_at(
        &self,
        request: &str,
        sealed: &str,
        now: SystemTime,
    ) -> Result<AnswersByKey, InvalidState> {
        let (state, tag) = sealed.split_once('.').ok_or(InvalidState)?;
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidState);
        let (state, tag) = (decode(state)?, decode(tag)?);
        let expected = self.tag(request, &state).ok_or(InvalidState)?;
        expected.verify_slice(&tag).map_err(|_| InvalidState)?;
        let state: StatePayload = serde_json::from_slice(&state).map_err(|_| InvalidState)?;
        if state.until < seconds(now) {
            return Err(InvalidState);
        }
        Ok(state.answers)
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_sealed_comes_back_for_the_same_request_alone() {
        let (sealer, other) = (StateSealer::new(), StateSealer::new());
        let answers = AnswersByKey::from([("name".to_owned(), json!({"action": "accept"}))]);
        let sealed = sealer.seal("ann calls x {}", answers.clone()).unwrap();
        assert_eq!(sealer.open("ann calls x {}", &sealed), Ok(answers));
        assert_eq!(sealer.open("bob calls x {}", &sealed), Err(InvalidState));
        assert_eq!(other.open("ann calls x {}", &sealed), Err(InvalidState));
        let late = SystemTime::now() + VALID + Duration::from_secs(2);
        assert_eq!(sealer.open_at("ann calls x {}", &sealed, late), Err(InvalidState));
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            assert_eq!(sealer.open("ann calls x {}", &forged), Err(InvalidState), "{forged}");
        }
        for text in ["", ".", "a.b", &format!("{sealed}x")] {
            assert_eq!(sealer.open("ann calls x {}", text), Err(InvalidState), "{text}");
        }
    }
}
