//! Masking whole documents, by their media type.

use serde_json::Value;

use super::kind::PersonalDataKind;
use super::known_values::KnownValues;
use super::members::{self, MemberName, PersonContext};
use super::{text, value};

/// A document of a kind whose personal data cannot be found, and so not masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "personal data cannot be masked in `{0}`, only in CSV, JSON, JSON lines, Markdown and plain text"
)]
pub struct UnmaskableMediaType(String);

/// How a document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentFormat {
    /// Rows of cells, the first of them names.
    Table,
    /// One value.
    Json,
    /// A value on each line.
    JsonLines,
    /// Words.
    Prose,
}

impl DocumentFormat {
    /// How a document of this media type is read.
    pub(super) fn of(media_type: &str) -> Result<Self, UnmaskableMediaType> {
        Ok(match media_type {
            "text/csv" | "application/csv" | "text/tab-separated-values" => Self::Table,
            "application/json" => Self::Json,
            "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => {
                Self::JsonLines
            }
            "text/plain" | "text/markdown" => Self::Prose,
            other => return Err(UnmaskableMediaType(other.to_owned())),
        })
    }
}

/// The document without personal data.
pub(super) fn mask_document(
    media_type: &str,
    document: String,
    known: &KnownValues,
) -> Result<String, UnmaskableMediaType> {
    Ok(match DocumentFormat::of(media_type)? {
        DocumentFormat::Table => {
            mask_table(&document, media_type == "text/tab-separated-values", known)
        }
        DocumentFormat::Json => mask_json(document, known),
        DocumentFormat::JsonLines => {
            document.split_inclusive('\n').map(|line| mask_json(line.to_owned(), known)).collect()
        }
        DocumentFormat::Prose => known.mask(text::mask_text(document)),
    })
}

/// JSON, written anew; what is none is masked as text.
fn mask_json(document: String, known: &KnownValues) -> String {
    match serde_json::from_str::<Value>(&document) {
        Ok(mut value) => {
            value::mask_value(&mut value, known);
            let end = &document[document.trim_end().len()..];
            format!("{value}{end}")
        }
        Err(_) => known.mask(text::mask_text(document)),
    }
}

/// A table: columns whose name says so are masked, all other cells as text.
fn mask_table(document: &str, tabs: bool, known: &KnownValues) -> String {
    let delimiter = if tabs { '\t' } else { delimiter(document) };
    let mut cells = TableCells { rest: document, delimiter };
    let mut names: Vec<String> = Vec::new();
    let mut kinds: Vec<Option<PersonalDataKind>> = Vec::new();
    let mut masked = String::with_capacity(document.len());
    let (mut row, mut column) = (0_usize, 0_usize);
    while let Some((cell, end)) = cells.next() {
        if row == 0 {
            names.push(cell.trim_matches(['"', ' ', '\u{feff}']).to_owned());
        }
        match kinds.get(column).copied().flatten() {
            Some(kind) if !cell.trim_matches(['"', ' ']).is_empty() => masked.push_str(kind.mask()),
            _ => masked.push_str(&known.mask(text::mask_text(cell.to_owned()))),
        }
        masked.push_str(end);
        column += 1;
        if !end.starts_with(delimiter) {
            if row == 0 {
                kinds = column_kinds(&names);
            }
            (row, column) = (row + 1, 0);
        }
    }
    masked
}

fn column_kinds(names: &[String]) -> Vec<Option<PersonalDataKind>> {
    let plain: Vec<MemberName> = names.iter().map(|name| MemberName::new(name)).collect();
    let context = members::context_of_members(&plain, PersonContext::Nobody);
    names.iter().map(|name| members::kind_at(name, context)).collect()
}

/// What stands between the cells of the first line.
fn delimiter(document: &str) -> char {
    let first = document.lines().next().unwrap_or_default();
    let count = |c: char| first.matches(c).count();
    [',', ';', '\t'].into_iter().rev().max_by_key(|c| count(*c)).unwrap_or(',')
}

/// The cells of a table as they are written, quotes and all.
struct TableCells<'d> {
    rest: &'d str,
    delimiter: char,
}

impl<'d> TableCells<'d> {
    /// The next cell, and what ends it: the delimiter, a line's end, or nothing at the very end.
    fn next(&mut self) -> Option<(&'d str, &'d str)> {
        if self.rest.is_empty() {
            return None;
        }
        let mut quoted = false;
        let end = self.rest.find(|c: char| {
            quoted ^= c == '"';
            !quoted && (c == self.delimiter || c == '\n' || c == '\r')
        });
        let (cell, after) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let length = match after.as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        let (end, rest) = after.split_at(length);
        self.rest = rest;
        Some((cell, end))
    }
}
