//! The persons who can decide of plans, each by a passphrase.
//!
//! They stand in `people.json` of the state directory, sealed under `people.key`: an edit by somebody
//! who has not got that key shows, and such a file lets nobody decide. Passphrases are kept as Argon2id
//! hashes. The key is made with the first person, so that a file which is gone shows too.

mod known_name;
mod passphrase;
mod record;
mod store;
mod tries;

pub use record::Person;
pub use store::{People, PeopleError, PersonChange, PreparedPeople};
