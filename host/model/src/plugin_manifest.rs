//! What one version of a plugin is and asks for: what an approval is about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    Action, ActionDetails, Bound, CommitTool, Effect, Grant, Group, GroupDetails, PluginSigner,
    Tier,
};

/// One version of a plugin, as far as an approval is about it.
///
/// Two files with the same digest are the same version, whatever else is said of them. Texts are whole
/// where they are kept for showing what changed, and digests where they only have to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginManifest {
    /// The group's name.
    pub group: String,
    /// The version that it gives itself.
    pub version: String,
    /// Lower-case hex SHA-256 of its file.
    pub digest: String,
    /// Whose signature over its file was verified; none where it has none that counts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signer: Option<PluginSigner>,
    /// The interfaces that it imports, without their versions: `souk:plugin/plans`. Those that lead
    /// nowhere (standard WASI, and the contract's own types) are left out.
    pub imports: BTreeSet<String>,
    /// The group's title and description.
    pub description: ManifestText,
    /// Digest of its prompts, resources, settings and whatever else it says of the group.
    pub details: String,
    /// By the tools that they become.
    pub actions: BTreeMap<String, ActionManifest>,
}

/// One action of a plugin, as far as an approval is about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionManifest {
    /// How much harm it can do.
    pub tier: Tier,
    /// What it does to the world.
    pub effect: ManifestEffect,
    /// Whether it needs a session.
    pub needs_session: bool,
    /// Digest of the JSON Schema of its arguments.
    pub input: String,
    /// Digest of the JSON Schema of its answer.
    pub output: String,
    /// Digest of what it says beside the rest: keywords, completions, extensions.
    pub details: String,
    /// What it may ask of back ends, each with what that can do.
    pub grants: BTreeMap<String, GrantPower>,
    /// Its title and description.
    pub description: ManifestText,
    /// The tool that commits what it proposes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub commit: Option<CommitManifest>,
}

/// The tool that commits what an action proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitManifest {
    /// The tool's whole name.
    pub tool: String,
    /// Its tier.
    pub tier: Tier,
    /// Its title and description.
    pub description: ManifestText,
}

/// A text, or what is left to compare it by.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManifestText {
    /// The text itself.
    Text(String),
    /// Its digest.
    Sha256(String),
}

impl ManifestText {
    /// The digest of the text.
    #[must_use]
    pub fn digest(&self) -> String {
        match self {
            Self::Text(text) => sha256(text.as_bytes()),
            Self::Sha256(digest) => digest.clone(),
        }
    }

    /// The text, where it is known.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Sha256(_) => None,
        }
    }

    fn shorten(&mut self) {
        *self = Self::Sha256(self.digest());
    }
}

impl PartialEq for ManifestText {
    fn eq(&self, other: &Self) -> bool {
        self.digest() == other.digest()
    }
}

/// What an action does to the world, in one word or a few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ManifestEffect {
    /// Reads only.
    Query,
    /// Reads, and proposes a plan.
    Prepare,
    /// Changes the store in the same call.
    Apply(Bound),
    /// Changes the caller's session.
    Session,
}

impl From<&Effect> for ManifestEffect {
    fn from(effect: &Effect) -> Self {
        match effect {
            Effect::Query => Self::Query,
            Effect::Prepare(_) => Self::Prepare,
            Effect::Apply(bound) => Self::Apply(*bound),
            Effect::Session => Self::Session,
        }
    }
}

impl fmt::Display for ManifestEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query => f.write_str("query"),
            Self::Prepare => f.write_str("prepare"),
            Self::Apply(Bound::AtMost(count)) => write!(f, "apply, at most {count}"),
            Self::Apply(Bound::Bulk) => f.write_str("apply, in bulk"),
            Self::Session => f.write_str("session"),
        }
    }
}

impl From<ManifestEffect> for String {
    fn from(effect: ManifestEffect) -> Self {
        effect.to_string()
    }
}

/// A text that names no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no effect of an action")]
pub struct InvalidManifestEffect(String);

impl FromStr for ManifestEffect {
    type Err = InvalidManifestEffect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "query" => Ok(Self::Query),
            "prepare" => Ok(Self::Prepare),
            "apply, in bulk" => Ok(Self::Apply(Bound::Bulk)),
            "session" => Ok(Self::Session),
            _ => text
                .strip_prefix("apply, at most ")
                .and_then(|count| count.parse().ok())
                .map(|count| Self::Apply(Bound::AtMost(count)))
                .ok_or_else(|| InvalidManifestEffect(text.to_owned())),
        }
    }
}

impl TryFrom<String> for ManifestEffect {
    type Error = InvalidManifestEffect;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// What a granted request can do: nothing, or harm of a tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GrantPower {
    /// It reads.
    Read,
    /// It writes, and the least it writes is safe.
    Safe,
    /// It writes, and the least it writes is risky.
    Risk,
    /// It writes, and whatever it writes is critical.
    Critical,
}

impl From<Option<Tier>> for GrantPower {
    fn from(tier: Option<Tier>) -> Self {
        match tier {
            None => Self::Read,
            Some(Tier::Safe) => Self::Safe,
            Some(Tier::Risk) => Self::Risk,
            Some(Tier::Critical) => Self::Critical,
        }
    }
}

impl fmt::Display for GrantPower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Safe => "safe",
            Self::Risk => "risk",
            Self::Critical => "critical",
        })
    }
}

impl PluginManifest {
    /// Of a checked group, unsigned. `write_tier` tells the least tier of what a grant writes; none
    /// where it only reads.
    #[must_use]
    pub fn of(
        group: &Group,
        digest: &str,
        imports: &[String],
        write_tier: impl Fn(&Grant) -> Option<Tier>,
    ) -> Self {
        let without_version =
            |import: &String| import.split('@').next().unwrap_or_default().to_owned();
        let leads_somewhere = |import: &String| {
            !import.starts_with("wasi:") && !import.starts_with("souk:plugin/types")
        };
        let GroupDetails {
            prompts,
            resource_templates,
            settings_schema,
            least_contract: _,
            homepage,
            extensions,
        } = &group.details;
        let actions = group.actions.iter().map(|action| {
            let manifest = ActionManifest::of(&group.name, action, &write_tier);
            (action.tool.clone(), manifest)
        });
        Self {
            group: group.name.clone(),
            version: group.version.clone(),
            digest: digest.to_owned(),
            signer: None,
            imports: imports
                .iter()
                .filter(|import| leads_somewhere(import))
                .map(without_version)
                .collect(),
            description: text(&group.title, &group.description),
            details: digest_of(&(
                prompts,
                resource_templates,
                settings_schema,
                homepage,
                extensions,
            )),
            actions: actions.collect(),
        }
    }

    /// The same, with whoever signed its file.
    #[must_use]
    pub fn signed_by(self, signer: Option<PluginSigner>) -> Self {
        Self { signer, ..self }
    }

    /// The tools that its actions become, those that commit among them.
    pub fn tools(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().flat_map(|(tool, action)| action.tools(tool))
    }

    /// The same with digests in place of texts.
    #[must_use]
    pub fn without_texts(mut self) -> Self {
        self.description.shorten();
        for action in self.actions.values_mut() {
            action.description.shorten();
            if let Some(commit) = &mut action.commit {
                commit.description.shorten();
            }
        }
        self
    }
}

impl ActionManifest {
    fn of(group: &str, action: &Action, write_tier: impl Fn(&Grant) -> Option<Tier>) -> Self {
        let ActionDetails { completions, untrusted, keywords, deprecated, extensions } =
            &action.details;
        let commit = match &action.effect {
            Effect::Prepare(commit) => Some(commit),
            Effect::Query | Effect::Apply(_) | Effect::Session => None,
        };
        let subject_as = commit.and_then(|commit| commit.subject_as.as_deref());
        Self {
            tier: action.tier,
            effect: (&action.effect).into(),
            needs_session: action.needs_session,
            input: digest_of(&action.input),
            output: digest_of(&action.output),
            details: digest_of(&(
                completions,
                untrusted,
                keywords,
                deprecated,
                extensions,
                subject_as,
            )),
            grants: action
                .grants
                .iter()
                .map(|grant| (grant.to_string(), write_tier(grant).into()))
                .collect(),
            description: text(&action.title, &action.description),
            commit: commit.map(|commit| CommitManifest::of(group, commit)),
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        self.effect == ManifestEffect::Query
    }

    /// Its own tool's name, and that of the tool that commits what it proposes.
    pub fn tools<'m>(&'m self, tool: &'m str) -> impl Iterator<Item = &'m str> {
        [Some(tool), self.commit.as_ref().map(|commit| commit.tool.as_str())].into_iter().flatten()
    }
}

impl CommitManifest {
    fn of(group: &str, commit: &CommitTool) -> Self {
        Self {
            tool: commit.tool(group),
            tier: commit.tier,
            description: text(&commit.title, &commit.description),
        }
    }
}

fn text(title: &str, description: &str) -> ManifestText {
    ManifestText::Text(format!("{title}\n{description}"))
}

/// The digest of something as JSON, its members sorted by name.
fn digest_of(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    let mut canonical = String::new();
    write_canonical(&mut canonical, &value);
    sha256(canonical.as_bytes())
}

fn write_canonical(out: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            out.push('{');
            for (name, member) in sorted {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write_canonical(out, member);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(out, item);
                out.push(',');
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// The beginning of a digest, which is enough to tell files apart that nobody made for it.
#[must_use]
pub fn short_digest(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_is_read_as_it_is_written() {
        for effect in [
            ManifestEffect::Query,
            ManifestEffect::Prepare,
            ManifestEffect::Apply(Bound::AtMost(3)),
            ManifestEffect::Apply(Bound::Bulk),
            ManifestEffect::Session,
        ] {
            assert_eq!(effect.to_string().parse(), Ok(effect));
        }
        assert!("apply".parse::<ManifestEffect>().is_err());
    }

    #[test]
    fn a_text_and_its_digest_are_the_same_and_another_text_is_not() {
        let text = ManifestText::Text("Says hello".to_owned());
        assert_eq!(text, ManifestText::Sha256(text.digest()));
        assert_ne!(text, ManifestText::Text("Says hello ".to_owned()));
        // What looks like a digest is a text all the same.
        assert_ne!(text, ManifestText::Text(text.digest()));
    }
}
