//! The arguments that are the host's: `confirm`, `reason`, `idempotency_key`, `preview`, `wait_s`.
//!
//! They are added to a tool's schema where they apply, never as required, so that leaving one out is
//! answered by CONFIRMATION_REQUIRED and not by a schema error. Plugins never see them.

use serde_json::{Map, Value, json};
use souk_model::{Grant, Method, PurgeTarget, Tier};
use souk_policy::EffectKind;

/// Which of them a tool takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HostArgs {
    /// `confirm` and `reason`, and that they must be given.
    pub(crate) confirm: bool,
    /// `reason`, whether or not it must be given.
    pub(crate) reason: bool,
    /// `idempotency_key`: what is done goes through a plan, which remembers it.
    pub(crate) key: bool,
    /// `preview`.
    pub(crate) preview: bool,
    /// `wait_s`. Every tool that writes takes it, and few list it: what a person has to decide of says
    /// so when it is asked for.
    pub(crate) wait: bool,
}

impl HostArgs {
    /// What a tool of this effect and tier takes.
    pub(crate) fn of(effect: EffectKind, tier: Tier) -> Self {
        Self {
            confirm: souk_policy::needs_confirmation(effect, tier),
            reason: effect.writes(),
            key: effect.writes(),
            preview: effect == EffectKind::Apply,
            wait: false,
        }
    }

    /// The same for a tool over plans, which lists how long it waits for a person.
    pub(crate) fn over_plans(effect: EffectKind, tier: Tier) -> Self {
        Self { wait: effect.writes(), ..Self::of(effect, tier) }
    }

    /// The same for an action with these grants. One that purges a cache and can write nothing else
    /// makes no plan: a key would promise what nobody keeps, and a purge is harmless to repeat.
    pub(crate) fn with(self, grants: &[Grant]) -> Self {
        let mut writes = grants.iter().filter(|grant| grant.method != Method::Get).peekable();
        let purges_only =
            writes.peek().is_some() && writes.all(|grant| grant.upstream == PurgeTarget::UPSTREAM);
        Self { key: self.key && !purges_only, ..self }
    }

    /// Adds them to a tool's schema.
    pub(crate) fn add_to(self, schema: &mut Map<String, Value>) {
        let properties = schema.entry("properties").or_insert_with(|| json!({}));
        let Some(properties) = properties.as_object_mut() else { return };
        let mut add = |applies: bool, name: &str, property: Value| {
            if applies {
                properties.insert(name.to_owned(), property);
            }
        };
        let shows = if self.key {
            "Only show the change; `plans_commit` carries it out."
        } else {
            "Only check what would be done."
        };
        // A reason is worth keeping for every write, asked for or not.
        add(
            self.reason,
            "reason",
            json!({"type": "string", "maxLength": 500, "description": "Why, for the audit trail."}),
        );
        add(
            self.confirm,
            "confirm",
            json!({"type": "boolean", "description": "true, once whoever asked has seen the change."}),
        );
        add(
            self.key,
            "idempotency_key",
            json!({"type": "string", "minLength": 1, "maxLength": 128, "description": "The same key does nothing twice."}),
        );
        add(
            self.wait,
            "wait_s",
            json!({"type": "integer", "minimum": 0, "description": "Wait so long for a person who has to approve it."}),
        );
        add(self.preview, "preview", json!({"type": "boolean", "description": shows}));
    }
}
