//! Prompts and suggestions as MCP tells them.

use rmcp::ErrorData;
use rmcp::model::{
    CompleteRequestParams, CompleteResult, CompletionInfo, GetPromptResult, Prompt, PromptArgument,
    PromptMessage as McpMessage, Reference, Role,
};
use serde_json::Value;
use souk_model::{
    CompletionRequest, CompletionTarget, PromptInfo, PromptMessage, PromptRole, Suggestions,
};

use crate::content;

/// A prompt in a list.
pub(crate) fn listed(prompt: PromptInfo) -> Prompt {
    let arguments = prompt.arguments.into_iter().map(|argument| {
        PromptArgument::new(argument.name)
            .with_description(argument.description)
            .with_required(argument.required)
    });
    let arguments: Vec<PromptArgument> = arguments.collect();
    let arguments = (!arguments.is_empty()).then_some(arguments);
    Prompt::new(prompt.name, Some(prompt.description), arguments).with_title(prompt.title)
}

/// A prompt with its arguments filled in.
pub(crate) fn result(messages: Vec<PromptMessage>) -> GetPromptResult {
    GetPromptResult::new(
        messages
            .into_iter()
            .map(|message| {
                let role = match message.role {
                    PromptRole::User => Role::User,
                    PromptRole::Assistant => Role::Assistant,
                };
                McpMessage::new(role, content::block(&message.content))
            })
            .collect(),
    )
}

/// What is asked to be completed.
pub(crate) fn completion_request(
    request: CompleteRequestParams,
) -> Result<CompletionRequest, ErrorData> {
    let others = request.context.and_then(|context| context.arguments).unwrap_or_default();
    Ok(CompletionRequest {
        target: match request.r#ref {
            Reference::Prompt(prompt) => CompletionTarget::Prompt(prompt.name),
            Reference::Resource(resource) => CompletionTarget::Resource(resource.uri),
            _ => {
                let what = "completions are of prompts and of resources";
                return Err(ErrorData::invalid_params(what, None));
            }
        },
        argument: request.argument.name,
        typed: request.argument.value,
        others: others.into_iter().map(|(name, value)| (name, Value::String(value))).collect(),
    })
}

/// Suggestions, as many as the protocol allows.
pub(crate) fn completion(suggestions: Suggestions) -> CompleteResult {
    let Suggestions { mut values, total } = suggestions;
    let all = values.len();
    values.truncate(CompletionInfo::MAX_VALUES);
    let mut info = CompletionInfo::default();
    info.has_more = Some(total.map_or(all, |total| total as usize) > values.len());
    info.total = total.or_else(|| u32::try_from(all).ok());
    info.values = values;
    CompleteResult::new(info)
}
