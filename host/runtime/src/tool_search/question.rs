//! What a question asks for: its words, what they may mean, and whether it wants to know or to change.

use std::collections::BTreeMap;

use super::synonyms::Synonyms;
use super::words::{says_nothing, words};

/// What a word counts that was not said, but may be meant: beside one that tools know, in the place of
/// one that none knows, and as the meaning of a phrase.
const BESIDE: f64 = 0.6;
const INSTEAD: f64 = 0.9;
const AS_PHRASE: f64 = 0.8;
const MISSPELT: f64 = 0.6;

/// What a word of the question counts that says little by itself, or is part of a phrase that was
/// understood as a whole.
const SAYS_LITTLE: f64 = 0.35;
const IN_PHRASE: f64 = 0.5;

/// What it counts that a tool finds or shows something, where nothing is to be changed.
const FINDS: f64 = 0.4;
const FINDING: &str = "search get list find";

/// One thing that is asked for, in each of the words that may stand for it.
pub(super) struct Concept {
    /// What it counts beside the others.
    pub(super) weight: f64,
    /// Words, with what each counts.
    pub(super) words: BTreeMap<String, f64>,
}

/// A question, understood as far as it goes.
pub(super) struct Question {
    pub(super) concepts: Vec<Concept>,
    /// What counts beside them for a tool that fits any: that it finds something, where nothing is to
    /// be changed.
    pub(super) finding: Option<Concept>,
    /// Whether it wants to know something, or something changed; unknown where it does not tell.
    pub(super) wants_to_know: Option<bool>,
}

impl Question {
    /// Understands a text, by the words that tools know.
    pub(super) fn of<'w>(
        text: &str,
        known: impl Fn(&str) -> bool,
        all: impl Fn() -> Vec<&'w String>,
    ) -> Self {
        let said = words(text);
        let mut concepts: Vec<Concept> = said
            .iter()
            .map(|word| {
                let mut concept = Concept { weight: 1.0, words: BTreeMap::new() };
                if says_nothing(word) {
                    concept.weight = SAYS_LITTLE;
                } else if known(word) {
                    concept.add(word, 1.0);
                } else {
                    let near = all().into_iter().filter(|other| is_slip(word, other));
                    near.for_each(|other| concept.add(other, MISSPELT));
                }
                concept
            })
            .collect();
        let mut phrases = Vec::new();
        for found in Synonyms::shipped().found_in(&said) {
            if let [at] = found.at[..] {
                let counts = if known(&said[at]) { BESIDE } else { INSTEAD };
                found.meant.iter().for_each(|word| concepts[at].add(word, counts));
                continue;
            }
            for at in found.at {
                concepts[at].weight = concepts[at].weight.min(IN_PHRASE);
            }
            let mut phrase = Concept { weight: 1.0, words: BTreeMap::new() };
            found.meant.iter().for_each(|word| phrase.add(word, AS_PHRASE));
            phrases.push(phrase);
        }
        concepts.append(&mut phrases);
        let wants_to_know = Synonyms::shipped().wants_to_know(&said);
        concepts.retain(|concept| !concept.words.is_empty());
        let finding = (wants_to_know != Some(false)).then(|| {
            let mut finding = Concept { weight: FINDS, words: BTreeMap::new() };
            words(FINDING).iter().for_each(|word| finding.add(word, 1.0));
            finding
        });
        Self { concepts, finding, wants_to_know }
    }
}

impl Concept {
    fn add(&mut self, word: &str, counts: f64) {
        let counted = self.words.entry(word.to_owned()).or_insert(0.0);
        *counted = counted.max(counts);
    }
}

/// The shortest word of two of which one may be a misspelling of the other: of shorter ones too many
/// are a letter apart.
const SLIP_CHARS: usize = 6;

/// Whether one word is the other but for one letter too many, too few or another.
fn is_slip(one: &str, other: &str) -> bool {
    // Most are told apart by their length alone.
    let lengths = (one.chars().count(), other.chars().count());
    if lengths.0.max(lengths.1) < SLIP_CHARS || lengths.0.abs_diff(lengths.1) > 1 {
        return false;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let same = short.iter().zip(&long).take_while(|(one, other)| one == other).count();
    let rest_of_long = &long[(same + 1).min(long.len())..];
    let rest_of_short = &short[(same + usize::from(short.len() == long.len())).min(short.len())..];
    rest_of_long == rest_of_short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_letter_of_a_long_word() {
        for (one, other) in
            [("coupon", "cupon"), ("coupon", "coupom"), ("coupon", "couponn"), ("orders", "orders")]
        {
            assert!(is_slip(one, other) && is_slip(other, one), "{one} {other}");
        }
        for (one, other) in
            [("coupon", "couopn"), ("block", "black"), ("hold", "holding"), ("", "abcdef")]
        {
            assert!(!is_slip(one, other), "{one} {other}");
        }
    }

    #[test]
    fn what_is_meant_counts_for_less_than_what_is_said_and_more_where_nobody_knows_the_word() {
        let refund = words("refund").remove(0);
        let counts = |text: &str, known: &[&str]| {
            let question = Question::of(text, |word| known.contains(&word), Vec::new);
            let counted = question.concepts.iter().filter_map(|c| c.words.get(&refund).copied());
            counted.fold(0.0, f64::max)
        };
        let (said, instead, beside) =
            (counts("refund", &["refund"]), counts("repay", &[]), counts("repay", &["repai"]));
        assert!(said > instead && instead > beside && beside > 0.0, "{said} {instead} {beside}");
    }

    #[test]
    fn a_question_of_which_nothing_is_understood_asks_for_nothing() {
        for text in ["", "xyzzy", "the of and"] {
            assert!(Question::of(text, |_| false, Vec::new).concepts.is_empty(), "{text}");
        }
    }
}
