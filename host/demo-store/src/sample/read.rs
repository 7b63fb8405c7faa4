//! Reading the sample's files, strictly: what is not as it should be is an error that names the file and
//! the line, and nothing is left out or guessed.

use std::fmt::{self, Display};
use std::ops::{Deref, Range};

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

/// One file.
#[derive(Debug, Clone, Copy)]
pub(super) struct File<'a> {
    /// Its name under `sample/`.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) text: &'a str,
}

/// A place in a file that is not as it should be, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("sample/{file}:{line}: {message}")]
pub(crate) struct SampleError {
    /// The file's name under `sample/`.
    pub(crate) file: &'static str,
    /// The line, counted from 1.
    pub(crate) line: u64,
    /// What is wrong there.
    pub(crate) message: String,
}

/// A row of a table, or an entry of a list, with where it stands.
#[derive(Debug, Clone)]
pub(super) struct Line<T> {
    file: &'static str,
    line: u64,
    row: T,
}

impl<T> Line<T> {
    /// What is wrong with this row.
    pub(super) fn error(&self, message: impl Display) -> SampleError {
        SampleError { file: self.file, line: self.line, message: message.to_string() }
    }
}

impl<T> Deref for Line<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.row
    }
}

/// A row of a table of comma-separated values.
pub(super) trait Row: DeserializeOwned {
    /// The table's first line: the names of its columns.
    const HEADER: &'static str;
}

/// The rows of a table.
///
/// # Errors
/// When the first line is not the header, a row has another number of cells, or a cell another type.
pub(super) fn table<T: Row>(file: File<'_>) -> Result<Vec<Line<T>>, SampleError> {
    let error = |line, message: String| SampleError { file: file.name, line, message };
    let header = file.text.lines().next().unwrap_or_default();
    if header != T::HEADER {
        return Err(error(1, format!("the columns are `{header}`, not `{}`", T::HEADER)));
    }
    let columns: Vec<&str> = T::HEADER.split(',').collect();
    let mut reader = csv::Reader::from_reader(file.text.as_bytes());
    let headers = reader.headers().cloned().map_err(|cause| error(1, cause.to_string()))?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|cause| {
            let line = cause.position().map_or(1, csv::Position::line);
            match cause.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    error(line, format!("the row has {len} cells, not {expected_len}"))
                }
                _ => error(line, cause.to_string()),
            }
        })?;
        let line = record.position().map_or(1, csv::Position::line);
        let row = record.deserialize(Some(&headers)).map_err(|cause| match cause.kind() {
            csv::ErrorKind::Deserialize { err, .. } => {
                match err.field().and_then(|at| columns.get(usize::try_from(at).ok()?)) {
                    Some(column) => error(line, format!("`{column}`: {}", err.kind())),
                    None => error(line, err.kind().to_string()),
                }
            }
            _ => error(line, cause.to_string()),
        })?;
        rows.push(Line { file: file.name, line, row });
    }
    Ok(rows)
}

/// A document of nested values.
///
/// # Errors
/// When it is not TOML, or a key is unknown, missing, repeated or of another type.
pub(super) fn document<T: DeserializeOwned>(file: File<'_>) -> Result<T, SampleError> {
    toml::from_str(file.text).map_err(|cause| SampleError {
        file: file.name,
        line: cause.span().map_or(1, |span| line_at(file, &span)),
        message: cause.message().to_owned(),
    })
}

/// The lines of a list of words, one a line.
///
/// # Errors
/// When a line is empty or padded.
pub(super) fn words(file: File<'_>) -> Result<Vec<Line<Text>>, SampleError> {
    let lines = file.text.lines().zip(1u64..);
    lines
        .map(|(text, line)| {
            Text::new(text)
                .map(|row| Line { file: file.name, line, row })
                .map_err(|message| SampleError { file: file.name, line, message })
        })
        .collect()
}

/// The entries of a document's list, with their lines.
pub(super) fn lines<T>(file: File<'_>, entries: Vec<Spanned<T>>) -> Vec<Line<T>> {
    let entries = entries.into_iter();
    entries.map(|entry| line(file, entry)).collect()
}

/// One part of a document, with its line.
pub(super) fn line<T>(file: File<'_>, entry: Spanned<T>) -> Line<T> {
    Line { file: file.name, line: line_at(file, &entry.span()), row: entry.into_inner() }
}

fn line_at(file: File<'_>, span: &Range<usize>) -> u64 {
    let before = file.text.get(..span.start).unwrap_or(file.text);
    before.matches('\n').count() as u64 + 1
}

/// Text that says something: neither empty nor padded with blanks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Text(String);

impl Text {
    fn new(text: impl Into<String>) -> Result<Self, String> {
        let text = text.into();
        if text.is_empty() {
            return Err("a text is empty".to_owned());
        }
        if text.trim() != text {
            return Err(format!("`{text}` begins or ends with a blank"));
        }
        Ok(Self(text))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A price or another amount: a number that is not negative.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Price(f64);

impl Price {
    /// The number.
    pub(super) fn number(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if !number.is_finite() || number < 0.0 {
            return Err(D::Error::custom(format!("`{number}` is not an amount")));
        }
        Ok(Self(number))
    }
}
