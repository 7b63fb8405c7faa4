//! `group!`: the table of a plugin's actions.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, Ident, Path, Result, Token, bracketed};

use crate::doc::DocText;

struct GroupDeclaration {
    attributes: Vec<Attribute>,
    name: Ident,
    entries: Punctuated<GroupEntry, Token![,]>,
    details: Option<Expr>,
}

enum GroupEntry {
    /// A function with `#[action]`.
    Action(Path),
    /// `..more`: an iterator of actions.
    Actions(Expr),
}

impl Parse for GroupDeclaration {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let list;
        bracketed!(list in input);
        let entries = list.parse_terminated(GroupEntry::parse, Token![,])?;
        let mut details = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let key: Ident = input.parse()?;
            if key != "details" {
                return Err(Error::new(key.span(), "expected `details: …`"));
            }
            input.parse::<Token![:]>()?;
            details = Some(input.parse()?);
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(Self { attributes, name, entries, details })
    }
}

impl Parse for GroupEntry {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.parse::<Option<Token![..]>>()?.is_some() {
            input.parse().map(Self::Actions)
        } else {
            input.parse().map(Self::Action)
        }
    }
}

impl ToTokens for GroupEntry {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Self::Action(path) => quote!(actions.push(#path::action());),
            Self::Actions(more) => quote!(actions.extend(#more);),
        });
    }
}

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let GroupDeclaration { attributes, name, entries, details } = syn::parse2(input)?;
    let DocText { title, description } = DocText::of(&attributes);
    if title.is_empty() || description.is_empty() {
        return Err(Error::new(
            name.span(),
            "a doc comment says what the group is called and, after an empty line, what it is for",
        ));
    }
    let text = name.to_string();
    let entries = entries.iter();
    let details = details.map_or_else(
        || quote!(::souk_sdk::core::GroupDetails::default()),
        |details| quote!(#details),
    );
    Ok(quote! {
        #(#attributes)*
        pub(crate) fn #name() -> ::souk_sdk::core::Group {
            let mut actions = ::std::vec::Vec::new();
            #(#entries)*
            ::souk_sdk::core::Group {
                name: #text,
                version: ::core::env!("CARGO_PKG_VERSION"),
                title: #title,
                description: #description,
                actions,
                details: #details,
            }
        }

        ::souk_sdk::export!(#name);
    })
}
