//! What the trail says of a call.

use serde::{Deserialize, Serialize};
use souk_model::{Failure, Method};

use super::key::ArgumentsDigest;
use super::text_cleaner::{MAX_MESSAGE, MAX_NAME, TextCleaner, clean_name};
use crate::Timestamp;

/// How many requests a line lists; those beyond are counted.
pub const MAX_REQUESTS: usize = 32;

/// One call of a tool, whether or not anything was run for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEntry {
    /// When the call began, to the millisecond.
    #[serde(with = "super::timestamp")]
    pub at: Timestamp,
    /// How it came in.
    pub transport: Transport,
    /// For whom.
    pub principal: String,
    /// The tool's name, as it was asked for.
    pub action: String,
    /// What the request is called by in the log and in what was sent to the store for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// The plugin that has the action; none where no plugin has it, or the host itself does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub plugin: Option<PluginIdentity>,
    /// Which arguments it had.
    pub arguments: ArgumentsDigest,
    /// How it ended.
    pub outcome: CallOutcome,
    /// From its arrival to its answer, in microseconds.
    pub duration_us: u64,
    /// What it used.
    pub resources: CallResources,
}

/// How a call came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// MCP over standard input and output.
    Stdio,
    /// MCP over streamable HTTP.
    Http,
    /// The operator's command line.
    Terminal,
    /// A page of the console, or a button on one; the principal is the person.
    Console,
}

/// The code that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginIdentity {
    /// The action group's name.
    pub group: String,
    /// The version that it gives itself.
    pub version: String,
    /// The digest of its file.
    pub digest: String,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallOutcome {
    /// With a result.
    Ok,
    /// With a failure.
    Failed {
        /// The failure's code, as callers see it.
        code: String,
        /// The policy rule that refused, if one did.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        rule: Option<String>,
        /// What went wrong; cut at [`MAX_MESSAGE`] bytes.
        message: String,
    },
}

/// What a call used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallResources {
    /// Firings of the epoch deadline: CPU time in ticks.
    pub cpu_ticks: u64,
    /// The same to the microsecond.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub cpu_us: u64,
    /// The most memory that its instance held at once, in bytes.
    pub peak_memory_bytes: u64,
    /// Calls of the plugin into the host.
    pub host_calls: u64,
    /// The requests made for it, in order; at most [`MAX_REQUESTS`].
    pub requests: Vec<RequestEntry>,
    /// How many more were made than are listed.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub requests_omitted: u64,
    /// What came back of them all, in bytes.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub fetched_bytes: u64,
    /// The documents that it kept for its caller, by their URIs.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub documents: Vec<String>,
    /// The plans of which it sent requests, by their ids.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub plans: Vec<String>,
    /// How many purges of the cache it asked for.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purges: u64,
}

/// A request to a back end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestEntry {
    /// The method, as HTTP spells it.
    pub method: String,
    /// The route's template, never the path with its values.
    pub route: String,
    /// The answer's HTTP status; none where there was no answer.
    pub status: Option<u16>,
    /// Until the answer was there, in milliseconds.
    pub ms: u64,
}

impl RequestEntry {
    /// A request on a granted route.
    #[must_use]
    pub fn new(method: Method, route: &str, status: Option<u16>, ms: u64) -> Self {
        Self { method: method.as_str().to_owned(), route: route.to_owned(), status, ms }
    }
}

impl CallOutcome {
    /// The outcome of a call that ended so.
    pub fn of<T>(result: &Result<T, Failure>) -> Self {
        match result {
            Ok(_) => Self::Ok,
            Err(failure) => Self::Failed {
                code: failure.code_text(),
                rule: failure.rule.clone(),
                message: failure.message.clone(),
            },
        }
    }
}

impl CallResources {
    /// Whether something outside the host may be other than before: its caller must then hear what
    /// came of it, whatever else fails.
    #[must_use]
    pub const fn has_written(&self) -> bool {
        !self.plans.is_empty() || self.purges > 0
    }

    /// How many requests were made for it.
    #[must_use]
    pub const fn request_count(&self) -> u64 {
        self.requests.len() as u64 + self.requests_omitted
    }

    /// Adds a request, or counts it if there are [`MAX_REQUESTS`] already.
    pub fn push(&mut self, request: RequestEntry) {
        if self.requests.len() < MAX_REQUESTS {
            self.requests.push(request);
        } else {
            self.requests_omitted += 1;
        }
    }
}

impl CallEntry {
    /// The entry as it may be kept: no known secret in it, and nothing longer than its limit.
    pub(super) fn cleaned(mut self, cleaner: &TextCleaner<'_>) -> Self {
        let principal = self.principal.clone();
        let text = |text: &mut String, limit| cleaner.clean(&principal, text, limit);
        text(&mut self.action, MAX_NAME);
        cleaner.clean_principal(&mut self.principal);
        self.request_id.iter_mut().for_each(clean_name);
        if let Some(plugin) = &mut self.plugin {
            clean_name(&mut plugin.group);
            clean_name(&mut plugin.version);
            clean_name(&mut plugin.digest);
        }
        if let CallOutcome::Failed { code, rule, message } = &mut self.outcome {
            clean_name(code);
            rule.iter_mut().for_each(clean_name);
            text(message, MAX_MESSAGE);
        }
        let resources = &mut self.resources;
        let omitted = resources.requests.len().saturating_sub(MAX_REQUESTS);
        resources.requests.truncate(MAX_REQUESTS);
        resources.requests_omitted += omitted as u64;
        for request in &mut resources.requests {
            clean_name(&mut request.method);
            clean_name(&mut request.route);
        }
        self
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use souk_model::{Code, Secret};

    use super::super::redact::Redactor;
    use super::*;

    fn plain(redactor: &Redactor) -> TextCleaner<'_> {
        static KEY: std::sync::LazyLock<super::super::key::TrailKey> =
            std::sync::LazyLock::new(|| super::super::key::TrailKey::from_bytes([1; 32]));
        TextCleaner { redactor, text_mask: Arc::new(|_, text| text), key: &KEY }
    }

    #[test]
    fn a_secret_across_the_cut_leaves_no_half() {
        let redactor = Redactor::default();
        redactor.register(&Secret::from("hunter22hunter22"));
        let failure = Failure::new(
            Code::Forbidden,
            format!("{}hunter22hunter22", "x".repeat(MAX_MESSAGE - 12)),
        )
        .rule("grant");
        let mut entry = super::super::tests::entry(1);
        entry.outcome = CallOutcome::of::<()>(&Err(failure));
        let CallOutcome::Failed { code, rule, message } = entry.cleaned(&plain(&redactor)).outcome
        else {
            panic!("it failed");
        };
        assert_eq!((code.as_str(), rule.as_deref()), ("FORBIDDEN", Some("grant")));
        assert!(!message.contains('h') && message.len() <= MAX_MESSAGE, "{message}");
    }

    #[test]
    fn requests_beyond_the_cap_are_counted() {
        let request = RequestEntry::new(Method::Get, "/V1/products", Some(200), 3);
        let mut resources = CallResources::default();
        for _ in 0..MAX_REQUESTS + 3 {
            resources.push(request.clone());
        }
        assert_eq!((resources.requests.len(), resources.requests_omitted), (MAX_REQUESTS, 3));
        let mut entry = super::super::tests::entry(1);
        entry.resources.requests = vec![request; MAX_REQUESTS + 5];
        let kept = entry.cleaned(&plain(&Redactor::default())).resources;
        assert_eq!((kept.requests.len(), kept.requests_omitted), (MAX_REQUESTS, 5));
    }
}
