//! What bindings may stand for: a text, the subject's id, a part of the first step's response.

use std::borrow::Cow;

use serde_json::Value;
use souk_model::{Binding, BindingSource, Pointer};

use crate::refusal::Refusal;
use crate::text::printable;

/// What bindings may draw their values from.
#[derive(Debug, Clone, Copy)]
pub(super) struct BindingValues<'a> {
    /// The id of the change's subject; `None` outside a change.
    pub(super) subject: Option<&'a str>,
    /// The answer to the change's first step.
    pub(super) first_response: FirstResponse<'a>,
}

/// What is known of the answer to a change's first step.
#[derive(Debug, Clone, Copy)]
pub(super) enum FirstResponse<'a> {
    /// This request is not a step, or is the first: it can have no part of an answer.
    None,
    /// There will be an answer. What it holds is judged when it is there.
    Pending,
    /// This answer.
    Received(&'a Value),
}

/// Stands for a value that is not known yet: any answer worth having passes as this does.
const UNKNOWN: &str = "0";

impl<'a> BindingValues<'a> {
    /// A plain read: texts only.
    pub(super) const TEXTS: Self = Self { subject: None, first_response: FirstResponse::None };

    /// A read about one subject.
    pub(super) const fn of_subject(subject: &'a str) -> Self {
        Self { subject: Some(subject), first_response: FirstResponse::None }
    }

    /// The text that a binding stands for.
    pub(super) fn text(self, binding: &'a Binding) -> Result<Cow<'a, str>, Refusal> {
        match &binding.value {
            BindingSource::Text(text) => Ok(text.into()),
            BindingSource::Subject => self.subject.map(Into::into).ok_or_else(|| {
                bad_parameters(format!(
                    "`{}` is to be a subject's id, and this request is not about one subject",
                    printable(&binding.name)
                ))
            }),
            BindingSource::FromResponse(pointer) => self.response_text(&binding.name, pointer),
        }
    }

    fn response_text(self, name: &str, pointer: &str) -> Result<Cow<'a, str>, Refusal> {
        let name = printable(name);
        let parsed: Pointer = pointer
            .parse()
            .map_err(|error| bad_parameters(format!("`{name}` cannot have its value: {error}")))?;
        let answer = match self.first_response {
            FirstResponse::Received(answer) => answer,
            FirstResponse::Pending => return Ok(UNKNOWN.into()),
            FirstResponse::None => {
                return Err(bad_parameters(format!(
                    "`{name}` is to come from the answer to the change's first step, and there is \
                     none to take it from"
                )));
            }
        };
        let wrong = |why: &str| {
            Refusal::new(
                "from-response",
                format!(
                    "`{name}` was to be what the first step answered at `{}`, {why}",
                    printable(pointer)
                ),
                "the store answered otherwise than the plugin's author expected; see what it did \
                 before anything else is sent",
            )
        };
        match parsed.find(answer) {
            Some(Value::String(text)) => Ok(text.as_str().into()),
            Some(Value::Number(number)) => Ok(number.to_string().into()),
            Some(_) => Err(wrong("which is neither a text nor a number")),
            None => Err(wrong("and nothing is there")),
        }
    }
}

/// A refusal of bindings that do not fit the route.
pub(super) fn bad_parameters(message: String) -> Refusal {
    Refusal::new(
        "parameters",
        message,
        "each `{name}` of the route needs exactly one value; this is for the plugin's author",
    )
}
