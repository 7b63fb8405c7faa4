//! How many files the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than connections, documents and state ever need.
const ENOUGH: u64 = 65_536;

/// Raises the number to what the system lets this user have: the usual one, 1,024, is there for
/// programs from before `poll`, and open connections alone can reach it.
pub(crate) fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let most = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if current.is_some_and(|current| current < most) {
        // Where it is refused all goes on as before, within less.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum });
    }
}
