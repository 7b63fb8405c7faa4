//! The values of the host's own arguments: taken off a call before the plugin sees it.

use serde_json::Value;
use souk_model::{Code, Failure};
use souk_policy::EffectKind;

use crate::load::host_args::HostArgs;

/// What a caller gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostArgValues {
    pub(super) confirm: bool,
    pub(crate) reason: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) preview: bool,
}

impl HostArgValues {
    /// Takes `confirm` off the arguments of a tool that writes and does not list it: what a call turns
    /// out to write may need it, though most calls of the tool do not.
    pub(super) fn take_unlisted_confirm(
        effect: EffectKind,
        args: HostArgs,
        arguments: &mut Value,
    ) -> bool {
        if args.confirm || !effect.writes() {
            return false;
        }
        let Some(arguments) = arguments.as_object_mut() else { return false };
        match arguments.get("confirm") {
            Some(Value::Bool(_)) => arguments.shift_remove("confirm") == Some(Value::Bool(true)),
            _ => false,
        }
    }

    /// Takes them off the arguments.
    pub(crate) fn take(args: HostArgs, arguments: &mut Value) -> Self {
        let Some(arguments) = arguments.as_object_mut() else { return Self::default() };
        if !(args.confirm || args.reason || args.key || args.preview) {
            return Self::default();
        }
        let mut text = |name: &str| match arguments.shift_remove(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            _ => None,
        };
        let (reason, key) = (text("reason"), text("idempotency_key"));
        let mut flag = |name: &str| arguments.shift_remove(name) == Some(Value::Bool(true));
        Self { confirm: flag("confirm"), preview: flag("preview"), reason, key }
    }

    /// Refuses what must be confirmed and was not. A preview needs no confirmation.
    pub(crate) fn check(&self, args: HostArgs, tool: &str) -> Result<(), Failure> {
        if !args.confirm || self.preview || (self.confirm && self.reason.is_some()) {
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
