//! What a trial found, a line for each attack.

use std::fmt;

/// What came of one attack.
#[derive(Debug)]
pub struct AttackResult {
    /// Its name.
    pub name: String,
    /// Why it got through, where it did.
    pub breach: Option<String>,
}

/// What came of all of them.
#[derive(Debug, Default)]
pub struct TrialReport {
    /// In the order in which they were tried.
    pub results: Vec<AttackResult>,
}

impl TrialReport {
    /// Notes what came of one.
    pub fn add(&mut self, name: &str, outcome: Result<(), String>) {
        self.results.push(AttackResult { name: name.to_owned(), breach: outcome.err() });
    }

    /// How many got through.
    #[must_use]
    pub fn breaches(&self) -> usize {
        self.results.iter().filter(|result| result.breach.is_some()).count()
    }
}

impl fmt::Display for TrialReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for AttackResult { name, breach } in &self.results {
            match breach {
                None => writeln!(f, "held     {name}")?,
                Some(why) => writeln!(f, "BREACHED {name}: {}", why.escape_debug())?,
            }
        }
        let (all, through) = (self.results.len(), self.breaches());
        write!(f, "{} of {all} held", all - through)
    }
}
