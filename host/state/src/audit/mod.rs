//! The audit trail: what was called, by whom, and how it ended, in a file that shows tampering.
//!
//! # The file
//! JSON lines. Each begins with its number in the chain and the hash of the line before it, and
//! ends with its own hash and a seal:
//!
//! ```text
//! {"seq":7,"prev":"<hash of line 6>","plans":"<mark>","kind":"call","at":"2026-01-31T12:00:00.000Z",…,"hash":"<own>","mac":"<seal>"}
//! ```
//!
//! `hash` is the SHA-256 of the line's bytes before `,"hash":`, so no byte of it can change
//! unnoticed and any tool can check it:
//! `line=$(sed -n 7p audit.jsonl); printf %s "${line%,\"hash\":*}" | sha256sum`.
//! The first line's `prev` is 64 zeros. `mac` is the HMAC-SHA256 of the hash under a key that lies
//! apart from the trail ([`TrailKey`]). `plans` says which file of plans is in use and how far it had
//! come ([`PlansMark`]). The kinds of line:
//!
//! | kind | says |
//! |---|---|
//! | `call` | an [`CallEntry`] |
//! | `sending` | a [`SendingEntry`]: one request of a plan, or one purge of a cache, is about to be sent. Lines of requests that go out together may stand together. It is on the disk before the request is sent |
//! | `write` | a [`WriteEntry`]: how that request ended. Where it is missing the host died, or the trail could not be written, and the request may have been sent |
//! | `found` | a [`FoundEntry`]: what a resume found out of an item whose end nobody had seen |
//! | `torn` | a host died, or the disk was full, in the middle of the line or lines above; how many bytes they are and their SHA-256. They stay in the file and are no part of the chain: this line follows the last whole one. Their call was never answered, for answers wait for their line. (A line that lacks only its newline gets it, and is a line like any other) |
//! | `rotated` | the file was replaced, removed or emptied while a host used it; which line was the last before. At the top of a new file it ties the two together; each host that was running may add one |
//! | `removed` | the file was deleted while a host used it; which line was the last before. [`verify`] reports it as a breach |
//! | `replaced` | a file with older lines was put in the place of the one that a host used; which line was the last there. [`verify`] reports it as a breach, in this file and, where the other was put back, in that one |
//! | `begun` | the first line of all, with the id of the key |
//! | `lost` | the plans, or a trail, that were there before are gone or were set back. [`verify`] reports it as a breach |
//! | `notice` | something that the host noticed: a code and a message, such as a file of rules that is not taken |
//! | `accepted` | the operator has looked at such a breach and takes things as they are |
//! | `refused` | a [`RefusedEntry`]: calls of one principal that were refused faster than 20 a second, summed |
//! | `plan-approved`, `plan-rejected`, `plan-viewed` | a [`PersonEntry`]: what a person decided of a plan, or that it was shown to them |
//! | `writes-stopped`, `writes-resumed` | a [`PersonEntry`]: who stopped all writes, or let them go on |
//! | `person-set`, `wrong-passphrase` | a [`PersonEntry`]: who was set up to decide, and who tried to pass for somebody |
//! | `cut` | lines that a running host had seen at the end of this file are gone; which was the last of them. [`verify`] reports it as a breach |
//!
//! # What it proves
//! [`verify`] finds any line that was edited, removed, inserted or moved; with the key also when
//! somebody without the key recomputed every hash from some line on. Without the key it cannot tell
//! that. The end of the file can be cut off by whoever may write it, and the file alone then shows
//! nothing: keep a [`Position`] elsewhere ([`Verification::head`]) and hand it to [`verify`] later: it
//! must still be in the file, and with it all that it follows. Whoever has the key, too, can write
//! anything but what stands before such a position.
//!
//! # Several hosts
//! All append to one file. Each takes the file's lock, looks whether the file has grown since its
//! own last line, reads the end again if so, and appends with a single write. Readers take the
//! lock only to learn how long the settled file is.

mod chain_head;
mod entry;
mod error;
mod file;
mod first_line;
mod hash;
mod key;
mod line;
mod moved_file;
mod open_trail;
mod person_entry;
mod plans_mark;
mod read;
mod redact;
mod refusals;
mod text_cleaner;
mod timestamp;
mod trail;
mod verify;
mod write_entry;

pub use entry::{
    CallEntry, CallOutcome, CallResources, MAX_REQUESTS, PluginIdentity, RequestEntry, Transport,
};
pub use error::AuditError;
pub use hash::{InvalidHash, Sha256Hash};
pub use key::{ArgumentsDigest, TrailKey};
pub(crate) use key::{keyed, secret_key};
pub use line::{InvalidPosition, Position, TrailLine, TrailRecord};
pub use moved_file::MovedFile;
pub use person_entry::{PersonAct, PersonEntry};
pub use plans_mark::{CurrentPlans, InvalidPlansMark, PlansMark};
pub use read::{TrailFollower, TrailRow, follow, page, tail};
pub use redact::{REDACTED, Redactor};
pub use refusals::RefusedEntry;
pub use text_cleaner::{MAX_MESSAGE, MAX_NAME, TextMask};
pub use trail::{AuditTrail, Durability};
pub use verify::{Breach, BreachKind, TrailNotice, Verification, VerifyError, verify};
pub use write_entry::{FoundEntry, SendingEntry, WriteEntry, WriteOrigin, WriteRequest};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A call told apart from others by its number.
    pub(super) fn entry(number: u64) -> CallEntry {
        CallEntry {
            at: jiff::Timestamp::from_millisecond(1_769_860_800_000).unwrap(),
            transport: Transport::Stdio,
            principal: "local".into(),
            request_id: None,
            action: "catalog_get_product".into(),
            plugin: Some(PluginIdentity {
                group: "catalog".into(),
                version: "0.1.0".into(),
                digest: "5b".repeat(32),
            }),
            arguments: TrailKey::from_bytes([1; 32]).digest(&json!({ "n": number })),
            outcome: CallOutcome::Ok,
            duration_us: number,
            resources: CallResources::default(),
        }
    }
}
