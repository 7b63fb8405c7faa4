//! Circles among the arrows of a crate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::arrows::Arrows;

/// The files of one circle, in the order of its arrows; the last has an arrow to the first.
pub type Circle = Vec<PathBuf>;

/// The shortest circle through each arrow that is in one, each circle once, short ones first.
pub fn of(arrows: &Arrows) -> Vec<Circle> {
    let mut onward: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for (from, to) in arrows.keys() {
        onward.entry(from).or_default().push(to);
    }
    let mut circles = BTreeSet::new();
    for (from, to) in arrows.keys() {
        if let Some(mut way) = shortest(&onward, to, from) {
            let least =
                way.iter().enumerate().min_by_key(|(_, file)| *file).map_or(0, |(at, _)| at);
            way.rotate_left(least);
            circles.insert(way.into_iter().map(Path::to_owned).collect::<Circle>());
        }
    }
    let mut circles: Vec<Circle> = circles.into_iter().collect();
    circles.sort_by_key(Vec::len);
    circles
}

/// How many files stand in a circle with another.
pub fn files_in_circles(circles: &[Circle]) -> usize {
    circles.iter().flatten().collect::<BTreeSet<_>>().len()
}

/// The fewest arrows from `start` to `end`, both included.
fn shortest<'a>(
    onward: &BTreeMap<&'a Path, Vec<&'a Path>>,
    start: &'a Path,
    end: &Path,
) -> Option<Vec<&'a Path>> {
    let mut came_from: BTreeMap<&Path, Option<&'a Path>> = BTreeMap::from([(start, None)]);
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        if at == end {
            let mut way = vec![at];
            while let Some(Some(before)) = way.last().and_then(|file| came_from.get(file)).copied()
            {
                way.push(before);
            }
            way.reverse();
            return Some(way);
        }
        for next in onward.get(at).into_iter().flatten() {
            if !came_from.contains_key(next) {
                came_from.insert(next, Some(at));
                open.push_back(next);
            }
        }
    }
    None
}

/// `a.rs → b.rs (Item) → a.rs (Other)`, each arrow with what it takes from the file it leads to.
pub fn line(circle: &Circle, arrows: &Arrows, root: &Path) -> String {
    let shown = |file: &Path| file.strip_prefix(root).unwrap_or(file).display().to_string();
    let mut line = String::new();
    for (at, from) in circle.iter().enumerate() {
        let to = &circle[(at + 1) % circle.len()];
        if at == 0 {
            line.push_str(&shown(from));
        }
        let names = arrows.get(&(from.clone(), to.clone())).map(|names| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            names.join(", ")
        });
        let _ = write!(line, " → {} ({})", shown(to), names.unwrap_or_default());
    }
    line
}

/// An arrow that may close a circle, because the house cannot be built without it.
pub struct Natural {
    /// The file the arrow starts from, from the root of the repository.
    pub from: &'static str,
    /// The file it leads to.
    pub to: &'static str,
    /// Why it has to be.
    pub reason: &'static str,
}

/// Takes the `natural` arrows out, and says which of them closes no circle and so has no place in
/// the list.
pub fn without_natural(
    arrows: &Arrows,
    natural: &[Natural],
    root: &Path,
) -> (Arrows, Vec<&'static str>) {
    let key = |entry: &Natural| (root.join(entry.from), root.join(entry.to));
    let mut left = arrows.clone();
    for entry in natural {
        left.remove(&key(entry));
    }
    let mut idle = Vec::new();
    for entry in natural {
        let mut with = left.clone();
        if let Some((key, names)) = arrows.get_key_value(&key(entry)) {
            with.insert(key.clone(), names.clone());
        }
        if of(&with).len() == of(&left).len() {
            idle.push(entry.from);
        }
    }
    (left, idle)
}
