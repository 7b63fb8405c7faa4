//! What pages and blocks have in common, and where they differ.

use souk_sdk::{Action, Method, Route};

const PAGES: Route<0> = Route::new("/V1/cmsPage/search");
const PAGE: Route<1> = Route::new("/V1/cmsPage/{pageId}");
const PAGE_WRITE: Route<1> = Route::new("/V1/cmsPage/{id}");
const BLOCKS: Route<0> = Route::new("/V1/cmsBlock/search");
const BLOCK: Route<1> = Route::new("/V1/cmsBlock/{blockId}");
const BLOCK_WRITE: Route<1> = Route::new("/V1/cmsBlock/{id}");

/// ProductPages or blocks.
#[derive(Debug)]
pub(crate) struct Kind {
    /// `page`; also the name of the object in a body.
    pub(crate) noun: &'static str,
    /// The kind of a change's subject.
    pub(crate) subject: &'static str,
    /// The search. Its filters know the id by another name than its answers.
    pub(crate) search: Route<0>,
    pub(crate) one: Route<1>,
    pub(crate) write: Route<1>,
    /// The id's name in filters; `id` there is an error 500 (`cms_write.jsonl`, `block-search-id`).
    pub(crate) id_filter: &'static str,
    /// The argument that lists ids.
    pub(crate) ids_argument: &'static str,
    /// Whether a write without the identifier makes one of the title: pages do
    /// (`cms_write.jsonl`, `page-put-title`).
    pub(crate) needs_identifier: bool,
    /// What may be changed.
    pub(crate) fields: &'static [Field],
}

/// A field of a page or a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Title,
    Content,
    ContentHeading,
    MetaTitle,
    MetaDescription,
    MetaKeywords,
    IsActive,
}

impl Field {
    /// Its name in arguments and reviews.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Content => "content",
            Self::ContentHeading => "content_heading",
            Self::MetaTitle => "meta_title",
            Self::MetaDescription => "meta_description",
            Self::MetaKeywords => "meta_keywords",
            Self::IsActive => "is_active",
        }
    }

    /// Its name in Magento's answers and bodies, which call the flag `active`.
    pub(crate) const fn member(self) -> &'static str {
        match self {
            Self::IsActive => "active",
            other => other.name(),
        }
    }
}

pub(crate) const PAGE_KIND: Kind = Kind {
    noun: "page",
    subject: "cms-page",
    search: PAGES,
    one: PAGE,
    write: PAGE_WRITE,
    id_filter: "page_id",
    ids_argument: "page_ids",
    needs_identifier: true,
    fields: &[
        Field::Title,
        Field::Content,
        Field::ContentHeading,
        Field::MetaTitle,
        Field::MetaDescription,
        Field::MetaKeywords,
        Field::IsActive,
    ],
};

pub(crate) const BLOCK_KIND: Kind = Kind {
    noun: "block",
    subject: "cms-block",
    search: BLOCKS,
    one: BLOCK,
    write: BLOCK_WRITE,
    id_filter: "block_id",
    ids_argument: "block_ids",
    needs_identifier: false,
    fields: &[Field::Title, Field::Content, Field::IsActive],
};

impl Kind {
    /// What an action that changes them is granted.
    pub(crate) fn granted(&self, action: Action) -> Action {
        action
            .reads(self.search)
            .reads(self.one)
            .writes(Method::Put, self.write)
            .reads(souk_sdk::SCOPES)
    }
}
