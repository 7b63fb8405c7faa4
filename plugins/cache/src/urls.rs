//! `cache_purge_by_url`.
//!
//! A Varnish with Magento's stock VCL takes no purge by URL. What can be purged there is a tag, so
//! that it is found out what the page shows, and that is purged in its place, which purges more than
//! the page: it is said for each address.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use souk_sdk::{ApplyContext, Failure, FailureCode, PurgeTarget, Purged};

use crate::shown::{self, Shown};

/// How many addresses one call may name.
const MOST_URLS: u32 = 50;
/// How many purges it may make: each address by itself, and where the cache does not take that, by
/// what it shows.
pub(crate) const MOST_PURGES: u32 = 2 * MOST_URLS;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Whole addresses of pages of this store, exactly as a browser asks for them:
    /// `https://shop.example/women.html?p=2`.
    #[schemars(length(min = 1, max = MOST_URLS), inner(length(min = 1)))]
    urls: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// How many pages were purged, and by what.
    message: String,
    /// What became of each address, in the order given.
    results: Vec<One>,
}

#[derive(Serialize, JsonSchema)]
struct One {
    /// The address as it was given.
    url: String,
    /// Whether the page was purged.
    success: bool,
    /// The cache's id of the purge, where it gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    purge_id: Option<String>,
    /// What was purged in its place, with all pages that show it, since the cache takes no purge by
    /// URL: `product 12`, `category 3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<String>,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What became of one address.
struct Outcome {
    result: Result<Purged, Failure>,
    /// What was purged in its place.
    via: Option<Shown>,
}

pub(crate) fn purge(asked: &Asked, context: &ApplyContext) -> Result<Answer, Failure> {
    let targets: Vec<PurgeTarget> = asked.urls.iter().cloned().map(PurgeTarget::Url).collect();
    let mut outcomes: Vec<Outcome> =
        context.purge(&targets).into_iter().map(|result| Outcome { result, via: None }).collect();
    by_what_they_show(context, &asked.urls, &mut outcomes);
    let message = told(&outcomes)?;
    let results = asked.urls.iter().zip(outcomes).map(|(url, outcome)| one(url, outcome)).collect();
    Ok(Answer { message, results })
}

/// Purges what the pages show that the cache did not take by their addresses.
fn by_what_they_show(context: &ApplyContext, urls: &[String], outcomes: &mut [Outcome]) {
    let (refused, left): (Vec<&str>, Vec<&mut Outcome>) = urls
        .iter()
        .zip(outcomes)
        .filter(|(_, outcome)| wants_tags(&outcome.result))
        .map(|(url, outcome)| (url.as_str(), outcome))
        .unzip();
    if refused.is_empty() {
        return;
    }
    let shown = shown::at(context, &refused);
    let things = distinct(shown.iter().flatten().copied());
    let targets: Vec<PurgeTarget> = things.iter().map(|shown| shown.target()).collect();
    let purged = if targets.is_empty() { Vec::new() } else { context.purge(&targets) };
    for ((outcome, shown), url) in left.into_iter().zip(shown).zip(refused) {
        *outcome = match shown {
            Ok(shown) => {
                let at = things.iter().position(|other| *other == shown);
                let result = at.and_then(|at| purged.get(at)).cloned();
                let unanswered = || Err(Failure::internal("the host answered no purge"));
                Outcome { result: result.unwrap_or_else(unanswered), via: Some(shown) }
            }
            Err(why) => Outcome { result: Err(not_by_url(url, &why)), via: None },
        };
    }
}

fn distinct(things: impl Iterator<Item = Shown>) -> Vec<Shown> {
    let mut distinct = Vec::new();
    for thing in things {
        if !distinct.contains(&thing) {
            distinct.push(thing);
        }
    }
    distinct
}

/// Whether the cache itself answered that its rules do not let a page be purged by its address. That
/// there is no cache has the same code, and nobody who answered.
fn wants_tags(result: &Result<Purged, Failure>) -> bool {
    result.as_ref().is_err_and(|failure| {
        failure.code == FailureCode::Unavailable
            && failure.upstream.is_some()
            && failure.status.is_some()
    })
}

fn not_by_url(url: &str, why: &str) -> Failure {
    Failure::unavailable(format!(
        "this cache takes no purge by URL, only by product or category, and `{url}` is not clearly \
         the page of one: {why}"
    ))
    .remedy(
        "purge what it shows with `cache_purge_product` or `cache_purge_category`; for a CMS page \
         or the home page the operator runs `bin/magento cache:clean full_page`, or adds `return \
         (purge);` for a PURGE without tags to the VCL",
    )
}

/// The message, or why nothing at all was purged.
fn told(outcomes: &[Outcome]) -> Result<String, Failure> {
    let purged: Vec<(&Purged, Option<Shown>)> = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome.result.as_ref().ok()?, outcome.via)))
        .collect();
    let Some((first, _)) = purged.first() else {
        return Err(all_failed(outcomes));
    };
    let what = match (purged.len(), outcomes.len()) {
        (1, 1) => "1 page".to_owned(),
        (count, all) if count == all => format!("{count} pages"),
        (count, all) => format!("{count} of {all} pages"),
    };
    let provider = &first.provider;
    if first.previewed {
        return Ok(format!(
            "preview: {what} would be purged from {provider}; nothing was sent{}",
            if provider == VARNISH { PREVIEWED } else { "" }
        ));
    }
    let mut message = format!("purged {what} from {provider}");
    let things = distinct(purged.iter().filter_map(|(_, via)| *via));
    if !things.is_empty() {
        let things: Vec<String> = things.iter().map(Shown::to_string).collect();
        message.push_str(&format!(
            "; it takes no purge by URL, so all pages in all store views that show {} were purged",
            things.join(", ")
        ));
    }
    Ok(message)
}

/// As answers name the one cache that may not take purges by URL.
const VARNISH: &str = "varnish";
/// What a preview cannot know: only a purge shows what the VCL takes.
const PREVIEWED: &str = "; if its VCL takes no purge by URL, as Magento's stock VCL does not, all \
    pages that show the same products or categories would be purged with them";

/// The first failure stands for all: most often they are one and the same.
fn all_failed(outcomes: &[Outcome]) -> Failure {
    let mut failures = outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err());
    let Some(first) = failures.next() else {
        return Failure::internal("the host answered no purge");
    };
    let others: Vec<&Failure> =
        failures.filter(|failure| failure.message != first.message).collect();
    let failure = Failure { argument: Some("/urls".to_owned()), ..first.clone() };
    if others.is_empty() {
        return failure;
    }
    let more: Vec<&str> = others.iter().take(4).map(|failure| failure.message.as_str()).collect();
    let message = format!("nothing was purged: {}; {}", first.message, more.join("; "));
    Failure { message, ..failure }
}

fn one(url: &str, Outcome { result, via }: Outcome) -> One {
    let url = url.to_owned();
    match result {
        Ok(Purged { id, previewed, .. }) => One {
            url,
            success: !previewed,
            purge_id: id,
            via: via.map(|shown| shown.to_string()),
            error: None,
        },
        Err(Failure { message, remedy, .. }) => {
            let error = remedy.map_or(message.clone(), |remedy| format!("{message}: {remedy}"));
            One { url, success: false, purge_id: None, via: None, error: Some(error) }
        }
    }
}
