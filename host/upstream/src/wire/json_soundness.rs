//! Whether what a store calls JSON is JSON, and such as anybody can read.

use serde::de::IgnoredAny;

/// How deep an answer may nest. Whoever reads it gives up at 128; no answer of Magento's is near it.
const MAX_DEPTH: u32 = 100;

/// What is wrong with an answer that calls itself JSON, in words that follow "the store's answer".
///
/// # Errors
/// It is not UTF-8, not well-formed, or nests too deep.
pub(crate) fn check_json(body: &[u8]) -> Result<(), String> {
    if let Some(depth) = too_deep(body) {
        return Err(format!("nests more than {depth} levels deep"));
    }
    if std::str::from_utf8(body).is_err() {
        return Err("is not valid UTF-8".to_owned());
    }
    serde_json::from_slice::<IgnoredAny>(body)
        .map(drop)
        .map_err(|error| format!("is not well-formed JSON: {error}"))
}

fn too_deep(body: &[u8]) -> Option<u32> {
    let (mut depth, mut at) = (0_u32, 0);
    while let Some(byte) = body.get(at) {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(MAX_DEPTH);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                at += 1;
                while !matches!(body.get(at), None | Some(b'"')) {
                    at += 1 + usize::from(body[at] == b'\\');
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_json_that_can_be_read() {
        let deep = |levels: usize| ["[".repeat(levels), "]".repeat(levels)].concat();
        let wide = format!("[{}0]", "[],{\"[[[\\\"[[\":1},".repeat(500));
        for sound in ["{}", "null", " [1, \"]\\\"[\"] ", &deep(100), &wide] {
            assert_eq!(check_json(sound.as_bytes()), Ok(()), "{sound}");
        }
        for (flawed, says) in [
            (deep(101).as_bytes(), "levels deep"),
            (deep(3000).as_bytes(), "levels deep"),
            (b"{\"a\": 1", "not well-formed"),
            (b"{\"a\": 1}}", "not well-formed"),
            (b"", "not well-formed"),
            (b"\"\xff\"", "UTF-8"),
        ] {
            assert!(check_json(flawed).unwrap_err().contains(says));
        }
    }
}
