//! The text of a prompt: its own words, and `{name}` where an argument goes; braces of its own are
//! written twice.

/// A part of a prompt's text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PromptPart<'t> {
    /// As it stands.
    Own(&'t str),
    /// What is given for the argument of this name.
    Argument(&'t str),
}

/// The parts of a text, in order.
///
/// # Errors
/// A brace that is neither closed nor written twice.
pub(crate) fn prompt_parts(text: &str) -> Result<Vec<PromptPart<'_>>, &'static str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        let (brace, after) = from.split_at(1);
        parts.push(PromptPart::Own(before));
        rest = match after.strip_prefix(brace) {
            Some(rest) => {
                parts.push(PromptPart::Own(brace));
                rest
            }
            None if brace == "{" => {
                let (name, rest) =
                    after.split_once('}').ok_or("its text has a `{` that is never closed")?;
                parts.push(PromptPart::Argument(name));
                rest
            }
            None => return Err("its text has a `}` alone; one of its own is written `}}`"),
        };
    }
    parts.push(PromptPart::Own(rest));
    Ok(parts)
}
