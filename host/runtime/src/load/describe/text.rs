//! Names and texts that a plugin says of itself.

use souk_model::visible;

use crate::text::printable;

/// A tool's name, group and all. Clients put a server's name before it and allow 64 in sum.
const TOOL_CHARS: usize = 45;

/// The name that callers see of an action, a commit tool or a prompt of this group.
pub(super) fn full_name(group: &str, name: &str, what: &str) -> Result<String, String> {
    self::name(name, TOOL_CHARS, what, true)?;
    let full = format!("{group}_{name}");
    if full.len() > TOOL_CHARS {
        return Err(format!("{what}, `{full}`, is longer than {TOOL_CHARS} characters"));
    }
    Ok(full)
}

/// ASCII only: names that merely look alike cannot be told apart in a confirmation.
pub(super) fn name(text: &str, max: usize, what: &str, underscore: bool) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || (underscore && c == '_');
    if text.is_empty() || text.len() > max || !text.chars().all(plain) {
        return Err(format!(
            "{what} `{}` is not 1 to {max} lower-case letters{} digits",
            printable(text, 80),
            if underscore { ", `_` and" } else { " and" },
        ));
    }
    Ok(())
}

/// Texts reach terminals and models: nothing that steers them or hides in them, no novels.
pub(super) fn text(text: &str, max: usize, what: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("{what} is empty"));
    }
    if !visible::is_visible(text) {
        return Err(format!("{what} holds control characters, or others that are not seen"));
    }
    if text.chars().count() > max {
        return Err(format!("{what} is longer than {max} characters"));
    }
    Ok(())
}

/// No more of something than the host takes.
pub(super) fn at_most<T>(items: &[T], max: usize, what: &str) -> Result<(), String> {
    if items.len() > max {
        return Err(format!("it has {} {what}, more than {max}", items.len()));
    }
    Ok(())
}

/// No two of the same name.
pub(super) fn no_twins<'a>(
    names: impl IntoIterator<Item = &'a str>,
    what: &str,
) -> Result<(), String> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(twins) => Err(format!("two of its {what} are named `{}`", printable(twins[0], 80))),
        None => Ok(()),
    }
}
