//! Finds a request's id in a line that is too long to keep, so that its refusal reaches whoever
//! waits for it.

use rmcp::model::RequestId;

/// Longer ids are not kept; nobody uses them.
const LONGEST: usize = 256;

/// Reads a JSON object byte by byte and keeps only the value of its own `id`.
#[derive(Debug, Default)]
pub(crate) struct RequestIdFinder {
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Between a name of the outermost object and the comma after its value.
    in_value: bool,
    /// The name or the value that is being read at the outermost level.
    word: Vec<u8>,
    is_id: bool,
    found: Option<Vec<u8>>,
}

impl RequestIdFinder {
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.step(*byte);
        }
    }

    /// The id, once the whole line is read.
    pub(crate) fn id(&self) -> Option<RequestId> {
        serde_json::from_slice(self.found.as_ref()?).ok()
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            self.keep(byte);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.keep(byte);
            }
            b'{' | b'[' => {
                self.keep(byte);
                self.depth += 1;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end_value();
                }
            }
            b':' if self.depth == 1 && !self.in_value => {
                self.is_id = self.word == b"\"id\"";
                self.word.clear();
                self.in_value = true;
            }
            b',' if self.depth == 1 => self.end_value(),
            _ => self.keep(byte),
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.depth == 1 && !byte.is_ascii_whitespace() && self.word.len() <= LONGEST {
            self.word.push(byte);
        }
    }

    fn end_value(&mut self) {
        if self.is_id && self.word.len() <= LONGEST {
            self.found = Some(std::mem::take(&mut self.word));
        }
        self.word.clear();
        self.is_id = false;
        self.in_value = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn find(line: &str) -> Option<RequestId> {
        let mut finder = RequestIdFinder::default();
        // In pieces, as it comes in.
        for piece in line.as_bytes().chunks(7) {
            finder.read(piece);
        }
        finder.id()
    }

    #[test]
    fn only_the_outermost_id_counts() {
        let line = r#"{"params":{"id":1,"x":["id",{"id":2}],"y":"\"id\":3,{"},"id" : "a:\"b"}"#;
        assert_eq!(find(line), Some(RequestId::String("a:\"b".into())));
        for none in [r#"{"params":{"id":1}}"#, r#"{"id":{"id":1}}"#, r#"{"id":[1]}"#, "id:1", "[]"]
        {
            assert_eq!(find(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn what_a_parser_finds_is_found(
            before in ".{0,20}", after in ".{0,20}", number in any::<i64>(), text in "[^\\s]{1,20}",
            textual in any::<bool>(), pretty in any::<bool>(),
        ) {
            let id = if textual { json!(text) } else { json!(number) };
            let mut object = Map::new();
            object.insert(format!("a{before}"), json!({"id": before, "list": [1, {"id": 2}]}));
            object.insert("id".to_owned(), id.clone());
            object.insert(format!("z{after}"), json!(after));
            let value = Value::Object(object);
            let line = if pretty {
                serde_json::to_string_pretty(&value).unwrap()
            } else {
                value.to_string()
            };
            let expected: RequestId = serde_json::from_value(id).unwrap();
            prop_assert_eq!(find(&line), Some(expected));
        }

        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut finder = RequestIdFinder::default();
            finder.read(&bytes);
            let _ = finder.id();
        }
    }
}
