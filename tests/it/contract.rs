//! The contract is frozen: what a plugin was built against stays as it was. It only grows, by functions
//! that plugins import.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wit_parser::{Function, InterfaceId, Resolve, TypeDefKind, WorldItem};

/// The interface that plugins export.
const EXPORTED: &str = "actions";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(text: &str) -> Resolve {
    let mut resolve = Resolve::default();
    resolve.push_str("souk.wit", text).unwrap_or_else(|error| panic!("{error:#}"));
    resolve
}

/// A contract's interfaces, by name.
fn interfaces(resolve: &Resolve) -> BTreeMap<String, InterfaceId> {
    let named = resolve
        .interfaces
        .iter()
        .filter_map(|(id, interface)| interface.name.clone().map(|name| (name, id)));
    named.collect()
}

/// What of a type a component is built against: its kind, its members with their names, in order.
fn shape(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let named = |ty: &wit_parser::Type| type_name(resolve, ty);
    match kind {
        TypeDefKind::Record(record) => {
            let fields =
                record.fields.iter().map(|one| format!("{}: {}", one.name, named(&one.ty)));
            format!("record {{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| match &case.ty {
                None => case.name.clone(),
                Some(ty) => format!("{}({})", case.name, named(ty)),
            });
            format!("variant {{{}}}", cases.collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Enum(cases) => {
            let names: Vec<&str> = cases.cases.iter().map(|case| case.name.as_str()).collect();
            format!("enum {{{}}}", names.join(", "))
        }
        TypeDefKind::List(ty) => format!("list<{}>", named(ty)),
        TypeDefKind::Option(ty) => format!("option<{}>", named(ty)),
        TypeDefKind::Type(ty) => named(ty),
        TypeDefKind::Handle(handle) => format!("{handle:?}").replace(char::is_numeric, ""),
        TypeDefKind::Result(result) => {
            let side = |ty: &Option<wit_parser::Type>| ty.as_ref().map_or("_".to_owned(), &named);
            format!("result<{}, {}>", side(&result.ok), side(&result.err))
        }
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", tuple.types.iter().map(named).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Resource => "resource".to_owned(),
        other => panic!("the contract has no {}", other.as_str()),
    }
}

fn type_name(resolve: &Resolve, ty: &wit_parser::Type) -> String {
    match ty {
        wit_parser::Type::Id(id) => {
            let ty = &resolve.types[*id];
            ty.name.clone().unwrap_or_else(|| shape(resolve, &ty.kind))
        }
        primitive => format!("{primitive:?}"),
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let params = function.params.iter();
    let params = params.map(|param| format!("{}: {}", param.name, type_name(resolve, &param.ty)));
    let result = function.result.as_ref().map(|ty| type_name(resolve, ty)).unwrap_or_default();
    format!("({}) -> {result}", params.collect::<Vec<_>>().join(", "))
}

/// What a component that was built against one contract would miss in another.
fn broken(then: &Resolve, now: &Resolve) -> Vec<String> {
    let (before, after) = (interfaces(then), interfaces(now));
    let mut broken = Vec::new();
    for (name, id) in &before {
        let old = &then.interfaces[*id];
        let Some(new) = after.get(name).map(|id| &now.interfaces[*id]) else {
            broken.push(format!("the interface `{name}` is gone"));
            continue;
        };
        for (ty, id) in &old.types {
            let was = shape(then, &then.types[*id].kind);
            let is = new.types.get(ty).map(|id| shape(now, &now.types[*id].kind));
            if is.as_ref() != Some(&was) {
                broken.push(format!("`{name}.{ty}` was {was}, and is {is:?}"));
            }
        }
        for (function, old) in &old.functions {
            let was = signature(then, old);
            let is = new.functions.get(function).map(|new| signature(now, new));
            if is.as_ref() != Some(&was) {
                broken.push(format!("`{name}.{function}` was {was}, and is {is:?}"));
            }
        }
        if name == EXPORTED
            && (new.functions.len(), new.types.len()) != (old.functions.len(), old.types.len())
        {
            broken.push(format!("plugins of before do not export all of `{name}`"));
        }
    }
    for (_, world) in &then.worlds {
        let same = now.worlds.iter().find(|(_, one)| one.name == world.name);
        let names = |items: &mut dyn Iterator<Item = &WorldItem>, of: &Resolve| -> Vec<String> {
            let names = items.filter_map(|item| match item {
                WorldItem::Interface { id, .. } => of.interfaces[*id].name.clone(),
                _ => None,
            });
            names.collect()
        };
        let exports = names(&mut world.exports.values(), then);
        if same.map(|(_, now_world)| names(&mut now_world.exports.values(), now)) != Some(exports) {
            broken.push(format!("the world `{}` exports something else", world.name));
        }
    }
    broken
}

#[test]
fn a_component_that_was_built_against_the_frozen_contract_fits_the_contract_of_today() {
    let now = read(&std::fs::read_to_string(file("../wit/souk.wit")).unwrap());
    let mut versions = 0;
    for frozen in std::fs::read_dir(file("contract")).unwrap() {
        let path = frozen.unwrap().path();
        let then = read(&std::fs::read_to_string(&path).unwrap());
        assert_eq!(broken(&then, &now), [] as [&str; 0], "{}", path.display());
        versions += 1;
    }
    assert!(versions > 0);
}

#[test]
fn what_would_break_a_component_is_seen() {
    let text = std::fs::read_to_string(file("../wit/souk.wit")).unwrap();
    let then = read(&text);
    for (as_it_is, changed, seen) in [
        // A field more, a case more, another type, a function gone, an export more.
        (
            "    argument: option<pointer>,",
            "    argument: option<pointer>,\n    more: u8,",
            "types.failure",
        ),
        ("    held-back,", "    held-back,\n    later,", "types.failure-code"),
        ("  destroy: func() -> result<bool, failure>;", "  destroy: func() -> bool;", "destroy"),
        ("  destroy: func() -> result<bool, failure>;", "", "destroy"),
        (
            "  describe: func() -> group;",
            "  describe: func() -> group;\n  more: func();",
            "do not export",
        ),
    ] {
        assert!(text.contains(as_it_is), "{as_it_is}");
        let broken = broken(&then, &read(&text.replacen(as_it_is, changed, 1)));
        assert!(broken.iter().any(|why| why.contains(seen)), "{changed}: {broken:?}");
    }
    // A function more that plugins import breaks none.
    let grown = text.replacen(
        "  destroy: func() -> result<bool, failure>;",
        "  destroy: func() -> result<bool, failure>;\n  renew: func() -> bool;",
        1,
    );
    assert_eq!(broken(&then, &read(&grown)), [] as [&str; 0]);
}
