//! What the demo's cache holds: names of pages, and their tags.

/// How many pages it holds; the oldest make room.
const PAGES: usize = 1_000;

/// A page that was asked for.
#[derive(Debug)]
pub(super) struct Page {
    /// Path and query.
    pub(super) path: String,
    tags: Vec<String>,
}

impl Page {
    pub(super) fn new(path: &str, tags: Option<&str>) -> Self {
        let tags = tags.unwrap_or_default().split(',').map(|tag| tag.trim().to_owned());
        Self { path: path.to_owned(), tags: tags.filter(|tag| !tag.is_empty()).collect() }
    }

    pub(super) fn has(&self, tag: &str) -> bool {
        self.tags.iter().any(|own| own == tag)
    }
}

#[derive(Debug, Default)]
pub(super) struct Cache(Vec<Page>);

impl Cache {
    /// Whether the page was there; it is from now on.
    pub(super) fn get(&mut self, page: Page) -> bool {
        if self.0.iter().any(|cached| cached.path == page.path) {
            return true;
        }
        if self.0.len() == PAGES {
            self.0.remove(0);
        }
        self.0.push(page);
        false
    }

    /// Takes pages out, and tells which.
    pub(super) fn purge(&mut self, chosen: impl Fn(&Page) -> bool) -> Vec<String> {
        let (gone, kept) = std::mem::take(&mut self.0).into_iter().partition(chosen);
        self.0 = kept;
        let gone: Vec<Page> = gone;
        gone.into_iter().map(|page| page.path).collect()
    }
}

/// The tags of a pattern as Magento sends it: `((^|,)cat_p_1(,|$))|((^|,)cat_p_2(,|$))`.
pub(super) fn tags_of(pattern: &str) -> Option<Vec<String>> {
    const BEGIN: &str = "((^|,)";
    const END: &str = "(,|$))";
    let inside = pattern.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let between = format!("{END}|{BEGIN}");
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let tag = |tag: &str| (!tag.is_empty() && tag.chars().all(plain)).then(|| tag.to_owned());
    inside.split(&between).map(tag).collect()
}

/// The tag of Magento's that a surrogate key of Fastly's module stands for: `p7` for `cat_p_7`.
pub(super) fn tag_of_key(key: &str) -> String {
    match (key.get(..1), key.get(1..)) {
        (Some(kind @ ("p" | "c")), Some(id)) => format!("cat_{kind}_{id}"),
        _ => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_taken_apart_as_magento_puts_it_together() {
        let both = "((^|,)cat_p_1(,|$))|((^|,)cat_c_2(,|$))";
        assert_eq!(tags_of(both).unwrap(), ["cat_p_1", "cat_c_2"]);
        for strange in [".*", "((^|,).*(,|$))", "((^|,)(,|$))", "cat_p_1"] {
            assert_eq!(tags_of(strange), None, "{strange}");
        }
    }
}
