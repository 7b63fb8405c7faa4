//! The suite's tools. Those of sampling and roots are not here: the host asks no model and reads no
//! folders of its client's.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use souk_model::{
    Audio, AudioType, CallFailure, Client, Code, ContentBlock, Failure, Image, ImageType, LogLevel,
    ResourceBody, ResourceContents, Tier, Tool, ToolCall, ToolHints, ToolResult,
};

use crate::questions::{ask, form, one};
use crate::{PNG, WAV};

const PAUSE: Duration = Duration::from_millis(50);

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// All of them, sorted.
pub(crate) fn list() -> Arc<[Arc<Tool>]> {
    let none = || json!({"type": "object", "properties": {}});
    let text = |name: &str| {
        json!({
            "type": "object",
            "properties": {name: {"type": "string", "description": "The suite's."}},
            "required": [name],
        })
    };
    [
        ("json_schema_2020_12_tool", keywords()),
        ("test_audio_content", none()),
        ("test_custom_header", header()),
        ("test_elicitation", text("message")),
        ("test_elicitation_sep1034_defaults", none()),
        ("test_elicitation_sep1330_enums", none()),
        ("test_embedded_resource", none()),
        ("test_error_handling", none()),
        ("test_image_content", none()),
        ("test_input_required_result_capabilities", none()),
        ("test_input_required_result_elicitation", none()),
        ("test_input_required_result_multi_round", none()),
        ("test_input_required_result_multiple_inputs", none()),
        ("test_input_required_result_request_state", none()),
        ("test_input_required_result_tampered_state", none()),
        ("test_logging_tool", none()),
        ("test_multiple_content_types", none()),
        ("test_simple_text", none()),
        ("test_streaming_elicitation", none()),
        ("test_tool_with_logging", none()),
        ("test_tool_with_progress", none()),
        ("test_trigger_prompt_change", none()),
        ("test_trigger_tool_change", none()),
    ]
    .into_iter()
    .map(|(name, input)| {
        let input = Arc::new(object(input));
        Arc::new(Tool {
            name: name.to_owned(),
            title: name.replace('_', " "),
            description: format!("The suite's `{name}`."),
            published_input: input.clone(),
            input,
            output: Arc::new(object(json!({"type": "object"}))),
            tier: Tier::Safe,
            view: None,
            hints: ToolHints {
                read_only: true,
                destructive: false,
                idempotent: true,
                open_world: false,
            },
        })
    })
    .collect()
}

/// Keywords of JSON Schema 2020-12 that have to reach the client.
fn keywords() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            },
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })
}

/// An argument that a newer client repeats in a header.
fn header() -> Value {
    json!({
        "type": "object",
        "properties": {
            "region": {"type": "string", "description": "A region.", "x-mcp-header": "Region"},
        },
        "required": ["region"],
    })
}

/// A text.
pub(crate) fn said(text: impl Into<String>) -> ToolResult {
    Map::from_iter([("text".to_owned(), Value::String(text.into()))]).into()
}

fn with(content: Vec<ContentBlock>) -> ToolResult {
    ToolResult { content, ..said("with content") }
}

fn picture() -> ContentBlock {
    ContentBlock::Image(Image {
        media_type: ImageType::Png,
        data: PNG.to_vec(),
        description: "a red dot".to_owned(),
    })
}

fn resource(uri: &str, media_type: &str, text: &str) -> ContentBlock {
    ContentBlock::Resource(ResourceContents {
        uri: uri.to_owned(),
        media_type: media_type.to_owned(),
        body: ResourceBody::Text(text.to_owned()),
    })
}

/// Calls one.
pub(crate) async fn call(call: ToolCall) -> Result<ToolResult, CallFailure> {
    let client = call.client.as_ref();
    Ok(match call.tool.as_str() {
        "test_simple_text" => said("This is a simple text response for testing."),
        "test_image_content" => with(vec![picture()]),
        "test_audio_content" => with(vec![ContentBlock::Audio(Audio {
            media_type: AudioType::Wav,
            data: WAV.to_vec(),
            description: "silence".to_owned(),
        })]),
        "test_embedded_resource" => with(vec![resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )]),
        "test_multiple_content_types" => with(vec![
            ContentBlock::Text("Multiple content types test:".to_owned()),
            picture(),
            resource(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#,
            ),
        ]),
        "test_error_handling" => {
            let what = "This tool intentionally returns an error for testing";
            return Err(Failure::new(Code::UpstreamError, what).into());
        }
        "test_tool_with_logging" | "test_logging_tool" => {
            for text in
                ["Tool execution started", "Tool processing data", "Tool execution completed"]
            {
                if let Some(client) = client {
                    client.log(LogLevel::Info, text.into());
                }
                tokio::time::sleep(PAUSE).await;
            }
            said("logged")
        }
        "test_tool_with_progress" => {
            for done in [0, 50, 100] {
                if let Some(progress) = &call.progress {
                    progress.report(done, Some(100), "");
                }
                tokio::time::sleep(PAUSE).await;
            }
            said("done")
        }
        "json_schema_2020_12_tool" | "test_custom_header" => {
            said(Value::Object(call.arguments).to_string())
        }
        name => questions(name, &call.arguments, client).await?,
    })
}

/// Those that ask.
async fn questions(
    name: &str,
    arguments: &Map<String, Value>,
    client: Option<&Arc<dyn Client>>,
) -> Result<ToolResult, Failure> {
    let (key, question) = match name {
        "test_elicitation" => {
            let message = arguments.get("message").and_then(Value::as_str).unwrap_or_default();
            (
                "user",
                form(
                    message,
                    json!({
                        "type": "object",
                        "properties": {
                            "username": {"type": "string", "description": "User's response"},
                            "email": {"type": "string", "description": "User's email address"},
                        },
                        "required": ["username", "email"],
                    }),
                ),
            )
        }
        "test_elicitation_sep1034_defaults" => (
            "defaults",
            form(
                "Your data?",
                json!({
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "default": "John Doe"},
                        "age": {"type": "integer", "default": 30},
                        "score": {"type": "number", "default": 95.5},
                        "status": {
                            "type": "string",
                            "enum": ["active", "inactive", "pending"],
                            "default": "active",
                        },
                        "verified": {"type": "boolean", "default": true},
                    },
                    "required": [],
                }),
            ),
        ),
        "test_elicitation_sep1330_enums" => ("choices", form("Your choices?", choices())),
        "test_input_required_result_elicitation"
        | "test_input_required_result_multiple_inputs"
        | "test_streaming_elicitation" => {
            ("user_name", one("What is your name?", "name", "string"))
        }
        "test_input_required_result_capabilities" => ("who", one("Who are you?", "name", "string")),
        "test_input_required_result_request_state"
        | "test_input_required_result_tampered_state" => {
            ("confirm", one("Please confirm", "ok", "boolean"))
        }
        "test_input_required_result_multi_round" => {
            ask(client, "step1", one("Step 1: What is your name?", "name", "string")).await?;
            ("step2", one("Step 2: What is your favorite color?", "color", "string"))
        }
        _ => return Err(Failure::new(Code::NotFound, format!("no tool is called `{name}`"))),
    };
    let (action, content) = ask(client, key, question).await?;
    let content = Value::Object(content);
    Ok(match content.get("name").and_then(Value::as_str) {
        Some(name) if key == "user_name" => said(format!("Hello, {name}!")),
        _ if key == "confirm" => said("state-ok"),
        _ => said(format!("User response: action={action}, content={content}")),
    })
}

/// Every kind of choice.
fn choices() -> Value {
    let titled = |prefix: &str| {
        json!([
            {"const": "value1", "title": format!("First {prefix}")},
            {"const": "value2", "title": format!("Second {prefix}")},
            {"const": "value3", "title": format!("Third {prefix}")},
        ])
    };
    let options = ["option1", "option2", "option3"];
    json!({
        "type": "object",
        "properties": {
            "untitledSingle": {"type": "string", "enum": options},
            "titledSingle": {"type": "string", "oneOf": titled("Option")},
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": {"type": "array", "items": {"type": "string", "enum": options}},
            "titledMulti": {"type": "array", "items": {"anyOf": titled("Choice")}},
        },
        "required": [],
    })
}
