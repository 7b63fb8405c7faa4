//! The audit trail, as anybody with a text editor reads it.

use std::path::Path;

use serde_json::Value;

/// The calls on a trail, oldest first.
///
/// # Panics
/// When a line is not JSON.
#[must_use]
pub fn calls(trail: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(trail).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line.to_string().contains("\"action\"")).collect()
}

/// The lines of one kind on a trail, oldest first: `sending`, `write`, `found`.
#[must_use]
pub fn lines_of(trail: &Path, kind: &str) -> Vec<Value> {
    let text = std::fs::read(trail).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    let lines = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    lines.filter(|line| line["kind"] == kind).collect()
}
