//! The names of types: one thing each, and in words that a stranger would search for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::modules::Crate;

/// For each type name, the files that define a type of that name, tests left out.
pub type Types = BTreeMap<String, BTreeSet<PathBuf>>;

/// Adds the types of a crate.
pub fn collect(read: &Crate, types: &mut Types) {
    for module in read.modules.iter().filter(|module| !module.test) {
        for name in &module.types {
            types.entry(name.clone()).or_default().insert(module.file.clone());
        }
    }
}

/// The names that more than `files` files define.
pub fn in_more_than(files: usize, types: &Types) -> Vec<&str> {
    types.iter().filter(|(_, at)| at.len() > files).map(|(name, _)| name.as_str()).collect()
}

/// The names that tell a reader nothing: what happened to a thing, or where it stood, but not what
/// it is. Each has gone, and none comes back.
pub const PRIVATE_WORDS: &[&str] = &[
    "About",
    "Answer",
    "Answered",
    "Around",
    "Asked",
    "Becomes",
    "Before",
    "Behind",
    "Changing",
    "Door",
    "Entry",
    "Examined",
    "Form",
    "Found",
    "Given",
    "Heard",
    "Keeps",
    "Kept",
    "Led",
    "Limited",
    "Line",
    "Looked",
    "Looker",
    "Lost",
    "Made",
    "Mark",
    "Masked",
    "Memo",
    "Moment",
    "News",
    "NotDone",
    "Offered",
    "Open",
    "Pages",
    "Parts",
    "Paused",
    "Place",
    "Probed",
    "Progressed",
    "Proposed",
    "Purged",
    "Purging",
    "Purse",
    "Reach",
    "Reached",
    "Ready",
    "Recalled",
    "Remembered",
    "Seen",
    "Served",
    "Shown",
    "Sums",
    "Terms",
    "Tip",
    "Told",
    "Torn",
    "Trouble",
    "TurnedAway",
    "Unserved",
    "Untouched",
    "Veil",
    "Wanted",
    "Why",
    "Wrong",
];

/// The private words among `types`, each with where it is defined.
pub fn private_words<'a>(types: &'a Types, root: &Path) -> Vec<(&'a str, Vec<String>)> {
    let shown = |file: &PathBuf| file.strip_prefix(root).unwrap_or(file).display().to_string();
    let private = types.iter().filter(|(name, _)| PRIVATE_WORDS.contains(&name.as_str()));
    private.map(|(name, at)| (name.as_str(), at.iter().map(shown).collect())).collect()
}
