//! `#[action]`: what a function may do, beside the function.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, ItemFn, LitStr, Result, Token, parenthesized};

use crate::doc::{ActionDoc, DocText};

const KNOWN_EFFECTS: &str =
    "`query`, `session`, `prepare`, `apply`, `apply(at_most = N)` or `apply(bulk)`";

/// The part in brackets.
struct ActionDeclaration {
    effect: EffectArgument,
    name: Option<LitStr>,
    tier: Option<Ident>,
    needs_session: bool,
    note: Option<Expr>,
    commit: Commit,
    /// Calls on the action: what it is granted, and what else is said of it.
    calls: TokenStream,
}

enum EffectArgument {
    Query,
    Session,
    Prepare,
    /// With the bound.
    Apply(TokenStream),
}

#[derive(Default)]
struct Commit {
    name: Option<LitStr>,
    tier: Option<Ident>,
    subject_as: Option<LitStr>,
}

impl Parse for ActionDeclaration {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut declaration = Self {
            effect: EffectArgument::parse(input)?,
            name: None,
            tier: None,
            needs_session: true,
            note: None,
            commit: Commit::default(),
            calls: TokenStream::new(),
        };
        while input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            declaration.part(input)?;
        }
        Ok(declaration)
    }
}

impl ActionDeclaration {
    fn part(&mut self, input: ParseStream<'_>) -> Result<()> {
        let key: Ident = input.parse()?;
        match key.to_string().as_str() {
            "no_session" => self.needs_session = false,
            "name" => self.name = Some(value(input)?),
            "tier" => self.tier = Some(value(input)?),
            "note" => self.note = Some(value(input)?),
            "commit" if matches!(self.effect, EffectArgument::Prepare) => {
                self.commit = input.parse()?;
            }
            "deprecated" => {
                let why: Expr = value(input)?;
                self.calls.extend(quote!(.deprecated(#why)));
            }
            "completes" => {
                let pair;
                parenthesized!(pair in input);
                let pair: TokenStream = pair.parse()?;
                self.calls.extend(quote!(.completes(#pair)));
            }
            "reads" | "changes" | "purges" | "untrusted" | "keywords" => {
                let list;
                parenthesized!(list in input);
                let all = list.parse_terminated(Expr::parse, Token![,])?;
                let all = all.iter();
                self.calls.extend(quote!(#(.#key(#all))*));
            }
            _ => {
                return Err(Error::new(
                    key.span(),
                    "expected `reads(…)`, `changes(…)`, `purges(…)`, `tier = …`, `name = …`, \
                     `no_session`, `note = …`, `untrusted(…)`, `keywords(…)`, `completes(…)`, \
                     `deprecated = …` or, of a `prepare`, `commit(…)`",
                ));
            }
        }
        Ok(())
    }
}

impl EffectArgument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse().map_err(|error| {
            Error::new(error.span(), format!("an action is one of {KNOWN_EFFECTS}"))
        })?;
        match name.to_string().as_str() {
            "query" => Ok(Self::Query),
            "session" => Ok(Self::Session),
            "prepare" => Ok(Self::Prepare),
            "apply" => bound(input).map(Self::Apply),
            _ => Err(Error::new(name.span(), format!("an action is one of {KNOWN_EFFECTS}"))),
        }
    }
}

/// How many changes one call may make; one unless it is said.
fn bound(input: ParseStream<'_>) -> Result<TokenStream> {
    if !input.peek(syn::token::Paren) {
        return Ok(quote!(::souk_sdk::core::Bound::AtMost(1)));
    }
    let inside;
    parenthesized!(inside in input);
    let word: Ident = inside.parse()?;
    if word == "bulk" {
        return Ok(quote!(::souk_sdk::core::Bound::Bulk));
    }
    if word == "at_most" {
        let most: Expr = value(&inside)?;
        return Ok(quote!(::souk_sdk::core::Bound::AtMost(#most)));
    }
    Err(Error::new(word.span(), "expected `at_most = N` or `bulk`"))
}

impl Parse for Commit {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let inside;
        parenthesized!(inside in input);
        let mut commit = Self::default();
        for part in Punctuated::<CommitPart, Token![,]>::parse_terminated(&inside)? {
            match part {
                CommitPart::Name(name) => commit.name = Some(name),
                CommitPart::Tier(tier) => commit.tier = Some(tier),
                CommitPart::SubjectAs(name) => commit.subject_as = Some(name),
            }
        }
        Ok(commit)
    }
}

enum CommitPart {
    Name(LitStr),
    Tier(Ident),
    SubjectAs(LitStr),
}

impl Parse for CommitPart {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key: Ident = input.parse()?;
        match key.to_string().as_str() {
            "name" => value(input).map(Self::Name),
            "tier" => value(input).map(Self::Tier),
            "subject_as" => value(input).map(Self::SubjectAs),
            _ => Err(Error::new(key.span(), "expected `name`, `tier` or `subject_as`")),
        }
    }
}

/// `= value`
fn value<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let declaration: ActionDeclaration = syn::parse2(attribute)?;
    let function: ItemFn = syn::parse2(item)?;
    let doc = ActionDoc::of(&function.attrs);
    let ident = &function.sig.ident;
    if doc.action.title.is_empty() || doc.action.description.is_empty() {
        return Err(Error::new(
            ident.span(),
            "a doc comment says what the action is called and, after an empty line, what it does",
        ));
    }
    let visibility = &function.vis;
    let made = made(&declaration, &doc, ident)?;
    let calls = calls(&declaration)?;
    Ok(quote! {
        #function

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility enum #ident {}

        impl #ident {
            #[doc(hidden)]
            #visibility fn action() -> ::souk_sdk::core::Action {
                #made #calls
            }
        }
    })
}

/// The call that makes the action.
fn made(declaration: &ActionDeclaration, doc: &ActionDoc, ident: &Ident) -> Result<TokenStream> {
    let name = declaration.name.as_ref().map_or_else(|| ident.to_string(), LitStr::value);
    let DocText { title, description } = &doc.action;
    let info = quote! {
        ::souk_sdk::core::ActionInfo { name: #name, title: #title, description: #description }
    };
    let action = quote!(::souk_sdk::core::Action);
    Ok(match &declaration.effect {
        EffectArgument::Query => quote!(#action::query(#ident, #info)),
        EffectArgument::Session => quote!(#action::session(#ident, #info)),
        EffectArgument::Apply(bound) => quote!(#action::apply(#ident, #info, #bound)),
        EffectArgument::Prepare => {
            let commit = commit(&declaration.commit, doc, &name, ident.span())?;
            quote!(#action::prepare(#ident, #info, #commit))
        }
    })
}

fn commit(commit: &Commit, doc: &ActionDoc, action: &str, at: Span) -> Result<TokenStream> {
    let name = match (&commit.name, action.strip_prefix("prepare_")) {
        (Some(name), _) => name.value(),
        (None, Some(rest)) => ["commit_", rest].concat(),
        (None, None) => {
            return Err(Error::new(
                at,
                "its commit tool cannot be named after it: begin its name with `prepare_`, or give \
                 `commit(name = \"…\")`",
            ));
        }
    };
    let texts = doc
        .commit
        .as_ref()
        .map(|DocText { title, description }| quote!(.described(#title, #description)));
    let tier = commit.tier.as_ref().map(tier).transpose()?.map(|tier| quote!(.tier(#tier)));
    let subject = commit.subject_as.as_ref().map(|name| quote!(.subject_as(#name)));
    Ok(quote!(::souk_sdk::core::CommitTool::new(#name) #texts #tier #subject))
}

/// The calls that say what the action may do.
fn calls(declaration: &ActionDeclaration) -> Result<TokenStream> {
    let tier = declaration.tier.as_ref().map(tier).transpose()?.map(|tier| quote!(.tier(#tier)));
    let session = (!declaration.needs_session).then(|| quote!(.without_session()));
    let note = declaration.note.as_ref().map(|note| quote!(.note(#note)));
    let calls = &declaration.calls;
    Ok(quote!(#tier #session #note #calls))
}

fn tier(word: &Ident) -> Result<TokenStream> {
    let variant = match word.to_string().as_str() {
        "safe" => "Safe",
        "risk" => "Risk",
        "critical" => "Critical",
        _ => return Err(Error::new(word.span(), "a tier is `safe`, `risk` or `critical`")),
    };
    let variant = format_ident!("{variant}");
    Ok(quote!(::souk_sdk::core::Tier::#variant))
}
