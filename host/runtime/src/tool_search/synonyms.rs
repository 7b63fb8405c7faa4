//! What people say for what tools call otherwise, as `synonyms.txt` has it.

use std::sync::LazyLock;

use souk_policy::data_lines;

use super::words::words;

const SYNONYMS: &str = include_str!("synonyms.txt");

/// How many other words may stand between two of a phrase: "turn the discount on".
const BETWEEN: usize = 3;

static SHIPPED: LazyLock<Synonyms> = LazyLock::new(|| Synonyms::parse(SYNONYMS));

/// The file, read.
pub(super) struct Synonyms {
    rules: Vec<SynonymRule>,
    /// Words of a question that wants to know something, and of one that wants something changed.
    reads: Vec<String>,
    changes: Vec<String>,
}

/// What stands in a line.
struct SynonymRule {
    /// Phrases, as the words of each.
    said: Vec<Vec<String>>,
    meant: Vec<String>,
}

/// A phrase that stands in a question.
pub(super) struct FoundPhrase {
    /// Where its words stand there.
    pub(super) at: Vec<usize>,
    /// What it may mean.
    pub(super) meant: &'static [String],
}

impl Synonyms {
    /// The file that is shipped.
    pub(super) fn shipped() -> &'static Self {
        &SHIPPED
    }

    fn parse(text: &str) -> Self {
        let list = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(words).unwrap_or_default()
        };
        Self {
            rules: data_lines(text).filter_map(SynonymRule::parse).collect(),
            reads: list("@reads:"),
            changes: list("@changes:"),
        }
    }

    /// Every phrase that stands in a question.
    pub(super) fn found_in(&'static self, question: &[String]) -> Vec<FoundPhrase> {
        let phrases = self.rules.iter().flat_map(|rule| {
            rule.said.iter().map(|phrase| (phrase.as_slice(), rule.meant.as_slice()))
        });
        let found = phrases.filter_map(|(phrase, meant)| {
            Some(FoundPhrase { at: place(phrase, question)?, meant })
        });
        found.collect()
    }

    /// Whether the question wants to know something: as its first word that tells has it. Unknown
    /// where none does, or a word that wants a change follows on one in the middle that does not.
    pub(super) fn wants_to_know(&self, question: &[String]) -> Option<bool> {
        let reads = |word: &String| self.reads.contains(word);
        let changes = |word: &String| self.changes.contains(word);
        let first = question.iter().position(|word| reads(word) || changes(word))?;
        let knows = reads(&question[first]);
        if knows && first > 0 && question.iter().any(changes) {
            return None;
        }
        Some(knows)
    }
}

impl SynonymRule {
    fn parse(line: &str) -> Option<Self> {
        let (said, meant) = line.split_once('>')?;
        Some(Self { said: said.split(',').map(words).collect(), meant: words(meant) })
    }
}

/// Where the words of a phrase stand: in its order, with few others between them.
fn place(phrase: &[String], question: &[String]) -> Option<Vec<usize>> {
    let (first, rest) = phrase.split_first()?;
    let starts = (0..question.len()).filter(|&at| question[at] == *first);
    starts.into_iter().find_map(|start| {
        let mut at = vec![start];
        for word in rest {
            let from = at.last().map_or(0, |last| last + 1);
            let until = question.len().min(from + BETWEEN + 1);
            at.push((from..until).find(|&next| question[next] == *word)?);
        }
        Some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_file_says_what_is_said_and_what_is_meant() {
        let lines =
            SYNONYMS.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '@']));
        for line in lines {
            let rule = SynonymRule::parse(line).unwrap_or_else(|| panic!("`{line}`"));
            assert!(!rule.meant.is_empty(), "`{line}`");
            assert!(rule.said.iter().all(|phrase| !phrase.is_empty()), "`{line}`");
        }
        assert!(Synonyms::shipped().reads.len() > 10 && Synonyms::shipped().changes.len() > 10);
    }

    #[test]
    fn a_phrase_is_found_where_its_words_stand_in_order_and_near() {
        let refund = words("refund").remove(0);
        let means = |question: &str| {
            let found = Synonyms::shipped().found_in(&words(question));
            found.iter().any(|phrase| phrase.meant.contains(&refund))
        };
        assert!(means("give the money back, please") && means("money for that is back"));
        assert!(means("reimbursed"));
        assert!(!means("bring back the money page"));
        assert!(!means("money that somebody once promised to bring back"));
    }

    #[test]
    fn a_question_wants_to_know_or_wants_a_change() {
        for (question, wants) in [
            ("which orders are late", Some(true)),
            ("what did we change", Some(true)),
            ("change what is on the page", Some(false)),
            ("order that is late, refund it", None),
            ("homepage", None),
        ] {
            let said = words(question);
            assert_eq!(Synonyms::shipped().wants_to_know(&said), wants, "{question}");
        }
    }
}
