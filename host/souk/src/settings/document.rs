//! `docs/configuration.md`, made from the table.

use std::fmt::Write;

use super::setting::{DefaultValue, Setting, SettingGroup};
use super::table;

const HEAD: &str = "\
<!-- Made by `souk config docs`; a test holds it current. Change the table in host/souk/src/settings. -->

# Configuration

Everything the operator sets, in one table. `souk config show` prints every value and where it came from, `souk config check` says what is wrong and where, and `souk config example` prints a file in which every key stands, commented out, with its default.

## Where settings come from

| source | what it may set |
|---|---|
| a flag | stands before or after the command: `souk --max-tier safe serve`, `souk serve --max-tier safe` |
| a variable of the environment | usually from the client's own settings, its `env` block |
| the operator's file | `--config`, else `SOUK_CONFIG`, else `souk/souk.toml` in `XDG_CONFIG_HOME` or `~/.config`; of a directory it is the `souk.toml` in it: `--config .` |
| `souk.toml` in the working directory | only what narrows; any other key in it is an error. It is the project's, and a project may not widen what the operator allows |

Of several sources that set the same, the column *of several* says which counts:

- **first**: the first of flag, variable and file. For the directories of what is kept, the file's before both.
- **strictest**: nothing widens. Whatever sets the limit lowest, or a switch to its safer side, counts; of caps by currency the lowest of each. A default is no source: one variable alone may widen it, but not what the file says.
- **union** and **intersection**: every source adds to what is denied or masked; what is allowed has to be allowed by each.

The file of the working directory is merged last, and against the default too: it can never widen anything. What it may do is said of each setting, in the column *working directory*:

- **narrows**: of its value and the one that counts without it the stricter counts, also where that one is worked out elsewhere: against `person` for what is critical, against nobody for who reads the trail.
- **adds**: without a value the setting limits nothing, so that any value only takes away.
- **refused**: it may not stand there, and souk does not start. So are all others: where the host is served and by what, stores and credentials, how plugins are trusted by keys, and how long something is kept, since to keep less is to forget.

An unknown key is an error that names the nearest one, so that a misspelt rule cannot silently mean nothing. An unknown `SOUK_…` variable is a warning, since another version may know it.

## Whose the files are

A `souk.toml`, wherever it is, has to be owned by the user that souk runs as or by root, and not to be writable by group or others; else souk does not start, and a running host keeps what is in force. For the operator's file that goes for its directory too (both, where it is a link), unless that has the sticky bit or is mounted read-only; and no directory further up may be writable by everybody. Whoever can take the file away lifts every limit in it.

## What reloads

A file that changes is read again, within a second or two or by SIGHUP, and so are the files that hold its secrets. What is marked *reloads*, callers and their tokens included, is exchanged as a whole: each call is judged by one state of the file. Of any other setting that differs the log says that it needs a restart.

A caller whose section or token is no longer there is turned away at once: its calls, sessions and streams end, and it is logged out of the store. A token that replaces another counts at once. A server that once asked for tokens never stops asking, also where none is left.

A file that is wrong, empty, or gone after it was read changes nothing; log, audit trail (`config-refused`) and `souk doctor` say so. So does one that was written over and may be cut off: it ends within a line, or is the beginning of what it was and lacks more than callers at its end. Where that is meant, replace the file as a whole, or send SIGHUP.

## Secrets

A secret stands in the file as text or as `{ file = \"/run/secrets/token\" }`, in the environment as `NAME` or as `NAME_FILE`, which holds the path of a file. Such a file has to be readable by its owner alone, who has to be this user or root. No command prints a secret. Of callers' tokens only digests are kept in memory, and they are compared in constant time.
";

/// The whole page.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    for group in table::GROUPS {
        write_group(&mut page, group);
    }
    page
}

fn write_group(page: &mut String, group: &SettingGroup) {
    let _ = write!(page, "\n## {}\n\n{}\n\n", group.title, group.about);
    page.push_str(
        "| setting | flag, variables | default | unit | of several | working directory | what it does |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for setting in group.settings {
        let reloads = if setting.reloads { "; reloads" } else { "" };
        let _ = writeln!(
            page,
            "| `{}`{} | {} | {} | {} | {}{reloads} | {} | {} |",
            setting.key,
            if setting.in_file { "" } else { ", not in a file" },
            ways(setting),
            default(setting),
            setting.unit,
            setting.merge.describe(),
            setting.local.describe(),
            cell(setting.doc),
        );
    }
}

/// The flag and the variables.
fn ways(setting: &Setting) -> String {
    let flag = setting.flag.map(|flag| match flag.value {
        "" => format!("`{}`", flag.name),
        value => format!("`{} {value}`", flag.name),
    });
    let variables = setting.variables.iter().map(|name| format!("`{name}`"));
    flag.into_iter().chain(variables).collect::<Vec<_>>().join(", ")
}

fn default(setting: &Setting) -> String {
    match setting.default {
        DefaultValue::Toml(same) | DefaultValue::SameAs(same) => format!("`{same}`"),
        DefaultValue::Unset(words) | DefaultValue::Computed(words) => cell(words),
    }
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
