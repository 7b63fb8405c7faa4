//! What `describe` answers, laid out in a guest's memory as the canonical ABI wants it.
//!
//! Only this part of a hostile plugin is the same in each and tedious by hand, so it is made here
//! and put into a data segment. Everything that attacks is in the fixture's own text.

use serde::Deserialize;

/// The group as a fixture may change it. Texts take `<<x*1000>>` for a thousand times `x`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// The fixture's name without dashes, unless it says otherwise.
    pub name: String,
    version: String,
    title: String,
    description: String,
    /// Its actions.
    pub action: Vec<Action>,
}

impl Group {
    /// A group with one action that may read this route of the store, and that takes `n`.
    #[must_use]
    pub fn reader(name: &str, route: &str) -> Self {
        let action = Action {
            input: r#"{"type":"object","properties":{"n":{"type":"string"}}}"#.into(),
            grants: vec![Grant { upstream: None, route: route.into(), write: false }],
            ..Action::default()
        };
        Self { name: name.into(), action: vec![action], ..Self::default() }
    }
}

/// One action of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Action {
    /// Without the group's name.
    pub name: String,
    title: String,
    description: String,
    tier: Tier,
    effect: Effect,
    needs_session: bool,
    input: String,
    output: String,
    grants: Vec<Grant>,
    /// So many more actions like this one, named with a number behind.
    copies: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tier {
    Safe,
    Risk,
    Critical,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Effect {
    Query,
    Apply,
    Session,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    /// The back end's name; none for the store.
    #[serde(default)]
    upstream: Option<String>,
    route: String,
    #[serde(default)]
    write: bool,
}

impl Default for Group {
    fn default() -> Self {
        Self {
            name: String::new(),
            version: "1.0.0".into(),
            title: "Hostile".into(),
            description: "Attacks its host.".into(),
            action: vec![Action::default()],
        }
    }
}

impl Default for Action {
    fn default() -> Self {
        Self {
            name: "run".into(),
            title: "Attack".into(),
            description: "Attacks the host.".into(),
            tier: Tier::Safe,
            effect: Effect::Query,
            needs_session: false,
            input: r#"{"type":"object"}"#.into(),
            output: r#"{"type":"object"}"#.into(),
            grants: Vec::new(),
            copies: 0,
        }
    }
}

/// A read as a plugin may ask for it.
#[derive(Debug, Clone)]
pub struct Read {
    /// The back end's name; none for the store.
    pub upstream: Option<String>,
    /// Its template.
    pub route: String,
    /// The parameters of its path.
    pub path: Vec<(String, String)>,
    /// Those behind it.
    pub query: Vec<(String, String)>,
    /// A store view's code; none for the session's.
    pub view: Option<String>,
}

/// Bytes of `variant grant`: a discriminant, a method, a route of 20 and an optional list of 12.
const GRANT: usize = 40;
/// Bytes of `record action-details`: three lists, an optional text and a list.
const ACTION_DETAILS: usize = 8 * 3 + 12 + 8;
/// Bytes of `record group-details`: two lists, three optional texts and a list.
const GROUP_DETAILS: usize = 8 * 2 + 12 * 3 + 8;

/// Bytes of a guest's memory from some address on.
pub(crate) struct Image {
    base: u32,
    bytes: Vec<u8>,
}

impl Image {
    pub(crate) fn new(base: u32) -> Self {
        Self { base, bytes: Vec::new() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn end(&self) -> u32 {
        self.base + len(&self.bytes)
    }

    /// Puts a record behind the rest, at a multiple of 8; answers its address.
    fn put(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let at = self.end();
        self.bytes.extend_from_slice(bytes);
        at
    }

    /// A string's address and length.
    fn text(&mut self, text: &str) -> [u32; 2] {
        let text = repeated(text);
        [self.put(text.as_bytes()), len(text.as_bytes())]
    }

    /// `record group`: its address.
    pub(crate) fn group(&mut self, group: &Group) -> u32 {
        let mut actions = Vec::new();
        let mut count = 0;
        for action in &group.action {
            for copy in 0..=action.copies {
                let mut action = action.clone();
                if copy > 0 {
                    action.name = format!("{}{copy}", action.name);
                }
                actions.extend(self.action(&action));
                count += 1;
            }
        }
        let mut record = Vec::new();
        for text in [&group.name, &group.version, &group.title, &group.description] {
            record.extend(words(&self.text(text)));
        }
        let actions = self.put(&actions);
        record.extend(words(&[actions, count]));
        // `option<group-details>`: none, in the room that the details would take.
        record.extend([0; 4 + GROUP_DETAILS]);
        self.put(&record)
    }

    /// The twelve words in which each read is passed to `upstream.get`; their address.
    pub(crate) fn reads(&mut self, reads: &[Read]) -> u32 {
        let mut table = Vec::new();
        for read in reads {
            table.extend(self.route(&read.upstream, &read.route));
            table.extend(words(&self.bindings(&read.path)));
            table.extend(words(&self.bindings(&read.query)));
            table.extend(match &read.view {
                None => words(&[0, 0, 0]),
                Some(code) => {
                    let [code, len] = self.text(code);
                    words(&[2, code, len])
                }
            });
        }
        self.put(&table)
    }

    /// `record route`: an upstream, where one is named, and a template.
    fn route(&mut self, upstream: &Option<String>, template: &str) -> Vec<u8> {
        let named = match upstream {
            None => [0; 3],
            Some(name) => {
                let [name, len] = self.text(name);
                [1, name, len]
            }
        };
        let mut route = words(&named);
        route.extend(words(&self.text(template)));
        route
    }

    /// `list<binding>`: a name, and the case `text` of a `binding-source`.
    fn bindings(&mut self, bindings: &[(String, String)]) -> [u32; 2] {
        let mut list = Vec::new();
        for (name, value) in bindings {
            let ([name, name_len], [value, value_len]) = (self.text(name), self.text(value));
            list.extend(words(&[name, name_len, 0, value, value_len]));
        }
        [self.put(&list), len(bindings)]
    }

    /// `record action`: with its details, 148 bytes.
    fn action(&mut self, action: &Action) -> Vec<u8> {
        let mut record = Vec::new();
        for text in [&action.name, &action.title, &action.description] {
            record.extend(words(&self.text(text)));
        }
        record.extend([action.tier as u8, 0, 0, 0]);
        // `variant effect`: its widest case, `prepare`, has 40 bytes behind the discriminant.
        let (effect, payload) = match action.effect {
            Effect::Query => (0, [0, 0]),
            Effect::Apply => (2, [0, 1]),
            Effect::Session => (3, [0, 0]),
        };
        record.extend(words(&[effect, payload[0], payload[1]]));
        record.extend([0; 32]);
        record.extend(words(&[action.needs_session.into()]));
        for text in [&action.input, &action.output] {
            record.extend(words(&self.text(text)));
        }
        let mut grants = Vec::new();
        for grant in &action.grants {
            // `read` holds a route; `write` a method (POST is 0), a route and no list of fields.
            let mut record = if grant.write { words(&[1, 0]) } else { words(&[0]) };
            record.extend(self.route(&grant.upstream, &grant.route));
            record.resize(GRANT, 0);
            grants.extend(record);
        }
        let grants = self.put(&grants);
        record.extend(words(&[grants, len(&action.grants)]));
        // `option<action-details>`: none, in the room that the details would take.
        record.extend([0; 4 + ACTION_DETAILS]);
        record
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn len<T>(items: &[T]) -> u32 {
    items.len().try_into().unwrap()
}

/// The text with each `<<x*n>>` written out.
pub(crate) fn repeated(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, more)) = rest.split_once("<<") {
        let (what, more) = more.split_once(">>").expect("`<<` without `>>`");
        let (what, times) = what.rsplit_once('*').expect("`<<x*n>>`");
        out.push_str(before);
        out.push_str(&what.repeat(times.parse().expect("a number of times")));
        rest = more;
    }
    out + rest
}
