//! The order in which tools are listed, as `order.txt` has it.

use std::sync::LazyLock;

use souk_policy::{EffectKind, ToolPattern, ToolProfile, data_lines as lines};

/// The order as text, one line a place.
const ORDER: &str = include_str!("order.txt");

/// The order that is shipped.
static SHIPPED: LazyLock<ListOrder> = LazyLock::new(|| ListOrder::parse(ORDER));

/// The order in which tools are listed.
pub(crate) struct ListOrder {
    lines: Vec<OrderLine>,
    /// Groups, the first before others that stand in the same line.
    groups: Vec<String>,
}

/// A line of the order: what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum OrderLine {
    Tools(ToolPattern),
    Reads,
    Writes,
    Commits,
}

/// Where a tool stands: in which line, in which group of it, and under which name.
pub(crate) type OrderPlace<'t> = (usize, usize, &'t str);

impl ListOrder {
    /// The order that is shipped.
    pub(crate) fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Lines that name nothing are left out.
    fn parse(text: &str) -> Self {
        let lines = lines(text).filter(|line| !line.starts_with("groups "));
        let groups = lines_of_groups(text).flat_map(str::split_whitespace).map(str::to_owned);
        Self { lines: lines.filter_map(OrderLine::parse).collect(), groups: groups.collect() }
    }

    /// Where the tool stands. What no line names stands behind everything.
    pub(crate) fn place<'t>(&self, tool: &ToolProfile<'t>) -> OrderPlace<'t> {
        let line = self.lines.iter().position(|line| line.names(tool));
        let group = self.groups.iter().position(|group| group == tool.group);
        (line.unwrap_or(self.lines.len()), group.unwrap_or(self.groups.len()), tool.name)
    }
}

fn lines_of_groups(text: &str) -> impl Iterator<Item = &str> {
    lines(text).filter_map(|line| line.strip_prefix("groups "))
}

impl OrderLine {
    fn parse(line: &str) -> Option<Self> {
        match line {
            "@reads" => Some(Self::Reads),
            "@writes" => Some(Self::Writes),
            "@commits" => Some(Self::Commits),
            pattern => pattern.parse().ok().map(Self::Tools),
        }
    }

    fn names(&self, tool: &ToolProfile<'_>) -> bool {
        match self {
            Self::Tools(pattern) => pattern.matches(tool),
            Self::Reads => matches!(tool.effect, EffectKind::Query | EffectKind::Relay),
            Self::Writes => {
                matches!(tool.effect, EffectKind::Prepare | EffectKind::Apply | EffectKind::Session)
            }
            Self::Commits => tool.effect == EffectKind::Commit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use souk_model::Tier;

    fn profile<'t>(name: &'t str, group: &'t str, effect: EffectKind) -> ToolProfile<'t> {
        ToolProfile { name, group, tier: Tier::Safe, effect }
    }

    #[test]
    fn every_line_of_the_order_names_something() {
        let wrong: Vec<&str> = lines(ORDER)
            .filter(|line| !line.starts_with("groups ") && OrderLine::parse(line).is_none())
            .collect();
        assert_eq!(wrong, [""; 0]);
        assert!(ListOrder::shipped().groups.contains(&"orders".to_owned()));
    }

    #[test]
    fn finders_come_first_then_the_session_the_plans_reads_writes_and_commits() {
        let wanted = [
            profile("tools_search", "tools", EffectKind::Relay),
            profile("tools_write", "tools", EffectKind::Relay),
            profile("auth_login", "auth", EffectKind::Session),
            profile("scope_set_default", "scope", EffectKind::Session),
            profile("plans_get", "plans", EffectKind::Query),
            profile("plans_resume", "plans", EffectKind::Commit),
            profile("catalog_search_products", "catalog", EffectKind::Query),
            profile("catalog_get_product", "catalog", EffectKind::Query),
            profile("orders_get", "orders", EffectKind::Query),
            profile("seo_report", "seo", EffectKind::Query),
            profile("acme_read", "acme", EffectKind::Query),
            profile("catalog_prepare", "catalog", EffectKind::Prepare),
            profile("orders_hold", "orders", EffectKind::Apply),
            profile("acme_write", "acme", EffectKind::Apply),
            profile("catalog_commit", "catalog", EffectKind::Commit),
        ];
        let mut sorted: Vec<_> = wanted.iter().rev().collect();
        sorted.sort_by_key(|tool| ListOrder::shipped().place(tool));
        let names = |tools: &mut dyn Iterator<Item = &ToolProfile<'static>>| -> Vec<&str> {
            tools.map(|tool| tool.name).collect()
        };
        assert_eq!(names(&mut sorted.into_iter()), names(&mut wanted.iter()));
    }
}
