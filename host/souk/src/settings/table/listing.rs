//! Which tools are listed.

use crate::settings::kind::ValueKind;
use crate::settings::setting::{Setting, SettingGroup};

pub(super) const LISTING: SettingGroup = SettingGroup {
    title: "Which tools are listed",
    about: "A list is what a model reads first, and pays for. Sets say what is on it, and not what may \
            be called: everything else is found by `tools_search` and called by its name as ever. \
            `tools_search`, `tools_describe`, `tools_read` and `tools_write` are always on it. `souk \
            tools` shows the list, and why a tool is on it or not.",
    settings: &[
        Setting::new(
            "tools",
            ValueKind::ToolSets,
            "List these sets of tools: `auto`, `classic` (magento-mcp's), `all`, or names of plugins; \
             several add up",
        )
        .flag("--tools", "SETS")
        .variables(&["SOUK_TOOLS"])
        .computed("`[\"classic\"]` where a variable of magento-mcp (`MCP_…`) is set, else `[\"auto\"]`")
        .reloads()
        .example("[\"auto\"]"),
        Setting::limit(
            "tools_budget",
            "40000",
            "bytes",
            "How much `auto` lists: names, descriptions and input schemas as JSON without spaces",
        )
        .narrows_locally()
        .flag("--tools-budget", "BYTES")
        .variables(&["SOUK_TOOLS_BUDGET"])
        .reloads(),
        Setting::limit("tools_budget_count", "40", "tools", "How many tools `auto` lists").narrows_locally()
            .variables(&["SOUK_TOOLS_BUDGET_COUNT"])
            .reloads(),
    ],
};
