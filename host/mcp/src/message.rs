//! What a client sent, looked at before rmcp reads it.
//!
//! rmcp takes a request whose id is null for a notification and answers nothing, and knows no
//! batches, which were part of one version of the protocol. Both transports read with this.

use rmcp::ErrorData;
use rmcp::model::{
    ClientJsonRpcMessage, ErrorCode, JsonRpcMessage, ProtocolVersion, RequestId,
    ServerJsonRpcMessage,
};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;
use souk_model::{Code, Failure};

/// Messages in one batch.
pub(crate) const BATCH: usize = 50;

/// A message that is answered with an error, and whom the answer is for, if that can be told.
#[derive(Debug)]
pub(crate) struct MessageError {
    pub(crate) id: Option<RequestId>,
    pub(crate) error: Box<ErrorData>,
}

impl MessageError {
    pub(crate) fn without_id(error: ErrorData) -> Self {
        Self { id: None, error: Box::new(error) }
    }

    pub(crate) fn invalid(id: Option<RequestId>, what: impl Into<String>) -> Self {
        Self { id, error: Box::new(ErrorData::invalid_request(what.into(), None)) }
    }

    /// Under its id the client would take the refusal for the first one's answer.
    pub(crate) fn id_in_use(id: &RequestId) -> Self {
        Self::invalid(None, format!("a request with the id `{id}` is not answered yet"))
    }
}

/// Why something is not to be had, as an error of the protocol.
pub(crate) fn failure_error(failure: &Failure) -> ErrorData {
    let text = failure.render();
    match failure.code {
        Code::NotFound | Code::ValidationError | Code::Forbidden => {
            ErrorData::invalid_params(text, None)
        }
        _ => ErrorData::internal_error(text, None),
    }
}

/// What came at once.
#[derive(Debug)]
pub(crate) enum Payload<'a> {
    Nothing,
    Message(&'a [u8]),
    /// At least one message and at most [`BATCH`].
    Batch(Vec<&'a RawValue>),
}

/// Whether it is one message or several. What is in a message is not looked at.
pub(crate) fn split(bytes: &[u8]) -> Result<Payload<'_>, MessageError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
    match bytes.first() {
        None => Ok(Payload::Nothing),
        Some(b'[') => {
            let batch: Vec<&RawValue> =
                serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
            match batch.len() {
                0 => Err(MessageError::invalid(None, "a batch has one message at least")),
                1..=BATCH => Ok(Payload::Batch(batch)),
                more => Err(MessageError::invalid(
                    None,
                    format!("a batch has {BATCH} messages at most, and this one {more}"),
                )),
            }
        }
        Some(_) => Ok(Payload::Message(bytes)),
    }
}

fn not_json(error: &serde_json::Error) -> MessageError {
    let what = format!("this is not JSON: {error}");
    MessageError::without_id(ErrorData::parse_error(what, None))
}

/// Why a batch is not taken, where it is not: only one version of the protocol has them.
pub(crate) fn check_batches(version: Option<&ProtocolVersion>) -> Result<(), MessageError> {
    if version == Some(&ProtocolVersion::V_2025_03_26) {
        return Ok(());
    }
    let what = "a message is a JSON object; batches are part of version 2025-03-26 alone: send the \
                messages one by one";
    Err(MessageError::invalid(None, what))
}

/// What a message says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MessageKind {
    Request(RequestId),
    Notification,
    /// To a request of ours, or nothing that JSON-RPC knows.
    Other,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
}

/// A member that is there, be it null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// What kind of message it is.
pub(crate) fn kind(message: &[u8]) -> Result<MessageKind, MessageError> {
    let envelope: Envelope<'_> =
        serde_json::from_slice(message).map_err(|error| match error.classify() {
            Category::Data => MessageError::invalid(
                None,
                "a message is a JSON object with each of its members once",
            ),
            _ => not_json(&error),
        })?;
    let Some(id) = envelope.id else {
        let has_method = envelope.method.is_some();
        return Ok(if has_method { MessageKind::Notification } else { MessageKind::Other });
    };
    if envelope.method.is_none() {
        return Ok(MessageKind::Other);
    }
    match serde_json::from_str(id.get()) {
        Ok(id) => Ok(MessageKind::Request(id)),
        Err(_) => Err(MessageError::invalid(
            None,
            "the `id` of a request is a text or a whole number, never null; a notification has none",
        )),
    }
}

/// The message in some bytes. `None` for notifications nobody knows, which a server has to ignore.
pub(crate) fn parse(message: &[u8]) -> Result<Option<ClientJsonRpcMessage>, MessageError> {
    let kind = kind(message)?;
    match (serde_json::from_slice(message), kind) {
        (Ok(message), _) => Ok(Some(message)),
        (Err(_), MessageKind::Notification) => Ok(None),
        (Err(_), MessageKind::Request(id)) => Err(not_a_message(Some(id))),
        (Err(_), MessageKind::Other) => Err(not_a_message(None)),
    }
}

/// What is JSON and no message.
pub(crate) fn not_a_message(id: Option<RequestId>) -> MessageError {
    MessageError::invalid(id, "a message is a JSON-RPC 2.0 request, notification or response")
}

/// Says in words what rmcp says by the name of a method alone.
pub(crate) fn explain(error: &mut ErrorData) {
    if error.code == ErrorCode::METHOD_NOT_FOUND && !error.message.contains(' ') {
        error.message = unknown_method(&error.message).into();
    }
}

/// Of a method that this server does not have, or not in the version that is spoken.
pub(crate) fn unknown_method(method: &str) -> String {
    format!("this server has no method `{method}` in the version that you speak")
}

/// As [`explain`], of a message.
pub(crate) fn explain_message(message: &mut ServerJsonRpcMessage) {
    if let JsonRpcMessage::Error(error) = message {
        explain(&mut error.error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_a_notification_and_what_is_neither_are_told_apart() {
        let kind = |text: &str| kind(text.as_bytes());
        assert_eq!(
            kind(r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#).unwrap(),
            MessageKind::Request(RequestId::Number(7))
        );
        assert_eq!(kind(r#"{"method":"x","params":{"id":1}}"#).unwrap(), MessageKind::Notification);
        assert_eq!(kind(r#"{"id":null,"result":{}}"#).unwrap(), MessageKind::Other);
        for (text, code) in [
            (r#"{"id":null,"method":"ping"}"#, ErrorCode::INVALID_REQUEST),
            (r#"{"id":1.5,"method":"ping"}"#, ErrorCode::INVALID_REQUEST),
            (r#"{"id":{},"method":"ping"}"#, ErrorCode::INVALID_REQUEST),
            (r#"{"id":1,"id":2,"method":"ping"}"#, ErrorCode::INVALID_REQUEST),
            (r#""ping""#, ErrorCode::INVALID_REQUEST),
            (r#"{"id":1,"method":"ping""#, ErrorCode::PARSE_ERROR),
            ("ping", ErrorCode::PARSE_ERROR),
        ] {
            assert_eq!(kind(text).unwrap_err().error.code, code, "{text}");
        }
    }

    #[test]
    fn a_batch_is_bounded_and_of_one_version() {
        let batch = |count: usize| format!(" [{}]", vec!["{}"; count].join(","));
        assert!(
            matches!(split(batch(BATCH).as_bytes()), Ok(Payload::Batch(all)) if all.len() == BATCH)
        );
        assert!(split(batch(BATCH + 1).as_bytes()).is_err());
        assert!(split(b"[]").is_err());
        assert!(matches!(split(b" \n"), Ok(Payload::Nothing)));
        assert!(check_batches(Some(&ProtocolVersion::V_2025_03_26)).is_ok());
        for version in
            [None, Some(&ProtocolVersion::V_2024_11_05), Some(&ProtocolVersion::V_2025_06_18)]
        {
            assert!(check_batches(version).is_err());
        }
    }
}
