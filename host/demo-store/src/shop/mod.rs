//! Everything a shop holds, as plain data: what the handlers read and change, what is saved and loaded.

pub(crate) mod addresses;
pub(crate) mod attribute;
pub(crate) mod bulk;
pub(crate) mod catalog;
pub(crate) mod category;
mod contents;
pub(crate) mod coupon_type;
pub(crate) mod load;
pub(crate) mod numbers;
pub(crate) mod product;
mod reservation;
pub(crate) mod rewrites;
pub(crate) mod scope;
pub(crate) mod stock;
pub(crate) mod stores;
pub(crate) mod table;

pub(crate) use attribute::{Attribute, AttributeScope, Attributes, Backend};
pub(crate) use category::Category;
pub(crate) use contents::Shop;
pub(crate) use product::Product;
pub(crate) use scope::{ALL, Scoped, StoreId};
pub(crate) use stores::Stores;
pub(crate) use table::Table;
