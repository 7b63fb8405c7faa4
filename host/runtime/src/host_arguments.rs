//! The arguments that are the host's: `confirm`, `reason`, `idempotency_key`, `preview`.
//!
//! They are added to a tool's schema where they apply, never as required, so that leaving one out is
//! answered by CONFIRMATION_REQUIRED and not by a schema error. Plugins never see them.

use serde_json::{Map, Value, json};
use souk_model::{Code, Failure, Grant, Method, PurgeTarget, Tier};
use souk_policy::EffectKind;

/// Which of them a tool takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// `confirm` and `reason`, and that they must be given.
    pub(crate) confirm: bool,
    /// `reason`, whether or not it must be given.
    reason: bool,
    /// `idempotency_key`: what is done goes through a plan, which remembers it.
    pub(crate) key: bool,
    /// `preview`.
    preview: bool,
}

/// What a caller gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    confirm: bool,
    pub(crate) reason: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) preview: bool,
}

impl Wanted {
    /// What a tool of this effect and tier takes.
    pub(crate) fn of(effect: EffectKind, tier: Tier) -> Self {
        Self {
            confirm: souk_policy::needs_confirmation(effect, tier),
            reason: effect.writes(),
            key: effect.writes(),
            preview: effect == EffectKind::Apply,
        }
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
        let mut add = |wanted: bool, name: &str, property: Value| {
            if wanted {
                properties.insert(name.to_owned(), property);
            }
        };
        let shows = if self.key {
            "Only show what would change; nothing is sent. `plans_commit` carries it out."
        } else {
            "Only check what would be done; nothing is sent."
        };
        // A reason is worth keeping for every write, asked for or not.
        add(
            self.reason,
            "reason",
            json!({"type": "string", "maxLength": 500, "description": "Why, in a sentence, for the audit trail."}),
        );
        add(
            self.confirm,
            "confirm",
            json!({"type": "boolean", "description": "Must be true, once the change was shown to whoever asked for it."}),
        );
        add(
            self.key,
            "idempotency_key",
            json!({"type": "string", "minLength": 1, "maxLength": 128, "description": "The same key for the same change answers the first outcome and does nothing twice."}),
        );
        add(self.preview, "preview", json!({"type": "boolean", "description": shows}));
    }

    /// Takes them off the arguments.
    pub(crate) fn take(self, arguments: &mut Value) -> Given {
        let Some(arguments) = arguments.as_object_mut() else { return Given::default() };
        if !(self.confirm || self.reason || self.key || self.preview) {
            return Given::default();
        }
        let mut text = |name: &str| match arguments.shift_remove(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            _ => None,
        };
        let (reason, key) = (text("reason"), text("idempotency_key"));
        let mut flag = |name: &str| arguments.shift_remove(name) == Some(Value::Bool(true));
        Given { confirm: flag("confirm"), preview: flag("preview"), reason, key }
    }
}

impl Given {
    /// Refuses what must be confirmed and was not. A preview needs no confirmation.
    pub(crate) fn check(&self, wanted: Wanted, tool: &str) -> Result<(), Failure> {
        if !wanted.confirm || self.preview || (self.confirm && self.reason.is_some()) {
            return Ok(());
        }
        let missing = match (self.confirm, self.reason.is_some()) {
            (false, false) => "`confirm: true` and a `reason`",
            (false, true) => "`confirm: true`",
            _ => "a `reason`",
        };
        Err(Failure::new(
            Code::ConfirmationRequired,
            format!("`{tool}` changes the store and needs {missing}"),
        )
        .rule("confirmation")
        .remedy("show the change to whoever asked for it, then call again with both"))
    }
}
