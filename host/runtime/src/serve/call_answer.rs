//! The one place where the answer of a call is made: of what it did, and of what the plugin says.

use serde_json::{Map, Value};
use souk_model::{CallFailure, Failure};

use super::outcome_members::OutcomeMembers;
use super::tool::LoadedTool;
use crate::guest::call_effects::CallEffects;

/// An answer that may be given, but for the masks.
#[derive(Debug)]
pub(super) struct CallAnswer {
    /// What has to be read first.
    pub(super) headline: Option<String>,
    /// The result, the host's own members in it.
    pub(super) result: Map<String, Value>,
    /// What the host says beside it.
    pub(super) notes: Vec<String>,
}

impl CallEffects {
    /// What a call answers that did this and ended so. The host's counts win over the plugin's words,
    /// a plan of which nothing was done is a failure whatever the plugin says, and a failure tells what
    /// was done before it.
    pub(super) fn answer(
        self,
        tool: Option<&LoadedTool>,
        result: Result<Map<String, Value>, Failure>,
    ) -> Result<CallAnswer, CallFailure> {
        let members = match (&self.plan, tool.and_then(LoadedTool::plugin_output)) {
            (Some(plan), Some(output)) => Some(OutcomeMembers::of(&plan.outcome, output)),
            _ => None,
        };
        match result {
            Ok(mut result) => {
                if let Some(members) = &members {
                    members.put_into(&mut result);
                }
                match self.failure() {
                    Some(failure) => Err(CallFailure { result: Some(result), ..failure.into() }),
                    None => {
                        let headline = self.headline();
                        // The headline says all of it already.
                        let note = if headline.is_some() { None } else { self.describe() };
                        Ok(CallAnswer { headline, notes: note.into_iter().collect(), result })
                    }
                }
            }
            Err(failure) => {
                let result = members.and_then(|members| members.alone(&failure));
                Err(CallFailure { result, ..self.before(failure).into() })
            }
        }
    }
}
