//! A file's text as values of settings. What is no setting, or no value of it, is a problem with its
//! line, so that a misspelt rule cannot silently mean nothing.

use std::path::Path;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::kind::ValueKind;
use super::nearest::nearest;
use super::setting::{LocalFileRule, Setting};
use super::source::{FilePlace, SettingProblem, SettingSource, SettingValue};
use super::table;

/// How much a file may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileAuthority {
    /// Everything: it is the operator's.
    Operator,
    /// Only what narrows: it lies in the working directory, where anybody may have put it.
    Local,
}

/// Reads the text of a file. Secrets that it keeps in files of their own stay `{ file = "…" }`.
pub(crate) fn parse(
    text: &str,
    path: &Path,
    authority: FileAuthority,
) -> (Vec<SettingValue>, Vec<SettingProblem>) {
    let mut reader = FileReader { text, path, authority, values: Vec::new(), problems: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => reader.table(table.get_ref(), &mut Vec::new()),
        // Its own text would repeat the line, which may hold a secret.
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reader.problem(at, error.message().to_owned());
        }
    }
    reader.problems.sort_by_key(|(at, _)| *at);
    (reader.values, reader.problems.into_iter().map(|(_, problem)| problem).collect())
}

/// One step from the top of a file to a value.
#[derive(Debug, Clone)]
enum Step {
    Key(String),
    Index(usize),
}

struct FileReader<'t> {
    text: &'t str,
    path: &'t Path,
    authority: FileAuthority,
    values: Vec<SettingValue>,
    /// Each with where it stands in the text.
    problems: Vec<(usize, SettingProblem)>,
}

impl FileReader<'_> {
    fn source(&self, at: usize) -> SettingSource {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let place = FilePlace { path: self.path.to_owned(), line };
        match self.authority {
            FileAuthority::Operator => SettingSource::File(place),
            FileAuthority::Local => SettingSource::LocalFile(place),
        }
    }

    fn problem(&mut self, at: usize, message: String) {
        self.problems.push((at, SettingProblem::at(&self.source(at), message)));
    }

    fn table(&mut self, table: &DeTable<'_>, at: &mut Vec<Step>) {
        for (key, value) in table {
            at.push(Step::Key(key.get_ref().clone().into_owned()));
            self.value(key.span().start, value, at);
            at.pop();
        }
    }

    fn value(&mut self, line: usize, value: &Spanned<DeValue<'_>>, at: &mut Vec<Step>) {
        let leads_on = table::all().any(|setting| leads_to(setting.key, at));
        match (setting_at(at), value.get_ref()) {
            (Some(setting), value) => self.setting(setting, line, value, at),
            (None, DeValue::Table(table)) if leads_on => self.table(table, at),
            (None, DeValue::Array(items)) if leads_on => {
                for (index, item) in items.iter().enumerate() {
                    at.push(Step::Index(index));
                    match item.get_ref() {
                        DeValue::Table(table) if table.is_empty() => {
                            let message =
                                format!("`{}` is empty; fill it in or remove it", write(at));
                            self.problem(line, message);
                        }
                        DeValue::Table(table) => self.table(table, at),
                        _ => self
                            .problem(item.span().start, format!("`{}` must be a table", write(at))),
                    }
                    at.pop();
                }
            }
            (None, _) if leads_on => {
                self.problem(line, format!("`{}` must be a table", write(at)));
            }
            (None, _) => {
                let key = write(at);
                let meant = nearest(
                    &template(at),
                    table::all().filter(|one| one.in_file).map(|one| one.key),
                );
                let hint = meant.map(|meant| format!("; is `{meant}` meant?")).unwrap_or_default();
                self.problem(line, format!("`{key}` is no setting{hint}"));
            }
        }
    }

    fn setting(
        &mut self,
        setting: &'static Setting,
        line: usize,
        value: &DeValue<'_>,
        at: &mut Vec<Step>,
    ) {
        let key = write(at);
        if !setting.in_file {
            let ways = setting
                .flag
                .map(|flag| flag.name)
                .into_iter()
                .chain(setting.variables.iter().copied());
            let ways = ways.collect::<Vec<_>>().join(" or ");
            return self.problem(line, format!("`{key}` cannot be set in a file; use {ways}"));
        }
        if self.authority == FileAuthority::Local && setting.local == LocalFileRule::Refused {
            return self.problem(
                line,
                format!(
                    "`{key}` may not stand in a file of the working directory, which can only \
                     narrow; name the file with --config, or move the setting to the file that \
                     `souk config show` names"
                ),
            );
        }
        if let (ValueKind::MaskRules | ValueKind::DecisionRules, DeValue::Array(items)) =
            (setting.kind, value)
        {
            self.whole_rules(items, at);
        }
        let checked = json(value).and_then(|value| setting.kind.check(value));
        match checked {
            Ok(value) => self.values.push(SettingValue {
                setting,
                name: name_in(setting, at),
                value,
                source: self.source(line),
                key,
            }),
            Err(why) => self.problem(line, format!("`{key}`: {why}")),
        }
    }

    /// The keys of a rule are settings too, so that a misspelt one is found; the rule is kept whole.
    fn whole_rules(&mut self, items: &[Spanned<DeValue<'_>>], at: &mut Vec<Step>) {
        let before = self.values.len();
        for (index, item) in items.iter().enumerate() {
            at.push(Step::Index(index));
            match item.get_ref() {
                DeValue::Table(table) => self.table(table, at),
                _ => self.problem(item.span().start, format!("`{}` must be a table", write(at))),
            }
            at.pop();
        }
        self.values.truncate(before);
    }
}

/// The steps as the table writes a key, but with what stands for `NAME` and without indices.
fn template(at: &[Step]) -> String {
    let mut key = String::new();
    for step in at {
        match step {
            Step::Key(name) if key.is_empty() => key.push_str(name),
            Step::Key(name) => key.extend([".", name.as_str()]),
            Step::Index(_) => key.push_str("[]"),
        }
    }
    key
}

/// The steps for people: `stores[0].base_url`.
fn write(at: &[Step]) -> String {
    let mut key = String::new();
    for step in at {
        match step {
            Step::Key(name) if key.is_empty() => key.push_str(name),
            Step::Key(name) => key.extend([".", name.as_str()]),
            Step::Index(index) => key.push_str(&format!("[{index}]")),
        }
    }
    key
}

/// One part of a key as the table writes it.
#[derive(PartialEq)]
enum Part<'k> {
    Name(&'k str),
    AnyName,
    AnyIndex,
}

fn parts(key: &str) -> impl Iterator<Item = Part<'_>> {
    key.split('.').flat_map(|part| {
        let (name, index) = match part.strip_suffix("[]") {
            Some(name) => (name, Some(Part::AnyIndex)),
            None => (part, None),
        };
        let name = if name == "NAME" { Part::AnyName } else { Part::Name(name) };
        std::iter::once(name).chain(index)
    })
}

fn fits(part: &Part<'_>, step: &Step) -> bool {
    match (part, step) {
        (Part::Name(name), Step::Key(key)) => name == key,
        (Part::AnyName, Step::Key(_)) | (Part::AnyIndex, Step::Index(_)) => true,
        _ => false,
    }
}

/// Whether the steps lead to a table in which the setting stands, or to a list of such.
fn leads_to(key: &str, at: &[Step]) -> bool {
    let mut parts = parts(key);
    at.iter().all(|step| parts.next().is_some_and(|part| fits(&part, step)))
        && parts.next().is_some()
        && !takes_own_name(key, at)
}

/// Whether a name of the table's own would stand for a `NAME`: `keys` in `plugins.keys.max_tier`, which
/// is no plugin.
fn takes_own_name(key: &str, at: &[Step]) -> bool {
    let own: Vec<Part<'_>> = parts(key).collect();
    let is_own = |index: usize, name: &str| {
        table::all().any(|setting| {
            let others: Vec<Part<'_>> = parts(setting.key).collect();
            others.get(index) == Some(&Part::Name(name)) && others.get(..index) == own.get(..index)
        })
    };
    at.iter().zip(&own).enumerate().any(|(index, (step, part))| match (step, part) {
        (Step::Key(name), Part::AnyName) => is_own(index, name),
        _ => false,
    })
}

/// The setting that stands there. One that is named is preferred to one under any name.
fn setting_at(at: &[Step]) -> Option<&'static Setting> {
    let is_there = |setting: &&Setting| {
        let mut parts = parts(setting.key);
        at.iter().all(|step| parts.next().is_some_and(|part| fits(&part, step)))
            && parts.next().is_none()
            && !takes_own_name(setting.key, at)
    };
    table::all().filter(is_there).min_by_key(|setting| setting.key.contains("NAME"))
}

/// What stands for `NAME`.
fn name_in(setting: &Setting, at: &[Step]) -> Option<String> {
    parts(setting.key).zip(at).find_map(|(part, step)| match (part, step) {
        (Part::AnyName, Step::Key(name)) => Some(name.clone()),
        _ => None,
    })
}

/// A value of TOML as JSON.
fn json(value: &DeValue<'_>) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => text.clone().into_owned().into(),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => number.into(),
            Err(_) => u64::from_str_radix(number.as_str(), number.radix())
                .map_err(|_| format!("{number} is too large"))?
                .into(),
        },
        DeValue::Float(number) => number
            .as_str()
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .ok_or_else(|| format!("{number} is no number to be used here"))?
            .into(),
        DeValue::Boolean(on) => (*on).into(),
        DeValue::Datetime(at) => at.to_string().into(),
        DeValue::Array(items) => {
            items.iter().map(|item| json(item.get_ref())).collect::<Result<Value, _>>()?
        }
        DeValue::Table(table) => {
            let members = table.iter().map(|(key, value)| {
                Ok((key.get_ref().clone().into_owned(), json(value.get_ref())?))
            });
            Value::Object(members.collect::<Result<Map<_, _>, String>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, authority: FileAuthority) -> Vec<String> {
        let (_, problems) = parse(text, Path::new("souk.toml"), authority);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_line_and_what_is_meant() {
        for (text, says) in [
            (
                "max_tier = \"safe\"",
                "souk.toml:1: `max_tier` is no setting; is `policy.max_tier` meant?",
            ),
            (
                "[policy]\n\nreadonly = true",
                "souk.toml:3: `policy.readonly` is no setting; is `policy.read_only` meant?",
            ),
            (
                "[[policy.mask_pii]]\nprincipal = [\"a\"]",
                "is `policy.mask_pii[].principals` meant?",
            ),
            (
                "[policy]\nmask_pii = \"yes\"",
                "`policy.mask_pii`: it must be true, false, or tables",
            ),
            ("[limits]\nmemory = 1", "is `limits.memory_bytes` meant?"),
            ("[http]\nallowed_host = []", "is `http.allowed_hosts` meant?"),
            ("[plugins.cms]\ntier = \"safe\"", "is `plugins.NAME.max_tier` meant?"),
            ("[cdn]\nsecret = \"x\"", "`cdn.secret` is no setting"),
            (
                "[[stores]]\nname = \"a\"\npassword = \"x\"",
                "souk.toml:3: `stores[0].password` is no setting",
            ),
            ("policy = 1", "`policy` must be a table"),
            ("stores = [1]", "`stores[0]` must be a table"),
            ("\n[[stores]]\n", "souk.toml:2: `stores[0]` is empty"),
            ("demo = true", "`demo` cannot be set in a file; use --demo"),
            ("[policy]\nmax_tier = 'sky'", "`sky` is not one of safe, risk, critical"),
            ("[policy]\nallow = ['*_get']", "`policy.allow`: `*_get` is not a pattern"),
            ("[guards]\nbulk_cap = -1", "`guards.bulk_cap`: it must be a whole number"),
            ("[guards]\nmax_discount_pct = nan", "no number"),
            ("[plugins.keys]\nmax_tier = 'safe'", "`plugins.keys.max_tier` must be a table"),
            ("[plugins.keys.settings]\nkeys = 'x'", "is `plugins.keys.NAME.key` meant?"),
            ("[plugins.keys.a]\ngrants = ['PUT *']", "`PUT *` is not a pattern of requests"),
            ("\n\n[policy", "souk.toml:3: "),
        ] {
            let found = problems(text, FileAuthority::Operator);
            assert!(found.len() == 1 && found[0].contains(says), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_toml_is_said_without_the_line_which_may_hold_a_secret() {
        let found = problems("[cdn]\ntoken = \"hunter2", FileAuthority::Operator);
        assert!(found.len() == 1 && !found[0].contains("hunter2"), "{found:?}");
        let found = problems("[cdn]\ntoken = [\"hunter2\"]", FileAuthority::Operator);
        assert!(found.len() == 1 && !found[0].contains("hunter2"), "{found:?}");
    }

    #[test]
    fn a_file_of_the_working_directory_may_hold_only_what_narrows() {
        let narrows = "[policy]\nmax_tier = 'safe'\ndeny = ['cache_*']\nmask_pii = true\n\
            [limits]\ncpu_ms = 10\n[guards]\nmax_refund = 1\n[principals.ci]\nread_only = true";
        assert_eq!(problems(narrows, FileAuthority::Local), [""; 0]);
        for widens in [
            "listen = '0.0.0.0:1'",
            "[[stores]]\nname = 'x'",
            "[http]\nallowed_hosts = ['a']",
            "[plugins.keys.a]\nmax_tier = 'safe'",
        ] {
            let found = problems(widens, FileAuthority::Local);
            assert!(found.len() == 1 && found[0].contains("--config"), "{found:?}");
        }
    }

    #[test]
    fn values_keep_their_place_and_their_name() {
        let text = "[principals.\"a@b.c\"]\ndeny = ['cache_*']\n[[stores]]\nname = 'x'\n";
        let (values, problems) = parse(text, Path::new("f.toml"), FileAuthority::Operator);
        assert_eq!(problems, []);
        assert_eq!(values[0].key, "principals.a@b.c.deny");
        assert_eq!(values[0].name.as_deref(), Some("a@b.c"));
        assert_eq!(values[0].source.to_string(), "f.toml:2");
        assert_eq!(values[1].key, "stores[0].name");
    }
}
