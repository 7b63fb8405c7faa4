//! The command line's flags that are settings. They stand before or after any command.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use super::kind::ValueKind;
use super::setting::{Flag, Setting};
use super::source::{SettingSource, SettingValue};
use super::table;

/// Adds them to a command and to all below it. Below the first they are in the long help only.
pub(crate) fn add_to(command: Command) -> Command {
    add(command, true)
}

fn add(mut command: Command, top: bool) -> Command {
    for setting in table::all() {
        if let Some(flag) = setting.flag.filter(|flag| takes(&command, flag, top)) {
            let own = !flag.commands.is_empty();
            command = command.arg(arg(setting, flag).hide_short_help(!top && !own));
        }
    }
    command.mut_subcommands(|below| add(below, false))
}

fn takes(command: &Command, flag: &Flag, top: bool) -> bool {
    flag.commands.is_empty() || (!top && flag.commands.contains(&command.get_name()))
}

fn arg(setting: &'static Setting, flag: Flag) -> Arg {
    let kind = setting.kind;
    let mut help = setting.doc.to_owned();
    if let Some(variable) = setting.variables.first() {
        help.push_str(&format!(" [{variable}]"));
    }
    let arg = Arg::new(setting.key).long(long(flag)).help(help);
    let arg = if flag.commands.is_empty() { arg.help_heading("Settings") } else { arg };
    if flag.value.is_empty() {
        return arg.action(ArgAction::SetTrue);
    }
    let arg = arg.value_name(flag.value);
    if is_list(kind) {
        return arg
            .action(ArgAction::Append)
            .value_parser(ValueParser::from(move |text: &str| kind.parse(text).map(Parsed)));
    }
    arg.action(ArgAction::Set)
        .value_parser(ValueParser::from(move |text: &str| kind.parse(text).map(Parsed)))
}

/// A value that its setting's kind has read.
#[derive(Debug, Clone)]
struct Parsed(Value);

fn long(flag: Flag) -> &'static str {
    flag.name.trim_start_matches('-')
}

const fn is_list(kind: ValueKind) -> bool {
    matches!(kind, ValueKind::Tools | ValueKind::ToolSets | ValueKind::Names)
}

/// What the flags set, wherever they stand.
///
/// # Errors
/// One that takes one value is given twice, before and after a command.
pub(crate) fn read(matches: &ArgMatches) -> anyhow::Result<Vec<SettingValue>> {
    let mut levels = vec![matches];
    while let Some((_, below)) = levels.last().and_then(|last| last.subcommand()) {
        levels.push(below);
    }
    let mut values = Vec::new();
    for setting in table::all() {
        let Some(flag) = setting.flag else { continue };
        if let Some(value) = value_of(setting, flag, &levels)? {
            values.push(SettingValue {
                setting,
                key: setting.key.to_owned(),
                name: None,
                value,
                source: SettingSource::Flag(flag.name),
            });
        }
    }
    Ok(values)
}

fn value_of(
    setting: &Setting,
    flag: Flag,
    levels: &[&ArgMatches],
) -> anyhow::Result<Option<Value>> {
    if flag.value.is_empty() {
        let on = |level: &&ArgMatches| {
            level.try_get_one::<bool>(setting.key).ok().flatten() == Some(&true)
        };
        // In the form of its kind, which for a mask is not a plain `true`.
        let value = levels.iter().any(on).then(|| setting.kind.check(Value::Bool(true)));
        return value.transpose().map_err(anyhow::Error::msg);
    }
    let mut given: Vec<Value> = Vec::new();
    for level in levels {
        if let Ok(Some(values)) = level.try_get_many::<Parsed>(setting.key) {
            given.extend(values.map(|Parsed(value)| value.clone()));
        }
    }
    if is_list(setting.kind) {
        let items = given.iter().filter_map(Value::as_array).flatten().cloned();
        let items: Vec<Value> = items.collect();
        return Ok((!given.is_empty()).then_some(Value::Array(items)));
    }
    if given.len() > 1 {
        anyhow::bail!("`{}` is given twice", flag.name);
    }
    Ok(given.pop())
}
