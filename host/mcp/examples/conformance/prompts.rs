//! The suite's prompts.

use souk_model::{
    Code, ContentBlock, Failure, Image, ImageType, PromptInfo, PromptMessage, PromptParameter,
    PromptRequest, PromptRole, ResourceBody, ResourceContents,
};

use crate::{PNG, questions};

/// All of them, sorted.
pub(crate) fn list() -> Vec<PromptInfo> {
    let prompt = |name: &str, arguments: &[&str]| PromptInfo {
        name: name.to_owned(),
        title: name.replace('_', " "),
        description: format!("The suite's `{name}`."),
        arguments: arguments
            .iter()
            .map(|name| PromptParameter {
                name: (*name).to_owned(),
                description: format!("The suite's `{name}`."),
                required: true,
            })
            .collect(),
    };
    vec![
        prompt("test_input_required_result_prompt", &[]),
        prompt("test_prompt_with_arguments", &["arg1", "arg2"]),
        prompt("test_prompt_with_embedded_resource", &["resourceUri"]),
        prompt("test_prompt_with_image", &[]),
        prompt("test_simple_prompt", &[]),
    ]
}

fn user(content: ContentBlock) -> PromptMessage {
    PromptMessage { role: PromptRole::User, content }
}

fn says(text: impl Into<String>) -> PromptMessage {
    user(ContentBlock::Text(text.into()))
}

/// One prompt with its arguments.
pub(crate) async fn get(request: PromptRequest) -> Result<Vec<PromptMessage>, Failure> {
    let argument = |name: &str| {
        let value = request.arguments.get(name).and_then(|value| value.as_str());
        value
            .map(str::to_owned)
            .ok_or_else(|| Failure::argument(name, format!("`{name}` is missing")))
    };
    match request.name.as_str() {
        "test_simple_prompt" => Ok(vec![says("This is a simple prompt for testing.")]),
        "test_prompt_with_arguments" => Ok(vec![says(format!(
            "Prompt with arguments: arg1='{}', arg2='{}'",
            argument("arg1")?,
            argument("arg2")?
        ))]),
        "test_prompt_with_embedded_resource" => Ok(vec![
            user(ContentBlock::Resource(ResourceContents {
                uri: argument("resourceUri")?,
                media_type: "text/plain".to_owned(),
                body: ResourceBody::Text("Embedded resource content for testing.".to_owned()),
            })),
            says("Please process the embedded resource above."),
        ]),
        "test_prompt_with_image" => Ok(vec![
            user(ContentBlock::Image(Image {
                media_type: ImageType::Png,
                data: PNG.to_vec(),
                description: "a red dot".to_owned(),
            })),
            says("Please analyze the image above."),
        ]),
        "test_input_required_result_prompt" => {
            let question =
                questions::one("What context should the prompt use?", "context", "string");
            let (_, content) =
                questions::ask(request.client.as_ref(), "user_context", question).await?;
            Ok(vec![says(format!("Context: {}", content.get("context").unwrap_or_default()))])
        }
        name => Err(Failure::new(Code::NotFound, format!("no prompt is called `{name}`"))),
    }
}
