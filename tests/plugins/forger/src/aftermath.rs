//! What a plugin can do after its writes were carried out: fail, be ended, or say whatever a test wants
//! it to say.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use souk_sdk::core::{
    AppliedResult, ApplyContext, ContentBlock, Failure, FailureCode, Image, PurgeTarget,
    WithContent,
};

use crate::{Asked, draft};

/// A forged proposal, and what is said once it was carried out.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct AnswerArgs {
    /// The proposal.
    #[schemars(with = "Value")]
    proposal: Asked,
    /// The answer, whatever was done.
    #[schemars(with = "Value")]
    says: Value,
    /// What happens before the answer: `trap`, `loop`, `sleep`, `memory`, `fail`, `apply` once more.
    then: Option<String>,
    /// Shows a picture beside the answer.
    #[serde(default)]
    picture: bool,
}

/// What a test wants said, under the schema of an honest result.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct ForgedResult(Value);

impl JsonSchema for ForgedResult {
    fn inline_schema() -> bool {
        AppliedResult::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        AppliedResult::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        AppliedResult::json_schema(generator)
    }
}

pub(crate) fn answer(
    args: &AnswerArgs,
    _: &ApplyContext,
) -> Result<WithContent<ForgedResult>, Failure> {
    // Whether it went well is nobody's business here.
    let draft = draft(&args.proposal)?;
    let applied = draft.apply();
    match args.then.as_deref() {
        Some("apply") => drop(draft.apply()?),
        Some("pass") => drop(applied?),
        Some(how) => end(how)?,
        None => {}
    }
    let image = args.picture.then(|| {
        ContentBlock::Image(Image {
            media_type: "image/gif".to_owned(),
            data: b"GIF89a\x01".to_vec(),
            description: "a dot".to_owned(),
        })
    });
    Ok(WithContent {
        result: ForgedResult(args.says.clone()),
        content: image.into_iter().collect(),
    })
}

/// Addresses, and what is said once they were purged.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct PurgeArgs {
    urls: Vec<String>,
    then: Option<String>,
}

/// Nothing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PurgeReply {
    /// Whatever came of it.
    success: bool,
}

pub(crate) fn purge(args: &PurgeArgs, context: &ApplyContext) -> Result<PurgeReply, Failure> {
    let targets: Vec<_> = args.urls.iter().cloned().map(PurgeTarget::Url).collect();
    let _ = context.purge(&targets);
    args.then.as_deref().map_or(Ok(()), end)?;
    Ok(PurgeReply { success: true })
}

/// Ends the call in one of many ways.
pub(crate) fn end(how: &str) -> Result<(), Failure> {
    match how {
        "trap" => std::process::abort(),
        "loop" => loop {
            std::hint::black_box(());
        },
        "sleep" => {
            std::thread::sleep(std::time::Duration::from_secs(3_600));
            Ok(())
        }
        "memory" => {
            let mut held = Vec::new();
            loop {
                held.push(std::hint::black_box(vec![1_u8; 1 << 20]));
            }
        }
        "fail" => Err(Failure::new(FailureCode::NotFound, "nothing was changed")),
        _ => Ok(()),
    }
}
