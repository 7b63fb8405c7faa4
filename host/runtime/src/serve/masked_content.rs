//! What a call answers, for a caller who must not see personal data.

use souk_model::{CallFailure, ContentBlock, Failure, ResourceBody, visible};
use souk_policy::Mask;

use super::call_answer::CallAnswer;
use crate::guest::documents::unmaskable;

/// An answer as it may leave: masked, and nothing in it unseen.
pub(super) fn masked_answer(mask: &Mask, answer: CallAnswer) -> CallAnswer {
    let mut result = mask.object(answer.result);
    visible::object(&mut result);
    CallAnswer {
        result,
        headline: answer.headline.map(|headline| mask.text(headline)),
        notes: answer.notes.into_iter().map(|note| mask.text(note)).collect(),
    }
}

/// A failure as it may leave. Of the host's own tools the texts go through another mask than the
/// result, which they mask themselves.
pub(super) fn masked_failure(mask: &Mask, texts: &Mask, failed: CallFailure) -> CallFailure {
    let result = failed.result.map(|result| {
        let mut result = mask.object(result);
        visible::object(&mut result);
        result
    });
    CallFailure { failure: texts.failure(failed.failure), result, ..failed }
}

/// The blocks without personal data where that is masked. A picture could show any, and nothing here
/// can look.
///
/// # Errors
/// FORBIDDEN where one of them is a picture or a recording.
pub(super) fn masked_content(
    mask: &Mask,
    blocks: Vec<ContentBlock>,
) -> Result<Vec<ContentBlock>, Failure> {
    if !mask.is_on() {
        return Ok(blocks);
    }
    blocks
        .into_iter()
        .map(|block| match block {
            ContentBlock::Image(image) => {
                mask.check_media_type(image.media_type.as_str()).map_err(unmaskable)?;
                Ok(ContentBlock::Image(image))
            }
            ContentBlock::Document(mut block) => {
                block.description = block.description.map(|text| mask.text(text));
                Ok(ContentBlock::Document(block))
            }
            ContentBlock::Text(text) => Ok(ContentBlock::Text(mask.text(text))),
            ContentBlock::Audio(audio) => {
                mask.check_media_type(audio.media_type.as_str()).map_err(unmaskable)?;
                Ok(ContentBlock::Audio(audio))
            }
            ContentBlock::Resource(mut resource) => {
                resource.body = match resource.body {
                    ResourceBody::Text(text) => ResourceBody::Text(mask.text(text)),
                    ResourceBody::Bytes(bytes) => {
                        mask.check_media_type(&resource.media_type).map_err(unmaskable)?;
                        ResourceBody::Bytes(bytes)
                    }
                };
                Ok(ContentBlock::Resource(resource))
            }
        })
        .collect()
}
