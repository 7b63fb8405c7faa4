//! The settings as a whole: what counts of several sources, and that the table is sound.

use std::path::Path;

use serde_json::{Value, json};

use super::file::{FileAuthority, parse};
use super::kind::ValueKind;
use super::resolved::ResolvedSettings;
use super::setting::{DefaultValue, MergeRule, Setting};
use super::source::{FilePlace, SettingSource, SettingValue};
use super::{defaults, document, example, table, variables};

/// Settings from flags by their keys, variables by their names, and a file.
pub(crate) fn settings(
    flags: &[(&'static str, Value)],
    environment: &[(&str, &str)],
    file: &str,
) -> ResolvedSettings {
    let mut values: Vec<SettingValue> =
        flags.iter().map(|(key, value)| flag(table::find(key).unwrap(), value.clone())).collect();
    let variable = |name: &str| {
        let found = environment.iter().find(|(set, _)| *set == name);
        Ok(found.map(|(_, text)| (*text).to_owned()))
    };
    let (of_variables, problems) = variables::read(&variable);
    assert_eq!(problems, []);
    values.extend(of_variables);
    let (of_file, problems) = parse(file, Path::new("souk.toml"), FileAuthority::Operator);
    assert_eq!(problems, []);
    values.extend(of_file);
    ResolvedSettings::new(values, Vec::new())
}

/// Settings from the operator's file and one of the working directory.
pub(crate) fn settings_of_files(operators: &str, local: &str) -> ResolvedSettings {
    let of = |text: &str, authority| {
        let (values, problems) = parse(text, Path::new("souk.toml"), authority);
        assert_eq!(problems, []);
        values
    };
    let mut values = of(operators, FileAuthority::Operator);
    values.extend(of(local, FileAuthority::Local));
    ResolvedSettings::new(values, Vec::new())
}

fn given(setting: &'static Setting, value: Value, source: SettingSource) -> SettingValue {
    SettingValue { setting, key: setting.key.to_owned(), name: None, value, source }
}

fn flag(setting: &'static Setting, value: Value) -> SettingValue {
    given(setting, value, SettingSource::Flag("--flag"))
}

/// The sources in the order of their precedence.
fn sources() -> [SettingSource; 4] {
    let place = |path: &str| FilePlace { path: path.into(), line: 1 };
    [
        SettingSource::Flag("--flag"),
        SettingSource::Variable { name: "VARIABLE", file: false },
        SettingSource::File(place("operator.toml")),
        SettingSource::LocalFile(place("souk.toml")),
    ]
}

/// Two values of a setting that narrows: one that allows little, one that allows more, and what
/// both allow. Neither is the default.
fn samples(setting: &Setting) -> Vec<(Value, Value, Value)> {
    let strict_first = |strict: Value, loose: Value| vec![(strict.clone(), loose, strict)];
    match (setting.merge, setting.kind) {
        (MergeRule::On, ValueKind::Switch) => strict_first(json!(true), json!(false)),
        (MergeRule::Off, ValueKind::Switch) => strict_first(json!(false), json!(true)),
        (MergeRule::Lowest, ValueKind::Whole) => strict_first(json!(2), json!(1_000_000_007)),
        (MergeRule::Lowest, ValueKind::Number) => strict_first(json!(1.5), json!(99.5)),
        (MergeRule::Lowest, ValueKind::Choice(choices)) => {
            strict_first(json!(choices[0]), json!(choices[choices.len() - 1]))
        }
        (MergeRule::Lowest, ValueKind::Caps) => vec![
            (json!({"*": "3"}), json!({"*": "900000"}), json!({"*": "3"})),
            (
                json!({"EUR": "5", "*": "7"}),
                json!({"EUR": "9", "JPY": "2"}),
                json!({"EUR": "5", "JPY": "2"}),
            ),
            (json!({"EUR": "5"}), json!({"JPY": "2"}), json!({})),
        ],
        (MergeRule::Union, ValueKind::Tools) => {
            vec![(json!(["a_*"]), json!(["b_*"]), json!(["a_*", "b_*"]))]
        }
        (MergeRule::Union, ValueKind::Names) => {
            vec![(json!(["a"]), json!(["b"]), json!(["a", "b"]))]
        }
        (MergeRule::Union, ValueKind::Examples) => {
            vec![(json!(["a_x"]), json!(["b_x risk"]), json!(["a_x", "b_x risk"]))]
        }
        (MergeRule::Union, ValueKind::MaskRules) => {
            let (one, other) = (json!({"plugins": ["orders"]}), json!({"plugins": ["cms"]}));
            vec![(json!([one]), json!([other]), json!([one, other]))]
        }
        (MergeRule::Union, ValueKind::DecisionRules) => {
            let (one, other) = (json!({"need": "two"}), json!({"need": "other"}));
            vec![(json!([one]), json!([other]), json!([one, other]))]
        }
        // A key of a rule, which is kept whole: it never meets another.
        (MergeRule::Lowest, ValueKind::Text) => Vec::new(),
        (MergeRule::Intersection, ValueKind::Tools) => {
            vec![(json!(["a_x", "b_*"]), json!(["a_*", "c_*"]), json!(["a_x"]))]
        }
        (MergeRule::Intersection, ValueKind::Names) => {
            vec![(json!(["auth", "price"]), json!(["price", "other"]), json!(["price"]))]
        }
        (rule, kind) => panic!("{}: no samples for {rule:?} of {kind:?}", setting.key),
    }
}

/// Every limiting setting, in every pair of sources, in both orders. A setting that is new to the
/// table is covered by its entry.
#[test]
fn of_two_sources_the_stricter_counts_whatever_they_are() {
    let narrowing = || table::all().filter(|setting| setting.merge.narrows());
    assert!(narrowing().count() > 50);
    for setting in narrowing() {
        for (strict, loose, both) in samples(setting) {
            for one in sources() {
                for other in sources() {
                    if one == other {
                        continue;
                    }
                    let values = vec![
                        given(setting, strict.clone(), one.clone()),
                        given(setting, loose.clone(), other.clone()),
                    ];
                    let counts = ResolvedSettings::new(values, Vec::new());
                    let counts = counts.effective(setting, setting.key).value.unwrap();
                    assert!(alike(&counts, &both), "{}: {one} {other}: {counts}", setting.key);
                }
            }
        }
    }
}

/// A list's order says nothing.
fn alike(one: &Value, other: &Value) -> bool {
    match (one.as_array(), other.as_array()) {
        (Some(one), Some(other)) => {
            one.len() == other.len() && one.iter().all(|item| other.contains(item))
        }
        _ => one == other,
    }
}

#[test]
fn one_source_alone_widens_the_default_but_a_local_file_never_does() {
    for setting in table::all().filter(|setting| setting.merge.narrows()) {
        let Some(default) = defaults::of(setting) else { continue };
        for (strict, loose, _) in samples(setting) {
            for value in [strict, loose] {
                for source in sources() {
                    let alone = vec![given(setting, value.clone(), source.clone())];
                    let counts = ResolvedSettings::new(alone, Vec::new());
                    let counts = counts.effective(setting, setting.key).value.unwrap();
                    let narrowed = super::merge::narrower(setting, &default, &value);
                    let expected = if source.only_narrows() { &narrowed } else { &value };
                    assert!(alike(&counts, expected), "{}: {source}: {counts}", setting.key);
                }
            }
        }
    }
}

#[test]
fn of_what_does_not_narrow_the_first_source_counts() {
    for setting in table::all().filter(|setting| !setting.merge.narrows()) {
        let [flag, variable, file, _] = sources();
        let values = [(flag, "flag"), (variable, "variable"), (file, "file")];
        let values = values.map(|(source, value)| given(setting, value.into(), source));
        let all = ResolvedSettings::new(values.to_vec(), Vec::new());
        let first = if setting.merge == MergeRule::FileFirst { "file" } else { "flag" };
        assert_eq!(all.effective(setting, setting.key).value, Some(first.into()));
        let without = ResolvedSettings::new(values[1..2].to_vec(), Vec::new());
        assert_eq!(without.effective(setting, setting.key).value, Some("variable".into()));
    }
}

#[test]
fn every_limit_of_the_sections_that_limit_narrows() {
    for setting in table::all() {
        let limits = ["policy.", "guards.", "limits.", "mcp."];
        if limits.iter().any(|section| setting.key.starts_with(section)) {
            assert!(setting.merge.narrows(), "{}", setting.key);
        }
    }
}

#[test]
fn keys_variables_and_flags_are_each_of_one_setting() {
    let mut names: Vec<&str> = table::all().map(|setting| setting.key).collect();
    names.extend(table::all().flat_map(|setting| setting.variables));
    names.extend(table::all().filter_map(|setting| Some(setting.flag?.name)));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for setting in table::all() {
        assert!(!setting.doc.ends_with('.') && !setting.doc.contains('\n'), "{}", setting.key);
        if let DefaultValue::Toml(toml) = setting.default {
            assert!(defaults::literal(setting, toml).is_some(), "{} = {toml}", setting.key);
        }
    }
}

/// What the parts of the host know and what the table knows is the same, defaults included.
#[test]
fn the_table_has_every_field_of_what_it_configures_with_its_default() {
    let none = ResolvedSettings::default();
    assert_eq!(
        none.section::<souk_plans::Guards>("guards").unwrap(),
        souk_plans::Guards::default()
    );
    assert_eq!(
        none.section::<souk_plans::PlansConfig>("plans").unwrap(),
        souk_plans::PlansConfig::default()
    );
    assert_eq!(
        none.section::<souk_runtime::Limits>("limits").unwrap(),
        souk_runtime::Limits::default()
    );
    let mcp: souk_mcp::TransportLimits = none.section("mcp").unwrap();
    assert_eq!(mcp, souk_mcp::TransportLimits::default());
    let callers: souk_runtime::AdmissionLimits = none.section("mcp").unwrap();
    assert_eq!(callers, souk_runtime::AdmissionLimits::default());
    assert_eq!(
        none.section::<souk_mcp::HttpConfig>("http").unwrap(),
        souk_mcp::HttpConfig::default()
    );
    for (section, fields) in [
        ("guards", fields::of::<souk_plans::Guards>()),
        ("plans", fields::of::<souk_plans::PlansConfig>()),
        ("limits", fields::of::<souk_runtime::Limits>()),
        ("plugins.NAME.limits", fields::of::<souk_runtime::LimitOverrides>()),
        ("mcp", fields::of::<souk_mcp::TransportLimits>()),
        ("mcp", fields::of::<souk_runtime::AdmissionLimits>()),
        ("http", fields::of::<souk_mcp::HttpConfig>()),
        ("cdn", fields::of::<souk_upstream::CdnSettings>()),
        ("stores[].cdn", fields::of::<souk_upstream::CdnSettings>()),
        ("stores[].limits", fields::of::<souk_upstream::RequestLimits>()),
    ] {
        assert!(!fields.is_empty(), "{section}");
        for field in fields {
            assert!(table::find(&format!("{section}.{field}")).is_some(), "{section}.{field}");
        }
    }
    for field in fields::of::<souk_upstream::StoreConfig>() {
        let key = format!("stores[].{field}");
        let below = |setting: &Setting| setting.key.starts_with(&format!("{key}."));
        assert!(table::find(&key).is_some() || table::all().any(below), "{key}");
    }
}

#[test]
fn the_example_holds_every_key_with_its_default() {
    let example = example::file();
    assert_eq!(parse(&example, Path::new("e.toml"), FileAuthority::Operator).0.len(), 0);
    let set = |mark: &str| -> String {
        let uncomment = |line: &str| match line.strip_prefix(mark) {
            Some(rest) if !rest.starts_with([' ', '#']) => rest.to_owned(),
            _ => String::new(),
        };
        example.lines().map(uncomment).collect::<Vec<_>>().join("\n")
    };
    let (mut values, problems) = parse(&set("#"), Path::new("e.toml"), FileAuthority::Operator);
    assert_eq!(problems, []);
    for value in &values {
        if let Some(default) = defaults::of(value.setting) {
            assert_eq!(value.value, default, "{}", value.key);
        }
    }
    let (masks, problems) = parse(&set("##"), Path::new("e.toml"), FileAuthority::Operator);
    assert_eq!(problems, []);
    let rules = |key: &str| masks.iter().find(|rules| rules.key == key).unwrap().value.clone();
    assert_eq!(
        rules("policy.mask_pii"),
        json!([{"principals": ["support-*"], "plugins": ["orders"]}])
    );
    assert_eq!(rules("approvals.rules")[0]["money_above"], "100 EUR");
    values.extend(masks);
    for setting in table::all().filter(|setting| setting.in_file) {
        let here = values.iter().any(|value| value.setting.key == setting.key);
        assert!(here || setting.key.contains("[].") && setting.merge.narrows(), "{}", setting.key);
    }
}

fn is_current(file: &str, made: &str, by: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "{file} is not current: make it by `souk config {by} > {file}`");
}

#[test]
fn the_documentation_and_the_example_are_current() {
    is_current("docs/configuration.md", &document::page(), "docs");
    is_current("souk.example.toml", &example::file(), "example");
}

#[test]
fn what_changes_without_being_in_force_is_named() {
    let old = settings(&[], &[], "[policy]\ndeny = ['a_*']\n[guards]\nbulk_cap = 5");
    let new = settings(
        &[],
        &[],
        "listen = '127.0.0.1:1'\n[policy]\nconfirm = false\n[guards]\nbulk_cap = 6\n[[stores]]\nname = 'a'",
    );
    let keys = old.needs_restart(&new);
    assert_eq!(keys, ["guards.bulk_cap", "listen", "stores[0].name"]);
    assert_eq!(old.needs_restart(&old), [""; 0]);
}

#[test]
fn a_secret_comes_from_a_file_that_only_its_owner_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let directory = std::env::temp_dir().join(format!("souk-secret-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("token");
    std::fs::write(&file, "hunter2-hunter2-hunter2\n").unwrap();
    let path = file.to_string_lossy().into_owned();
    let read = || {
        let variable = |name: &str| Ok((name == "SOUK_HTTP_TOKEN_FILE").then(|| path.clone()));
        variables::read(&variable)
    };
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (values, problems) = read();
    assert!(values.is_empty() && problems[0].message.contains("chmod 600"), "{problems:?}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (values, problems) = read();
    assert_eq!(problems, []);
    // What is kept of a token is not the token.
    let kept = ValueKind::Token.check("hunter2-hunter2-hunter2".into()).unwrap();
    assert!(values[0].value == kept && !kept.to_string().contains("hunter2"));
    assert_eq!(values[0].source.to_string(), "SOUK_HTTP_TOKEN_FILE");
    let both = |name: &str| {
        Ok(["SOUK_HTTP_TOKEN_FILE", "SOUK_HTTP_TOKEN"].contains(&name).then(|| path.clone()))
    };
    assert!(variables::read(&both).1[0].message.contains("both set"));
    std::fs::remove_dir_all(directory).unwrap();
}

/// The fields of a type that is read, as its `Deserialize` names them.
mod fields {
    use serde::de::{self, Deserializer, Visitor, value::Error};
    use serde::{Deserialize, forward_to_deserialize_any};

    pub(super) fn of<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
        let mut found = &[][..];
        // It ends with an error, since there is nothing to read.
        let _ = T::deserialize(FieldNames { found: &mut found });
        found
    }

    struct FieldNames<'f> {
        found: &'f mut &'static [&'static str],
    }

    impl<'de> Deserializer<'de> for FieldNames<'_> {
        type Error = Error;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Error> {
            *self.found = fields;
            Err(de::Error::custom("nothing to read"))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(de::Error::custom("no struct"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }
}
