//! Which plugins the program was built with: those it trusts without being told to.
//!
//! A release has their digests in it (`SOUK_SHIPPED_PLUGINS` when it is built). A build from a checkout
//! has them in a list beside the executable, since plugins are built after the host: whoever can write
//! there can put another program in the executable's place as well. Nothing in the directory of plugins
//! counts.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::bail;

use crate::settings::trust::check_file;

/// The list's ending, after the executable's name: `souk.plugins`. Each line begins with a digest, as
/// `sha256sum` writes it.
const ENDING: &str = "plugins";
/// The longest list that is read, in bytes.
const MAX_LIST: u64 = 1 << 20;
/// Digests, separated by white space.
const BUILT_IN: Option<&str> = option_env!("SOUK_SHIPPED_PLUGINS");

/// The digests of the plugins that the program was built with.
pub(crate) fn digests(plugins: &Path) -> BTreeSet<String> {
    let mut digests = parse(&BUILT_IN.unwrap_or_default().replace(char::is_whitespace, "\n"));
    match beside_executable(plugins) {
        Ok(listed) => digests.extend(listed),
        Err(why) => tracing::warn!("{why}"),
    }
    digests
}

fn beside_executable(plugins: &Path) -> Result<BTreeSet<String>, String> {
    let Ok(executable) = std::env::current_exe() else { return Ok(BTreeSet::new()) };
    let path = executable.with_extension(ENDING);
    let Ok(file) = File::open(&path) else { return Ok(BTreeSet::new()) };
    if is_inside(&path, plugins) {
        return Err(format!("`{}` lies among the plugins, and is not read", path.display()));
    }
    let unreadable = |error: std::io::Error| format!("cannot read `{}`: {error}", path.display());
    check_file(&file.metadata().map_err(unreadable)?, &path)?;
    let mut text = String::new();
    file.take(MAX_LIST).read_to_string(&mut text).map_err(unreadable)?;
    Ok(parse(&text))
}

fn parse(text: &str) -> BTreeSet<String> {
    let digest = |line: &str| {
        let digest = line.split_whitespace().next()?;
        let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| digest.to_ascii_lowercase())
    };
    text.lines().filter_map(digest).collect()
}

/// Refuses a file of the operator's that lies where plugins are dropped.
///
/// # Errors
/// It does.
pub(crate) fn refuse_inside(record: &Path, plugins: &Path) -> anyhow::Result<()> {
    if is_inside(record, plugins) {
        bail!(
            "`plugins.lock` is `{}`, in the directory of plugins: whoever can drop a plugin there could \
             approve it; name a file elsewhere",
            record.display()
        );
    }
    Ok(())
}

fn is_inside(file: &Path, directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else { return false };
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(".")).canonicalize();
    parent.is_ok_and(|parent| parent.starts_with(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_what_sha256sum_writes_and_nothing_else_of_it_counts() {
        let digest = "a".repeat(64);
        let text = format!("{digest}  auth.wasm\n\nnot a digest\n{} short.wasm\n", "b".repeat(63));
        assert_eq!(parse(&text), BTreeSet::from([digest]));
    }

    #[test]
    fn a_record_among_the_plugins_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let plugins = root.path().join("plugins");
        std::fs::create_dir_all(&plugins).unwrap();
        assert!(refuse_inside(&plugins.join("approvals.json"), &plugins).is_err());
        assert!(refuse_inside(&plugins.join("../plugins/approvals.json"), &plugins).is_err());
        assert!(refuse_inside(&root.path().join("approvals.json"), &plugins).is_ok());
    }
}
