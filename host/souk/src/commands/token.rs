//! `souk token`: bearer tokens for callers. Only their digests are kept.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use souk_model::{Callers, TokenDigest};

use crate::caller_roles::check_known;
use crate::cli::TokenCommand;
use crate::output::{complain, print};
use crate::settings::file::{FileAuthority, parse};
use crate::settings::resolved::named_key;
use crate::setup::Setup;

/// Random bytes of a token. What is this random needs no slow hash: nobody tries them all.
const BYTES: usize = 32;
/// What tokens begin with, so that whoever finds one, and what looks for secrets in files, knows it.
const PREFIX: &str = "souk_";

pub(crate) fn run(setup: &Setup, command: TokenCommand) -> anyhow::Result<ExitCode> {
    let TokenCommand::New { name, roles, print: only_print } = command;
    let known = setup.settings.names("roles");
    for role in &roles {
        check_known("--role", role, &known)?;
    }
    if !only_print && let Some(there) = section_of(setup, &name) {
        bail!(
            "`{name}` stands in {there} already, and what stands there is yours: run the same with \
             --print, and put the digest into its `token_sha256`, beside those that are to stay"
        );
    }
    let token = new_token()?;
    let digest = TokenDigest::of(token.as_bytes());
    // Whether that can be a caller's name at all.
    Callers::of_tokens([(name.clone(), digest)])?;
    let lines = lines_of(&digest, &roles);
    let config = setup.settings.path("config").filter(|_| !only_print);
    let Some(config) = config else {
        let text = format!("{token}\n\n[principals.{}]\n{lines}", toml_key(&name));
        print(&text)?;
        complain(
            "the first line is the token, which is nowhere else; the rest belongs into the \
             operator's souk.toml",
        );
        return Ok(ExitCode::SUCCESS);
    };
    append(&config, &format!("\n[principals.{}]\n{lines}", toml_key(&name)))?;
    print(&format!("{token}\n"))?;
    let shown = config.display();
    complain(format_args!(
        "`{name}` is in `{shown}` now, with the digest of this token, which is nowhere else; a \
         running host takes it within two seconds"
    ));
    Ok(ExitCode::SUCCESS)
}

fn new_token() -> anyhow::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// What the file says of the caller.
fn lines_of(digest: &TokenDigest, roles: &[String]) -> String {
    let mut lines = format!("token_sha256 = [\"sha256:{}\"]\n", hex::encode(digest.bytes()));
    if !roles.is_empty() {
        let roles: Vec<String> = roles.iter().map(|role| format!("{role:?}")).collect();
        lines.push_str(&format!("roles = [{}]\n", roles.join(", ")));
    }
    lines
}

/// Where something is said of this caller already.
fn section_of(setup: &Setup, name: &str) -> Option<String> {
    let settings = &setup.settings;
    let keys = crate::settings::table::all()
        .filter_map(|setting| setting.key.strip_prefix("principals.NAME."));
    keys.map(|last| named_key("principals", name, last))
        .find_map(|key| settings.given(&key).next().map(|given| given.source.to_string()))
}

fn toml_key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.chars().all(bare) { name.to_owned() } else { serde_json::json!(name).to_string() }
}

/// Writes the file anew with the text at its end, and puts it into the old one's place as a whole: a
/// host that follows it never sees a part.
fn append(config: &Path, text: &str) -> anyhow::Result<()> {
    let shown = config.display();
    // Through a link, so that what it leads to is replaced and not the link.
    let config = config.canonicalize().with_context(|| format!("cannot find `{shown}`"))?;
    // Whoever else makes a token at the same time waits, and adds to what is there then.
    let directory = config.parent().context("the file stands in no directory")?;
    let alone = File::open(directory).and_then(|directory| directory.lock().map(|()| directory));
    let _alone = alone.with_context(|| format!("cannot have `{shown}` to itself"))?;
    let before = fs::read_to_string(&config).with_context(|| format!("cannot read `{shown}`"))?;
    let line_end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let after = format!("{before}{line_end}{text}");
    let (_, problems) = parse(&after, &config, FileAuthority::Operator);
    if let Some(problem) = problems.first() {
        bail!(
            "`{shown}` could not be read with these lines at its end, so nothing was written: {problem}\n\
             `souk token new --print` prints what belongs there"
        );
    }
    let as_it_is = fs::metadata(&config)?;
    let new = config.with_extension(format!("toml.{}.new", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(after.as_bytes())?;
        // Whoever reads it reads it still: a host of another user above all.
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (as_it_is.uid(), as_it_is.gid()) {
            fchown(&file, Some(as_it_is.uid()), Some(as_it_is.gid()))?;
        }
        file.set_permissions(as_it_is.permissions())?;
        file.sync_all()?;
        fs::rename(&new, &config)
    };
    write().inspect_err(|_| drop(fs::remove_file(&new))).with_context(|| {
        format!("cannot write `{shown}`; `souk token new --print` prints what belongs there")
    })
}
