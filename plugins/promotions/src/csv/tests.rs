use proptest::prelude::*;

use super::*;

/// A reader as the RFC describes one.
fn read(csv: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut characters = csv.chars().peekable();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => record.push(std::mem::take(&mut cell)),
            ('\r', false) => {
                assert_eq!(characters.next(), Some('\n'));
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            (character, _) => cell.push(character),
        }
    }
    assert!(!quoted && cell.is_empty() && record.is_empty());
    records
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        records in prop::collection::vec(prop::collection::vec(any::<String>(), 3), 0..5),
    ) {
        let mut csv = String::new();
        for record in &records {
            push_record(&mut csv, &record.iter().map(String::as_str).collect::<Vec<_>>());
        }
        for (record, read) in records.iter().zip(read(&csv)) {
            for (cell, read) in record.iter().zip(read) {
                let text = if cell.starts_with(FORMULA) { &read[1..] } else { &read[..] };
                prop_assert_eq!(text, cell);
                prop_assert!(!read.starts_with(FORMULA));
            }
        }
    }
}

#[test]
fn cells_are_quoted_where_they_must_be() {
    let mut csv = String::new();
    push_record(&mut csv, &["A-1", "a,\"b\"", "", "=1+1", "-5"]);
    assert_eq!(csv, "A-1,\"a,\"\"b\"\"\",,'=1+1,'-5\r\n");
}
