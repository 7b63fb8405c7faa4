//! From a question in plain words to the tools for it.
//!
//! A list that fits a model's attention leaves tools out; this finds them. Tools are ranked by BM25
//! over their names, titles, keywords, descriptions and arguments, a word of a name counting for more
//! than one of a description. It knows nothing of who may call what: it is given a filter.

mod question;
mod synonyms;
mod words;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};
use souk_model::Tool;

use question::{Concept, Question};
use words::{says_nothing, words};

/// What a word counts, by where it stands.
const IN_NAME: f64 = 3.0;
const IN_TITLE: f64 = 3.0;
const IN_KEYWORDS: f64 = 1.5;
const IN_DESCRIPTION: f64 = 1.0;
const IN_ARGUMENT_NAME: f64 = 0.6;
const IN_ARGUMENT_DESCRIPTION: f64 = 0.25;

/// How soon a word that is repeated stops counting for more, and how much a long text is held
/// against a tool: BM25's `k1` and `b`.
const SATURATION: f64 = 1.2;
const LENGTH: f64 = 0.6;

/// What the second and third best word for one thing add to the best.
const ALSO: [f64; 3] = [1.0, 0.4, 0.2];

/// What is more likely meant: a tool that only reads by a question that wants to know something.
const FITS: f64 = 1.25;

/// How deep arguments are read.
const DEPTH: usize = 4;

/// What makes a tool less likely to be the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SearchRank {
    /// Nothing.
    Plain,
    /// It only ends what another tool begins, so that other one is the one to begin with.
    Ends,
    /// It should no longer be used.
    Deprecated,
}

impl SearchRank {
    const fn factor(self) -> f64 {
        match self {
            Self::Plain => 1.0,
            Self::Ends => 0.7,
            Self::Deprecated => 0.4,
        }
    }
}

/// A tool as it is searched.
pub(crate) struct SearchableTool<'t> {
    pub(crate) tool: &'t Tool,
    pub(crate) keywords: Vec<&'t str>,
    pub(crate) rank: SearchRank,
}

/// Tools by their words.
#[derive(Default)]
pub(crate) struct ToolIndex {
    tools: Vec<IndexedTool>,
    /// In how many tools each word stands.
    spread: HashMap<String, usize>,
    mean_length: f64,
}

struct IndexedTool {
    name: String,
    /// What each word counts in it.
    weights: HashMap<String, f64>,
    length: f64,
    factor: f64,
    reads: bool,
}

impl IndexedTool {
    fn of(searchable: &SearchableTool<'_>) -> Self {
        let SearchableTool { tool, keywords, rank } = searchable;
        let mut weights = HashMap::new();
        let mut add = |text: &str, weight: f64| {
            for word in words(text).into_iter().filter(|word| !says_nothing(word)) {
                *weights.entry(word).or_insert(0.0) += weight;
            }
        };
        add(&tool.name, IN_NAME);
        add(&tool.title, IN_TITLE);
        add(&tool.description, IN_DESCRIPTION);
        // Each once, however many keywords it stands in.
        let spoken: BTreeSet<String> = keywords.iter().flat_map(|keyword| words(keyword)).collect();
        spoken.iter().for_each(|word| add(word, IN_KEYWORDS));
        add_arguments(&tool.input, DEPTH, &mut add);
        let length = weights.values().sum();
        let (factor, reads) = (rank.factor(), tool.hints.read_only);
        Self { name: tool.name.clone(), weights, length, factor, reads }
    }
}

fn add_arguments(schema: &Map<String, Value>, depth: usize, add: &mut impl FnMut(&str, f64)) {
    if depth == 0 {
        return;
    }
    let members = schema.get("properties").and_then(Value::as_object);
    for (name, member) in members.into_iter().flatten() {
        // What every write takes tells none of them apart, and is said in many words.
        if crate::load::schema::RESERVED.contains(&name.as_str()) {
            continue;
        }
        add(name, IN_ARGUMENT_NAME);
        if let Some(text) = member.get("description").and_then(Value::as_str) {
            add(text, IN_ARGUMENT_DESCRIPTION);
        }
        let inner = member.get("items").unwrap_or(member);
        if let Some(inner) = inner.as_object() {
            add_arguments(inner, depth - 1, add);
        }
    }
}

impl ToolIndex {
    /// Of these tools.
    pub(crate) fn of<'t>(tools: impl IntoIterator<Item = SearchableTool<'t>>) -> Self {
        let tools: Vec<IndexedTool> =
            tools.into_iter().map(|tool| IndexedTool::of(&tool)).collect();
        let mut spread = HashMap::new();
        for word in tools.iter().flat_map(|tool| tool.weights.keys()) {
            *spread.entry(word.clone()).or_insert(0) += 1;
        }
        let length: f64 = tools.iter().map(|tool| tool.length).sum();
        let mean_length = length / as_f64(tools.len().max(1));
        Self { tools, spread, mean_length }
    }

    /// The names of the tools that fit the question, the best first.
    pub(crate) fn search(&self, question: &str, may: impl Fn(&str) -> bool) -> Vec<&str> {
        let known = |word: &str| self.spread.contains_key(word);
        let question = Question::of(question, known, || self.spread.keys().collect());
        let mut hits: Vec<(f64, &str)> = self
            .tools
            .iter()
            .filter(|tool| may(&tool.name))
            .map(|tool| (self.score(tool, &question), tool.name.as_str()))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        hits.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
        hits.into_iter().map(|(_, name)| name).collect()
    }

    fn score(&self, tool: &IndexedTool, question: &Question) -> f64 {
        let fits = question.wants_to_know == Some(tool.reads);
        let of = |concept: &Concept| self.score_concept(tool, concept);
        let mut told: f64 = question.concepts.iter().map(of).sum();
        if told > 0.0 {
            told += question.finding.as_ref().map_or(0.0, of);
        }
        told * tool.factor * if fits { FITS } else { 1.0 }
    }

    /// How well a tool fits one thing that is asked for: by the words for it that it has, the best
    /// before all.
    fn score_concept(&self, tool: &IndexedTool, concept: &Concept) -> f64 {
        let length = 1.0 - LENGTH + LENGTH * tool.length / self.mean_length.max(f64::MIN_POSITIVE);
        let mut told: Vec<f64> = concept
            .words
            .iter()
            .filter_map(|(word, counts)| {
                let weight = tool.weights.get(word)?;
                let often = weight * (SATURATION + 1.0) / (weight + SATURATION * length);
                Some(counts * self.rarity(word) * often)
            })
            .collect();
        told.sort_by(|one, other| other.total_cmp(one));
        concept.weight * told.iter().zip(ALSO).map(|(told, also)| told * also).sum::<f64>()
    }

    /// BM25's inverse document frequency: what a word is worth for telling tools apart.
    fn rarity(&self, word: &str) -> f64 {
        let (all, with) =
            (as_f64(self.tools.len()), as_f64(self.spread.get(word).copied().unwrap_or(0)));
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }
}

/// The names most like this one, the likest first: those that share many of its pairs of letters.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let asked = pairs(name);
    let mut near: Vec<(usize, &str)> = names
        .filter_map(|known| {
            let own = pairs(known);
            let shared = asked.intersection(&own).count();
            let like = 200 * shared / (asked.len() + own.len()).max(1);
            (like >= LIKE_PERCENT).then_some((like, known))
        })
        .collect();
    near.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    near.truncate(NEAREST);
    near.into_iter().map(|(_, known)| known).collect()
}

/// How alike a name must be, in percent of the letter pairs of both, to be told as near.
const LIKE_PERCENT: usize = 45;
/// How many near names are told.
const NEAREST: usize = 3;

fn pairs(name: &str) -> BTreeSet<(char, char)> {
    let name: Vec<char> = name.to_lowercase().chars().take(80).collect();
    name.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer tools than a fraction can count")]
const fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use souk_model::{Tier, ToolHints};
    use std::sync::Arc;

    fn tool(name: &str, title: &str, description: &str) -> Tool {
        let input = json!({"type": "object", "properties": {"order": {"type": "object",
            "properties": {"gift_wrap": {"type": "string", "description": "Ribbon colour."}}}}});
        Tool {
            name: name.to_owned(),
            title: title.to_owned(),
            description: description.to_owned(),
            input: Arc::new(if name == "orders_wrap" {
                input.as_object().cloned().unwrap()
            } else {
                Map::new()
            }),
            published_input: Arc::default(),
            output: Arc::default(),
            tier: Tier::Safe,
            view: None,
            hints: ToolHints {
                read_only: true,
                destructive: false,
                idempotent: true,
                open_world: false,
            },
        }
    }

    fn index() -> ToolIndex {
        let tools = [
            (tool("orders_search", "Search orders", "Finds orders."), SearchRank::Plain, vec![]),
            (
                tool("orders_refund", "Refund an order", "Gives money back."),
                SearchRank::Plain,
                vec!["store credit".to_owned()],
            ),
            (tool("orders_wrap", "Wrap", "Wraps."), SearchRank::Plain, vec![]),
            (tool("orders_plan", "Plan prices", "Plans."), SearchRank::Plain, vec![]),
            (tool("orders_commit", "Plan prices", "Plans."), SearchRank::Ends, vec![]),
        ];
        ToolIndex::of(tools.iter().map(|(tool, rank, keywords)| SearchableTool {
            tool,
            keywords: keywords.iter().map(String::as_str).collect(),
            rank: *rank,
        }))
    }

    #[test]
    fn a_tool_is_found_by_its_name_its_texts_its_arguments_and_its_keywords() {
        let index = index();
        for (question, best) in [
            ("orders_refund", "orders_refund"),
            ("refunding", "orders_refund"),
            ("money", "orders_refund"),
            ("store credits", "orders_refund"),
            ("reimburse a purchase", "orders_refund"),
            ("gift", "orders_wrap"),
            ("ribbon", "orders_wrap"),
            ("find some orders", "orders_search"),
            ("serching", "orders_search"),
            ("prices", "orders_plan"),
        ] {
            assert_eq!(index.search(question, |_| true).first(), Some(&best), "{question}");
        }
        assert!(index.search("the of and", |_| true).is_empty());
        assert!(index.search("zzzz", |_| true).is_empty() && index.search("", |_| true).is_empty());
    }

    #[test]
    fn what_may_not_be_called_is_not_found() {
        let found = index();
        let found = found.search("refund an order", |name| name != "orders_refund");
        assert!(!found.is_empty() && !found.contains(&"orders_refund"), "{found:?}");
    }

    #[test]
    fn near_names_are_those_that_look_alike() {
        let names = ["catalog_get_product", "catalog_search_products", "orders_get", "plans_list"];
        let near = nearest("catalog_get_products", names.into_iter());
        assert_eq!(near, ["catalog_get_product", "catalog_search_products"]);
        assert_eq!(nearest("order_get", names.into_iter()).first(), Some(&"orders_get"));
        assert_eq!(nearest("zzzz", names.into_iter()), [""; 0]);
        assert_eq!(nearest("", names.into_iter()), [""; 0]);
    }
}
