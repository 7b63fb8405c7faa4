//! Which process something belongs to, so that another can tell whether it is still there.
//!
//! A process is named by the machine's boot, the namespace that its number counts in, the number, and
//! when it began: a number alone is given again. Only who shares boot and namespace can judge; for
//! everybody else, and on systems without `/proc`, a process is never known to be gone.

use std::fmt;
use std::fs;
use std::str::FromStr;

/// A process of some machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessIdentity {
    /// Drawn anew by the kernel with each start of the machine.
    boot: String,
    /// What the kernel calls the namespace of process numbers: a container has its own.
    namespace: String,
    pid: u32,
    /// Clock ticks after the boot.
    began: u64,
}

/// A text that names no process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a process is written as its boot, namespace, number and beginning")]
pub struct InvalidProcessIdentity;

impl ProcessIdentity {
    /// This process; nothing where the system does not tell.
    #[must_use]
    pub fn current() -> Option<Self> {
        let pid = std::process::id();
        let (_, began) = stat(pid)?;
        Some(Self { boot: boot()?, namespace: namespace()?, pid, began })
    }

    /// Its number on its machine.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether this process could know if that one is gone: both count their processes alike.
    #[must_use]
    pub fn is_within_reach(&self) -> bool {
        Self::current().is_some_and(|here| {
            (here.boot, here.namespace) == (self.boot.clone(), self.namespace.clone())
        })
    }

    /// Whether it has certainly ended: it is of this machine, and there is no such process any more,
    /// or one that began at another time, or one that is dead and was not collected yet.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        if !self.is_within_reach() {
            return false;
        }
        match fs::read_to_string(format!("/proc/{}/stat", self.pid)) {
            Ok(text) => parsed(&text).is_some_and(|(state, began)| {
                began != self.began || matches!(state, 'Z' | 'X' | 'x')
            }),
            // Nothing else says that it is gone: a file that may not be read is of somebody.
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        }
    }
}

impl fmt::Display for ProcessIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.boot, self.namespace, self.pid, self.began)
    }
}

impl FromStr for ProcessIdentity {
    type Err = InvalidProcessIdentity;

    fn from_str(text: &str) -> Result<Self, InvalidProcessIdentity> {
        let mut parts = text.split(' ');
        let mut next =
            || parts.next().filter(|part| !part.is_empty()).ok_or(InvalidProcessIdentity);
        let (boot, namespace) = (next()?.to_owned(), next()?.to_owned());
        let pid = next()?.parse().map_err(|_| InvalidProcessIdentity)?;
        let began = next()?.parse().map_err(|_| InvalidProcessIdentity)?;
        Ok(Self { boot, namespace, pid, began })
    }
}

fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = id.trim();
    (!id.is_empty()).then(|| id.to_owned())
}

fn namespace() -> Option<String> {
    Some(fs::read_link("/proc/self/ns/pid").ok()?.to_str()?.to_owned())
}

/// The state of a process and when it began.
fn stat(pid: u32) -> Option<(char, u64)> {
    parsed(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// What stands in `/proc/<pid>/stat`. The second field is a name in parentheses that may hold
/// anything, so the rest is counted from behind its last one: the state comes next, the beginning 19
/// fields after that.
fn parsed(text: &str) -> Option<(char, u64)> {
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn of(pid: u32) -> ProcessIdentity {
        let (_, began) = stat(pid).unwrap();
        ProcessIdentity { pid, began, ..ProcessIdentity::current().unwrap() }
    }

    #[test]
    fn a_process_is_gone_once_it_is_killed_and_not_before() {
        let mut child = Command::new("sleep").arg("100").stdin(Stdio::null()).spawn().unwrap();
        let known = of(child.id());
        assert!(!known.has_ended());
        child.kill().unwrap();
        // Dead, though nobody has asked how it ended.
        while !known.has_ended() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(known.has_ended());
    }

    #[test]
    fn a_number_that_was_given_again_is_another_process() {
        let here = ProcessIdentity::current().unwrap();
        assert!(!here.has_ended());
        assert!(ProcessIdentity { began: here.began + 1, ..here.clone() }.has_ended());
    }

    #[test]
    fn nothing_is_known_of_another_machine_or_container() {
        let here = ProcessIdentity::current().unwrap();
        let gone = ProcessIdentity { pid: u32::MAX, ..here };
        assert!(gone.has_ended());
        assert!(!ProcessIdentity { boot: "another".into(), ..gone.clone() }.has_ended());
        assert!(!ProcessIdentity { namespace: "pid:[1]".into(), ..gone }.has_ended());
    }

    #[test]
    fn what_is_written_is_read_again_and_nothing_else_is() {
        let here = ProcessIdentity::current().unwrap();
        assert_eq!(here.to_string().parse(), Ok(here));
        for text in ["", "a", "a b", "a b 3", "a b 3 x", "a  b 3"] {
            assert_eq!(text.parse::<ProcessIdentity>(), Err(InvalidProcessIdentity), "{text}");
        }
        assert_eq!(
            parsed("7 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 99 0"),
            Some(('S', 99))
        );
    }
}
