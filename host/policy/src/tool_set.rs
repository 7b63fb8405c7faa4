//! Named sets of tools.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::tool_pattern::is_group;
use crate::{ToolPattern, ToolProfile};

/// What magento-mcp has, as text, one pattern a line.
const CLASSIC: &str = include_str!("classic.txt");

static CLASSIC_TOOLS: LazyLock<Vec<ToolPattern>> =
    LazyLock::new(|| data_lines(CLASSIC).filter_map(|line| line.parse().ok()).collect());

/// What stands in a data file, without comments and empty lines.
pub fn data_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// A named set of tools.
///
/// ```
/// use souk_policy::ToolSet;
/// for right in ["auto", "all", "classic", "orders"] {
///     assert_eq!(right.parse::<ToolSet>().unwrap().to_string(), right);
/// }
/// for wrong in ["", "orders_*", "orders_get", "Orders", "a b"] {
///     assert!(wrong.parse::<ToolSet>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolSet {
    /// As many of all tools as the budget has room for, in the order of the list.
    Auto,
    /// Every tool.
    All,
    /// The tools of magento-mcp, and those over plans.
    Classic,
    /// The tools of one group.
    Group(String),
}

/// A text that is no name of a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no set of tools: there are auto, classic, all, and each plugin's name")]
pub struct InvalidToolSet(String);

impl FromStr for ToolSet {
    type Err = InvalidToolSet;

    fn from_str(text: &str) -> Result<Self, InvalidToolSet> {
        match text {
            "auto" => Ok(Self::Auto),
            "all" => Ok(Self::All),
            "classic" => Ok(Self::Classic),
            group if is_group(group) => Ok(Self::Group(group.to_owned())),
            _ => Err(InvalidToolSet(text.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for ToolSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::All => "all",
            Self::Classic => "classic",
            Self::Group(group) => group,
        })
    }
}

impl ToolSet {
    /// Whether it names the tool, whatever room there is. `auto` names none: what it has room for is
    /// another question.
    #[must_use]
    pub fn names(&self, tool: &ToolProfile<'_>) -> bool {
        match self {
            Self::Auto => false,
            Self::All => true,
            Self::Classic => CLASSIC_TOOLS.iter().any(|pattern| pattern.matches(tool)),
            Self::Group(group) => group == tool.group,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classic_has_the_38_tools_of_magento_mcp_and_those_that_are_souks_own() {
        let mut named: Vec<&str> = data_lines(CLASSIC).collect();
        assert!(named.iter().all(|line| line.parse::<ToolPattern>().is_ok()));
        assert_eq!(named.split_off(38), ["plans_*", "tools_*"]);
        named.sort_unstable();
        named.dedup();
        assert_eq!(named.len(), 38);
        assert!(!named.iter().any(|name| name.starts_with("orders")));
    }
}
