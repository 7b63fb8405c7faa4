//! A crate as its tree of modules: which file each is in, and what names it defines and imports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// The index of a module in its [`Crate`].
pub type ModuleId = usize;

/// A crate: its modules, the root first.
pub struct Crate {
    /// Every module, inline ones and those of tests included.
    pub modules: Vec<Module>,
    /// Macros that `#[macro_export]` puts at the root, each with the module that defines it.
    exported: BTreeMap<String, ModuleId>,
}

/// One module.
pub struct Module {
    /// The file it is written in; an inline module shares its parent's.
    pub file: PathBuf,
    /// The module that declares it.
    pub parent: Option<ModuleId>,
    /// Its submodules by name.
    pub children: BTreeMap<String, ModuleId>,
    /// The names it defines itself.
    pub items: BTreeSet<String>,
    /// Types among them, with the kind of each.
    pub types: Vec<String>,
    /// Macros by textual scope: seen by everything below.
    pub macros: BTreeSet<String>,
    /// What its `use` lines bring in.
    pub imports: Vec<Import>,
    /// Whether it is compiled for tests or documentation only.
    pub test: bool,
    /// Its code.
    pub code: Vec<Item>,
}

/// One name (or glob) that a `use` line brings in.
pub struct Import {
    /// The name it has here; none for a glob.
    pub name: Option<String>,
    /// The path, `self`, `super` and `crate` as written.
    pub path: Vec<String>,
    /// Whether it is passed on to others: `pub`, `pub(crate)`, `pub(super)`, …
    pub passed_on: bool,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An item defined in that module.
    Item(ModuleId, String),
    /// A module.
    Module(ModuleId),
}

/// How many imports a name is followed through before it is given up.
const HOPS: usize = 24;

impl Crate {
    /// Reads the crate whose root file is `root`.
    ///
    /// # Errors
    /// When a file is missing or is no Rust.
    pub fn read(root: &Path) -> Result<Self> {
        let mut read = Self { modules: Vec::new(), exported: BTreeMap::new() };
        let folder = root.parent().context("a file has a folder")?.to_owned();
        read.file(root, &folder, None, false)?;
        Ok(read)
    }

    /// The files of modules, and whether each is for tests only.
    pub fn files(&self) -> BTreeMap<&Path, bool> {
        let mut files = BTreeMap::new();
        for module in &self.modules {
            files
                .entry(module.file.as_path())
                .and_modify(|test| *test &= module.test)
                .or_insert(module.test);
        }
        files
    }

    fn file(
        &mut self,
        file: &Path,
        below: &Path,
        parent: Option<ModuleId>,
        test: bool,
    ) -> Result<ModuleId> {
        let text =
            fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let parsed =
            syn::parse_file(&text).with_context(|| format!("parsing {}", file.display()))?;
        let test = test || only_for_tests(&parsed.attrs);
        self.module(file, below, parent, test, parsed.items)
    }

    /// Adds a module of `items`; the files of its submodules are looked for in `below`.
    fn module(
        &mut self,
        file: &Path,
        below: &Path,
        parent: Option<ModuleId>,
        test: bool,
        items: Vec<Item>,
    ) -> Result<ModuleId> {
        let id = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            items: BTreeSet::new(),
            types: Vec::new(),
            macros: BTreeSet::new(),
            imports: Vec::new(),
            test,
            code: Vec::new(),
        });
        let mut code = Vec::new();
        for item in items {
            let Item::Mod(module) = item else {
                self.define(id, &item);
                code.push(item);
                continue;
            };
            let name = module.ident.to_string();
            let test = test || only_for_tests(&module.attrs);
            let folder = below.join(&name);
            let child = match module.content {
                Some((_, items)) => self.module(file, &folder, Some(id), test, items)?,
                None => {
                    let places = match named_path(&module.attrs, file)? {
                        Some(path) => vec![path],
                        None => vec![below.join(format!("{name}.rs")), folder.join("mod.rs")],
                    };
                    let path = places
                        .into_iter()
                        .find(|path| path.is_file())
                        .ok_or_else(|| anyhow!("{}: `mod {name}` has no file", file.display()))?;
                    self.file(&path, &folder, Some(id), test)?
                }
            };
            self.modules[id].children.insert(name, child);
        }
        let mut uses = Uses::default();
        for item in &code {
            uses.visit_item(item);
        }
        self.modules[id].imports = uses.imports;
        self.modules[id].code = code;
        Ok(id)
    }

    fn define(&mut self, id: ModuleId, item: &Item) {
        if only_for_tests(attributes(item)) {
            return;
        }
        let (name, is_type) = match item {
            Item::Const(item) => (&item.ident, false),
            Item::Static(item) => (&item.ident, false),
            Item::Fn(item) => (&item.sig.ident, false),
            Item::Enum(item) => (&item.ident, true),
            Item::Struct(item) => (&item.ident, true),
            Item::Trait(item) => (&item.ident, true),
            Item::TraitAlias(item) => (&item.ident, true),
            Item::Type(item) => (&item.ident, true),
            Item::Union(item) => (&item.ident, true),
            Item::Macro(item) => {
                if let Some(name) = &item.ident {
                    if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
                    {
                        self.exported.insert(name.to_string(), id);
                    }
                    self.modules[id].macros.insert(name.to_string());
                    self.modules[id].items.insert(name.to_string());
                }
                return;
            }
            _ => return,
        };
        let module = &mut self.modules[id];
        module.items.insert(name.to_string());
        if is_type {
            module.types.push(name.to_string());
        }
    }

    /// What `path`, written in `module`, leads to; none for what another crate defines, a local
    /// variable or a type parameter.
    pub fn resolve(&self, module: ModuleId, path: &[String]) -> Option<Target> {
        self.follow(module, path, HOPS)
    }

    fn follow(&self, module: ModuleId, path: &[String], hops: usize) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.descend(0, rest, hops),
            "self" => self.descend(module, rest, hops),
            "super" => {
                let mut above = self.modules[module].parent?;
                let mut rest = rest;
                while rest.first().is_some_and(|segment| segment == "super") {
                    above = self.modules[above].parent?;
                    rest = &rest[1..];
                }
                self.descend(above, rest, hops)
            }
            "Self" => None,
            _ => self.find(module, path, hops),
        }
    }

    /// `path` inside of `module`, which was named: a name that is not found there was made there,
    /// by a macro that generates items.
    fn descend(&self, module: ModuleId, path: &[String], hops: usize) -> Option<Target> {
        let Some(name) = path.first() else {
            return Some(Target::Module(module));
        };
        if self.modules[module].children.contains_key(name)
            || self.modules[module].items.contains(name)
            || self.modules[module].imports.iter().any(|import| import.name.as_ref() == Some(name))
        {
            return self.find(module, path, hops);
        }
        if module == 0
            && let Some(&at) = self.exported.get(name)
        {
            return Some(Target::Item(at, name.clone()));
        }
        self.find(module, path, hops).or_else(|| {
            let generated = self.modules[module].code.iter().any(generates);
            generated.then(|| Target::Item(module, name.clone()))
        })
    }

    /// `path` by the names that `module` knows: its own, its imports, its globs.
    fn find(&self, module: ModuleId, path: &[String], hops: usize) -> Option<Target> {
        let hops = hops.checked_sub(1)?;
        let (name, rest) = path.split_first()?;
        let here = &self.modules[module];
        let child = here.children.get(name);
        if let Some(&child) = child
            && !rest.is_empty()
        {
            return self.descend(child, rest, hops);
        }
        if here.items.contains(name) {
            return Some(Target::Item(module, name.clone()));
        }
        let mut outside = false;
        for import in here.imports.iter().filter(|import| import.name.as_ref() == Some(name)) {
            match self.follow(module, &import.path, hops) {
                Some(Target::Module(target)) if rest.is_empty() => {
                    if child.is_none() {
                        return Some(Target::Module(target));
                    }
                }
                Some(Target::Module(target)) => return self.descend(target, rest, hops),
                Some(item) => return Some(item),
                None => outside = true,
            }
        }
        if let Some(&child) = child {
            return Some(Target::Module(child));
        }
        if outside {
            return None;
        }
        here.imports.iter().filter(|import| import.name.is_none()).find_map(|import| {
            match self.follow(module, &import.path, hops)? {
                Target::Module(target) if target != module => self.find(target, path, hops),
                _ => None,
            }
        })
    }

    /// The module that defines the macro `name` in the textual scope of `module`.
    pub fn textual_macro(&self, module: ModuleId, name: &str) -> Option<ModuleId> {
        let mut at = Some(module);
        while let Some(id) = at {
            if self.modules[id].macros.contains(name) {
                return Some(id);
            }
            at = self.modules[id].parent;
        }
        None
    }

    /// Whether `below` is `above` or a module inside of it.
    pub fn is_within(&self, below: ModuleId, above: ModuleId) -> bool {
        let mut at = Some(below);
        while let Some(id) = at {
            if id == above {
                return true;
            }
            at = self.modules[id].parent;
        }
        false
    }
}

/// Whether the item is a macro call that may define names, as bindgen's does.
fn generates(item: &Item) -> bool {
    matches!(item, Item::Macro(item) if item.ident.is_none())
}

/// The `use` lines of one module, those inside of functions too.
#[derive(Default)]
struct Uses {
    imports: Vec<Import>,
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_item(&mut self, item: &'ast Item) {
        if !only_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            let passed_on = !matches!(item.vis, Visibility::Inherited);
            leaves(&item.tree, &mut Vec::new(), passed_on, &mut self.imports);
        }
    }
}

/// Flattens `a::{b, c as d, e::*}` into one import a name.
fn leaves(tree: &UseTree, before: &mut Vec<String>, passed_on: bool, found: &mut Vec<Import>) {
    let leaf = |before: &[String], last: String, name: String| {
        // `use a::b::{self}` brings in `b`.
        if last == "self" && !before.is_empty() {
            let name =
                if name == "self" { before.last().cloned().unwrap_or_default() } else { name };
            return Import { name: Some(name), path: before.to_vec(), passed_on };
        }
        let path = before.iter().cloned().chain([last]).collect();
        Import { name: Some(name), path, passed_on }
    };
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves(&path.tree, before, passed_on, found);
            before.pop();
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            found.push(leaf(before, name.clone(), name));
        }
        UseTree::Rename(rename) => {
            found.push(leaf(before, rename.ident.to_string(), rename.rename.to_string()));
        }
        UseTree::Glob(_) => found.push(Import { name: None, path: before.clone(), passed_on }),
        UseTree::Group(group) => {
            for tree in &group.items {
                leaves(tree, before, passed_on, found);
            }
        }
    }
}

/// Whether `attributes` leave the code out of a plain build: `cfg(test)`, `cfg(doc)`,
/// `cfg(doctest)`, alone or in an `all`.
pub fn only_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let mut found = false;
        let nested = attribute.parse_nested_meta(|meta| {
            found |= is_test(&meta)?;
            Ok(())
        });
        nested.is_ok() && found
    })
}

/// The file that a `#[path = "…"]` names for a module declared in `file`, without `..` in it.
fn named_path(attributes: &[Attribute], file: &Path) -> Result<Option<PathBuf>> {
    let Some(attribute) = attributes.iter().find(|attribute| attribute.path().is_ident("path"))
    else {
        return Ok(None);
    };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) =
        &attribute.meta.require_name_value()?.value
    else {
        return Err(anyhow!("{}: `#[path]` names no file", file.display()));
    };
    let folder = file.parent().context("a file has a folder")?;
    let path = folder.join(path.value());
    Ok(Some(path.canonicalize().with_context(|| format!("finding {}", path.display()))?))
}

fn is_test(meta: &syn::meta::ParseNestedMeta<'_>) -> syn::Result<bool> {
    if ["test", "doc", "doctest"].iter().any(|name| meta.path.is_ident(name)) {
        return Ok(true);
    }
    let mut found = false;
    if meta.input.peek(syn::token::Paren) {
        let all = meta.path.is_ident("all");
        meta.parse_nested_meta(|inner| {
            found |= is_test(&inner)? && all;
            Ok(())
        })?;
    } else if meta.input.peek(syn::Token![=]) {
        meta.value()?.parse::<syn::Lit>()?;
    }
    Ok(found)
}

/// The attributes of any item.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
