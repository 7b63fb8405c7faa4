//! Fixtures: what a folder of `cases` holds, and the file it becomes.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::group::{Group, Image, Read, repeated};

/// Where a guest's memory has what `describe` answers. The fixture may use what lies below.
const DESCRIPTION: u32 = 0x1_0000;

/// One attack.
#[derive(Debug)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// What it attacks.
    pub about: String,
    /// The file.
    pub wasm: Vec<u8>,
    /// What must come of it.
    pub expected: Expected,
    /// The tool that the attack is called by, where it is loaded.
    pub tool: String,
}

/// `case.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// What it attacks, for whoever reads the folder.
    about: String,
    #[serde(default)]
    form: PluginForm,
    /// Only the first so many bytes of the file.
    cut: Option<usize>,
    #[serde(default)]
    group: Group,
    expected: Expected,
}

/// What `plugin.wat` is.
#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PluginForm {
    /// Fields of a core module, to which `group.wat` is added.
    #[default]
    Group,
    /// A file's whole text, taken as it is but for `<<x*1000>>`, a thousand times `x`.
    File,
}

/// What must come of it: exactly one of the first three. The words are Souk's.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// It is not loaded, for a reason that contains this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// It is loaded, and its call fails with an error that contains this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fails: Option<String>,
    /// It is loaded, and its call answers this: the attack came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
    /// The rule on the audit trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}

/// Every folder of `cases`.
///
/// # Panics
/// A folder is no case.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut names: Vec<String> = std::fs::read_dir(directory())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.iter().map(|name| read(name)).collect()
}

/// The case of this name.
fn read(name: &str) -> Case {
    read_as(name, None)
}

/// The case of this name, its group renamed.
///
/// # Panics
/// There is no such case.
#[must_use]
pub fn renamed(name: &str, group: &str) -> Case {
    read_as(name, Some(group))
}

fn read_as(name: &str, renamed: Option<&str>) -> Case {
    let folder = directory().join(name);
    let text = |file: &str| {
        let path = folder.join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let mut manifest: Manifest =
        toml::from_str(&text("case.toml")).unwrap_or_else(|error| panic!("{name}: {error}"));
    let group = &mut manifest.group;
    if let Some(renamed) = renamed {
        renamed.clone_into(&mut group.name);
    } else if group.name.is_empty() {
        group.name = name.replace('-', "").chars().take(20).collect();
    }
    let source = text("plugin.wat");
    let mut wasm = match manifest.form {
        PluginForm::File => {
            wat::parse_str(repeated(&source)).unwrap_or_else(|error| panic!("{name}: {error}"))
        }
        PluginForm::Group => component(name, &source, group, &[]),
    };
    if let Some(cut) = manifest.cut {
        wasm.truncate(cut);
    }
    let tool = format!("{}_{}", group.name, group.action[0].name);
    Case { name: name.to_owned(), about: manifest.about, wasm, expected: manifest.expected, tool }
}

/// A whole component: the fixture's fields, the default of each that it does not define itself,
/// what `describe` answers, and the `reads` that it can make, from `READS` on.
///
/// # Panics
/// The fields are no part of a module of the contract.
#[must_use]
pub fn component(name: &str, fields: &str, group: &Group, reads: &[Read]) -> Vec<u8> {
    component_of(HOSTILE, name, fields, group, reads)
}

/// A plugin that answers `{}` to every call, and describes itself as this text of TOML says.
///
/// # Panics
/// The text describes no group.
#[must_use]
pub fn described(group: &str) -> Vec<u8> {
    described_with(group, "")
}

/// The same, with functions of its own in place of these.
///
/// # Panics
/// The text describes no group, or the fields are no part of a module.
#[must_use]
pub fn described_with(group: &str, fields: &str) -> Vec<u8> {
    let group: Group = toml::from_str(group).unwrap_or_else(|error| panic!("{group}: {error}"));
    component(&group.name, fields, &group, &[])
}

/// The same for one world of the contract, or for that of the hostile plugins.
///
/// # Panics
/// The fields are no part of a module of that world.
#[must_use]
pub fn component_of(
    world: &str,
    name: &str,
    fields: &str,
    group: &Group,
    reads: &[Read],
) -> Vec<u8> {
    let mut image = Image::new(DESCRIPTION);
    let described = image.group(group);
    let reads = image.reads(reads);
    let fields = &fields.replace("READS", &reads.to_string());
    let defaults: String = include_str!("../group.wat")
        .split("\n\n")
        .filter(|default| !replaced(default, fields))
        .collect::<Vec<_>>()
        .join("\n\n")
        .replace("DESCRIBED", &described.to_string())
        .replace("HEAP", &(image.end().next_multiple_of(8)).to_string())
        .replace("PAGES", &(image.end() / 0x1_0000 + 2).to_string());
    let data: String = image.bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    let module = format!(
        "(module {fields}\n{defaults}\n(data (memory $memory) (i32.const {DESCRIPTION}) \"{data}\"))"
    );
    encode(world, &module).unwrap_or_else(|error| panic!("{name}: {error:#}"))
}

/// Whether the fixture defines what a default is there for: it then has a line that begins as the
/// default does, with the same kind and name.
fn replaced(default: &str, fields: &str) -> bool {
    let first = default.lines().find(|line| !line.starts_with(";;")).unwrap_or("");
    let mut words = first.split_inclusive(' ');
    let (Some(kind), Some(name)) = (words.next(), words.next()) else { return false };
    let defined = format!("{kind}{name}");
    name.starts_with('$') && fields.lines().any(|line| format!("{line} ").starts_with(&defined))
}

/// The world of the hostile plugins: all of the contract, and more.
const HOSTILE: &str = "hostile";

/// A component of this world from a core module's text.
fn encode(world: &str, module: &str) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/souk.wit");
    let souk = std::fs::read_to_string(wit)?;
    let contract = resolve.push_str("souk.wit", &souk)?;
    let hostile = resolve.push_str("hostile.wit", include_str!("../hostile.wit"))?;
    let package = if world == HOSTILE { hostile } else { contract };
    let world = resolve.select_world(&[package], Some(world))?;
    let mut module = wat::parse_str(module)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&module)?.validate(false).encode()
}
