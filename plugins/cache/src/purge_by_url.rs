//! `cache_purge_by_url`.
//!
//! A Varnish with Magento's stock VCL takes no purge by URL. What can be purged there is a tag, so
//! that it is found out what the page shows, and that is purged in its place, which purges more than
//! the page: it is said for each address.

use souk_sdk::core::{PURGE_CATEGORY, PURGE_PRODUCT, PURGE_URL, PurgeResult, PurgeTarget};
use souk_sdk::magento::{GRAPHQL, STORE_CONFIGS};
use souk_sdk::prelude::*;

use crate::page_subject::{self, PageSubject};

/// How many addresses url_result call may name.
const MOST_URLS: u32 = 50;
/// How many purges it may make: each address by itself, and where the cache does not take that, by
/// what it shows.
const MOST_PURGES: u32 = 2 * MOST_URLS;

#[args]
pub(crate) struct PurgeByUrlArgs {
    /// Whole addresses of pages of this store, exactly as a browser asks for them:
    /// `https://shop.example/women.html?p=2`.
    #[schemars(length(min = 1, max = MOST_URLS), inner(length(min = 1)))]
    urls: Vec<String>,
}

#[result]
pub(crate) struct PurgeByUrlResult {
    /// How many pages were purged, and by what.
    message: String,
    /// What became of each address, in the order given.
    results: Vec<UrlResult>,
}

#[result]
struct UrlResult {
    /// The address as it was given.
    url: String,
    /// Whether the page was purged.
    success: bool,
    /// The cache's id of the purge, where it gives url_result.
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

/// What became of url_result address.
struct PurgeOutcome {
    result: Result<PurgeResult, Failure>,
    /// What was purged in its place.
    via: Option<PageSubject>,
}

/// Purge pages by address
///
/// Purges up to 50 pages of the store from Fastly or Varnish, by their whole addresses, without
/// wildcards. Answers what became of each. Pages at addresses of another store or with another query
/// stay. A Varnish whose VCL takes no purge by URL (Magento's stock VCL) is asked to purge the product
/// or category that the page shows instead, and with it all pages that show it: `via` says so.
#[action(
    apply(at_most = MOST_PURGES),
    tier = risk,
    reads(STORE_CONFIGS, GRAPHQL),
    purges(PURGE_URL, PURGE_PRODUCT, PURGE_CATEGORY),
    keywords(
        "clear cache", "flush", "refresh", "Varnish", "Fastly", "CDN", "old content",
        "outdated page",
    ),
)]
pub(crate) fn purge_by_url(
    args: &PurgeByUrlArgs,
    context: &ApplyContext,
) -> Result<PurgeByUrlResult, Failure> {
    let targets: Vec<PurgeTarget> = args.urls.iter().cloned().map(PurgeTarget::Url).collect();
    let mut outcomes: Vec<PurgeOutcome> = context
        .purge(&targets)
        .into_iter()
        .map(|result| PurgeOutcome { result, via: None })
        .collect();
    by_what_they_show(context, &args.urls, &mut outcomes);
    let message = message_of(&outcomes)?;
    let results =
        args.urls.iter().zip(outcomes).map(|(url, outcome)| url_result(url, outcome)).collect();
    Ok(PurgeByUrlResult { message, results })
}

/// Purges what the pages show that the cache did not take by their addresses.
fn by_what_they_show(context: &ApplyContext, urls: &[String], outcomes: &mut [PurgeOutcome]) {
    let (refused, left): (Vec<&str>, Vec<&mut PurgeOutcome>) = urls
        .iter()
        .zip(outcomes)
        .filter(|(_, outcome)| wants_tags(&outcome.result))
        .map(|(url, outcome)| (url.as_str(), outcome))
        .unzip();
    if refused.is_empty() {
        return;
    }
    let subjects = page_subject::at_urls(context, &refused);
    let things = distinct(subjects.iter().flatten().copied());
    let targets: Vec<PurgeTarget> = things.iter().map(|subject| subject.target()).collect();
    let purged = if targets.is_empty() { Vec::new() } else { context.purge(&targets) };
    for ((outcome, subject), url) in left.into_iter().zip(subjects).zip(refused) {
        *outcome = match subject {
            Ok(subject) => {
                let at = things.iter().position(|other| *other == subject);
                let result = at.and_then(|at| purged.get(at)).cloned();
                let unanswered = || Err(Failure::internal("the host answered no purge"));
                PurgeOutcome { result: result.unwrap_or_else(unanswered), via: Some(subject) }
            }
            Err(why) => PurgeOutcome { result: Err(not_by_url(url, &why)), via: None },
        };
    }
}

fn distinct(things: impl Iterator<Item = PageSubject>) -> Vec<PageSubject> {
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
fn wants_tags(result: &Result<PurgeResult, Failure>) -> bool {
    result.as_ref().is_err_and(|failure| {
        failure.code == FailureCode::Unavailable
            && failure.upstream.is_some()
            && failure.status.is_some()
    })
}

fn not_by_url(url: &str, why: &str) -> Failure {
    Failure::unavailable(format!(
        "this cache takes no purge by URL, only by product or category, and `{url}` is not clearly \
         the page of url_result: {why}"
    ))
    .remedy(
        "purge what it shows with `cache_purge_product` or `cache_purge_category`; for a CMS page \
         or the home page the operator runs `bin/magento cache:clean full_page`, or adds `return \
         (purge);` for a PURGE without tags to the VCL",
    )
}

/// The message, or why nothing at all was purged.
fn message_of(outcomes: &[PurgeOutcome]) -> Result<String, Failure> {
    let purged: Vec<(&PurgeResult, Option<PageSubject>)> = outcomes
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
        let things: Vec<String> = things.iter().map(PageSubject::to_string).collect();
        message.push_str(&format!(
            "; it takes no purge by URL, so all pages in all store views that show {} were purged",
            things.join(", ")
        ));
    }
    Ok(message)
}

/// As answers name the url_result cache that may not take purges by URL.
const VARNISH: &str = "varnish";
/// What a preview cannot know: only a purge shows what the VCL takes.
const PREVIEWED: &str = "; if its VCL takes no purge by URL, as Magento's stock VCL does not, all \
    pages that show the same products or categories would be purged with them";

/// The first failure stands for all: most often they are url_result and the same.
fn all_failed(outcomes: &[PurgeOutcome]) -> Failure {
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

fn url_result(url: &str, PurgeOutcome { result, via }: PurgeOutcome) -> UrlResult {
    let url = url.to_owned();
    match result {
        Ok(PurgeResult { id, previewed, .. }) => UrlResult {
            url,
            success: !previewed,
            purge_id: id,
            via: via.map(|subject| subject.to_string()),
            error: None,
        },
        Err(Failure { message, remedy, .. }) => {
            let error = remedy.map_or(message.clone(), |remedy| format!("{message}: {remedy}"));
            UrlResult { url, success: false, purge_id: None, via: None, error: Some(error) }
        }
    }
}
