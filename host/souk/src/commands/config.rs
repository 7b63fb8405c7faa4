//! `souk config`

use std::process::ExitCode;

use serde_json::{Value, json};
use souk_model::visible;

use crate::cli::ConfigCommand;
use crate::output::{complain, print, print_json};
use crate::settings::resolved::{EffectiveValue, named_key};
use crate::settings::setting::DefaultValue;
use crate::settings::source::{SettingProblem, SettingSource, SettingValue};
use crate::settings::{document, example};
use crate::setup::{self, Setup};
use crate::wiring;

pub(crate) async fn run(
    command: ConfigCommand,
    flags: Vec<SettingValue>,
) -> anyhow::Result<ExitCode> {
    match command {
        ConfigCommand::Show { json } => show(flags, json),
        ConfigCommand::Check { json } => check(flags, json).await,
        ConfigCommand::Example => {
            print(&example::file())?;
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Docs => {
            print(&document::page())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn show(flags: Vec<SettingValue>, json: bool) -> anyhow::Result<ExitCode> {
    let (settings, _) = setup::loader(flags)?.load(&[]).sound()?;
    let all = settings.all();
    if json {
        let rows: Vec<Value> = all.iter().map(as_json).collect();
        print_json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let assigned: Vec<(String, String)> =
        all.iter().map(|one| (assignment(one), sources(one))).collect();
    let width = assigned.iter().map(|(text, _)| text.chars().count()).filter(|&len| len <= WIDTH);
    let width = width.max().unwrap_or(0);
    let lines = assigned.iter().map(|(text, from)| format!("{text:<width$}  # {from}\n"));
    print(&visible::text(&lines.collect::<String>()))?;
    Ok(ExitCode::SUCCESS)
}

/// Longer lines do not move the column of sources.
const WIDTH: usize = 60;

/// A setting as a line of TOML; a comment where it is not set.
fn assignment(one: &EffectiveValue) -> String {
    let key = &one.key;
    match one.written() {
        Some(value) => format!("{key} = {value}"),
        None => match one.setting.default {
            DefaultValue::Unset(words) | DefaultValue::Computed(words) => {
                format!("# {key}: {words}")
            }
            DefaultValue::Toml(same) | DefaultValue::SameAs(same) => format!("{key} = {same}"),
        },
    }
}

fn sources(one: &EffectiveValue) -> String {
    one.sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn as_json(one: &EffectiveValue) -> Value {
    let setting = one.setting;
    let secret = setting.kind.is_secret();
    let value = if secret { None } else { one.value.clone() };
    json!({
        "key": one.key,
        "value": value,
        "set": one.value.is_some(),
        "secret": secret,
        "sources": one.sources.iter().map(source).collect::<Vec<_>>(),
        "merge": setting.merge.describe(),
        "unit": setting.unit,
        "reloads": setting.reloads,
        "doc": setting.doc,
    })
}

fn source(source: &SettingSource) -> Value {
    match source {
        SettingSource::Flag(name) => json!({"flag": name}),
        SettingSource::Variable { .. } => json!({"variable": source.to_string()}),
        SettingSource::File(place) => json!({"file": place.path, "line": place.line}),
        SettingSource::LocalFile(place) => {
            json!({"file": place.path, "line": place.line, "only_narrows": true})
        }
        SettingSource::Default => json!({"default": true}),
    }
}

async fn check(flags: Vec<SettingValue>, json: bool) -> anyhow::Result<ExitCode> {
    let loader = setup::loader(flags)?;
    let loaded = loader.load(&[]);
    let (mut problems, files) = (setup::problems(&loaded), loaded.files.clone());
    if problems.is_empty() {
        problems = plugin_problems(&Setup::of(loader, loaded)?).await?;
    }
    for warning in setup::unknown_variables() {
        complain(warning);
    }
    if json {
        let rows = problems.iter().map(|one| json!({"place": one.place, "message": one.message}));
        let all = json!({
            "files": files,
            "problems": rows.collect::<Vec<_>>(),
        });
        print_json(&all)?;
    } else {
        let mut text = String::new();
        for problem in &problems {
            text.push_str(&format!("{problem}\n"));
        }
        if problems.is_empty() {
            let read: Vec<_> = files.iter().map(|file| format!("`{}`", file.display())).collect();
            let read = if read.is_empty() { "no file".to_owned() } else { read.join(" and ") };
            text = format!("the configuration is sound; read {read}\n");
        }
        print(&visible::text(&text))?;
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What plugins do not take of the settings that the operator made for them. No plugin is loaded
/// where none has settings.
async fn plugin_problems(setup: &Setup) -> anyhow::Result<Vec<SettingProblem>> {
    let config = setup.operator_config()?;
    let (mut made, limits) = (config.settings, config.limits);
    made.retain(|_, settings| !settings.is_empty());
    if made.is_empty() && limits.is_empty() {
        return Ok(Vec::new());
    }
    let loaded = wiring::load(setup).await?.loaded();
    let mut problems: Vec<SettingProblem> = made
        .iter()
        .filter_map(|(group, settings)| {
            let key = named_key("plugins", group, "settings");
            let place = setup.settings.given(&key).next().map(|given| given.source.to_string());
            let why = match loaded.plugins.get(group) {
                Some(plugin) => plugin.check_settings(settings).err()?,
                None => "no plugin of that name is loaded".to_owned(),
            };
            Some(SettingProblem { place, message: format!("`{key}`: {why}") })
        })
        .collect();
    // Limits of files count for a file that is not loaded, too.
    let is_file = |name: &str| {
        let file = format!("{name}.wasm");
        loaded.plugins.values().any(|plugin| plugin.file == file)
            || loaded.refused.iter().any(|refused| refused.file == file)
    };
    let unknown =
        limits.keys().filter(|name| !loaded.plugins.contains_key(*name) && !is_file(name));
    problems.extend(unknown.map(|name| {
        let message = format!("`plugins.{name}.limits`: no plugin of that name is loaded");
        SettingProblem { place: None, message }
    }));
    problems.sort_by(|one, other| one.message.cmp(&other.message));
    Ok(problems)
}
