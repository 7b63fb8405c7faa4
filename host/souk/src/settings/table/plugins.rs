//! Plugins: one, and what all of them may use.

use crate::settings::kind::{TIERS, ValueKind};
use crate::settings::setting::{MergeRule, Setting, SettingGroup};

/// How much serves that nobody has approved, the strictest first.
const TRUST: &[&str] = &["locked", "reads", "open"];

pub(super) const TRUST_IN_PLUGINS: SettingGroup = SettingGroup {
    title: "Which plugins serve",
    about: "What a plugin may do is approved by the digest of its file, with `souk plugins approve`. \
            Until then, under `reads`, a new file serves what only reads, and of a plugin that was \
            approved the approved version goes on serving; under `locked` only approved files serve; \
            under `open` whatever loads does. See `docs/operating.md`.",
    settings: &[
        Setting::new(
            "plugins.trust",
            ValueKind::Choice(TRUST),
            "What serves of plugins that nobody has approved: locked, reads or open",
        )
        .narrows_locally()
        .flag("--trust", "MODE")
        .variables(&["SOUK_PLUGINS_TRUST"])
        .computed("`\"open\"` with the demo store, else `\"reads\"`")
        .lowest()
        .example("\"reads\""),
        Setting::new(
            "plugins.lock",
            ValueKind::Path,
            "The record of approved plugins; never in the directory of plugins",
        )
        .variables(&["SOUK_PLUGINS_LOCK"])
        .merge(MergeRule::FileFirst)
        .computed("`approvals.json` in the state directory")
        .example("\"/etc/souk/approvals.json\""),
    ],
};

pub(super) const KEYS: SettingGroup = SettingGroup {
    title: "Keys whose signatures approve plugins",
    about: "`NAME` is your name for a key of minisign. A plugin whose signature (`PLUGIN.wasm.minisig` \
            beside it) is of such a key counts as approved up to what the key may approve: when it is \
            the first of its group, or the approved version was signed by the same key and is no newer. \
            Only the operator's file lists keys. See `docs/operating.md`.",
    settings: &[
        Setting::new(
            "plugins.keys.NAME.key",
            ValueKind::Text,
            "The public key: the second line of its `minisign.pub`",
        )
        .example("\"RWSOHXY0FGoPfsPVNbFrbYtF2sw0E5/eMUiJSopdMeYO8nbkOdw5rWQX\""),
        Setting::new(
            "plugins.keys.NAME.max_tier",
            ValueKind::Choice(TIERS),
            "The key approves nothing above this tier: no action, no commit, no granted write",
        )
        .default("\"safe\""),
        Setting::new(
            "plugins.keys.NAME.grants",
            ValueKind::Requests,
            "The key approves only actions whose every grant is among these requests, reads too: a \
             method and a route, or all routes below one with `/*`; `… on NAME` for another back end \
             than the store",
        )
        .unset("every request up to the tier")
        .example("[\"GET /V1/products/*\", \"PUT /V1/products/{sku}\"]"),
    ],
};

pub(super) const PARKING: SettingGroup = SettingGroup {
    title: "When a plugin is parked",
    about: "A plugin whose calls keep breaking off by its own fault (a budget, a trap, an answer that is \
            not what it declares) is let alone for a while, for the caller whose calls they are; for \
            everybody once that has happened to two callers and to half of those who called it in the \
            last minute. See `docs/operating.md`.",
    settings: &[
        Setting::new(
            "plugins.park_after",
            ValueKind::Whole,
            "So many of a caller's last ten calls of it within a minute broke off, from 1 to 10",
        )
        .narrows_locally()
        .default("5")
        .unit("calls")
        .lowest()
        .reloads(),
        Setting::new(
            "plugins.park_s",
            ValueKind::Whole,
            "How long it is parked at first; then one call tries it, and each time that it breaks off \
             as well it is parked for twice as long, up to twenty times; 0 parks nothing",
        )
        .default("30")
        .unit("seconds")
        .reloads(),
    ],
};

pub(super) const PLUGINS: SettingGroup = SettingGroup {
    title: "One plugin",
    about: "`NAME` is the plugin's group, as `souk plugins` lists it.",
    settings: &[
        Setting::new(
            "plugins.NAME.max_tier",
            ValueKind::Choice(TIERS),
            "Offer nothing of this plugin above this tier",
        )
        .adds_locally()
        .lowest()
        .reloads()
        .example("\"safe\""),
        Setting::new("plugins.NAME.settings", ValueKind::Table, "What the plugin itself reads")
            .reloads()
            .example("{ unit = \"kg\" }"),
    ],
};

/// A limit of one plugin's, in place of the one of all.
const fn own(
    key: &'static str,
    of_all: &'static str,
    example: &'static str,
    unit: &'static str,
    doc: &'static str,
) -> Setting {
    Setting::new(key, ValueKind::Whole, doc)
        .same_as(of_all)
        .unit(unit)
        .lowest()
        .example(example)
        .narrows_locally()
}

pub(super) const PLUGIN_LIMITS: SettingGroup = SettingGroup {
    title: "What one plugin may use",
    about: "In place of the limits of the same names under `[limits]`, for the plugin `NAME` alone. \
            Memory and tables may only be less than there: each call has a slot of that size and no \
            larger one. Calls at once may be up to `limits.concurrent_calls`, calls that wait up to \
            `mcp.calls_waiting`; the rest may be more or less. What is set for files counts for the \
            file `NAME.wasm`, whose name is all that is known of it before it loads. A refusal names \
            the limit as `limits.…`, whichever of the two counts.",
    settings: &[
        own(
            "plugins.NAME.limits.concurrent_calls",
            "limits.concurrent_calls_per_plugin",
            "4",
            "calls",
            "Its calls that run at once",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.waiting_calls",
            "mcp.calls_waiting",
            "16",
            "calls",
            "Its calls that may wait for a place; one more is refused at once",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.memory_bytes",
            "limits.memory_bytes",
            "16777216",
            "bytes",
            "All memories of one of its calls together",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.table_elements",
            "limits.table_elements",
            "5000",
            "elements",
            "All tables of one of its calls together",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.cpu_ms",
            "limits.cpu_ms",
            "500",
            "ms",
            "Processor time of one of its calls",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.wall_ms",
            "limits.wall_ms",
            "20000",
            "ms",
            "Time of one of its calls from start to end, commits and purges not counted",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.call_ms",
            "limits.call_ms",
            "600000",
            "ms",
            "The same with commits and purges",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.answer_bytes",
            "limits.answer_bytes",
            "1048576",
            "bytes",
            "Text of one of its answers",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.requests",
            "limits.requests",
            "50",
            "requests",
            "Requests to back ends in one of its calls",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.fetched_bytes",
            "limits.fetched_bytes",
            "8388608",
            "bytes",
            "What one of its calls may get from back ends",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.log_bytes",
            "limits.log_bytes",
            "4096",
            "bytes",
            "What one of its calls may log; the rest is dropped and counted",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.progress_reports",
            "limits.progress_reports",
            "100",
            "reports",
            "Reports of progress in one of its calls; the rest is dropped",
        )
        .reloads(),
        own(
            "plugins.NAME.limits.file_bytes",
            "limits.file_bytes",
            "33554432",
            "bytes",
            "Size of the file `NAME.wasm`",
        ),
        own(
            "plugins.NAME.limits.function_bytes",
            "limits.function_bytes",
            "524288",
            "bytes",
            "Code of one function in the file `NAME.wasm`",
        ),
    ],
};

pub(super) const LIMITS: SettingGroup = SettingGroup {
    title: "What plugins may use",
    about: "The defaults leave an honest plugin ten times what the shipped ones need.",
    settings: &[
        Setting::limit(
            "limits.concurrent_calls",
            "64",
            "calls",
            "Calls that run at once, over all plugins",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.concurrent_calls_per_plugin",
            "32",
            "calls",
            "Of those, the calls of one plugin",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.memory_bytes",
            "67108864",
            "bytes",
            "All memories of one call together",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.table_elements",
            "20000",
            "elements",
            "All tables of one call together",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.instances",
            "64",
            "instances",
            "Core instances that one component is made of; Python's interpreter is some twenty",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.memories",
            "8",
            "memories",
            "Memories of one component, one for each that it is joined of; each reserves \
             `limits.memory_bytes` of address space for each call that may run at once",
        )
        .narrows_locally(),
        Setting::limit("limits.tables", "32", "tables", "Tables of one component").narrows_locally(),
        Setting::limit("limits.stack_bytes", "524288", "bytes", "The plugin's own stack").narrows_locally(),
        Setting::limit("limits.cpu_ms", "5000", "ms", "Processor time of one call").narrows_locally(),
        Setting::limit(
            "limits.wall_ms",
            "120000",
            "ms",
            "Time of one call from start to end, waiting for the store included; commits and purges \
             are not counted here",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.call_ms",
            "1800000",
            "ms",
            "The same with commits and purges; a commit that has begun goes on without its caller",
        )
        .narrows_locally(),
        Setting::limit("limits.answer_bytes", "8388608", "bytes", "Text of one answer").narrows_locally(),
        Setting::limit("limits.requests", "500", "requests", "Requests to back ends in one call").narrows_locally(),
        Setting::limit(
            "limits.fetched_bytes",
            "67108864",
            "bytes",
            "What one call may get from back ends",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.log_bytes",
            "65536",
            "bytes",
            "What one call may log; the rest is dropped and counted",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.progress_reports",
            "1000",
            "reports",
            "Reports of progress in one call; the rest is dropped",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.export_bytes",
            "67108864",
            "bytes",
            "One document that a call keeps for its caller",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.exports_bytes",
            "268435456",
            "bytes",
            "All documents of one caller; what would be more is refused",
        )
        .narrows_locally(),
        Setting::limit("limits.export_hours", "24", "hours", "How long a document is kept"),
        Setting::limit("limits.file_bytes", "33554432", "bytes", "Size of a plugin's file").narrows_locally(),
        Setting::limit(
            "limits.function_bytes",
            "524288",
            "bytes",
            "Code of one function in it: to compile one takes time and memory that grow faster than its \
             size",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.all_files_bytes",
            "268435456",
            "bytes",
            "All plugin files together; those that serve already come first, then the small ones",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.compile_ms",
            "60000",
            "ms",
            "Processor time of the process that compiles one file, rounded up to seconds",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.compile_memory_bytes",
            "1073741824",
            "bytes",
            "Address space of the process that compiles one file",
        )
        .narrows_locally(),
        Setting::limit(
            "limits.describe_cpu_ms",
            "500",
            "ms",
            "Processor time in which a plugin describes itself",
        )
        .narrows_locally(),
        Setting::limit("limits.tools", "64", "tools", "Tools of one plugin").narrows_locally(),
        Setting::limit("limits.schema_bytes", "131072", "bytes", "Text of one JSON Schema").narrows_locally(),
        Setting::limit(
            "limits.description_chars",
            "4000",
            "characters",
            "Text of a tool's or a group's description",
        )
        .narrows_locally(),
    ],
};
