//! All settings, from all sources, and what counts of them.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::defaults;
use super::merge::narrower;
use super::setting::{DefaultValue, LocalFileRule, MergeRule, Setting};
use super::source::{SettingProblem, SettingSource, SettingValue};
use super::table;

/// What the sources set, by precedence: flags, variables, the operator's file, a file of the working
/// directory.
#[derive(Clone, Default)]
pub(crate) struct ResolvedSettings {
    values: Vec<SettingValue>,
    /// What the host found out for itself, by key.
    computed: Vec<(&'static str, Value)>,
}

/// What counts of a setting, and who set it.
pub(crate) struct EffectiveValue {
    pub(crate) setting: &'static Setting,
    pub(crate) key: String,
    /// None where nobody set it and it has no default.
    pub(crate) value: Option<Value>,
    /// Whoever had a part in it.
    pub(crate) sources: Vec<SettingSource>,
}

impl ResolvedSettings {
    /// Of these values, in the order of their precedence, and these defaults of this machine.
    pub(crate) fn new(values: Vec<SettingValue>, computed: Vec<(&'static str, Value)>) -> Self {
        Self { values, computed }
    }

    /// What every source sets of a setting, by the key that it has in a file.
    pub(crate) fn given<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s SettingValue> {
        self.values.iter().filter(move |value| value.key == key)
    }

    /// The same with the default, where no source sets it that could do more than narrow.
    pub(crate) fn given_or_default(&self, key: &str) -> Vec<SettingValue> {
        let mut given: Vec<SettingValue> = self.given(key).cloned().collect();
        if given.iter().all(|value| value.source.only_narrows())
            && let Some(setting) = table::find(key)
            && let Some(value) = self.without_operator(setting, !given.is_empty())
        {
            let (key, source) = (key.to_owned(), SettingSource::Default);
            given.insert(0, SettingValue { setting, key, name: None, value, source });
        }
        given
    }

    /// What the operator's file alone sets.
    pub(crate) fn of_operators_file(&self) -> Self {
        let values = self.values.iter().filter(|value| value.source.is_operators_file());
        Self { values: values.cloned().collect(), computed: self.computed.clone() }
    }

    /// What stands for `NAME` in what is set under `table`: principals, plugins.
    pub(crate) fn names(&self, table: &str) -> Vec<&str> {
        let in_table = |value: &&SettingValue| {
            value.setting.key.strip_prefix(table).is_some_and(|rest| rest.starts_with(".NAME."))
        };
        let mut names: Vec<&str> =
            self.values.iter().filter(in_table).filter_map(|value| value.name.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What is set under a key that ends in `NAME`, each with what stands for that.
    pub(crate) fn named<'s>(
        &'s self,
        setting: &'s str,
    ) -> impl Iterator<Item = (&'s str, &'s SettingValue)> {
        let values = self.values.iter().filter(move |value| value.setting.key == setting);
        values.filter_map(|value| Some((value.name.as_deref()?, value)))
    }

    /// The keys of what is set in a list of tables: `stores[0]`, `stores[1]`.
    pub(crate) fn indexed(&self, list: &str) -> Vec<String> {
        let entry = |value: &SettingValue| {
            let rest = value.key.strip_prefix(list)?.strip_prefix('[')?;
            let (index, _) = rest.split_once(']')?;
            Some((index.parse::<usize>().ok()?, format!("{list}[{index}]")))
        };
        let mut entries: Vec<(usize, String)> = self.values.iter().filter_map(entry).collect();
        entries.sort();
        entries.dedup();
        entries.into_iter().map(|(_, key)| key).collect()
    }

    fn default_of(&self, setting: &Setting) -> Option<Value> {
        match setting.default {
            DefaultValue::Unset(_) => None,
            DefaultValue::SameAs(key) => self.value(key),
            DefaultValue::Toml(_) => defaults::of(setting),
            DefaultValue::Computed(_) => {
                let found = self.computed.iter().find(|(key, _)| *key == setting.key);
                found.map(|(_, value)| value.clone())
            }
        }
    }

    /// What counts of a setting that none but a file of the working directory sets, if that does.
    fn without_operator(&self, setting: &Setting, is_local: bool) -> Option<Value> {
        let widest = || match setting.local {
            LocalFileRule::NarrowsFrom(widest) if is_local => defaults::literal(setting, widest),
            _ => None,
        };
        self.default_of(setting).or_else(widest)
    }

    /// What counts of a setting.
    pub(crate) fn effective(&self, setting: &'static Setting, key: &str) -> EffectiveValue {
        let mut given: Vec<SettingValue> = self.given(key).cloned().collect();
        let operators = given.iter().position(|value| !value.source.only_narrows());
        let mut counts = if operators.is_none() {
            let base = self.without_operator(setting, !given.is_empty());
            base.map(|value| (value, vec![SettingSource::Default]))
        } else {
            None
        };
        if !setting.merge.narrows() {
            let is_file = |value: &SettingValue| value.source.is_operators_file();
            let file = given.iter().position(is_file);
            let first = match setting.merge {
                MergeRule::FileFirst => file.or(operators),
                _ => operators,
            };
            if let Some(first) = first {
                let first = given.swap_remove(first);
                counts = Some((first.value, vec![first.source]));
            }
            given.clear();
        }
        for value in given {
            counts = Some(match counts {
                None => (value.value, vec![value.source]),
                Some((so_far, mut sources)) => {
                    let both = narrower(setting, &so_far, &value.value);
                    match setting.merge {
                        MergeRule::Union | MergeRule::Intersection => sources.push(value.source),
                        // Whoever is as strict as what counts had a part in it.
                        _ if both == value.value && both == so_far => sources.push(value.source),
                        _ if both == value.value => sources = vec![value.source],
                        // Of two tables of caps the result may be neither.
                        _ if both != so_far => sources.push(value.source),
                        _ => {}
                    }
                    (both, sources)
                }
            });
        }
        let (value, sources) = counts.unzip();
        let sources = sources.unwrap_or_else(|| vec![SettingSource::Default]);
        EffectiveValue { setting, key: key.to_owned(), value, sources }
    }

    /// Everything: each setting that has one place, and what is set of the others.
    pub(crate) fn all(&self) -> Vec<EffectiveValue> {
        let mut all = Vec::new();
        for setting in table::all() {
            if setting.is_single() {
                all.push(self.effective(setting, setting.key));
                continue;
            }
            let mut keys: Vec<&str> = Vec::new();
            for value in self.values.iter().filter(|value| value.setting.key == setting.key) {
                if !keys.contains(&value.key.as_str()) {
                    keys.push(&value.key);
                }
            }
            all.extend(keys.into_iter().map(|key| self.effective(setting, key)));
        }
        all
    }

    /// What counts of a setting with one place; none where nobody set it and it has no default.
    pub(crate) fn value(&self, key: &str) -> Option<Value> {
        table::find(key).and_then(|setting| self.effective(setting, key).value)
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| value == Value::Bool(true))
    }

    /// How large something may be. Where nothing says, as large as it likes.
    pub(crate) fn size(&self, key: &str) -> usize {
        let size = self.value(key).and_then(|value| value.as_u64());
        size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX)
    }

    /// A text.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.value(key)?.as_str().map(str::to_owned)
    }

    /// A file or directory.
    pub(crate) fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// What counts in a section of the file: `guards`.
    ///
    /// # Errors
    /// A number that is too large for its setting.
    pub(crate) fn section<T: DeserializeOwned>(&self, section: &str) -> Result<T, SettingProblem> {
        let mut members = Map::new();
        for setting in table::all() {
            let last = setting.key.strip_prefix(section).and_then(|key| key.strip_prefix('.'));
            let Some(last) = last else { continue };
            let Some(value) = self.value(setting.key) else { continue };
            // Alone first, so that the message can name it.
            let alone = Map::from_iter([(last.to_owned(), value.clone())]);
            read::<T>(alone).map_err(|why| self.problem(setting.key, &why))?;
            members.insert(last.to_owned(), value);
        }
        read(members).map_err(|why| self.problem(section, &why))
    }

    /// A problem of a setting, where it was set.
    pub(crate) fn problem(&self, key: &str, why: &str) -> SettingProblem {
        let message = format!("`{key}`: {why}");
        let set = table::find(key).map(|setting| self.effective(setting, key).sources);
        match set.as_deref() {
            Some([source, ..]) if *source != SettingSource::Default => {
                SettingProblem::at(source, message)
            }
            _ => SettingProblem::of_all(message),
        }
    }

    /// A problem whose message begins with a setting's key, where that was set.
    pub(crate) fn placed(&self, message: String) -> SettingProblem {
        let key = message.split('`').nth(1).unwrap_or_default();
        let source = self.given(key).find(|given| given.source != SettingSource::Default);
        match source {
            Some(given) => SettingProblem::at(&given.source, message.clone()),
            None => SettingProblem::of_all(message),
        }
    }

    /// What one source alone sets below a key, as a tree: `cdn` of the variables, `stores[0]` of the
    /// file.
    pub(crate) fn tree(
        &self,
        below: &str,
        of: impl Fn(&SettingSource) -> bool,
    ) -> Map<String, Value> {
        let mut tree = Map::new();
        for value in self.values.iter().filter(|value| of(&value.source)) {
            let Some(rest) = value.key.strip_prefix(below).and_then(|key| key.strip_prefix('.'))
            else {
                continue;
            };
            let mut at = &mut tree;
            let mut parts = rest.split('.').peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_none() {
                    at.insert(part.to_owned(), value.value.clone());
                    break;
                }
                let inner = at.entry(part).or_insert_with(|| Value::Object(Map::new()));
                match inner {
                    Value::Object(inner) => at = inner,
                    _ => break,
                }
            }
        }
        tree
    }

    /// What differs in what counts, among settings that a rewritten file does not put in force.
    pub(crate) fn needs_restart(&self, newer: &Self) -> Vec<String> {
        let fixed = |of: &Self| -> Vec<(String, Option<Value>)> {
            let fixed = of.all().into_iter().filter(|one| !one.setting.reloads);
            fixed.map(|one| (one.key, one.value)).collect()
        };
        let (old, new) = (fixed(self), fixed(newer));
        let mut keys: Vec<String> = Vec::new();
        for (key, _) in old
            .iter()
            .filter(|one| !new.contains(one))
            .chain(new.iter().filter(|one| !old.contains(one)))
        {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        keys
    }
}

/// A tree as a type.
///
/// # Errors
/// What does not fit, for people.
pub(crate) fn read<T: DeserializeOwned>(tree: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(tree)).map_err(|error| error.to_string())
}

/// The key of one setting of a named thing: `principals.ci.deny`.
pub(crate) fn named_key(table: &str, name: &str, last: &str) -> String {
    format!("{table}.{name}.{last}")
}

impl EffectiveValue {
    /// For people, as TOML; none where it is not set.
    pub(crate) fn written(&self) -> Option<String> {
        self.value.as_ref().map(|value| self.setting.kind.write(value))
    }
}
