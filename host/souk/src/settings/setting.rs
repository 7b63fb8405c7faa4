//! What one entry of the table says of a setting.

use super::kind::ValueKind;

/// Settings about one thing.
#[derive(Debug)]
pub(crate) struct SettingGroup {
    /// The heading of their documentation.
    pub(crate) title: &'static str,
    /// What there is to know of all of them.
    pub(crate) about: &'static str,
    pub(crate) settings: &'static [Setting],
}

/// One setting. Its flag, its variables, its place in the file, its documentation and how its
/// sources merge all come from here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Its name, and where it stands in the file: `guards.bulk_cap`, `principals.NAME.deny`,
    /// `stores[].base_url`. `NAME` is whatever the operator writes there.
    pub(crate) key: &'static str,
    /// What its values are.
    pub(crate) kind: ValueKind,
    /// What it does, in one line without a full stop.
    pub(crate) doc: &'static str,
    /// Its flag, if it has one.
    pub(crate) flag: Option<Flag>,
    /// Its variables; the first is the one to use.
    pub(crate) variables: &'static [&'static str],
    /// Whether a file may set it.
    pub(crate) in_file: bool,
    /// What counts where no source sets it.
    pub(crate) default: DefaultValue,
    /// What its numbers count: `bytes`, `ms`, …; empty where they count nothing.
    pub(crate) unit: &'static str,
    /// Which of several sources counts.
    pub(crate) merge: MergeRule,
    /// What a file of the working directory may do with it.
    pub(crate) local: LocalFileRule,
    /// Whether a rewritten file is in force at once; else a restart is needed.
    pub(crate) reloads: bool,
    /// A value to show where there is no default, as TOML.
    pub(crate) example: &'static str,
}

/// A flag of the command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flag {
    /// As it is typed: `--max-tier`.
    pub(crate) name: &'static str,
    /// What stands for its value in the help; empty where it takes none.
    pub(crate) value: &'static str,
    /// The only commands that take it; all do where this is empty.
    pub(crate) commands: &'static [&'static str],
}

/// What counts where no source sets a setting.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DefaultValue {
    /// Nothing; in words, what that means.
    Unset(&'static str),
    /// This value, as TOML.
    Toml(&'static str),
    /// What the host finds out when it starts; in words, how.
    Computed(&'static str),
    /// What counts of the setting with this key.
    SameAs(&'static str),
}

/// What a file of the working directory may do with a setting. It is the project's, or whoever put it
/// there: each entry says that it may and how, and what an entry does not say is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LocalFileRule {
    /// Nothing: the setting is the operator's alone.
    Refused,
    /// Narrow the value that counts without it. There always is one.
    NarrowsValue,
    /// The same. Where nobody else sets the setting, what counts without it is worked out elsewhere and
    /// allows no more than this, as TOML.
    NarrowsFrom(&'static str),
    /// Add a limit where there is none: the setting without a value limits nothing.
    Adds,
}

impl LocalFileRule {
    /// In words, for the documentation.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::NarrowsValue | Self::NarrowsFrom(_) => "narrows",
            Self::Adds => "adds",
        }
    }
}

/// Which of several sources counts. What stands in a file of the working directory is merged last,
/// with what counts without it, and only where the rule narrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MergeRule {
    /// The first that sets it, of flag, variable and file.
    First,
    /// The file's, else the first of flag and variable: what is counted there must not begin anew
    /// because a client names another place.
    FileFirst,
    /// The strictest, which is the lowest.
    Lowest,
    /// The strictest: on where any source switches it on.
    On,
    /// The strictest: off where any source switches it off.
    Off,
    /// What any source names.
    Union,
    /// What every source names that names any.
    Intersection,
}

impl MergeRule {
    /// Whether no further source can allow more.
    pub(crate) const fn narrows(self) -> bool {
        !matches!(self, Self::First | Self::FileFirst)
    }

    /// In words, for the documentation.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::First => "first of flag, variable, file",
            Self::FileFirst => "the file's, else first",
            Self::Lowest => "strictest: the lowest",
            Self::On => "strictest: on if any is",
            Self::Off => "strictest: off if any is",
            Self::Union => "union",
            Self::Intersection => "intersection",
        }
    }
}

impl Setting {
    /// A setting that a file may set, that has no default, and of which the first source counts.
    pub(crate) const fn new(key: &'static str, kind: ValueKind, doc: &'static str) -> Self {
        Self {
            key,
            kind,
            doc,
            flag: None,
            variables: &[],
            in_file: true,
            default: DefaultValue::Unset("none"),
            unit: "",
            merge: MergeRule::First,
            local: LocalFileRule::Refused,
            reloads: false,
            example: "",
        }
    }

    /// A number of which the lowest counts.
    pub(crate) const fn limit(
        key: &'static str,
        default: &'static str,
        unit: &'static str,
        doc: &'static str,
    ) -> Self {
        Self::new(key, ValueKind::Whole, doc).default(default).unit(unit).lowest()
    }

    /// With a flag that every command takes; `value` is empty for a switch.
    pub(crate) const fn flag(mut self, name: &'static str, value: &'static str) -> Self {
        self.flag = Some(Flag { name, value, commands: &[] });
        self
    }

    /// With a flag of these commands alone.
    pub(crate) const fn flag_of(
        mut self,
        commands: &'static [&'static str],
        name: &'static str,
        value: &'static str,
    ) -> Self {
        self.flag = Some(Flag { name, value, commands });
        self
    }

    /// With these variables.
    pub(crate) const fn variables(mut self, names: &'static [&'static str]) -> Self {
        self.variables = names;
        self
    }

    /// One that no file sets.
    pub(crate) const fn not_in_file(mut self) -> Self {
        self.in_file = false;
        self
    }

    /// With this default, as TOML.
    pub(crate) const fn default(mut self, toml: &'static str) -> Self {
        self.default = DefaultValue::Toml(toml);
        self
    }

    /// Without a default; `words` say what that means.
    pub(crate) const fn unset(mut self, words: &'static str) -> Self {
        self.default = DefaultValue::Unset(words);
        self
    }

    /// With a default that depends on where the host runs; `words` say how.
    pub(crate) const fn computed(mut self, words: &'static str) -> Self {
        self.default = DefaultValue::Computed(words);
        self
    }

    /// With what counts of another setting for its default.
    pub(crate) const fn same_as(mut self, key: &'static str) -> Self {
        self.default = DefaultValue::SameAs(key);
        self
    }

    /// Its numbers count these.
    pub(crate) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// Several sources merge like this.
    pub(crate) const fn merge(mut self, rule: MergeRule) -> Self {
        self.merge = rule;
        self
    }

    /// A limit: of several sources the lowest counts.
    pub(crate) const fn lowest(self) -> Self {
        self.merge(MergeRule::Lowest)
    }

    /// A file of the working directory may narrow the value that counts without it.
    pub(crate) const fn narrows_locally(mut self) -> Self {
        self.local = LocalFileRule::NarrowsValue;
        self
    }

    /// The same, where what counts without a value is worked out elsewhere and allows no more than `toml`.
    pub(crate) const fn narrows_from(mut self, toml: &'static str) -> Self {
        self.local = LocalFileRule::NarrowsFrom(toml);
        self
    }

    /// A file of the working directory may add to it: without a value it limits nothing.
    pub(crate) const fn adds_locally(mut self) -> Self {
        self.local = LocalFileRule::Adds;
        self
    }

    /// One that is in force as soon as its file is rewritten.
    pub(crate) const fn reloads(mut self) -> Self {
        self.reloads = true;
        self
    }

    /// With a value to show in examples, as TOML.
    pub(crate) const fn example(mut self, toml: &'static str) -> Self {
        self.example = toml;
        self
    }

    /// Whether its key names one place in the file, and not one of many.
    pub(crate) fn is_single(&self) -> bool {
        !self.key.split('.').any(|part| part == "NAME" || part.ends_with("[]"))
    }
}
