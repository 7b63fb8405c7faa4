//! How long a value is as JSON, without making the text.

use std::io;

use serde::Serialize;

/// The bytes of a value as JSON without spaces. Of one that cannot be written, those of the beginning.
///
/// ```
/// assert_eq!(souk_model::json_bytes(&serde_json::json!({"a": [1, "é"]})), 14);
/// ```
#[must_use]
pub fn json_bytes(value: &impl Serialize) -> usize {
    let mut counted = Counted(0);
    // Counting never fails.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}

struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
