//! The audit trail as resources, a page each, for those whom the operator lets read it.

use std::path::PathBuf;

use serde_json::{Map, Value, json};
use souk_model::{Code, Failure, ResourceFamily, json_bytes, visible};
use souk_policy::Mask;
use souk_state::audit::{self, TrailLine};

use super::documents::blocking;
use crate::text::printable;

/// Before a line's number in a page's URI.
const SCHEME: &str = "souk://audit/";
/// In the place of a number: the end of the trail.
pub(super) const LATEST: &str = "latest";
/// What each page is.
pub(super) const MEDIA_TYPE: &str = "application/json";
/// Lines of one page.
const LINES: usize = 50;

/// Which lines a URI asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AuditPage {
    /// The number of the last one; the end of the trail where none is named.
    last: Option<u64>,
}

/// RFC 6570.
pub(super) fn template() -> String {
    format!("{SCHEME}{{line}}")
}

/// As the pages are listed.
pub(super) fn family() -> ResourceFamily {
    ResourceFamily {
        uri_template: template(),
        name: "audit".to_owned(),
        title: "The audit trail".to_owned(),
        description: format!(
            "{LINES} lines of the audit trail that end with this one, by its number; `{LATEST}` is \
             the end. `earlier` names the page before."
        ),
        media_type: MEDIA_TYPE.to_owned(),
    }
}

impl AuditPage {
    /// The page of a URI, where it is one's; what stands there may be no number.
    pub(super) fn of_uri(uri: &str) -> Option<Result<Self, Failure>> {
        let line = uri.strip_prefix(SCHEME)?;
        Some(match line.parse() {
            _ if line == LATEST => Ok(Self { last: None }),
            Ok(last) if last > 0 => Ok(Self { last: Some(last) }),
            _ => Err(Failure::new(
                Code::NotFound,
                format!("`{}` is no line of the trail", printable(line, 40)),
            )
            .remedy(format!("`{SCHEME}{LATEST}` is its end"))),
        })
    }

    /// Reads it, as it may leave: at most so many bytes, the earliest lines left out.
    pub(super) async fn read(
        self,
        trail: PathBuf,
        mask: Mask,
        bytes: usize,
    ) -> Result<String, Failure> {
        blocking(move || {
            let lines = audit::page(&trail, self.last, LINES).map_err(|error| {
                tracing::error!("the audit trail cannot be read: {error}");
                Failure::internal("the audit trail cannot be read")
                    .remedy("the host's log says why")
            })?;
            let lines = lines.iter().map(shown).collect();
            Ok(written(lines, &mask, bytes))
        })
        .await
    }
}

/// A line with its number.
fn shown(line: &TrailLine) -> Map<String, Value> {
    let mut shown = Map::from_iter([("line".to_owned(), line.position.seq.into())]);
    if let Ok(Value::Object(record)) = serde_json::to_value(&line.record) {
        shown.extend(record);
    }
    shown
}

fn written(lines: Vec<Map<String, Value>>, mask: &Mask, bytes: usize) -> String {
    let mut left = bytes.saturating_sub(json_bytes(&json!({"lines": [], "earlier": SCHEME})) + 24);
    let mut kept: Vec<Value> = Vec::new();
    for line in lines.into_iter().rev() {
        let mut line = mask.value(Value::Object(line));
        visible::json(&mut line);
        let needed = json_bytes(&line) + 1;
        if needed > left {
            break;
        }
        left -= needed;
        kept.push(line);
    }
    kept.reverse();
    let first = kept.first().and_then(|line| line["line"].as_u64());
    let mut page = json!({ "lines": kept });
    if let Some(before) = first.and_then(|first| first.checked_sub(1)).filter(|line| *line > 0) {
        page["earlier"] = format!("{SCHEME}{before}").into();
    }
    page.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_by_its_last_line_or_is_the_end() {
        let of = |uri: &str| AuditPage::of_uri(uri).map(Result::ok);
        assert_eq!(of("souk://audit/latest"), Some(Some(AuditPage { last: None })));
        assert_eq!(of("souk://audit/12"), Some(Some(AuditPage { last: Some(12) })));
        for wrong in ["souk://audit/", "souk://audit/0", "souk://audit/-1", "souk://audit/../x"] {
            assert_eq!(of(wrong), Some(None), "{wrong}");
        }
        assert_eq!(of("souk://plans/12"), None);
    }

    #[test]
    fn a_page_that_is_too_large_begins_later_and_names_the_one_before() {
        let lines = |range: std::ops::RangeInclusive<u64>| -> Vec<Map<String, Value>> {
            let line = |n: u64| json!({"line": n, "text": "x".repeat(100)});
            range.map(line).map(|line| serde_json::from_value(line).unwrap()).collect()
        };
        let small = written(lines(1..=20), &Mask::OFF, 1_000);
        assert!(small.len() <= 1_000, "{}", small.len());
        let small: Value = serde_json::from_str(&small).unwrap();
        let kept = small["lines"].as_array().unwrap();
        assert_eq!(kept.last().unwrap()["line"], 20);
        let first = kept[0]["line"].as_u64().unwrap();
        assert!(first > 10, "{first}");
        assert_eq!(small["earlier"], format!("souk://audit/{}", first - 1));
        let all: Value = serde_json::from_str(&written(lines(1..=3), &Mask::OFF, 9_999)).unwrap();
        assert_eq!((all["lines"].as_array().unwrap().len(), all.get("earlier")), (3, None));
    }
}
