//! What whoever built a refused file does about it, where that is known: put behind the refusal.

/// Of an import that is not offered.
pub(super) fn of_import(import: &str) -> &'static str {
    if import.starts_with("wasi:http/") {
        return ": a plugin reads through `souk:plugin/upstream`; `jco componentize` leaves it out with \
                `--disable http --disable fetch-event`";
    }
    if import.starts_with("wasi:") && import.contains("@0.3.") {
        return ": it offers WASI 0.2, without async; build for that";
    }
    if import.starts_with("souk:plugin/") {
        return ": the file was built for a newer contract; update the host";
    }
    ""
}

/// Of what the compiler says of a feature that is switched off.
pub(super) fn of_feature(complaint: &str) -> &'static str {
    if complaint.contains("component model async") {
        return ": this host runs components without async; `componentize-qjs` makes one with `--sync`";
    }
    if complaint.contains("tail calls support is not enabled") {
        return ": build it without tail calls; for `componentize-qjs` leave out `--opt-size`";
    }
    if complaint.contains("memory64") {
        return ": build it for 32 bits, as `wasm32-wasip2` does";
    }
    if complaint.contains("shared") && complaint.contains("memor") || complaint.contains("threads")
    {
        return ": build it without threads";
    }
    ""
}

/// Of a component that is made of more than the pool has room for: the setting, which the engine does not
/// know.
pub(super) fn of_size(complaint: &str) -> &'static str {
    let settings = [
        ("core module instances", " (`limits.instances`)"),
        ("linear memories", " (`limits.memories`)"),
        ("tables, which", " (`limits.tables`)"),
        ("memory has a minimum byte size", " (`limits.memory_bytes`)"),
    ];
    settings.iter().find(|(words, _)| complaint.contains(words)).map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_what_the_toolchain_has_for_it() {
        assert!(of_import("wasi:http/types@0.2.3").contains("--disable http"));
        assert!(of_import("wasi:cli/environment@0.3.0").contains("WASI 0.2"));
        assert!(of_import("souk:plugin/later@0.2.0").contains("newer contract"));
        assert_eq!(of_import("acme:thing/x"), "");
        assert!(
            of_feature("`task.cancel` requires the component model async feature")
                .contains("--sync")
        );
        assert!(of_feature("tail calls support is not enabled").contains("--opt-size"));
        assert!(of_size("contains 70 core module instances, which").contains("limits.instances"));
    }
}
