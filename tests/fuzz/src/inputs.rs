//! Inputs for targets: those of the corpus, and others that are made of them.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use serde_json::{Map, Value};

use crate::targets::Target;

/// How many are made where nobody says otherwise.
const COUNT: u64 = 10_000;
/// How many: [`run`] reads it.
pub const COUNT_VARIABLE: &str = "SOUK_FUZZ_INPUTS";
/// Longer ones are cut. Bytes.
const MAX_BYTES: usize = 16 << 10;
/// What has a meaning somewhere.
const WORDS: [&str; 44] = [
    "..",
    ".",
    "/",
    "//",
    "%2e%2e",
    "%",
    "%2",
    "%25",
    "?",
    "#",
    "&",
    "=",
    "==",
    "~1",
    "~0",
    "~2",
    "[a=b]",
    "{sku}",
    "{",
    "}",
    "\\",
    "\"",
    "\0",
    "\n",
    "\r\n",
    "\t",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{200b}",
    "\u{e0041}",
    "\u{feff}",
    "null",
    "true",
    "-1",
    "1e400",
    "0.1",
    "9007199254740993",
    "/V1/products",
    "/async/bulk/V1",
    "oauth_token",
    "___store",
    "product",
    "*",
    "é",
];

/// How many inputs are to be made.
#[expect(clippy::disallowed_methods, reason = "tests have no command line of their own")]
fn count() -> u64 {
    match std::env::var(COUNT_VARIABLE) {
        Ok(count) => count.parse().unwrap_or_else(|error| panic!("{COUNT_VARIABLE}: {error}")),
        Err(_) => COUNT,
    }
}

/// Runs a target over its corpus and over inputs made of it. The same every time, for each count.
///
/// # Panics
/// When the target does, with the input that made it; when the corpus is empty.
pub fn run(target: &Target) {
    let corpus = corpus(target.name);
    assert!(!corpus.is_empty(), "`{}` has no corpus", target.name);
    let kept = corpus.iter().filter(|input| attempt(target, input)).count();
    assert!(kept > 0, "nothing of the corpus of `{}` comes further than its parser", target.name);
    let count = count();
    let mut rng = Rng::with_seed(0x50_0c);
    let made = (0..count).filter(|_| attempt(target, &mutated(&mut rng, &corpus))).count();
    println_of(target, count, made);
    // Inputs that all fail at the first hurdle would try nothing.
    assert!(made as u64 >= count / 50, "{made} of {count} inputs come further than the parser");
}

#[expect(clippy::print_stdout, reason = "tests show it where they fail, or are asked to")]
fn println_of(target: &Target, count: u64, made: usize) {
    println!("{}: {made} of {count} inputs were taken", target.name);
}

/// Whether the target took the input.
fn attempt(target: &Target, input: &[u8]) -> bool {
    let run = AssertUnwindSafe(|| (target.run)(input));
    std::panic::catch_unwind(run).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(input);
        panic!("`{}` broke over {text:?}\nas bytes {input:?}", target.name);
    })
}

/// The inputs that are kept, in their order.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|file| std::fs::read(file).ok()).collect()
}

fn mutated(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let pick = |rng: &mut Rng| corpus.get(rng.usize(..corpus.len())).cloned().unwrap_or_default();
    let mut input = pick(rng);
    // Most of what is JSON stays JSON, or nothing behind its parser would ever be reached.
    if rng.u8(..) < 200
        && let Ok(mut value) = serde_json::from_slice::<Value>(&input)
    {
        let other = serde_json::from_slice::<Value>(&pick(rng)).unwrap_or(Value::Null);
        for _ in 0..rng.usize(1..5) {
            change_value(rng, &mut value, &other);
        }
        return value.to_string().into_bytes();
    }
    for _ in 0..rng.usize(1..4) {
        let other = pick(rng);
        change_bytes(rng, &mut input, &other);
    }
    input.truncate(MAX_BYTES);
    input
}

fn range(rng: &mut Rng, length: usize) -> std::ops::Range<usize> {
    let from = rng.usize(..=length);
    from..from + rng.usize(..=(length - from).min(32))
}

fn change_bytes(rng: &mut Rng, input: &mut Vec<u8>, other: &[u8]) {
    let here = range(rng, input.len());
    match rng.u8(..6) {
        0 => drop(input.drain(here)),
        1 => {
            let again = input[here.clone()].to_vec();
            drop(input.splice(here.start..here.start, again));
        }
        2 => {
            let from = range(rng, other.len());
            drop(input.splice(here, other[from].iter().copied()));
        }
        3 => {
            let word = WORDS[rng.usize(..WORDS.len())].as_bytes();
            drop(input.splice(here.start..here.start, word.iter().copied()));
        }
        4 => drop(input.splice(here.start..here.start, [rng.u8(..)])),
        _ => {
            if let Some(byte) = input.get_mut(here.start) {
                *byte ^= 1 << rng.u8(..8);
            }
        }
    }
}

/// Changes something somewhere in a value.
fn change_value(rng: &mut Rng, value: &mut Value, other: &Value) {
    let deeper = rng.u8(..) < 220;
    match value {
        Value::Object(map) if deeper && !map.is_empty() => {
            let at = rng.usize(..map.len());
            let Some(name) = map.keys().nth(at).cloned() else { return };
            match rng.u8(..12) {
                0 => drop(map.shift_remove(&name)),
                1 => rename(rng, map, &name),
                2 => drop(map.insert(any_text(rng), any_value(rng, other))),
                _ => {
                    if let Some(member) = map.get_mut(&name) {
                        change_value(rng, member, other);
                    }
                }
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = rng.usize(..items.len());
            match rng.u8(..10) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => change_value(rng, &mut items[at], other),
            }
        }
        Value::String(text) if rng.bool() => {
            let word = WORDS[rng.usize(..WORDS.len())];
            let at =
                text.char_indices().nth(rng.usize(..=text.len())).map_or(text.len(), |at| at.0);
            text.insert_str(at, word);
        }
        value => *value = any_value(rng, other),
    }
}

fn rename(rng: &mut Rng, map: &mut Map<String, Value>, name: &str) {
    if let Some(member) = map.shift_remove(name) {
        map.insert(any_text(rng), member);
    }
}

fn any_text(rng: &mut Rng) -> String {
    (0..rng.usize(..3)).map(|_| WORDS[rng.usize(..WORDS.len())]).collect()
}

fn any_value(rng: &mut Rng, other: &Value) -> Value {
    match rng.u8(..9) {
        0 => Value::Null,
        1 => rng.bool().into(),
        2 => rng.i64(-3..1_000).into(),
        3 => rng.f64().into(),
        4 => Value::Array(vec![any_text(rng).into()]),
        5 => Value::Object(Map::from_iter([(any_text(rng), Value::Null)])),
        6 => part_of(rng, other),
        _ => any_text(rng).into(),
    }
}

/// Something out of another value.
fn part_of(rng: &mut Rng, value: &Value) -> Value {
    let inner = match value {
        Value::Object(map) if !map.is_empty() => map.values().nth(rng.usize(..map.len())),
        Value::Array(items) if !items.is_empty() => items.get(rng.usize(..items.len())),
        _ => None,
    };
    match inner {
        Some(inner) if rng.u8(..) < 200 => part_of(rng, inner),
        _ => value.clone(),
    }
}
