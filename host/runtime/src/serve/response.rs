//! A plugin's response, and whether it may be passed on.

use std::sync::Arc;

use serde_json::{Map, Value};
use souk_model::{Action, ContentBlock, Failure};

use super::admission::CallPermit;
use super::content;
use crate::guest::bindings::exports::souk::plugin::actions as wit;
use crate::guest::cpu_time::CpuMeter;
use crate::guest::limits::Budget;
use crate::guest::turns::{TurnOwner, Turns};
use crate::guest::usage::ExceededBudget;
use crate::json;
use crate::load::plugin::ActionSchemas;

/// Longer answers are parsed and checked where a thread may be kept busy: nothing interrupts that,
/// and both the text and the schema are the plugin's. Bytes.
const AT_ONCE: usize = 16 << 10;
/// Checks of answers longer than this need a turn: they are few, and nothing interrupts them. Bytes.
const WITHOUT_TURNS: usize = 256 << 10;
/// How much longer than its processor time a check may take on a busy machine before nobody waits for
/// it any more.
const PATIENCE: u32 = 10;
/// A value has at least so many bytes of text, on the average of a whole answer.
const BYTES_A_VALUE: usize = 8;

/// A response, not yet trusted.
pub(super) struct PluginResponse {
    pub(super) response: wit::Response,
    /// The URIs of the documents that the call kept.
    pub(super) documents: Vec<String>,
    pub(super) plugin: Arc<str>,
    /// Who asked; nobody in a run that serves no call.
    pub(super) caller: Option<Arc<str>>,
    pub(super) action: Arc<Action>,
    pub(super) schemas: Option<Arc<ActionSchemas>>,
}

/// A result that may be passed on, and what is shown beside it.
pub(super) type ResultAndContent = (Map<String, Value>, Vec<ContentBlock>);

impl PluginResponse {
    /// Parses and checks the answer. The call's permit stays taken until that has ended, also where
    /// nobody waits for it any more.
    ///
    /// # Errors
    /// It is too large or too laborious, or not what the action declares.
    pub(super) async fn check(
        self,
        budget: &Budget,
        turns: Arc<Turns>,
        permit: CallPermit,
    ) -> Result<ResultAndContent, Failure> {
        let bytes = self.response.json.len() + content::image_bytes(&self.response.content);
        if bytes > budget.answer_bytes {
            return Err(ExceededBudget::Answer(budget.answer_bytes).failure(&self.plugin));
        }
        let values = budget.answer_bytes / BYTES_A_VALUE;
        if self.response.json.len() <= AT_ONCE {
            return self.checked(values);
        }
        let plugin = self.plugin.clone();
        let caller = self.caller.clone().unwrap_or_default();
        let work = async {
            let turn = if bytes > WITHOUT_TURNS {
                Some(turns.take(TurnOwner { caller, plugin: plugin.clone() }).await)
            } else {
                None
            };
            tokio::task::spawn_blocking(move || {
                let meter = CpuMeter::default();
                let checked = meter.count(|| self.checked(values));
                drop((turn, permit));
                (checked, meter.spent())
            })
            .await
        };
        match tokio::time::timeout(budget.cpu * PATIENCE, work).await {
            Ok(Ok((checked, spent))) if spent <= budget.cpu => checked,
            Ok(Err(panic)) => Err(Failure::internal(format!(
                "the answer of the plugin `{plugin}` could not be checked: {panic}"
            ))),
            Ok(Ok(_)) | Err(_) => Err(ExceededBudget::Checking(budget.cpu).failure(&plugin)),
        }
    }

    fn checked(mut self, values: usize) -> Result<ResultAndContent, Failure> {
        let answer = json::parse(&self.response.json, values)
            .map_err(|error| self.broken(&error.to_string(), "output-schema"))?;
        if let Some(schemas) = &self.schemas {
            schemas.output.check(&answer).map_err(|why| self.broken(&why, "output-schema"))?;
        }
        let Value::Object(answer) = answer else {
            return Err(self.broken("it is not an object", "output-schema"));
        };
        let blocks = std::mem::take(&mut self.response.content);
        let content = content::check(blocks, &self.documents)
            .map_err(|why| self.broken(&why, "content-blocks"))?;
        Ok((answer, content))
    }

    fn broken(&self, why: &str, rule: &str) -> Failure {
        let (plugin, action) = (&self.plugin, &self.action.name);
        let why = crate::text::printable(why, 500);
        Failure::internal(format!("the plugin `{plugin}` answered `{action}` wrongly: {why}"))
            .rule(rule)
            .remedy("this is a fault of the plugin; its author can mend it")
    }
}
