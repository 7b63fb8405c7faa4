//! What came of all cases, and what none of them needed.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;
use souk_model::{Grant, Group, counted, visible};
use souk_policy::MissingGrant;

use super::runner::{CaseResult, granted};
use crate::denial::Denial;
use crate::plugin_language::PluginLanguage;

/// The report.
#[derive(Serialize)]
pub(super) struct Report {
    cases: Vec<CaseLine>,
    failed: usize,
    /// Grants that no request was made under.
    unused_grants: Vec<String>,
    /// Reads that the plugin asked for and may not make.
    refused_reads: Vec<String>,
    /// The case that took longest.
    slowest: Option<String>,
}

#[derive(Serialize)]
struct CaseLine {
    name: String,
    ms: u64,
    requests: Vec<String>,
    wrong: Vec<String>,
}

impl Report {
    pub(super) fn of(group: &Group, results: Vec<CaseResult>) -> Self {
        let used: BTreeSet<&String> = results.iter().flat_map(|one| &one.requests).collect();
        let unused_grants =
            granted(group).into_iter().filter(|grant| !used.contains(grant)).collect();
        let refused: BTreeSet<String> =
            results.iter().flat_map(|one| one.refused.iter().cloned()).collect();
        let slowest = results.iter().max_by_key(|one| one.took).map(|one| one.name.clone());
        let cases: Vec<CaseLine> = results.into_iter().map(CaseLine::of).collect();
        Self {
            failed: cases.iter().filter(|case| !case.wrong.is_empty()).count(),
            cases,
            unused_grants,
            refused_reads: refused.into_iter().collect(),
            slowest,
        }
    }

    pub(super) const fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// For people; what was refused is explained in these languages.
    pub(super) fn text(&self, languages: &[PluginLanguage]) -> String {
        let mut text = String::new();
        for case in &self.cases {
            let state = if case.wrong.is_empty() { "ok" } else { "FAILED" };
            let requests = counted(case.requests.len(), "request", "requests");
            let name = visible::line(&case.name);
            let _ = writeln!(text, "{state:<6} {:>5} ms  {requests:>11}  {name}", case.ms);
            for wrong in &case.wrong {
                let _ = writeln!(text, "       {}", visible::line(wrong));
            }
        }
        let _ = write!(text, "\n{}", counted(self.cases.len(), "case", "cases"));
        let _ = match self.failed {
            0 => writeln!(text, ", all as expected"),
            failed => writeln!(text, ", {failed} not as expected"),
        };
        for (what, which) in [
            ("grants that no case used", &self.unused_grants),
            ("reads that were refused", &self.refused_reads),
        ] {
            if !which.is_empty() {
                let _ = writeln!(text, "{what}: {}", visible::line(&which.join(", ")));
            }
        }
        if let Some(slowest) = &self.slowest {
            let _ = writeln!(text, "slowest: {}", visible::line(slowest));
        }
        for denial in self.refused_reads.iter().filter_map(|read| refused_read(read)) {
            let _ = write!(text, "\n{}", denial.explain(languages));
        }
        text
    }
}

/// What there is to explain of a read that no grant is of: `GET /V1/orders`.
fn refused_read(read: &str) -> Option<Denial> {
    let (method, route) = read.split_once(' ')?;
    let missing = MissingGrant::Request {
        method: method.to_owned().try_into().ok()?,
        route: route.to_owned(),
        upstream: Grant::STORE.to_owned(),
    };
    Some(Denial { tool: None, message: missing.to_string(), rule: None })
}

impl CaseLine {
    fn of(result: CaseResult) -> Self {
        let CaseResult { name, took, requests, wrong, .. } = result;
        Self { name, ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX), requests, wrong }
    }
}
