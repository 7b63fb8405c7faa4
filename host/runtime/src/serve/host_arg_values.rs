//! The values of the host's own arguments: taken off a call before the plugin sees it.

use std::time::Duration;

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
    /// How long to wait for persons who have to decide.
    pub(crate) wait: Duration,
}

impl HostArgValues {
    /// Takes `confirm` and `reason` off the arguments of a tool that is no mere read and does not list
    /// them: what a call turns out to write may need them, though most calls of the tool do not, and
    /// whoever confirms more than is asked for is not refused. The same for `wait_s`, of tools that
    /// write. What was given.
    pub(super) fn take_unlisted(effect: EffectKind, args: HostArgs, arguments: &mut Value) -> Self {
        let mut taken = Self::default();
        let Some(arguments) = arguments.as_object_mut().filter(|_| effect != EffectKind::Query)
        else {
            return taken;
        };
        if !args.wait
            && effect.writes()
            && let Some(wait) = arguments.get("wait_s").and_then(Value::as_u64)
        {
            arguments.shift_remove("wait_s");
            taken.wait = Duration::from_secs(wait);
        }
        if !args.reason && arguments.get("reason").is_some_and(Value::is_string) {
            arguments.shift_remove("reason");
        }
        match arguments.get("confirm") {
            Some(Value::Bool(confirmed)) if !args.confirm => {
                taken.confirm = *confirmed;
                arguments.shift_remove("confirm");
            }
            _ => {}
        }
        taken
    }

    /// Takes them off the arguments.
    pub(crate) fn take(args: HostArgs, arguments: &mut Value) -> Self {
        let Some(arguments) = arguments.as_object_mut() else { return Self::default() };
        if !(args.confirm || args.reason || args.key || args.preview || args.wait) {
            return Self::default();
        }
        let mut text = |name: &str| match arguments.shift_remove(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            _ => None,
        };
        let (reason, key) = (text("reason"), text("idempotency_key"));
        let mut flag = |name: &str| arguments.shift_remove(name) == Some(Value::Bool(true));
        let (confirm, preview) = (flag("confirm"), flag("preview"));
        let wait = arguments.shift_remove("wait_s").and_then(|wait| wait.as_u64());
        let wait = Duration::from_secs(wait.unwrap_or_default());
        Self { confirm, preview, reason, key, wait }
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
