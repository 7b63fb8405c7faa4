//! The web API: a table of routes and, by subject, what they do.

mod attributes;
pub(crate) mod bulk;
mod bulk_status;
mod bulk_topics;
mod categories;
mod category_save;
mod cms;
mod coupons;
mod customer_addresses;
mod customers;
mod entity;
mod inventory;
mod prices;
mod product_media;
mod product_parts;
mod product_save;
mod product_values;
mod products;
mod repeat;
mod route;
mod routes;
mod rules;
mod sales;
mod sales_columns;
mod sales_documents;
mod source_items;
mod stores;
mod tier_prices;

pub(crate) use repeat::repeat;
pub(crate) use route::{Handler, HandlerResult, Route};
pub(crate) use routes::find;
