//! Answers for people, on a terminal.

use std::fmt::{self, Write};

use serde_json::{Map, Value};
use souk_model::visible;

/// Characters of one cell of a table; longer ones are cut.
const CELL_CHARS: usize = 48;
/// Columns of a table; the rest of a row can be had with `--json`.
const COLUMNS: usize = 8;

/// An answer as indented text; lists of alike objects become tables.
pub(crate) fn answer(answer: &Map<String, Value>) -> String {
    let mut text = String::new();
    object(&mut text, answer, 0);
    text
}

fn object(text: &mut String, map: &Map<String, Value>, depth: usize) {
    let indent = "  ".repeat(depth);
    for (key, value) in map {
        let key = visible::line(key);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                let _ = writeln!(text, "{indent}{key}:");
                object(text, inner, depth + 1);
            }
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                let _ = writeln!(text, "{indent}{key}: ({})", items.len());
                list(text, items, depth + 1);
            }
            _ => {
                // What follows a line break of the value cannot pass for a line of the answer.
                let value = scalar(value).replace('\n', &format!("\n{indent}  | "));
                let _ = writeln!(text, "{indent}{key}: {value}");
            }
        }
    }
}

fn list(text: &mut String, items: &[Value], depth: usize) {
    let indent = "  ".repeat(depth);
    if let Some(table) = table(items) {
        for line in table.to_string().lines() {
            let _ = writeln!(text, "{indent}{line}");
        }
        return;
    }
    for item in items {
        match item {
            Value::Object(map) => {
                // The first line of an item carries its dash.
                let mut inner = String::new();
                object(&mut inner, map, depth + 1);
                let trimmed = inner.trim_start();
                let _ = write!(text, "{indent}- {trimmed}");
            }
            other => {
                let _ = writeln!(text, "{indent}- {}", visible::line(&scalar(other)));
            }
        }
    }
}

/// A table, where every item is an object with few and plain members.
fn table(items: &[Value]) -> Option<TextTable> {
    let mut columns: Vec<&String> = Vec::new();
    for item in items {
        for (key, value) in item.as_object()? {
            if matches!(value, Value::Object(_) | Value::Array(_)) {
                // Nested values are left to the long form, unless they are empty or plain lists.
                match value.as_array() {
                    Some(list) if list.iter().all(|one| !one.is_object() && !one.is_array()) => {}
                    _ => return None,
                }
            }
            if !columns.contains(&key) {
                columns.push(key);
            }
        }
    }
    if columns.len() > COLUMNS {
        return None;
    }
    let mut table = TextTable::new(columns.iter().map(|key| visible::line(key)));
    for item in items {
        table.row(columns.iter().map(|key| item.get(key.as_str()).map(scalar).unwrap_or_default()));
    }
    Some(table)
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => {
            visible::text(&text.replace("\r\n", "\n")).replace('\r', r"\r").replace('\t', " ")
        }
        Value::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Columns side by side.
pub(crate) struct TextTable {
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub(crate) fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self { rows: vec![header.into_iter().map(Into::into).collect()] }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| cut(&cell)).collect());
    }
}

fn cut(cell: &str) -> String {
    let line = visible::line(cell);
    if line.chars().count() <= CELL_CHARS {
        return line.into_owned();
    }
    let mut short: String = line.chars().take(CELL_CHARS - 1).collect();
    short.push('…');
    short
}

impl fmt::Display for TextTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                self.rows
                    .iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(line, "{cell:<width$}  ");
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn alike_objects_become_a_table_and_others_an_outline() {
        let value = json!({
            "total_count": 2,
            "items": [{"sku": "A", "price": 9.5}, {"sku": "LONGER", "price": null}],
            "search_criteria": {"page_size": 2, "groups": []},
        });
        assert_eq!(
            answer(value.as_object().unwrap()),
            "total_count: 2\nitems: (2)\n  sku     price\n  A       9.5\n  LONGER  –\n\
             search_criteria:\n  page_size: 2\n  groups: \n"
        );
    }

    #[test]
    fn what_a_store_holds_neither_steers_the_terminal_nor_passes_for_a_line_of_the_answer() {
        let forged =
            json!({"name": "\u{1b}[2Jx\u{e0041}\r\nprice: 1", "rows": [{"a": "1\n2"}, {"a": 3}]});
        assert_eq!(
            answer(forged.as_object().unwrap()),
            "name: \\u{1b}[2Jx\\u{e0041}\n  | price: 1\nrows: (2)\n  a\n  1\\n2\n  3\n"
        );
    }
}
