//! How the database compares text: without case, accents and trailing blanks (`utf8mb4_general_ci`).

use std::cmp::Ordering;

/// The text as it is compared. Equal folds are equal values.
pub(crate) fn fold(text: &str) -> String {
    text.trim_end_matches(' ').chars().map(fold_char).collect()
}

/// One character without case and accents: Latin letters are folded, others only lowered.
fn fold_char(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let lower = character.to_lowercase().next().unwrap_or(character);
    match lower {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ß' => 's',
        'ţ' | 'ť' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// The database's order of two texts: of their folded letters in upper case, so that `_` sorts after
/// letters, as it does there.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let upper = |text: &str| {
        fold(text).chars().map(|character| character.to_ascii_uppercase()).collect::<String>()
    };
    upper(left).cmp(&upper(right))
}

/// SQL `LIKE`: `%` is any text, `_` one character, a backslash takes either literally.
pub(crate) fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().map(fold_char).collect();
    let mut tokens = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        tokens.push(match character {
            '%' => Token::Any,
            '_' => Token::One,
            '\\' => Token::Is(characters.next().map_or('\\', fold_char)),
            other => Token::Is(fold_char(other)),
        });
    }
    matches(&text, &tokens)
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Any,
    One,
    Is(char),
}

/// Greedy matching that returns to the last `%` on a mismatch: linear for one, quadratic at worst.
fn matches(text: &[char], tokens: &[Token]) -> bool {
    let (mut at, mut token) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match tokens.get(token) {
            Some(Token::Any) => {
                retry = Some((at, token));
                token += 1;
            }
            Some(Token::One) => {
                at += 1;
                token += 1;
            }
            Some(Token::Is(wanted)) if *wanted == text[at] => {
                at += 1;
                token += 1;
            }
            _ => match retry {
                Some((from, any)) => {
                    at = from + 1;
                    token = any + 1;
                    retry = Some((from + 1, any));
                }
                None => return false,
            },
        }
    }
    tokens[token..].iter().all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equality_ignores_case_accents_and_trailing_blanks() {
        assert_eq!(fold("LAB-ÜMLAUT-é  "), fold("lab-umlaut-E"));
        assert_ne!(fold(" a"), fold("a"));
    }

    #[test]
    fn like_knows_wildcards_and_their_escapes() {
        assert!(like("Beta Shirt", "%shirt%"));
        assert!(like("LAB-001", "LAB-00_"));
        assert!(!like("LAB-0011", "LAB-00_"));
        assert!(like("50% off", "50\\% off"));
        assert!(!like("500 off", "50\\% off"));
    }

    proptest! {
        #[test]
        fn every_text_is_like_itself_and_like_any_of_its_parts(text in "[a-zäö ]{0,12}", from in 0usize..12) {
            let escaped = text.replace('%', "\\%");
            prop_assert!(like(&text, &escaped));
            let part: String = text.chars().skip(from).take(3).collect();
            let pattern = format!("%{part}%");
            prop_assert!(like(&text, &pattern));
        }
    }
}
