//! What a step's body holds when it is sent: values of the plugin's, and values that the host puts in.

use serde_json::Value;
use souk_model::plan::{InvalidPointer, Step, escape_token};

/// A body, place by place. Places are plain pointers, without brackets.
pub(super) struct SentBody {
    /// The body with nothing in the places that the host fills.
    body: Value,
    /// Where the host puts a value, and the number of the binding that says so.
    fills: Vec<(String, usize)>,
}

/// Why a body's bindings cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnclearBody {
    #[error("{0}")]
    Nowhere(#[from] InvalidPointer),
    #[error("the host would put a value at `{0}`, within another that it puts there")]
    Nested(String),
}

impl SentBody {
    /// The body of a step, where it has one.
    ///
    /// # Errors
    /// A binding leads nowhere, or into what another puts there.
    pub(super) fn of(step: &Step) -> Result<Option<Self>, UnclearBody> {
        let Some(body) = &step.body else { return Ok(None) };
        let mut sent = Self { body: body.clone(), fills: Vec::new() };
        for (number, binding) in step.body_bindings.iter().enumerate() {
            let place = binding.at.place_in(&sent.body);
            // It answers why there is no such place.
            binding.at.put(&mut sent.body, Value::Null)?;
            let place = place.unwrap_or_default();
            if sent.fills.iter().any(|(filled, _)| is_within(&place, filled) && place != *filled) {
                return Err(UnclearBody::Nested(place));
            }
            // A later one replaces what stood there.
            sent.fills.retain(|(filled, _)| !is_within(filled, &place));
            sent.fills.push((place, number));
        }
        Ok(Some(sent))
    }

    /// Where the host puts something, and the number of the binding.
    pub(super) fn fills(&self) -> &[(String, usize)] {
        &self.fills
    }

    /// Whether the host puts a value at, around or within this place.
    pub(super) fn is_filled(&self, place: &str) -> bool {
        self.fills.iter().any(|(filled, _)| is_within(place, filled) || is_within(filled, place))
    }

    /// Every value that the plugin itself gives and that stands at none of these places nor below.
    pub(super) fn constants(&self, covered: &[String]) -> Vec<(String, &Value)> {
        let mut leaves = Vec::new();
        self.collect(&self.body, &mut String::new(), covered, &mut leaves);
        leaves
    }

    fn collect<'v>(
        &self,
        value: &'v Value,
        place: &mut String,
        covered: &[String],
        leaves: &mut Vec<(String, &'v Value)>,
    ) {
        if covered.contains(place) || self.fills.iter().any(|(filled, _)| filled == place) {
            return;
        }
        let length = place.len();
        let mut within = |key: &str, value: &'v Value| {
            place.push('/');
            place.push_str(key);
            self.collect(value, place, covered, leaves);
            place.truncate(length);
        };
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    within(&escape_token(key), value);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (index, value) in items.iter().enumerate() {
                    within(&index.to_string(), value);
                }
            }
            leaf => leaves.push((place.clone(), leaf)),
        }
    }
}

/// Whether a place is another, or below it.
fn is_within(place: &str, above: &str) -> bool {
    place.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
