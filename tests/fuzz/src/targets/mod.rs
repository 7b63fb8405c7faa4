//! The targets. Each takes any bytes and panics where a promise is broken; that an input is refused is
//! none.

mod contract;
mod grants;
mod review;
mod signature;
mod store;

use std::path::Path;

use crate::settings::file::{FileAuthority, parse};

/// Something that takes bytes from outside.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it and its corpus are called.
    pub name: &'static str,
    /// Gives it an input; answers whether it came as far as what is to be tried.
    pub run: fn(&[u8]) -> bool,
}

/// All of them.
pub const TARGETS: [Target; 8] = [
    Target { name: "component", run: component },
    Target { name: "grants", run: grants::run },
    Target { name: "review", run: review::run },
    Target { name: "contract", run: contract::run },
    Target { name: "oauth", run: store::oauth },
    Target { name: "error_body", run: store::error_body },
    Target { name: "signature", run: signature::run },
    Target { name: "souk_toml", run: souk_toml },
];

/// The target of this name.
///
/// # Panics
/// There is none.
#[must_use]
pub fn target(name: &str) -> &'static Target {
    let found = TARGETS.iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("no target is called `{name}`"))
}

/// What a function may have by default.
const FUNCTION_BYTES: usize = 256 << 10;

/// A file that somebody put into the plugin directory.
fn component(bytes: &[u8]) -> bool {
    let taken = crate::preflight::check(bytes, FUNCTION_BYTES).is_ok();
    let headed = [b"\0asm\x0d\0\x01\0".as_slice(), bytes].concat();
    if let Err(why) = crate::preflight::check(&headed, FUNCTION_BYTES) {
        assert!(!why.is_empty());
    }
    taken
}

/// The operator's file, and one that lies in the working directory.
fn souk_toml(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let path = Path::new("souk.toml");
    let (operators, problems) = parse(text, path, FileAuthority::Operator);
    let (local, complaints) = parse(text, path, FileAuthority::Local);
    // What lies in the working directory narrows, and says nothing that the operator's file could not.
    for value in &local {
        assert!(value.setting.merge.narrows(), "`{}` of a local file is taken", value.key);
        let same = operators.iter().any(|set| (&set.key, &set.value) == (&value.key, &value.value));
        assert!(same, "`{}` is another in the operator's file", value.key);
    }
    let table = text.parse::<toml::Table>();
    if table.is_err() {
        assert!(!problems.is_empty(), "a broken file is no empty one");
    }
    for problem in problems.iter().chain(&complaints) {
        assert!(!problem.to_string().is_empty());
    }
    !operators.is_empty()
}
