//! Which file of a crate names what of which other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use syn::visit::{self, Visit};
use syn::{Attribute, Item};

use crate::modules::{Crate, ModuleId, Target, attributes, only_for_tests};
use crate::tokens;

/// Arrows from file to file, each with the names that the first takes from the second.
pub type Arrows = BTreeMap<(PathBuf, PathBuf), BTreeSet<String>>;

/// The arrows of a crate, tests left out.
///
/// A name counts for the file that defines it, however many modules pass it on; so `mod` lines and
/// a module's passing on of what is below it make no arrow.
pub fn of(read: &Crate) -> Arrows {
    let mut arrows = Arrows::new();
    for (id, module) in read.modules.iter().enumerate().filter(|(_, module)| !module.test) {
        let mut reader = Reader { read, module: id, arrows: &mut arrows };
        reader.imports();
        for item in &module.code {
            reader.visit_item(item);
        }
    }
    arrows
}

struct Reader<'a> {
    read: &'a Crate,
    module: ModuleId,
    arrows: &'a mut Arrows,
}

impl Reader<'_> {
    fn imports(&mut self) {
        let read = self.read;
        for import in &read.modules[self.module].imports {
            match read.resolve(self.module, &import.path) {
                Some(Target::Item(at, _))
                    if import.passed_on && read.is_within(at, self.module) => {}
                Some(target) => self.arrow(target),
                None => {}
            }
        }
    }

    /// A module alone is no use of anything; what is taken from it is.
    fn arrow(&mut self, target: Target) {
        let Target::Item(at, name) = target else { return };
        let from = &self.read.modules[self.module].file;
        let to = &self.read.modules[at].file;
        if from != to {
            self.arrows.entry((from.clone(), to.clone())).or_default().insert(name);
        }
    }

    fn path(&mut self, path: &[String]) {
        if let Some(target) = self.read.resolve(self.module, path) {
            self.arrow(target);
        }
    }

    fn attributes(&mut self, attributes: &[Attribute]) {
        for attribute in attributes.iter().filter(|attribute| !attribute.path().is_ident("doc")) {
            let syn::Meta::List(list) = &attribute.meta else { continue };
            for path in tokens::paths(list.tokens.clone()) {
                self.path(&path);
            }
            // serde names functions and modules in strings.
            for text in tokens::strings(list.tokens.clone()) {
                if let Ok(path) = syn::parse_str::<syn::Path>(&text) {
                    self.serde(&segments(&path));
                }
            }
        }
    }

    /// `with = "a::b"` uses functions of a module, so the module itself counts.
    fn serde(&mut self, path: &[String]) {
        match self.read.resolve(self.module, path) {
            Some(Target::Module(at)) => {
                let name = path.last().cloned().unwrap_or_default();
                self.arrow(Target::Item(at, name));
            }
            Some(item) => self.arrow(item),
            None => {}
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !only_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !only_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    // Modules are read for themselves; `use` lines were, above.
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}
    fn visit_item_use(&mut self, _: &'ast syn::ItemUse) {}

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.attributes(std::slice::from_ref(attribute));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.path(&segments(path));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let path = segments(&call.path);
        match (self.read.resolve(self.module, &path), path.as_slice()) {
            (Some(target), _) => self.arrow(target),
            (None, [name]) => {
                if let Some(at) = self.read.textual_macro(self.module, name) {
                    self.arrow(Target::Item(at, name.clone()));
                }
            }
            _ => {}
        }
        for path in tokens::paths(call.tokens.clone()) {
            self.path(&path);
        }
    }
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}
