//! Patterns of allow and deny lists, parsed once.

use std::fmt;
use std::str::FromStr;

use crate::text::printable;
use crate::tool_profile::ToolProfile;

/// Which tools an allow or deny list means.
///
/// The whole grammar; whatever is not in it is an error, never a rule that silently means less:
///
/// | form | meaning |
/// |---|---|
/// | `*` | every tool |
/// | `group_*` | every tool of the group; `group` is lower-case letters and digits |
/// | `group_tool` | this tool, by its exact name |
///
/// ```
/// use souk_policy::ToolPattern;
/// for right in ["*", "catalog_*", "catalog_get_product", "plans_commit"] {
///     assert_eq!(right.parse::<ToolPattern>().unwrap().to_string(), right);
/// }
/// for wrong in [
///     "", " ", "catalog", "catalog*", "catalog_get_*", "*_get", "catalog.get_product", "Catalog_*",
///     "catalog_*_x", "_*", "_x", "catalog_", "catalog_get product", "**", "catalog_get_product ",
/// ] {
///     assert!(wrong.parse::<ToolPattern>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToolPattern(PatternScope);

/// How much a pattern means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum PatternScope {
    Everything,
    Group(String),
    Tool(String),
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a pattern of tools: {why}")]
pub struct InvalidToolPattern {
    given: String,
    why: String,
}

impl ToolPattern {
    /// Whether the pattern means this tool.
    #[must_use]
    pub fn matches(&self, tool: &ToolProfile<'_>) -> bool {
        match &self.0 {
            PatternScope::Everything => true,
            PatternScope::Group(group) => group == tool.group,
            PatternScope::Tool(name) => name == tool.name,
        }
    }

    /// Whether every tool that `other` means is meant by this one too.
    ///
    /// ```
    /// use souk_policy::ToolPattern;
    /// let pattern = |text: &str| text.parse::<ToolPattern>().unwrap();
    /// assert!(pattern("catalog_*").covers(&pattern("catalog_get_product")));
    /// assert!(!pattern("catalog_get_product").covers(&pattern("catalog_*")));
    /// ```
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (PatternScope::Everything, _) => true,
            (PatternScope::Group(group), PatternScope::Tool(tool)) => {
                tool.split_once('_').is_some_and(|(its, _)| its == group)
            }
            (one, other) => one == other,
        }
    }
}

/// Whether a text may be a group's name.
pub(crate) fn is_group(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

impl FromStr for ToolPattern {
    type Err = InvalidToolPattern;

    fn from_str(text: &str) -> Result<Self, InvalidToolPattern> {
        let wrong = |why: &str| InvalidToolPattern { given: printable(text), why: why.to_owned() };
        if text == "*" {
            return Ok(Self(PatternScope::Everything));
        }
        if is_group(text) {
            return Err(wrong(&format!(
                "it may be meant as a group, which is written `{text}_*`, or as a tool, which is \
                 written with its group before it"
            )));
        }
        let Some((group, rest)) = text.split_once('_').filter(|(group, _)| is_group(group)) else {
            return Err(wrong(
                "write `*`, `group_*` or a tool's exact name, all in lower-case letters, digits \
                 and `_`",
            ));
        };
        match rest {
            "*" => Ok(Self(PatternScope::Group(group.to_owned()))),
            tool if is_word(tool) => Ok(Self(PatternScope::Tool(text.to_owned()))),
            tool if tool.contains('*') => {
                Err(wrong(&format!("`*` stands only alone or for a whole group: `{group}_*`")))
            }
            _ => Err(wrong("a tool's name has only lower-case letters, digits and `_`")),
        }
    }
}

impl fmt::Display for ToolPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            PatternScope::Everything => f.write_str("*"),
            PatternScope::Group(group) => write!(f, "{group}_*"),
            PatternScope::Tool(tool) => f.write_str(tool),
        }
    }
}
