//! Entities described once: what there is to know of blocks, sources or groups of customers, as one
//! constant, from which the tools come that find, read and change them.
//!
//! ```
//! use souk_sdk::core::Route;
//! use souk_sdk::magento::{Entity, EntityField};
//!
//! const BLOCK: Entity = Entity::new(
//!     "block",
//!     "CMS block",
//!     Route::new("/V1/cmsBlock/search"),
//!     Route::new("/V1/cmsBlock/{blockId}"),
//! )
//! .id("block_id", "id")
//! .searched_in(&["title", "identifier"])
//! .fields(&[
//!     EntityField::text("identifier").required(),
//!     EntityField::text("title").required().at_most(255),
//!     EntityField::text("content"),
//!     EntityField::flag("is_active").member("active"),
//! ])
//! .creates(Route::new("/V1/cmsBlock"), "identifier")
//! .updates(Route::new("/V1/cmsBlock/{id}"))
//! .deletes(Route::new("/V1/cmsBlock/{blockId}"));
//!
//! souk_sdk::core::group! {
//!     /// Blocks
//!     ///
//!     /// Find and change CMS blocks.
//!     blocks: [..BLOCK.reads(), ..BLOCK.writes()]
//! }
//! # fn main() {
//! let names: Vec<_> = blocks().describe().actions.into_iter().map(|action| action.name).collect();
//! assert_eq!(
//!     names,
//!     [
//!         "search_blocks",
//!         "get_block",
//!         "prepare_create_block",
//!         "prepare_update_block",
//!         "prepare_delete_block",
//!     ]
//! );
//! # }
//! ```

mod definition;
mod field;
mod read;
mod values;
mod write;

pub use definition::Entity;
pub use field::EntityField;
pub use values::EntityValues;

#[cfg(test)]
mod tests;
