//! `souk call`

use std::process::ExitCode;

use anyhow::{Context, bail};
use souk_model::{Actions, CallFailure, ContentBlock, Document, Principal, ToolCall, visible};
use souk_state::audit::Transport;
use souk_state::exports::{ExportId, Exports};

use crate::call_arguments;
use crate::cli::CallArgs;
use crate::end_signals::EndSignals;
use crate::output::{complain_plainly, print, print_json};
use crate::render;
use crate::setup::Setup;
use crate::wiring::RunningHost;

pub(crate) async fn run(setup: Setup, call: CallArgs) -> anyhow::Result<ExitCode> {
    let host = RunningHost::start(&setup, Transport::Terminal).await?;
    let tool = host.dispatcher.find(&call.action);
    let arguments = call_arguments::parse(&call.arguments, tool.as_deref())?;
    let tool_call = ToolCall::new(Principal::local(), call.action, arguments);
    let needs_session = host.dispatcher.needs_session(&tool_call);
    let logged_in = if needs_session { host.log_in().await } else { Ok(()) };
    let result = match logged_in {
        Err(failure) => Err(failure.into()),
        Ok(()) => {
            let calling = host.dispatcher.call(tool_call);
            match EndSignals::listen().around(&host.plans, calling).await {
                Some(result) => result,
                None => bail!("the process was asked to end"),
            }
        }
    };
    match result {
        Ok(answer) => {
            if let Some(headline) = &answer.headline {
                let headline = visible::line(headline);
                // What reads JSON reads nothing else.
                if call.json {
                    complain_plainly(headline);
                } else {
                    print(&format!("{headline}\n\n"))?;
                }
            }
            if call.json {
                print_json(&answer.result)?;
            } else {
                print(&render::answer(&answer.result))?;
            }
            for note in &answer.notes {
                complain_plainly(visible::line(note));
            }
            for block in &answer.content {
                if let ContentBlock::Image(image) = block {
                    complain_plainly(format_args!(
                        "a picture ({}, {} bytes): {}",
                        image.media_type.as_str(),
                        image.data.len(),
                        visible::line(&image.description)
                    ));
                }
            }
            for document in answer.documents {
                complain_plainly(stored_document(&host.exports, &document)?);
            }
        }
        Err(CallFailure { failure, result, .. }) => {
            if let Some(result) = result.filter(|_| call.json) {
                print_json(&result)?;
            }
            complain_plainly(failure.render());
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where a document is that the call kept. On stderr, so that the answer stays what it is.
fn stored_document(exports: &Exports, document: &Document) -> anyhow::Result<String> {
    let id = ExportId::of_uri(&document.uri)?;
    let kept = exports.find(&Principal::local(), &id).context("the document is gone again")?;
    Ok(format!(
        "{} ({}, {} bytes) is kept until {} in {}",
        visible::line(&document.name),
        document.media_type,
        document.size,
        document.expires_at,
        exports.path(&kept).display()
    ))
}
