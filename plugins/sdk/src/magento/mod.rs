//! Magento's REST API, without the traps that everybody falls into: searches, products, scopes and
//! what is kept at which of them, decimals, the storefront.

mod arguments;
mod attribute_kind;
mod bulk_update;
mod calendar_day;
mod clock;
mod criteria;
mod decimal;
mod entity;
mod entity_id;
mod filter;
mod filters;
mod input_limit;
mod item_fields;
mod lookup;
mod members;
mod product;
mod product_change;
mod product_field;
mod product_filters;
mod product_match;
mod product_writer;
mod sale_terms;
mod scan;
mod scope;
mod scoped_product;
mod sku_search;
mod storefront;
mod update_args;
mod url_key_owners;
mod write_scope;

pub use arguments::{Paging, one_of};
pub use attribute_kind::PRODUCT_TYPES;
pub use bulk_update::ProductBulkUpdate;
pub use calendar_day::CalendarDay;
pub use clock::unix_seconds;
pub use criteria::{Criteria, Direction, SearchPage, URL_BUDGET, projection};
pub use decimal::{Decimal, NonNegative, ParseDecimalError};
pub use entity::{Entity, EntityField, EntityValues};
pub use entity_id::EntityId;
pub use filter::{Condition, Filter, LIST_BUDGET};
pub use filters::Filters;
pub use input_limit::{LIST_LIMIT, exceeded_limit, longest_list};
pub use item_fields::ItemFields;
pub use members::Members;
pub use product::Product;
pub use product_change::{PRODUCT, PRODUCT_CHANGES};
pub use product_field::{FieldValue, ProductField, ProductUpdates, check_url_key};
pub use product_match::{ProductMatch, ProductPages};
pub use product_writer::ProductWriter;
pub use scan::Scan;
pub use scope::{
    ReadScope, SCOPES, STORE_CONFIGS, STORE_GROUPS, STORE_VIEWS, Scope, Stores, WEBSITES,
};
pub use scoped_product::{ScopedPages, ScopedProduct};
pub use sku_search::PRODUCTS;
pub use storefront::{GRAPHQL, ResolvedUrl, UrlResolution, resolve_url};
pub use update_args::{EntityType, FieldSet, MetaFields, PriceFields, ProductFields, UpdateArgs};
pub use url_key_owners::{CATEGORIES, UrlKeyOwners};
pub use write_scope::{ATTRIBUTE, ScopeLevel, WriteScope};
