//! Asking the person at the other end, in both eras.
//!
//! An older client is sent a request and answers it while the call waits. A newer one gets the
//! questions as the call's result and makes the call again with the answers; what it answered in
//! earlier rounds it brings back [sealed](crate::request_state).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rmcp::ErrorData;
use rmcp::model::{
    ClientResult, ElicitRequest, ElicitRequestParams, InputRequest, InputRequests,
    InputRequiredResult, InputResponses, ServerRequest,
};
use rmcp::service::{Peer, PeerRequestOptions, RequestContext, RoleServer, ServiceError};
use serde_json::{Map, Value, json};
use souk_model::{Client, Elicitation, ElicitationAnswer, LogLevel, NoAnswer};

use crate::call_log::CallLog;
use crate::request_state::{AnswersByKey, StateSealer};

/// How long an older client's user may think. A newer one's may take as long as it likes: nothing
/// waits.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Which questions a client can put.
#[derive(Debug, Clone, Copy)]
struct Modes {
    form: bool,
    url: bool,
}

impl Modes {
    fn of(context: &RequestContext<RoleServer>) -> Self {
        let declared = context.client_capabilities().and_then(|client| client.elicitation);
        declared.map_or(Self { form: false, url: false }, |declared| {
            let url = declared.url.is_some();
            // A capability without modes is of a client from before there were modes.
            Self { form: declared.form.is_some() || !url, url }
        })
    }

    const fn can_put(self, question: &Elicitation) -> bool {
        match question {
            Elicitation::Form { .. } => self.form,
            Elicitation::Url { .. } => self.url,
        }
    }
}

/// What a newer client brought, what is used of it, and what it is still to be asked.
#[derive(Default)]
struct Round {
    /// What tells the request from all others.
    description: String,
    brought: AnswersByKey,
    used: AnswersByKey,
    questions: InputRequests,
}

enum QuestionRoute {
    /// In a request of our own.
    Directly(Peer<RoleServer>),
    /// In the result.
    InRounds(Mutex<Round>),
}

/// The client of one call or prompt.
pub(crate) struct McpClient {
    modes: Modes,
    asking: QuestionRoute,
    log: CallLog,
}

/// What a request of the newer era may bring beside its own.
#[derive(Default)]
pub(crate) struct ClientAnswers {
    pub(crate) responses: Option<InputResponses>,
    pub(crate) state: Option<String>,
}

impl McpClient {
    /// Of a request, which the text of `describe` tells from all others. It is asked for only where
    /// that matters: of a client that cannot be asked, and brings nothing, nobody wants to know.
    ///
    /// # Errors
    /// Of a state that was forged, or is another request's.
    pub(crate) fn new(
        context: &RequestContext<RoleServer>,
        log: CallLog,
        sealer: &StateSealer,
        describe: impl FnOnce() -> String,
        brought: ClientAnswers,
    ) -> Result<Arc<Self>, ErrorData> {
        let modes = Modes::of(context);
        let in_rounds = context.protocol_version().is_some_and(|version| !version.has_initialize());
        let asking = if in_rounds {
            let matters = modes.form || modes.url || brought.state.is_some();
            let description = if matters { describe() } else { String::new() };
            let mut answers = match &brought.state {
                Some(state) => sealer
                    .open(&description, state)
                    .map_err(|error| ErrorData::invalid_params(error.to_string(), None))?,
                None => AnswersByKey::new(),
            };
            answers.extend(brought.responses.unwrap_or_default());
            let round = Round { description, brought: answers, ..Round::default() };
            QuestionRoute::InRounds(Mutex::new(round))
        } else {
            QuestionRoute::Directly(context.peer.clone())
        };
        Ok(Arc::new(Self { modes, asking, log }))
    }

    /// What the client has to answer before the request can be done, if there is something.
    pub(crate) fn questions(&self, sealer: &StateSealer) -> Option<InputRequiredResult> {
        let QuestionRoute::InRounds(round) = &self.asking else { return None };
        let mut round = lock(round);
        if round.questions.is_empty() {
            return None;
        }
        let (questions, used) =
            (std::mem::take(&mut round.questions), std::mem::take(&mut round.used));
        let state = sealer.seal(&round.description, used);
        Some(InputRequiredResult::new(Some(questions), state))
    }
}

fn lock(round: &Mutex<Round>) -> MutexGuard<'_, Round> {
    round.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The question in MCP's words.
fn params(question: &Elicitation) -> Result<ElicitRequestParams, NoAnswer> {
    let params = match question {
        Elicitation::Form { message, schema } => {
            json!({"mode": "form", "message": message, "requestedSchema": schema})
        }
        Elicitation::Url { message, url, id } => {
            json!({"mode": "url", "message": message, "url": url, "elicitationId": id})
        }
    };
    serde_json::from_value(params).map_err(|error| NoAnswer::Failed(error.to_string()))
}

/// The answer, if it is one to the question.
fn answer(question: &Elicitation, response: &Value) -> Result<ElicitationAnswer, String> {
    match response.get("action").and_then(Value::as_str) {
        Some("decline") => return Ok(ElicitationAnswer::Declined),
        Some("cancel") => return Ok(ElicitationAnswer::Dismissed),
        Some("accept") => {}
        _ => return Err("its `action` is none of accept, decline, cancel".to_owned()),
    }
    let Elicitation::Form { schema, .. } = question else {
        return Ok(ElicitationAnswer::Accepted(Map::new()));
    };
    let content = match response.get("content") {
        Some(Value::Object(content)) => content.clone(),
        None | Some(Value::Null) => Map::new(),
        Some(_) => return Err("its `content` is no object".to_owned()),
    };
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if !content.contains_key(name) {
            return Err(format!("`{name}` is missing"));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in &content {
        let kind = properties
            .and_then(|properties| properties.get(name))
            .and_then(|property| property.get("type"))
            .and_then(Value::as_str);
        if kind.is_some_and(|kind| !is_of(kind, value)) {
            return Err(format!("`{name}` is not what the form asks for"));
        }
    }
    Ok(ElicitationAnswer::Accepted(content))
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(is_whole),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        _ => true,
    }
}

fn is_whole(number: f64) -> bool {
    number.fract() == 0.0
}

async fn ask(
    peer: &Peer<RoleServer>,
    question: &Elicitation,
) -> Result<ElicitationAnswer, NoAnswer> {
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(params(question)?));
    let options = PeerRequestOptions::with_timeout(PATIENCE);
    let failed = |error: ServiceError| match error {
        ServiceError::Timeout { .. } => NoAnswer::TimedOut,
        error => NoAnswer::Failed(error.to_string()),
    };
    let sent = peer.send_request_with_option(request, options).await.map_err(failed)?;
    match sent.await_response().await.map_err(failed)? {
        ClientResult::ElicitResult(result) => {
            let result = serde_json::to_value(&result).unwrap_or_default();
            answer(question, &result).map_err(NoAnswer::Failed)
        }
        _ => Err(NoAnswer::Failed("it answered something else".to_owned())),
    }
}

#[async_trait]
impl Client for McpClient {
    async fn elicit(
        &self,
        key: &str,
        question: Elicitation,
    ) -> Result<ElicitationAnswer, NoAnswer> {
        if !self.modes.can_put(&question) {
            return Err(NoAnswer::Unsupported);
        }
        let round = match &self.asking {
            QuestionRoute::Directly(peer) => return ask(peer, &question).await,
            QuestionRoute::InRounds(round) => round,
        };
        let mut round = lock(round);
        if let Some(response) = round.brought.get(key).cloned() {
            match answer(&question, &response) {
                Ok(answer) => {
                    round.used.insert(key.to_owned(), response);
                    return Ok(answer);
                }
                // Whatever that is, it is asked again.
                Err(why) => tracing::debug!(key, why, "what came back is no answer"),
            }
        }
        let request = InputRequest::Elicitation(ElicitRequest::new(params(&question)?));
        round.questions.insert(key.to_owned(), request);
        Err(NoAnswer::Later)
    }

    fn log(&self, level: LogLevel, message: Value) {
        self.log.say(level, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Elicitation {
        let schema = json!({
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name"],
        });
        let Value::Object(schema) = schema else { panic!() };
        Elicitation::Form { message: "Who?".into(), schema }
    }

    #[test]
    fn an_answer_is_one_only_if_it_is_what_the_form_asks_for() {
        let accepted = answer(
            &form(),
            &json!({"action": "accept", "content": {"name": "Ann", "age": 30.0, "more": []}}),
        );
        assert!(
            matches!(accepted, Ok(ElicitationAnswer::Accepted(content)) if content["name"] == "Ann")
        );
        for (action, expected) in
            [("decline", ElicitationAnswer::Declined), ("cancel", ElicitationAnswer::Dismissed)]
        {
            assert_eq!(answer(&form(), &json!({"action": action})), Ok(expected));
        }
        for none in [
            json!({}),
            json!("accept"),
            json!({"action": "yes"}),
            json!({"action": "accept"}),
            json!({"action": "accept", "content": []}),
            json!({"action": "accept", "content": {"age": 3}}),
            json!({"action": "accept", "content": {"name": 3}}),
            json!({"action": "accept", "content": {"name": "Ann", "age": 3.5}}),
        ] {
            assert!(answer(&form(), &none).is_err(), "{none}");
        }
        let url = Elicitation::Url {
            message: "Log in".into(),
            url: "https://a.example".into(),
            id: "1".into(),
        };
        assert!(answer(&url, &json!({"action": "accept"})).is_ok());
    }

    #[test]
    fn questions_are_put_in_the_protocols_words() {
        let put = serde_json::to_value(params(&form()).unwrap()).unwrap();
        assert_eq!(put["requestedSchema"]["required"], json!(["name"]));
        let url = Elicitation::Url {
            message: "Log in".into(),
            url: "https://a.example/x".into(),
            id: "1".into(),
        };
        let put = serde_json::to_value(params(&url).unwrap()).unwrap();
        assert_eq!((&put["mode"], &put["url"]), (&json!("url"), &json!("https://a.example/x")));
    }
}
