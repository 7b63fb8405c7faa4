//! `#[args]`, `#[result]`, `#[record]`: derives that need no dependency of the plugin's own.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Error, Fields, Result};

/// Which way values of a type go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BorderType {
    /// From the caller: closed, so that a misspelt argument is refused.
    Args,
    /// To the caller.
    Result,
    /// From the store: open.
    Record,
}

pub(crate) fn expand(
    border: BorderType,
    attribute: &TokenStream,
    item: TokenStream,
) -> Result<TokenStream> {
    if !attribute.is_empty() {
        return Err(Error::new_spanned(attribute, "this attribute takes nothing"));
    }
    let item: DeriveInput = syn::parse2(item)?;
    let derives = match border {
        BorderType::Args => {
            quote!(::souk_sdk::serde::Deserialize, ::souk_sdk::schemars::JsonSchema)
        }
        BorderType::Result => {
            quote!(::souk_sdk::serde::Serialize, ::souk_sdk::schemars::JsonSchema)
        }
        BorderType::Record => quote!(::souk_sdk::serde::Deserialize),
    };
    let mut added = quote!(#[derive(#derives)]);
    if !has(&item, "serde", "crate") {
        added.extend(quote!(#[serde(crate = "::souk_sdk::serde")]));
    }
    if border != BorderType::Record && !has(&item, "schemars", "crate") {
        added.extend(quote!(#[schemars(crate = "::souk_sdk::schemars")]));
    }
    if border == BorderType::Args && is_object(&item) {
        added.extend(quote!(#[serde(deny_unknown_fields)]));
    }
    Ok(quote!(#added #item))
}

/// A struct with named fields that stands for an object of its own.
fn is_object(item: &DeriveInput) -> bool {
    let named = matches!(&item.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_)));
    named && !has(item, "serde", "transparent") && !has(item, "serde", "deny_unknown_fields")
}

/// Whether an attribute of this name has this word in it.
fn has(item: &DeriveInput, attribute: &str, word: &str) -> bool {
    item.attrs.iter().filter(|one| one.path().is_ident(attribute)).any(|one| {
        let tokens = one.meta.to_token_stream().to_string();
        tokens.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
    })
}
