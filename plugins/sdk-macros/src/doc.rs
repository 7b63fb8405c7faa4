//! Titles and descriptions, as doc comments have them.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// A doc comment as titles and descriptions: its first paragraph, and the rest.
#[derive(Default)]
pub(crate) struct DocText {
    pub(crate) title: String,
    pub(crate) description: String,
}

/// What a doc comment says of an action.
#[derive(Default)]
pub(crate) struct ActionDoc {
    pub(crate) action: DocText,
    /// The section `# Commit`, if there is one.
    pub(crate) commit: Option<DocText>,
}

impl DocText {
    fn new(lines: &[String]) -> Self {
        let mut paragraphs = lines
            .split(String::is_empty)
            .filter(|paragraph| !paragraph.is_empty())
            .map(|paragraph| paragraph.join(" "));
        let title = paragraphs.next().unwrap_or_default().trim_end_matches('.').to_owned();
        Self { title, description: paragraphs.collect::<Vec<_>>().join("\n\n") }
    }

    /// The texts of a doc comment that has no sections.
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        Self::new(&lines(attributes))
    }
}

impl ActionDoc {
    pub(crate) fn of(attributes: &[Attribute]) -> Self {
        let lines = lines(attributes);
        let is_heading = |line: &String| line.starts_with("# ");
        let mut sections = lines.split(is_heading);
        let headings = lines.iter().filter(|line| is_heading(line));
        let action = DocText::new(sections.next().unwrap_or_default());
        let commit = headings
            .zip(sections)
            .find(|(heading, _)| heading.as_str() == "# Commit")
            .map(|(_, section)| DocText::new(section));
        Self { action, commit }
    }
}

fn lines(attributes: &[Attribute]) -> Vec<String> {
    let text = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    let texts = attributes.iter().filter_map(text);
    texts
        .flat_map(|text| text.split('\n').map(|line| line.trim().to_owned()).collect::<Vec<_>>())
        .collect()
}
