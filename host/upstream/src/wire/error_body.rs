//! Magento's error bodies: `message` with placeholders, `parameters` for them, and perhaps `errors`
//! of the same shape.
//!
//! What they say is data from outside: whoever shows it [sanitizes](super::text) it.

use serde::Deserialize;
use serde_json::Value;

use super::reply::StoreReply;
use super::text::sanitize;

/// No more than this many of `errors` are repeated.
const MAX_ERRORS: usize = 20;
/// The longest name of a provider that is repeated, in characters.
const MAX_PROVIDER_CHARS: usize = 60;

/// One error body.
#[derive(Debug, Deserialize)]
pub(crate) struct ErrorBody {
    message: String,
    #[serde(default)]
    parameters: Value,
    #[serde(default)]
    errors: Vec<ErrorBody>,
}

impl ErrorBody {
    /// The error body that this is, if it is one.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The resources of which the store says that we may not use them. It says so alike to callers
    /// whom it does not know and to those whose role is too small.
    pub(crate) fn denied_resources(&self) -> Option<&str> {
        self.parameters.get("resources")?.as_str()
    }

    /// By which providers of a second factor an admin logs in, where the store says so.
    pub(crate) fn active_providers(&self) -> Vec<String> {
        let named = self.parameters.get("active_providers").and_then(Value::as_array);
        let texts = named.into_iter().flatten().filter_map(Value::as_str).take(MAX_ERRORS);
        texts.map(|provider| sanitize(provider, MAX_PROVIDER_CHARS)).collect()
    }

    /// Whether no route has the path and method, which is not to say that a subject is missing.
    pub(crate) fn is_no_route(&self) -> bool {
        self.message.starts_with("Request does not match any route")
    }

    /// All that it says, placeholders filled.
    pub(crate) fn text(&self) -> String {
        let mut text = interpolate(&self.message, &self.parameters);
        for (index, error) in self.errors.iter().take(MAX_ERRORS).enumerate() {
            text.push_str(if index == 0 { " " } else { "; " });
            text.push_str(&interpolate(&error.message, &error.parameters));
        }
        text
    }
}

/// Whether no route of the API has a request's path and method.
pub(crate) fn is_no_route(reply: &StoreReply) -> bool {
    reply.status == 404 && ErrorBody::parse(&reply.body).is_some_and(|body| body.is_no_route())
}

/// Whether a refused login wants a second factor, by what the store says and whom it names.
pub(crate) fn demands_second_factor(message: &str, providers: &[String]) -> bool {
    let message = message.to_ascii_lowercase();
    !providers.is_empty() || message.contains("2fa") || message.contains("two-factor")
}

/// Whether the store did not accept who we are, as opposed to what we may. Magento judges a
/// signature before it looks at resources, so an answer that names resources has accepted it.
pub(crate) fn refuses_signature(reply: &StoreReply) -> bool {
    reply.status == 401 && !denies_resource(reply)
}

/// Whether the store names a resource that we may not use.
pub(crate) fn denies_resource(reply: &StoreReply) -> bool {
    reply.status == 401
        && ErrorBody::parse(&reply.body).is_some_and(|body| body.denied_resources().is_some())
}

/// A message of Magento's with its parameters in it: fills `%1` from a list and `%name` from an
/// object, of several names the longest. Magento's row errors give a list for names (`products_put.jsonl`:
/// `Invalid attribute %fieldName = %fieldValue.` with `["SKU", "NOPE"]`): those are filled in order.
/// Filled-in text is not looked at again.
#[must_use]
pub fn interpolate(message: &str, parameters: &Value) -> String {
    let values: Vec<(String, String)> = match parameters {
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(n, value)| ((n + 1).to_string(), value_text(value)))
            .collect(),
        Value::Object(named) => {
            named.iter().map(|(n, value)| (n.clone(), value_text(value))).collect()
        }
        _ => Vec::new(),
    };
    let mut in_order = parameters.as_array().into_iter().flatten();
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let fitting = values.iter().filter(|(name, _)| after.starts_with(name.as_str()));
        match fitting.max_by_key(|(name, _)| name.len()).filter(|(name, _)| !name.is_empty()) {
            Some((name, value)) => {
                out.push_str(value);
                rest = &after[name.len()..];
            }
            None => {
                let name = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
                match (name > 0).then(|| in_order.next()).flatten() {
                    Some(value) => {
                        out.push_str(&value_text(value));
                        rest = &after[name..];
                    }
                    None => {
                        out.push('%');
                        rest = after;
                    }
                }
            }
        }
    }
    out.push_str(rest);
    out
}

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
