//! The audit trail: read from its end, filtered, and verified.

use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use souk_model::{Failure, counted, visible};
use souk_state::audit::{self, TrailLine, TrailRecord};
use url::form_urlencoded;

use super::layout::Layout;
use super::notice::page;
use super::person_request::PersonRequest;
use crate::access::form::FormFields;
use crate::console::Console;

/// Lines of a page.
const LINES: usize = 50;
/// Lines that are read for one page where not each is shown.
const LOOKED_THROUGH: usize = 5_000;
/// Lines that are read at once.
const READ_AT_ONCE: usize = 1_000;
/// The longest text of a line that is shown, in characters.
const MAX_TEXT: usize = 400;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    layout: Layout,
    lines: Vec<LineView>,
    text: String,
    kind: String,
    kinds: Vec<&'static str>,
    /// Where older lines are, if there are any.
    older: Option<String>,
    /// What came of a check of the whole trail.
    verdict: Option<TrailVerdict>,
}

struct TrailVerdict {
    is_sound: bool,
    text: String,
}

/// A line of the trail.
struct LineView {
    number: u64,
    at: String,
    kind: String,
    who: String,
    text: String,
    is_failure: bool,
}

/// Kinds that are chosen from.
const KINDS: [&str; 12] = [
    "call",
    "sending",
    "write",
    "found",
    "refused",
    "plan-approved",
    "plan-rejected",
    "plan-viewed",
    "writes-stopped",
    "writes-resumed",
    "wrong-passphrase",
    "notice",
];

impl LineView {
    fn of(line: &TrailLine) -> Self {
        let json = serde_json::to_value(&line.record).unwrap_or_default();
        let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default();
        let kind = text("kind").to_owned();
        let who = [text("principal"), text("person")].into_iter().find(|who| !who.is_empty());
        let (said, is_failure) = match &line.record {
            TrailRecord::Call(entry) => {
                let transport = format!("{:?}", entry.transport).to_lowercase();
                match &entry.outcome {
                    audit::CallOutcome::Ok => (format!("{} ({transport})", entry.action), false),
                    audit::CallOutcome::Failed { code, message, .. } => {
                        (format!("{} ({transport}): {code}: {message}", entry.action), true)
                    }
                }
            }
            _ => (rest(&json), false),
        };
        Self {
            number: line.position.seq,
            at: souk_state::rfc3339_to_the_second(line.record.at().as_millisecond()),
            kind,
            who: visible::sentence(who.unwrap_or_default(), MAX_TEXT),
            text: visible::sentence(&said, MAX_TEXT),
            is_failure,
        }
    }

    fn holds(&self, text: &str) -> bool {
        let has = |value: &str| value.to_lowercase().contains(text);
        has(&self.who) || has(&self.text) || has(&self.kind)
    }
}

/// Whatever else a line says, member by member.
fn rest(json: &Value) -> String {
    let known = ["kind", "at", "principal", "person"];
    let members = json.as_object().into_iter().flatten();
    let members = members.filter(|(name, _)| !known.contains(&name.as_str()));
    let parts = members.map(|(name, value)| match value {
        Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// What of the trail is shown.
struct TrailQuery {
    before: Option<u64>,
    text: String,
    kind: String,
}

impl TrailQuery {
    fn parse(query: Option<&str>) -> Self {
        let form = FormFields::parse(query.unwrap_or_default().as_bytes());
        let kind = KINDS.into_iter().find(|kind| *kind == form.text("kind")).unwrap_or_default();
        Self {
            before: form.text("before").parse().ok(),
            text: form.text("text").trim().chars().take(100).collect(),
            kind: kind.to_owned(),
        }
    }

    fn older(&self, before: u64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("before", &before.to_string());
        query.append_pair("text", &self.text);
        query.append_pair("kind", &self.kind);
        query.finish()
    }
}

/// `/audit`
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    RawQuery(query): RawQuery,
    request: PersonRequest,
) -> Response {
    if let Err(response) = request.note("console_audit") {
        return response;
    }
    let query = TrailQuery::parse(query.as_deref());
    answer(&console, &request, query, None).await
}

/// `/audit/verify`: the same, with what a check of the whole trail finds.
pub(crate) async fn verify(
    State(console): State<Arc<Console>>,
    request: PersonRequest,
) -> Response {
    if let Err(response) = request.note("console_audit_verify") {
        return response;
    }
    let trail = console.trail.clone();
    let checked = tokio::task::spawn_blocking(move || trail.verify(None)).await;
    let verdict = match checked {
        Ok(Ok(verified)) => TrailVerdict {
            is_sound: true,
            text: format!(
                "{}, unbroken and sealed; {} were cut short by a crash and are noted as such",
                counted(verified.lines, "line", "lines"),
                verified.torn.len()
            ),
        },
        Ok(Err(error)) => TrailVerdict { is_sound: false, text: error.to_string() },
        Err(error) => TrailVerdict { is_sound: false, text: error.to_string() },
    };
    answer(&console, &request, TrailQuery::parse(None), Some(verdict)).await
}

async fn answer(
    console: &Console,
    request: &PersonRequest,
    query: TrailQuery,
    verdict: Option<TrailVerdict>,
) -> Response {
    let path = console.trail.path().to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let found = read(&path, &query);
        (found, query)
    });
    let (lines, older, query) = match read.await {
        Ok((Ok((lines, older)), query)) => (lines, older, query),
        Ok((Err(failure), _)) => return request.refuse("console_audit", &failure),
        Err(error) => {
            return request.refuse("console_audit", &Failure::internal(error.to_string()));
        }
    };
    let template = AuditPage {
        layout: request.layout("audit"),
        lines,
        older: older.map(|before| query.older(before)),
        text: query.text,
        kind: query.kind,
        kinds: KINDS.to_vec(),
        verdict,
    };
    page(StatusCode::OK, &template)
}

/// Lines, newest first, and before which line older ones are.
fn read(path: &PathBuf, query: &TrailQuery) -> Result<(Vec<LineView>, Option<u64>), Failure> {
    let text = query.text.to_lowercase();
    let (mut last, mut looked, mut lines) = (query.before, 0, Vec::new());
    loop {
        if last == Some(0) {
            return Ok((lines, None));
        }
        let found = audit::page(path, last, READ_AT_ONCE).map_err(|error| {
            Failure::internal(format!("the audit trail cannot be read: {error}"))
        })?;
        let Some(first) = found.first().map(|line| line.position.seq) else {
            return Ok((lines, None));
        };
        for line in found.iter().rev() {
            if lines.len() == LINES {
                return Ok((lines, Some(line.position.seq)));
            }
            let view = LineView::of(line);
            let is_of_kind = query.kind.is_empty() || view.kind == query.kind;
            if is_of_kind && (text.is_empty() || view.holds(&text)) {
                lines.push(view);
            }
        }
        looked += found.len();
        last = Some(first.saturating_sub(1));
        if looked >= LOOKED_THROUGH {
            return Ok((lines, last.filter(|last| *last > 0)));
        }
    }
}
