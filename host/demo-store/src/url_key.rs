//! URL keys from names.

/// The URL key of a name: Latin letters without accents, digits, everything else a hyphen.
pub(crate) fn url_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        match latin(character) {
            Some(letters) => key.push_str(letters),
            None if character.is_ascii_alphanumeric() => key.push(character),
            None => {
                if !key.is_empty() && !key.ends_with('-') {
                    key.push('-');
                }
            }
        }
    }
    key.trim_end_matches('-').to_owned()
}

/// How a lower-case letter beyond ASCII is written in a URL key.
fn latin(character: char) -> Option<&'static str> {
    Some(match character {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ð' | 'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'ì'..='ï' | 'ī' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' => "s",
        'ß' => "ss",
        'ť' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_plain_keys() {
        assert_eq!(url_key("Ümläut & Größe"), "umlaut-grosse");
        assert_eq!(url_key("Created by put"), "created-by-put");
        assert_eq!(url_key("  Ünïc Key! "), "unic-key");
    }
}
