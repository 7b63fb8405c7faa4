//! Files, directories, and what is not about any part of the host.

use crate::settings::kind::ValueKind;
use crate::settings::setting::{MergeRule, Setting, SettingGroup};

pub(super) const FILES: SettingGroup = SettingGroup {
    title: "Files and directories",
    about: "Relative paths in a file are relative to that file.",
    settings: &[
        Setting::new("config", ValueKind::Path, "The configuration's file")
            .flag("--config", "FILE")
            .variables(&["SOUK_CONFIG"])
            .not_in_file()
            .computed("`souk/souk.toml` in `XDG_CONFIG_HOME` or `~/.config`, where there is one"),
        Setting::new("plugins_dir", ValueKind::Path, "The directory of plugins")
            .flag("--plugins", "DIR")
            .variables(&["SOUK_PLUGINS"])
            .computed("`../plugins` beside the executable")
            .example("\"/usr/lib/souk/plugins\""),
        Setting::new(
            "state_dir",
            ValueKind::Path,
            "Where plans, the audit trail and documents are kept; limits of a day are counted here",
        )
        .variables(&["SOUK_STATE_DIR"])
        .merge(MergeRule::FileFirst)
        .computed("`souk` in `XDG_STATE_HOME` or `~/.local/state`")
        .example("\"/var/lib/souk\""),
        Setting::new("cache_dir", ValueKind::Path, "Where compiled plugins are kept")
            .variables(&["SOUK_CACHE_DIR"])
            .merge(MergeRule::FileFirst)
            .computed("`souk` in `XDG_CACHE_HOME` or `~/.cache`")
            .example("\"/var/cache/souk\""),
        Setting::new("audit_path", ValueKind::Path, "The audit trail's file")
            .variables(&["MCP_AUDIT_LOG_PATH"])
            .merge(MergeRule::FileFirst)
            .computed("`audit.jsonl` in the state directory")
            .example("\"/var/log/souk/audit.jsonl\""),
        Setting::new(
            "demo",
            ValueKind::Switch,
            "Use the embedded demo store; no credentials are needed",
        )
        .flag("--demo", "")
        .not_in_file()
        .default("false"),
        Setting::new(
            "demo_data",
            ValueKind::Path,
            "The demo store, kept in this directory from one command to the next",
        )
        .flag("--demo-data", "DIR")
        .not_in_file()
        .unset("each command begins with a fresh one"),
        Setting::new(
            "log",
            ValueKind::Text,
            "What is logged to stderr: `debug`, `souk_runtime=debug,info`, …",
        )
        .variables(&["SOUK_LOG"])
        .not_in_file()
        .computed("`info` for servers, `warn` for other commands"),
        Setting::new(
            "probe",
            ValueKind::Switch,
            "A server's login finds out in the background what the store can do, by at most twenty \
             small reads",
        )
        .variables(&["SOUK_PROBE"])
        .default("true"),
    ],
};
