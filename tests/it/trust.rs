//! What a plugin may do is what somebody has approved, by the bytes of its file: whatever is more waits,
//! is told to the operator and to nobody else, and what was approved goes on serving.

mod decisions;
mod frozen;
mod growth;
mod lock;
mod minisign;
mod record;
mod registry;
mod shipped;
mod shown_texts;
mod signatures;

use std::path::{Path, PathBuf};

use serde_json::Value;
use souk_tests::{Home, Souk, lines_of};

use souk_hostile::case::described;

/// The digest of a file, as the host has it.
fn digest(wasm: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(wasm))
}

/// A version of `greet`: `hello` reads, `note` writes. What stands in `hello` is TOML of that action.
fn greet(version: &str, hello: &str) -> Vec<u8> {
    let hello = if hello.is_empty() { "description = 'Says hello.'" } else { hello };
    described(&format!(
        "name = 'greet'\nversion = '{version}'\ntitle = 'Greetings'\ndescription = 'Greets.'\n\
         [[action]]\nname = 'hello'\ntitle = 'Hello'\n{hello}\n\
         [[action]]\nname = 'note'\ntitle = 'Note'\ndescription = 'Leaves a note.'\n\
         effect = 'apply'\ntier = 'risk'\n\
         grants = [{{ route = '/V1/orders/{{id}}/comments', write = true }}]\n"
    ))
}

/// A directory of plugins with `auth` and `scope`, which souk was built with.
fn directory(home: &Home) -> PathBuf {
    let directory = home.plugins();
    std::fs::remove_file(directory.join("catalog.wasm")).unwrap();
    directory
}

/// `souk` with these arguments, on that directory, under this mode.
fn under<'h>(home: &'h Home, mode: &str, arguments: &[&str]) -> Souk<'h> {
    home.souk(arguments.iter().copied())
        .env("SOUK_PLUGINS", home.path("plugins"))
        .env("SOUK_PLUGINS_TRUST", mode)
}

/// A command of `souk plugins` under `reads`; what it printed.
async fn plugins(home: &Home, arguments: &[&str]) -> String {
    under(home, "reads", &[&["plugins"], arguments].concat()).run().await.ok()
}

/// What `souk plugins` says, for machines.
async fn listed(home: &Home, mode: &str) -> Value {
    serde_json::from_str(&under(home, mode, &["plugins", "--json"]).run().await.ok()).unwrap()
}

/// The digest of what serves a group.
fn serving(listed: &Value, group: &str) -> Option<String> {
    let plugins = listed["plugins"].as_array().unwrap();
    let plugin = plugins.iter().find(|plugin| plugin["group"] == group)?;
    Some(plugin["digest"].as_str().unwrap().to_owned())
}

/// The messages of the trail's lines of this code.
fn noted(trail: &Path, code: &str) -> Vec<String> {
    let notices = lines_of(trail, "notice");
    let of_code = notices.iter().filter(|line| line["code"] == code);
    of_code.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
}
