//! The sample shop's CMS pages and blocks, some of them per language.

use serde_json::json;

use super::data::Data;
use super::read::SampleError;
use super::story::Story;
use crate::shop::{ALL, StoreId};

/// Writes pages and blocks.
///
/// # Errors
/// When the store refuses one.
pub(super) fn write(story: &mut Story<'_>, data: &Data) -> Result<(), SampleError> {
    let store = |view: Option<&str>| -> StoreId {
        view.and_then(|code| data.view(code)).map_or(ALL, |view| view.id)
    };
    for page in &data.pages {
        let meta = page.heading.as_ref().map_or("", |_| &page.title);
        let arguments = json!({ "page": {
            "identifier": *page.identifier, "title": *page.title, "page_layout": "1column",
            "content_heading": page.heading.as_deref().unwrap_or_default(), "content": *page.content,
            "active": page.active, "sort_order": "0", "meta_title": meta, "meta_description": meta
        }});
        story.request(page, ("POST", "/V1/cmsPage"), store(page.view.as_deref()), arguments)?;
    }
    for block in &data.blocks {
        let arguments = json!({ "block": {
            "identifier": *block.identifier, "title": *block.title, "content": *block.content,
            "active": block.active
        }});
        story.request(block, ("POST", "/V1/cmsBlock"), store(block.view.as_deref()), arguments)?;
    }
    Ok(())
}
