//! What somebody may have meant who wrote something that does not exist.

/// The name nearest to `written`: by its whole, or by its last part where that stands elsewhere.
/// None where nothing is near.
pub(crate) fn nearest<'n>(
    written: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let near = |name: &&'n str| {
        let (last, its_last) = (last_part(written), last_part(name));
        // Something forgotten at either end (`memory` for `memory_bytes`) is nearer than it looks.
        let extends = last.len() >= 3 && (its_last.starts_with(last) || its_last.ends_with(last));
        let same_place = is_same_table(parent(written), parent(name));
        let steps = edits(last, its_last);
        (steps.min(if extends { 1 } else { usize::MAX }), !same_place, steps)
    };
    let best = names.into_iter().min_by_key(near)?;
    (near(&best).0 <= written.len().min(last_part(written).len()) / 3).then_some(best)
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn parent(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// Whether both are one table, whatever stands for `NAME`.
fn is_same_table(written: &str, name: &str) -> bool {
    let count = |key: &str| key.split('.').count();
    let fits = |(written, part): (&str, &str)| part == "NAME" || part == written;
    count(written) == count(name) && written.split('.').zip(name.split('.')).all(fits)
}

/// How many characters have to be put in, left out or replaced to make one text of the other.
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_nothing_where_none_is_near() {
        let names = ["policy.max_tier", "policy.read_only", "limits.memory_bytes", "listen"];
        for (written, meant) in [
            ("policy.readonly", Some("policy.read_only")),
            ("max_tier", Some("policy.max_tier")),
            ("policy.max_teir", Some("policy.max_tier")),
            ("limits.memory", Some("limits.memory_bytes")),
            ("lisen", Some("listen")),
            ("colour", None),
        ] {
            assert_eq!(nearest(written, names), meant, "{written}");
        }
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
