//! From the settings to what is listed to whom. A set is about attention and not about permission, so
//! that sources do not narrow each other: the first that names any counts, and what the operator says
//! of one caller counts for that one in place of what is said for everybody.

use anyhow::anyhow;
use serde_json::Value;
use souk_runtime::{ListBudget, ToolSelection, ToolSet, ToolSets};

use crate::settings::resolved::{ResolvedSettings, named_key};
use crate::settings::source::SettingSource;
use crate::settings::table;

/// Builds them.
///
/// # Errors
/// A value that is not what its setting's kind makes it; the settings were read as such.
pub(crate) fn build(settings: &ResolvedSettings) -> anyhow::Result<ToolSets> {
    let budget = ListBudget {
        bytes: settings.size("tools_budget"),
        tools: settings.size("tools_budget_count"),
    };
    let mut sets = ToolSets::new(of_everybody(settings)?, budget);
    for name in settings.names("principals") {
        if let Some(own) = own(settings, "principals", name)? {
            sets = sets.for_principal(name, own);
        }
    }
    for name in settings.names("roles") {
        if let Some(own) = own(settings, "roles", name)? {
            sets = sets.for_role(name, own);
        }
    }
    Ok(sets)
}

fn own(
    settings: &ResolvedSettings,
    table: &str,
    name: &str,
) -> anyhow::Result<Option<ToolSelection>> {
    let key = named_key(table, name, "tools");
    let Some(given) = settings.given(&key).next() else { return Ok(None) };
    let origin = format!("`{key}` in `{}`", given.source);
    Ok(Some(selection(&given.value, origin)?))
}

fn of_everybody(settings: &ResolvedSettings) -> anyhow::Result<ToolSelection> {
    let setting = table::find("tools").ok_or_else(|| anyhow!("`tools` is no setting"))?;
    let effective = settings.effective(setting, setting.key);
    let Some(value) = effective.value else { return Ok(ToolSelection::default()) };
    let mut set_by = effective.sources.into_iter().filter(|by| *by != SettingSource::Default);
    let set_by = set_by.next();
    let origin = set_by.as_ref().map(|source| format!("`{source}`"));
    let mut selection = selection(&value, origin.unwrap_or(ToolSelection::default().origin))?;
    if set_by.is_none() && selection.sets == [ToolSet::Classic] {
        selection.origin.push_str(" where variables of magento-mcp are set");
    }
    Ok(selection)
}

fn selection(value: &Value, origin: String) -> anyhow::Result<ToolSelection> {
    let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    let sets: Vec<ToolSet> = names.map(str::parse).collect::<Result<_, _>>()?;
    Ok(ToolSelection { sets, origin })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings;
    use serde_json::json;
    use souk_model::Principal;

    fn of(flags: &[(&'static str, Value)], environment: &[(&str, &str)], file: &str) -> ToolSets {
        build(&settings(flags, environment, file)).unwrap()
    }

    fn told(sets: &ToolSets, principal: &str) -> String {
        sets.of(&Principal::named(principal), &[]).to_string()
    }

    #[test]
    fn the_first_source_that_names_sets_counts_and_a_callers_own_instead_of_it() {
        let file =
            "tools = 'all'\ntools_budget = 20000\n[principals.ci]\ntools = ['orders', 'cms']";
        let sets = of(&[], &[], file);
        assert_eq!(told(&sets, "local"), "`tools = all`, set by `souk.toml:1`");
        assert_eq!(
            told(&sets, "ci"),
            "`tools = orders,cms`, set by `principals.ci.tools` in `souk.toml:4`"
        );
        let sets = of(&[], &[("SOUK_TOOLS", "auto, orders")], file);
        assert_eq!(told(&sets, "local"), "`tools = auto,orders`, set by `SOUK_TOOLS`");
        assert!(told(&sets, "ci").contains("orders,cms"));
        let sets = of(&[("tools", json!(["classic"]))], &[("SOUK_TOOLS", "all")], file);
        assert_eq!(told(&sets, "local"), "`tools = classic`, set by `--flag`");
    }

    #[test]
    fn the_strictest_budget_counts() {
        let sets = of(&[], &[("SOUK_TOOLS_BUDGET", "9000")], "tools_budget = 20000");
        assert_eq!(sets.budget(), ListBudget { bytes: 9_000, tools: 40 });
        assert_eq!(of(&[], &[], "").budget(), ListBudget::default());
    }
}
