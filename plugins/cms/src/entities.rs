//! Pages and blocks: where they are found, and what may be changed of them.

use souk_sdk::magento::EntityType;
use souk_sdk::prelude::*;

/// CMS pages.
pub(crate) enum CmsPage {}

/// CMS blocks.
pub(crate) enum CmsBlock {}

// Both searches know the id by another name than their answers: `id` in a filter is an error 500
// (`cms_write.jsonl`, `block-search-id`). Answers and bodies call the flag `active`.

impl EntityType for CmsPage {
    const ENTITY: Entity = Entity::new(
        "page",
        "CMS page",
        Route::new("/V1/cmsPage/search"),
        Route::new("/V1/cmsPage/{pageId}"),
    )
    .kind("cms-page")
    .id("page_id", "id")
    .searched_in(&["title", "identifier"])
    .listed_by(&["id", "identifier", "title", "active", "update_time"])
    .keywords(&["homepage", "landing page", "about us", "imprint", "privacy", "content", "text"])
    .fields(&[
        EntityField::text("title").required().at_most(255),
        EntityField::text("content"),
        EntityField::text("content_heading").at_most(255),
        EntityField::text("meta_title").at_most(255),
        EntityField::text("meta_description"),
        EntityField::text("meta_keywords"),
        EntityField::flag("is_active").member("active"),
    ])
    // Without it Magento makes one of the title (`cms_write.jsonl`, `page-put-title`).
    .sent_along(&["identifier"])
    .updates(Route::new("/V1/cmsPage/{id}"));
}

impl EntityType for CmsBlock {
    const ENTITY: Entity = Entity::new(
        "block",
        "CMS block",
        Route::new("/V1/cmsBlock/search"),
        Route::new("/V1/cmsBlock/{blockId}"),
    )
    .kind("cms-block")
    .id("block_id", "id")
    .searched_in(&["title", "identifier"])
    .listed_by(&["id", "identifier", "title", "active", "update_time"])
    .keywords(&["banner", "footer", "header", "static block", "snippet", "content", "text"])
    .fields(&[
        EntityField::text("title").required().at_most(255),
        EntityField::text("content"),
        EntityField::flag("is_active").member("active"),
    ])
    .updates(Route::new("/V1/cmsBlock/{id}"));
}
