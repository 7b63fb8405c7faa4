//! CSV as RFC 4180 has it, and safe to open in a spreadsheet.

/// Appends a record, with the line end that the RFC asks for.
pub(crate) fn push_record(csv: &mut String, cells: &[&str]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            csv.push(',');
        }
        push_cell(csv, cell);
    }
    csv.push_str("\r\n");
}

/// A spreadsheet takes a cell that begins so for a formula and may run it; an apostrophe before it
/// keeps it a text.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

fn push_cell(csv: &mut String, cell: &str) {
    let formula = cell.starts_with(FORMULA);
    let quoted = cell.contains([',', '"', '\r', '\n']);
    if quoted {
        csv.push('"');
    }
    if formula {
        csv.push('\'');
    }
    for character in cell.chars() {
        if character == '"' {
            csv.push('"');
        }
        csv.push(character);
    }
    if quoted {
        csv.push('"');
    }
}

#[cfg(test)]
mod tests;
