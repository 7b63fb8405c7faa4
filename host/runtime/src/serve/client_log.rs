//! What a call tells its client of how it goes, beside its answer: for the person who watches.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};
use souk_model::plan::PlanId;
use souk_model::{CallFailure, Client, Code, LogLevel, ToolCall, ToolResult};
use souk_policy::Mask;

/// The log of one call, as its client gets it.
pub(super) struct ClientLog {
    client: Option<Arc<dyn Client>>,
    tool: String,
    mask: Mask,
    begun: Instant,
}

impl ClientLog {
    /// Of a call whose texts go through this mask.
    pub(super) fn new(call: &ToolCall, mask: &Mask) -> Self {
        let (client, tool) = (call.client.clone(), call.tool.clone());
        Self { client, tool, mask: mask.clone(), begun: Instant::now() }
    }

    /// That a plan is carried out from now on.
    pub(super) fn carries_out(&self, plan: &PlanId) {
        self.say(LogLevel::Info, "carrying out the plan", [("plan_id", plan.to_string().into())]);
    }

    /// How the call ended. Its answer has been through the mask.
    pub(super) fn ended(&self, answer: &Result<ToolResult, CallFailure>) {
        match answer {
            Ok(answer) => {
                for text in answer.headline.iter().chain(&answer.notes) {
                    self.say(LogLevel::Notice, text, []);
                }
                let took = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.say(LogLevel::Debug, "done", [("milliseconds", took.into())]);
            }
            Err(CallFailure { failure, .. }) => {
                let is_ours = failure.code == Code::InternalError;
                let level = if is_ours { LogLevel::Error } else { LogLevel::Warning };
                self.say(level, &failure.message, [("code", failure.code.as_str().into())]);
            }
        }
    }

    fn say<const N: usize>(&self, level: LogLevel, message: &str, more: [(&str, Value); N]) {
        let Some(client) = &self.client else { return };
        let message = self.mask.text(message.to_owned());
        let said = [("tool", self.tool.as_str().into()), ("message", message.into())];
        let said = said.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value));
        client.log(level, Value::Object(said.collect::<Map<_, _>>()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;
    use souk_model::{Elicitation, ElicitationAnswer, Failure, NoAnswer, Principal};
    use souk_policy::RuleOrigin;

    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<(LogLevel, Value)>>);

    #[async_trait::async_trait]
    impl Client for Heard {
        async fn elicit(&self, _: &str, _: Elicitation) -> Result<ElicitationAnswer, NoAnswer> {
            Err(NoAnswer::Unsupported)
        }

        fn log(&self, level: LogLevel, message: Value) {
            self.0.lock().unwrap().push((level, message));
        }
    }

    #[test]
    fn a_failure_is_told_with_its_code_and_through_the_mask() {
        let heard = Arc::new(Heard::default());
        let mut call = ToolCall::new(Principal::local(), "orders_get".into(), Map::new());
        call.client = Some(heard.clone());
        let log = ClientLog::new(&call, &Mask::set_by(RuleOrigin::Env("SOUK_MASK_PII")));
        log.ended(&Err(Failure::new(Code::NotFound, "nobody is ann@example.com").into()));
        log.ended(&Err(Failure::internal("it broke").into()));
        log.ended(&Ok(ToolResult { notes: vec!["cut".into()], ..ToolResult::default() }));
        let heard = heard.0.lock().unwrap();
        let message = json!({"tool": "orders_get", "code": "NOT_FOUND",
            "message": "nobody is [masked:email]"});
        assert_eq!(heard[0], (LogLevel::Warning, message));
        let levels: Vec<_> = heard.iter().map(|(level, _)| *level).collect();
        let (warning, error) = (LogLevel::Warning, LogLevel::Error);
        assert_eq!(levels, [warning, error, LogLevel::Notice, LogLevel::Debug]);
    }
}
