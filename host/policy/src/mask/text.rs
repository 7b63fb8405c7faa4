//! Masking free text.

use std::ops::Range;

use super::kind::PersonalDataKind;
use super::{email, phone};

/// The text without e-mail addresses and phone numbers.
pub(super) fn mask_text(text: String) -> String {
    let text = replace_found(text, PersonalDataKind::Email, email::find_in);
    replace_found(text, PersonalDataKind::Phone, phone::find_in)
}

/// Whether anything in the text would be masked.
pub(super) fn has_personal_data(text: &str) -> bool {
    !email::find_in(text).is_empty() || !phone::find_in(text).is_empty()
}

/// The text with the mask in place of what was found, in order and apart.
fn replace_found(
    text: String,
    kind: PersonalDataKind,
    find: fn(&str) -> Vec<Range<usize>>,
) -> String {
    let found = find(&text);
    if found.is_empty() {
        return text;
    }
    let mut masked = String::with_capacity(text.len());
    let mut kept_to = 0;
    for range in found {
        masked.push_str(&text[kept_to..range.start]);
        masked.push_str(kind.mask());
        kept_to = range.end;
    }
    masked.push_str(&text[kept_to..]);
    masked
}
