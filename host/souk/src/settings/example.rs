//! `souk.example.toml`, made from the table: every key, commented out, with its default.

use std::fmt::Write;

use super::kind::ValueKind;
use super::setting::{DefaultValue, Setting};
use super::table;

const HEAD: &str = "\
# A configuration of Souk. Made by `souk config example`; docs/configuration.md explains each key.
#
# A line that begins with `#` and a key is a setting with its default: take the `#` away to set it.
# Where there is no default, a value stands there to show what one looks like.
#
# Souk reads --config FILE, else SOUK_CONFIG, else ~/.config/souk/souk.toml. A souk.toml in the working
# directory may only narrow. `souk config check` says what is wrong with a file.
";

/// The whole file.
pub(crate) fn file() -> String {
    let mut text = HEAD.to_owned();
    for section in sections() {
        let settings: Vec<&Setting> = table::all()
            .filter(|setting| setting.in_file && parent(setting.key) == section)
            .collect();
        text.push('\n');
        if let Some(group) = table::GROUPS
            .iter()
            .find(|group| group.settings.iter().any(|setting| setting.key == settings[0].key))
        {
            let _ = writeln!(text, "# {}", group.title);
        }
        let mark = mark(section);
        if !section.is_empty() {
            let _ = writeln!(text, "{mark}{}", header(section));
        }
        for setting in settings {
            let unit =
                if setting.unit.is_empty() { String::new() } else { format!("; {}", setting.unit) };
            let _ = writeln!(text, "# {}{unit}.", setting.doc);
            let last = match setting.key.rsplit('.').next().unwrap_or(setting.key) {
                "NAME" if section == "oauth.scopes" => "\"souk:read\"",
                "NAME" => "CF-Access-Client-Secret",
                last => last,
            };
            let _ = writeln!(text, "{mark}{last} = {}", value(setting));
        }
    }
    text
}

/// What stands before a line that sets something. Rules that mask for some stand in the place of a
/// key with a default, so that they cannot be set beside it.
fn mark(section: &str) -> &'static str {
    if table::find(section.trim_end_matches("[]")).is_some() { "##" } else { "#" }
}

/// The tables of the file, the top first, in the order of the settings.
fn sections() -> Vec<&'static str> {
    let mut sections = vec![""];
    for setting in table::all().filter(|setting| setting.in_file) {
        let section = parent(setting.key);
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    sections
}

fn parent(key: &'static str) -> &'static str {
    key.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// `[guards]`, `[[stores]]`, `[stores.limits]`.
fn header(section: &str) -> String {
    let plain = section
        .replace("[]", "")
        .replace("principals.NAME", "principals.ci")
        .replace("roles.NAME", "roles.support");
    let plain = plain.replace("plugins.NAME", "plugins.catalog");
    let plain = plain.replace("plugins.keys.NAME", "plugins.keys.release");
    if section.ends_with("[]") { format!("[[{plain}]]") } else { format!("[{plain}]") }
}

fn value(setting: &Setting) -> String {
    match setting.default {
        DefaultValue::Toml(toml) => toml.to_owned(),
        _ if !setting.example.is_empty() => setting.example.to_owned(),
        _ => match setting.kind {
            ValueKind::Secret | ValueKind::Token => "{ file = \"/run/secrets/souk\" }".to_owned(),
            ValueKind::Choice(choices) => format!("\"{}\"", choices[0]),
            ValueKind::Url => "\"https://example.com/\"".to_owned(),
            ValueKind::Whole => "1".to_owned(),
            _ => "\"\"".to_owned(),
        },
    }
}
