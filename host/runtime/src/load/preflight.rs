//! What a component is made of, looked at before it is compiled.
//!
//! Compiling has no budget: nothing ends it, and a file of two kilobytes can make it take all
//! memory. What makes it take more than its size promises is refused here, in one pass over the
//! bytes: components that unfold, and functions that no compiler of a language writes.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Instance, Parser, Payload,
};

/// Instances that come of one component, each counted as often as it is made. A Rust plugin makes
/// six; one composed of several, some dozens.
const INSTANCES: usize = 256;
/// Functions of a component, those of all its modules. The largest shipped plugin has some 2,000; each
/// costs the compiler more than its bytes.
const FUNCTIONS: u32 = 50_000;

/// Refuses bytes that would take more to compile than their size promises, one function with more than
/// so many bytes among them. Bytes that are no component are refused too, but not all such: the compiler
/// has the last word.
///
/// # Errors
/// Why, for people.
pub(crate) fn check(bytes: &[u8], function_bytes: usize) -> Result<(), String> {
    let mut open: Vec<ModuleScope> = Vec::new();
    let mut functions = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| format!("it is not a valid component: {error}"))?;
        match payload {
            Payload::Version { encoding, .. } => open.push(ModuleScope {
                is_component: encoding == wasmparser::Encoding::Component,
                ..ModuleScope::default()
            }),
            Payload::End(_) => {
                let Some(done) = open.pop() else { break };
                if let (Some(above), true) = (open.last_mut(), done.is_component) {
                    above.components.push(done.instances);
                }
            }
            payload => {
                functions = functions.saturating_add(compiled_functions(&payload));
                if functions > FUNCTIONS {
                    return Err(format!("it has more than {FUNCTIONS} functions"));
                }
                if let Some(part) = open.last_mut() {
                    part.take(payload, function_bytes)?;
                }
            }
        }
    }
    Ok(())
}

/// Functions for which the compiler makes code, as the section claims. Those that are lifted and
/// lowered between modules have some, too.
fn compiled_functions(payload: &Payload<'_>) -> u32 {
    match payload {
        Payload::CodeSectionStart { count, .. } => *count,
        Payload::ComponentCanonicalSection(section) => section.count(),
        _ => 0,
    }
}

/// A component or a module whose end has not come yet.
#[derive(Default)]
struct ModuleScope {
    is_component: bool,
    /// How many instances it makes when it is instantiated.
    instances: usize,
    /// The same of each component that is defined in it, by its index.
    components: Vec<usize>,
}

impl ModuleScope {
    fn take(&mut self, payload: Payload<'_>, function_bytes: usize) -> Result<(), String> {
        let invalid =
            |error: wasmparser::BinaryReaderError| format!("it is not a valid component: {error}");
        match payload {
            Payload::CodeSectionEntry(body) => {
                let size = body.range().end.saturating_sub(body.range().start);
                if usize::try_from(size).unwrap_or(usize::MAX) > function_bytes {
                    return Err(format!(
                        "it has a function of {size} bytes, and {function_bytes} are the most \
                         (`limits.function_bytes`)"
                    ));
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    if let Instance::Instantiate { .. } = instance.map_err(invalid)? {
                        self.count(1)?;
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    if let ComponentInstance::Instantiate { component_index, args } =
                        instance.map_err(invalid)?
                    {
                        if args.iter().any(|arg| arg.kind == ComponentExternalKind::Component) {
                            return Err(passed_around());
                        }
                        let index = component_index as usize;
                        let made = self.components.get(index).copied().unwrap_or(0);
                        self.count(made.saturating_add(1))?;
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    if let ComponentAlias::Outer {
                        kind: ComponentOuterAliasKind::Component, ..
                    }
                    | ComponentAlias::InstanceExport {
                        kind: ComponentExternalKind::Component,
                        ..
                    } = alias.map_err(invalid)?
                    {
                        return Err(passed_around());
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    if let ComponentTypeRef::Component(_) = import.map_err(invalid)?.ty {
                        return Err(passed_around());
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    if export.map_err(invalid)?.kind == ComponentExternalKind::Component {
                        return Err(passed_around());
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, instances: usize) -> Result<(), String> {
        self.instances = self.instances.saturating_add(instances);
        if self.instances > INSTANCES {
            return Err(format!("it unfolds to more than {INSTANCES} instances"));
        }
        Ok(())
    }
}

/// How often a component is made can only be counted where it stands: one that is passed around
/// could be made anywhere, and any number of times.
fn passed_around() -> String {
    "it passes components around within itself, which no toolchain needs".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FUNCTION_BYTES: usize = 256 << 10;

    fn check(bytes: &[u8]) -> Result<(), String> {
        super::check(bytes, FUNCTION_BYTES)
    }

    fn refused(text: &str) -> String {
        check(&wat::parse_str(text).unwrap()).unwrap_err()
    }

    /// `depth` components, each within the one before, each made twice.
    fn nested(depth: usize) -> String {
        let inner = if depth == 0 { String::new() } else { nested(depth - 1) };
        let made =
            if depth == 0 { "" } else { "(instance (instantiate 0)) (instance (instantiate 0))" };
        format!("(component {inner} {made})")
    }

    #[test]
    fn what_unfolds_is_refused_and_what_is_merely_nested_is_not() {
        assert_eq!(check(&wat::parse_str(nested(4)).unwrap()), Ok(()));
        assert!(refused(&nested(20)).contains("unfolds"));
        let flat = format!(
            "(component (core module $m) {})",
            "(core instance (instantiate $m))".repeat(INSTANCES + 1)
        );
        assert!(refused(&flat).contains("unfolds"));
    }

    #[test]
    fn components_are_not_passed_around() {
        for text in [
            "(component (component $c) (component (alias outer 1 0 (component))))",
            "(component (import \"c\" (component)))",
            "(component (component $c) (export \"c\" (component $c)))",
            "(component (component $c) (component $d (import \"c\" (component)))
               (instance (instantiate $d (with \"c\" (component $c)))))",
        ] {
            assert!(refused(text).contains("passes components around"), "{text}");
        }
    }

    #[test]
    fn functions_have_a_bounded_size() {
        let function = |times: usize| {
            let body = "nop ".repeat(times);
            format!("(component (core module (func {body})))")
        };
        assert_eq!(check(&wat::parse_str(function(1_000)).unwrap()), Ok(()));
        assert!(refused(&function(FUNCTION_BYTES)).contains("a function of"));
    }

    #[test]
    fn functions_of_all_modules_are_counted_together() {
        let module = |count: usize| format!("(core module {})", "(func)".repeat(count));
        let most = FUNCTIONS as usize;
        let two =
            |one: usize, other: usize| format!("(component {} {})", module(one), module(other));
        assert_eq!(check(&wat::parse_str(two(most - 10, 10)).unwrap()), Ok(()));
        assert!(refused(&two(most - 10, 11)).contains("more than 50000 functions"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes: Vec<u8>) {
            let _ = check(&bytes);
            let component = [b"\0asm\x0d\0\x01\0".as_slice(), &bytes].concat();
            let _ = check(&component);
        }
    }
}
