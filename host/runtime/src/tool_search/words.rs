//! Texts as words that can be compared: in lower case, without endings.

use std::collections::HashSet;
use std::sync::LazyLock;

/// What stands for the address of somebody's mail.
const MAIL_ADDRESS: &str = "customer";

/// Words that say nothing about what is looked for.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but",
    "by", "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "her", "his",
    "how", "i", "if", "in", "into", "is", "it", "its", "let", "me", "my", "of", "on", "or", "our",
    "please", "she", "he", "should", "so", "some", "still", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "to", "up", "us", "want", "was", "we",
    "were", "what", "when", "which", "who", "will", "with", "would", "you", "your",
];

/// The same without their endings, as words of a text are compared.
static STOP_STEMS: LazyLock<HashSet<String>> =
    LazyLock::new(|| STOP_WORDS.iter().map(|stop| stem(stop)).collect());

/// The words of a text, each without its ending.
pub(super) fn words(text: &str) -> Vec<String> {
    let parts = text.split_whitespace().flat_map(|part| {
        match part.find('@') {
            // Whose address it is, tools know; what it is, they do not.
            Some(at) if at > 0 && at + 1 < part.len() => MAIL_ADDRESS,
            _ => part,
        }
        .split(|c: char| !c.is_alphanumeric())
    });
    parts.filter(|part| !part.is_empty()).map(|part| stem(&part.to_lowercase())).collect()
}

/// Whether a word without its ending says nothing. Those that have an ending were stemmed alike.
pub(super) fn says_nothing(word: &str) -> bool {
    word.chars().count() < 2 || STOP_STEMS.contains(word)
}

/// A word without its ending. Not the word's root as a linguist has it, but the same for the forms of
/// one word, which is all that comparing needs.
fn stem(word: &str) -> String {
    let mut word = word.to_owned();
    if !word.is_ascii() || word.bytes().any(|byte| byte.is_ascii_digit()) {
        // `404s` are several of `404`.
        let number = word.strip_suffix('s').filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        return number.filter(|rest| !rest.is_empty()).map_or(word.clone(), str::to_owned);
    }
    // What is counted is a thing, and no form of a verb: `takings`, `settings`.
    if word.ends_with("ings") && word.len() > "kings".len() + 1 {
        word.pop();
        return word;
    }
    strip_plural(&mut word);
    for (ending, put) in [
        ("ations", ""),
        ("ation", ""),
        ("ments", ""),
        ("ment", ""),
        ("ing", ""),
        ("ed", ""),
        ("ly", ""),
    ] {
        if let Some(rest) = word.strip_suffix(ending)
            && rest.len() >= 3
            && rest.bytes().any(is_vowel)
        {
            word = format!("{rest}{put}");
            undouble(&mut word);
            break;
        }
    }
    if word.len() > 3 && word.ends_with('e') {
        word.pop();
    }
    if word.len() > 2 && word.ends_with('y') {
        word.pop();
        word.push('i');
    }
    word
}

fn strip_plural(word: &mut String) {
    if let Some(rest) = word.strip_suffix("ies").filter(|rest| rest.len() >= 2) {
        *word = format!("{rest}y");
        return;
    }
    let hissing = ["sses", "xes", "ches", "shes"].iter().any(|ending| word.ends_with(ending));
    let keeps = ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    if hissing {
        word.truncate(word.len() - 2);
    } else if word.len() > 3 && word.ends_with('s') && !keeps {
        word.pop();
    }
}

/// `shipp`, of `shipping`, becomes `ship`; `sell` stays.
fn undouble(word: &mut String) {
    let bytes = word.as_bytes();
    if let [.., before, last] = bytes
        && before == last
        && !is_vowel(*last)
        && !matches!(last, b's' | b'z')
        && bytes.len() > 3
    {
        word.pop();
    }
}

const fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_word_are_one() {
        for forms in [
            "ship ships shipped shipping shipment shipments",
            "category categories",
            "price prices priced pricing",
            "cancel cancels canceled cancelled cancelling cancellation",
            "invoice invoices invoiced invoicing",
            "page pages",
            "index indexes indexed indexing",
            "refund refunds refunded refunding",
            "hold holds holding",
        ] {
            let mut stems = words(forms);
            stems.dedup();
            assert_eq!(stems.len(), 1, "{forms}: {stems:?}");
        }
    }

    #[test]
    fn different_words_stay_different_and_what_is_no_english_stays_as_it_is() {
        let apart = words("status state store stock page pay sku-42 TEN 24 für");
        assert_eq!(
            apart,
            ["status", "stat", "stor", "stock", "pag", "pai", "sku", "42", "ten", "24", "für"]
        );
        assert!(words("-- _ …").is_empty());
        assert_eq!(words("404s takings take"), ["404", "taking", "tak"]);
        assert_eq!(words("orders of ann@example.com"), ["order", "of", "customer"]);
    }

    #[test]
    fn words_of_the_question_itself_say_nothing() {
        let said: Vec<String> = words("What are the orders that we have to be shipping?");
        let said: Vec<&String> = said.iter().filter(|word| !says_nothing(word)).collect();
        assert_eq!(said, ["order", "ship"]);
    }
}
