//! The attributes of `souk-sdk`, which re-exports and documents them.
//!
//! This crate only writes what an author would otherwise write by hand: calls of the SDK's public
//! functions, and derives with the paths that make them work without a dependency of the plugin's
//! own. It decides nothing at run time.

mod action;
mod border_type;
mod doc;
mod group;

use proc_macro::TokenStream;

use border_type::BorderType;

/// Declares a function as an action. See `souk_sdk::core::action`.
#[proc_macro_attribute]
pub fn action(attribute: TokenStream, item: TokenStream) -> TokenStream {
    finished(action::expand(attribute.into(), item.into()))
}

/// Declares and exports a group of actions. See `souk_sdk::core::group`.
#[proc_macro]
pub fn group(input: TokenStream) -> TokenStream {
    finished(group::expand(input.into()))
}

/// A type of arguments. See `souk_sdk::core::args`.
#[proc_macro_attribute]
pub fn args(attribute: TokenStream, item: TokenStream) -> TokenStream {
    finished(border_type::expand(BorderType::Args, &attribute.into(), item.into()))
}

/// A type of results. See `souk_sdk::core::result`.
#[proc_macro_attribute]
pub fn result(attribute: TokenStream, item: TokenStream) -> TokenStream {
    finished(border_type::expand(BorderType::Result, &attribute.into(), item.into()))
}

/// A type of what the store answers. See `souk_sdk::core::record`.
#[proc_macro_attribute]
pub fn record(attribute: TokenStream, item: TokenStream) -> TokenStream {
    finished(border_type::expand(BorderType::Record, &attribute.into(), item.into()))
}

fn finished(expanded: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}
