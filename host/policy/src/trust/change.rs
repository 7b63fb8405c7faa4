//! One thing in which an offered version of a plugin differs from the approved one, and how it is shown.

use std::fmt;

use souk_model::{
    GrantPower, ManifestEffect, ManifestText, PluginSigner, Tier, short_digest, visible,
};

/// One thing in which an offered version differs from the approved one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginChange {
    /// The tool that it is about; none where it is about the group.
    pub tool: Option<String>,
    /// What differs.
    pub kind: ChangeKind,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// Other bytes: whatever it says of itself, nobody has approved what it does.
    Code {
        /// The approved file's digest.
        from: String,
        /// The offered one's.
        to: String,
    },
    /// It calls itself another version.
    Version {
        /// The approved one.
        from: String,
        /// The offered one.
        to: String,
    },
    /// Another key signed it, or none.
    Signer {
        /// That of the approved one; none where it was unsigned.
        from: Option<PluginSigner>,
        /// The offered one's.
        to: Option<PluginSigner>,
    },
    /// It imports this interface, too.
    Import(String),
    /// It no longer imports this one.
    ImportDropped(String),
    /// The action is new.
    Action {
        /// What it does to the world.
        effect: ManifestEffect,
        /// Its tier.
        tier: Tier,
    },
    /// The action is gone.
    ActionDropped,
    /// It may ask for this, too.
    Grant {
        /// The request.
        grant: String,
        /// What that can do.
        power: GrantPower,
    },
    /// It no longer asks for this.
    GrantDropped(String),
    /// Its tier, or that of the tool that commits. A lower one is more as well: it needs no
    /// confirmation any more.
    Tier {
        /// The approved one.
        from: Tier,
        /// The offered one.
        to: Tier,
    },
    /// Its effect.
    Effect {
        /// The approved one.
        from: ManifestEffect,
        /// The offered one.
        to: ManifestEffect,
    },
    /// Whether it needs a session.
    Session {
        /// Whether the offered one does.
        needed: bool,
    },
    /// The tool that commits what it proposes.
    Commit {
        /// The approved one.
        from: Option<String>,
        /// The offered one.
        to: Option<String>,
    },
    /// Title or description.
    Text {
        /// The approved one; none of what is new.
        from: Option<ManifestText>,
        /// The offered one.
        to: ManifestText,
    },
    /// A JSON Schema.
    Schema {
        /// Of what: `arguments`, `answer`.
        of: &'static str,
    },
    /// Something that has no line of its own: prompts, keywords, completions, extensions.
    Details,
}

impl PluginChange {
    /// Of the group.
    pub(super) const fn of_group(kind: ChangeKind) -> Self {
        Self { tool: None, kind }
    }

    /// Of a tool.
    pub(super) fn of_tool(tool: &str, kind: ChangeKind) -> Self {
        Self { tool: Some(tool.to_owned()), kind }
    }

    /// Whether the offered version asks for more by it, or says something else. What only falls away
    /// is not.
    #[must_use]
    pub const fn is_more(&self) -> bool {
        match self.kind {
            ChangeKind::Code { .. }
            | ChangeKind::Version { .. }
            | ChangeKind::ImportDropped(_)
            | ChangeKind::ActionDropped
            | ChangeKind::GrantDropped(_) => false,
            // Whoever knew by whom it was does not know it any more.
            ChangeKind::Signer { ref from, .. } => from.is_some(),
            ChangeKind::Import(_)
            | ChangeKind::Action { .. }
            | ChangeKind::Grant { .. }
            | ChangeKind::Tier { .. }
            | ChangeKind::Effect { .. }
            | ChangeKind::Session { .. }
            | ChangeKind::Commit { .. }
            | ChangeKind::Text { .. }
            | ChangeKind::Schema { .. }
            | ChangeKind::Details => true,
        }
    }

    /// A word for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            ChangeKind::Code { .. } => "code",
            ChangeKind::Version { .. } => "version",
            ChangeKind::Signer { .. } => "signer",
            ChangeKind::Import(_) => "import",
            ChangeKind::ImportDropped(_) => "import-dropped",
            ChangeKind::Action { .. } => "action",
            ChangeKind::ActionDropped => "action-dropped",
            ChangeKind::Grant { .. } => "grant",
            ChangeKind::GrantDropped(_) => "grant-dropped",
            ChangeKind::Tier { .. } => "tier",
            ChangeKind::Effect { .. } => "effect",
            ChangeKind::Session { .. } => "session",
            ChangeKind::Commit { .. } => "commit",
            ChangeKind::Text { .. } => "text",
            ChangeKind::Schema { .. } => "schema",
            ChangeKind::Details => "details",
        }
    }
}

/// A line, or for texts some: `+` what it asks for beside the rest, `-` what it no longer asks for, `~`
/// what is other than it was. What would not be seen is written out.
impl fmt::Display for PluginChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = self.tool.as_deref().unwrap_or("the group");
        match &self.kind {
            ChangeKind::Code { from, to } => {
                write!(f, "~ other code: {} in place of {}", short_digest(to), short_digest(from))
            }
            ChangeKind::Version { from, to } => {
                write!(f, "~ version {} in place of {}", visible::line(to), visible::line(from))
            }
            ChangeKind::Signer { from, to } => {
                let whose = |signer: &Option<PluginSigner>| {
                    signer.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string)
                };
                write!(f, "~ signed by {} in place of {}", whose(to), whose(from))
            }
            ChangeKind::Import(import) => write!(f, "+ import {}", visible::line(import)),
            ChangeKind::ImportDropped(import) => write!(f, "- import {}", visible::line(import)),
            ChangeKind::Action { effect, tier } => {
                write!(f, "+ {whose} [{tier}]: a new action ({effect})")
            }
            ChangeKind::ActionDropped => write!(f, "- {whose}"),
            ChangeKind::Grant { grant, power } => {
                write!(f, "+ {} [{power}], for {whose}", visible::line(grant))
            }
            ChangeKind::GrantDropped(grant) => {
                write!(f, "- {}, for {whose}", visible::line(grant))
            }
            ChangeKind::Tier { from, to } => {
                write!(f, "~ tier of {whose}: {to} in place of {from}")
            }
            ChangeKind::Effect { from, to } => {
                write!(f, "~ effect of {whose}: {to} in place of {from}")
            }
            ChangeKind::Session { needed: true } => write!(f, "~ {whose} needs a session"),
            ChangeKind::Session { needed: false } => {
                write!(f, "~ {whose} needs no session any more")
            }
            ChangeKind::Commit { from, to } => {
                let name =
                    |tool: &Option<String>| tool.clone().unwrap_or_else(|| "none".to_owned());
                write!(f, "~ commit tool of {whose}: {} in place of {}", name(to), name(from))
            }
            ChangeKind::Text { from, to } => {
                write!(f, "~ description of {whose}:")?;
                write_texts(f, from.as_ref(), to)
            }
            ChangeKind::Schema { of } => write!(f, "~ {of} of {whose}: another schema"),
            ChangeKind::Details => {
                write!(f, "~ what {whose} says beside: prompts, keywords, completions, extensions")
            }
        }
    }
}

/// Each on a line of its own, set in below what stands before; nothing where there are none.
#[must_use]
pub fn indented<'c>(changes: impl IntoIterator<Item = &'c PluginChange>) -> String {
    let lines = changes.into_iter().map(|change| format!("\n{change}").replace('\n', "\n  "));
    lines.collect()
}

/// The lines in which two texts differ.
fn write_texts(
    f: &mut fmt::Formatter<'_>,
    from: Option<&ManifestText>,
    to: &ManifestText,
) -> fmt::Result {
    let lines = |text: Option<&ManifestText>| -> Vec<String> {
        let text = text.and_then(ManifestText::text).unwrap_or_default();
        text.lines().map(|line| visible::line(line).into_owned()).collect()
    };
    let (before, after) = (lines(from), lines(Some(to)));
    if from.is_some_and(|from| from.text().is_none()) {
        f.write_str(" (the text before is not known)")?;
    }
    for line in before.iter().filter(|line| !after.contains(line)) {
        write!(f, "\n    - {line}")?;
    }
    for line in after.iter().filter(|line| !before.contains(line)) {
        write!(f, "\n    + {line}")?;
    }
    Ok(())
}
