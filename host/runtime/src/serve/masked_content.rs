//! What is shown beside a result, for a caller who must not see personal data.

use souk_model::{ContentBlock, Failure};
use souk_policy::Mask;

use crate::guest::documents::unmaskable;

/// The blocks without personal data where that is masked. A picture could show any, and nothing here
/// can look.
///
/// # Errors
/// FORBIDDEN where one of them is a picture.
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
        })
        .collect()
}
