//! What the doctor found, for people and as JSON.

use std::fmt::{self, Write};

use serde::Serialize;
use souk_model::visible;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// As it must be.
    Fine,
    /// Something to know, which may be meant so.
    Note,
    /// Something that may not be used, which may be meant so.
    Lacking,
    /// It will hurt, sooner or later.
    Warning,
    /// It does not work.
    Broken,
}

impl Verdict {
    const fn mark(self) -> char {
        match self {
            Self::Fine => '✓',
            Self::Note => '–',
            Self::Lacking => '✗',
            Self::Warning => '!',
            Self::Broken => '✗',
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(super) struct HealthCheck {
    about: String,
    verdict: Verdict,
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// What belongs together.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Section {
    title: String,
    checks: Vec<HealthCheck>,
}

impl Section {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), checks: Vec::new() }
    }

    fn add(
        &mut self,
        verdict: Verdict,
        about: &str,
        found: impl Into<String>,
        remedy: Option<String>,
    ) {
        let found = found.into();
        self.checks.push(HealthCheck { about: about.to_owned(), verdict, found, remedy });
    }

    pub(super) fn fine(&mut self, about: &str, found: impl Into<String>) {
        self.add(Verdict::Fine, about, found, None);
    }

    pub(super) fn note(&mut self, about: &str, found: impl Into<String>) {
        self.add(Verdict::Note, about, found, None);
    }

    pub(super) fn lacking(&mut self, about: &str, found: impl Into<String>) {
        self.add(Verdict::Lacking, about, found, None);
    }

    pub(super) fn warn(&mut self, about: &str, found: impl Into<String>, remedy: &str) {
        self.add(Verdict::Warning, about, found, Some(remedy.to_owned()));
    }

    pub(super) fn broken(&mut self, about: &str, found: impl Into<String>, remedy: Option<String>) {
        self.add(Verdict::Broken, about, found, remedy);
    }

    /// Something that failed, with its causes.
    pub(super) fn failed(&mut self, about: &str, error: &anyhow::Error) {
        self.broken(about, format!("{error:#}"), None);
    }

    /// Something that a store, or the way to it, refused.
    pub(super) fn refused(&mut self, about: &str, failure: &souk_model::Failure) {
        let found = match failure.status {
            Some(status) => format!("{} (HTTP {status})", failure.message),
            None => failure.message.clone(),
        };
        self.broken(about, found, failure.remedy.clone());
    }
}

/// All of it.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct HealthReport {
    pub(super) sections: Vec<Section>,
}

impl HealthReport {
    fn count(&self, verdict: Verdict) -> usize {
        let checks = self.sections.iter().flat_map(|section| &section.checks);
        checks.filter(|check| check.verdict == verdict).count()
    }

    /// Whether nothing is broken.
    pub(super) fn is_sound(&self) -> bool {
        self.count(Verdict::Broken) == 0
    }

    fn verdict(&self) -> String {
        let things = |count: usize, one: &str, many: &str| {
            if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
        };
        let broken = self.count(Verdict::Broken);
        let warnings = self.count(Verdict::Warning);
        let mut text = match broken {
            0 if warnings == 0 => "all is well".to_owned(),
            0 => "nothing is broken".to_owned(),
            count => format!("{} broken", things(count, "thing is", "things are")),
        };
        if warnings > 0 {
            text.push_str(&format!(", {}", things(warnings, "warning", "warnings")));
        }
        text
    }
}

impl fmt::Display for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for section in &self.sections {
            writeln!(f, "{}", visible::line(&section.title))?;
            let widest = |check: &HealthCheck| check.about.chars().count();
            let width = section.checks.iter().map(widest).max().unwrap_or(0);
            for check in &section.checks {
                let mut line = String::new();
                let about = visible::line(&check.about);
                let mark = check.verdict.mark();
                write!(line, "  {mark} {about:<width$}  ")?;
                let indent = " ".repeat(width + 6);
                line.push_str(&visible::text(&check.found).replace('\n', &format!("\n{indent}")));
                writeln!(f, "{}", line.trim_end())?;
                if let Some(remedy) = &check.remedy {
                    writeln!(f, "{indent}→ {}", visible::line(remedy))?;
                }
            }
            writeln!(f)?;
        }
        writeln!(f, "{}", self.verdict())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_as_a_list_with_what_to_do() {
        let mut store = Section::new("store `shop`");
        store.fine("reachable", "in 12 ms");
        store.lacking("orders", "lacks `Magento_Sales::actions_view`");
        store.warn("clock", "90 s ahead", "set this machine's clock");
        let mut report = HealthReport { sections: vec![store] };
        assert_eq!(
            report.to_string(),
            "store `shop`\n  ✓ reachable  in 12 ms\n  ✗ orders     lacks `Magento_Sales::actions_view`\n\
             \x20 ! clock      90 s ahead\n               → set this machine's clock\n\n\
             nothing is broken, 1 warning\n"
        );
        assert!(report.is_sound());
        report.sections[0].broken("login", "no\u{1b}[2J", None);
        assert!(!report.is_sound());
        let text = report.to_string();
        assert!(text.ends_with("1 thing is broken, 1 warning\n") && !text.contains('\u{1b}'));
    }
}
