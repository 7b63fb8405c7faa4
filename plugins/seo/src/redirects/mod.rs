//! `seo_report_redirect_chains`: where old addresses lead, and over how many others.
//!
//! Magento's own web API lists no URL rewrites. What there is instead:
//!
//! - Its storefront answers each address. Those that are named are asked for by their heads, redirect
//!   by redirect, and the steps are counted here: a circle keeps no worker of the store.
//! - A module of the store's may list all of them, by this contract: `GET /V1/souk/url-rewrites`
//!   takes search criteria and answers `{"items": [{"request_path", "target_path",
//!   "redirect_type", "store_id"}], "total_count"}`, as a repository of Magento's does.

mod chain;
mod follow;
mod list;
mod site;
mod storefront;

use souk_sdk::core::nothing_required;
use souk_sdk::magento::{GRAPHQL, STORE_CONFIGS, STORE_VIEWS};
use souk_sdk::prelude::*;

use chain::{ChainEnd, DeadEndUrl, OtherViewUrl, RedirectChain, RedirectFindings, UnresolvedUrl};
use site::Site;
use storefront::STOREFRONT;

/// How deep chains are followed unless another depth is given.
const DEPTH: u32 = 5;
/// How deep they may be.
const DEEPEST: u32 = 10;
/// Single redirects in the answer.
const LISTED: usize = 500;

#[args]
pub(crate) struct ReportRedirectChainsArgs {
    /// How many redirects in a row are followed.
    #[serde(default = "depth")]
    #[schemars(range(min = 1, max = DEEPEST))]
    max_depth: u32,
    /// What to follow: paths as `old-name.html`, or URLs of this store. Without them the store has to
    /// list its rewrites, which takes a module of its own.
    #[schemars(length(min = 1, max = 100))]
    urls: Option<Vec<String>>,
    /// Only in this store view; in every active one if left out.
    #[schemars(length(min = 1))]
    store_view_code: Option<String>,
}

const fn depth() -> u32 {
    DEPTH
}

#[result]
#[derive(Debug)]
#[schemars(transform = nothing_required)]
pub(crate) struct ReportRedirectChainsResult {
    /// How many addresses redirect, counted in each store view.
    #[schemars(with = "i64")]
    total_redirects: usize,
    /// How many of them take more than one redirect, or end in a loop.
    #[schemars(with = "i64")]
    chains_found: usize,
    /// Those: store_view, path, codes, hops, ends (page, dead_end, loop, unfinished; outside: at
    /// another site; other_view: at an address that only another store view has; unlisted; unknown),
    /// target_type.
    #[schemars(with = "Vec<Value>")]
    chains: Vec<RedirectChain>,
    /// How many have a 302 on their way.
    #[schemars(with = "i64")]
    temporary_redirects: usize,
    /// All that redirect once, in the same form; the first 500.
    #[schemars(with = "Vec<Value>")]
    redirects: Vec<RedirectChain>,
    /// Addresses that lead to nothing the store shows.
    #[schemars(with = "Vec<Value>")]
    dead_ends: Vec<DeadEndUrl>,
    /// Addresses at which a store view has nothing, and another one something: store_view, url,
    /// shown_in.
    #[schemars(with = "Vec<Value>")]
    other_views: Vec<OtherViewUrl>,
    /// Addresses of which it could not be found out, and why.
    #[schemars(with = "Vec<Value>")]
    not_resolved: Vec<UnresolvedUrl>,
    #[schemars(with = "i64")]
    max_depth_checked: u32,
    /// storefront where addresses were followed one by one, rewrites where the store listed them.
    source: &'static str,
    /// What this way of looking cannot see.
    #[schemars(with = "Vec<Value>")]
    limits: Vec<&'static str>,
}

/// Redirect chains
///
/// Reports addresses that redirect: chains, loops, dead ends and temporary redirects, store view by
/// store view. Give `urls` to follow those (up to 100), each redirect asked of the storefront by
/// itself. Magento's web API cannot list all rewrites: without `urls` it works where a module of the store serves GET
/// /V1/souk/url-rewrites as {items: [{request_path, target_path, redirect_type, store_id}],
/// total_count}, and answers UNAVAILABLE elsewhere.
#[action(
    query,
    reads(STORE_VIEWS, STORE_CONFIGS, STOREFRONT, GRAPHQL, list::REWRITES),
    keywords("404", "not found", "broken links", "dead links", "moved pages", "loops", "SEO")
)]
pub(crate) fn report_redirect_chains(
    args: &ReportRedirectChainsArgs,
    context: &Context,
) -> Result<ReportRedirectChainsResult, Failure> {
    if !(1..=DEEPEST).contains(&args.max_depth) {
        return Err(Failure::argument("max_depth", format!("it must be from 1 to {DEEPEST}")));
    }
    let site = Site::read(context, args.store_view_code.as_deref())?;
    let (source, findings) = match &args.urls {
        Some(urls) => ("storefront", follow::all(context, &site, urls, args.max_depth)?),
        None => ("rewrites", list::all(context, &site, args.max_depth)?),
    };
    let RedirectFindings { redirecting, within, dead_ends, other_views, not_resolved, limits } =
        findings;
    let total_redirects = redirecting.len() + within;
    let temporary = redirecting.iter().filter(|chain| chain.codes.contains(&302)).count();
    let (chains, mut redirects): (Vec<_>, Vec<_>) =
        redirecting.into_iter().partition(|chain| chain.hops > 1 || chain.ends == ChainEnd::Loop);
    redirects.truncate(LISTED);
    Ok(ReportRedirectChainsResult {
        total_redirects,
        chains_found: chains.len(),
        chains,
        temporary_redirects: temporary,
        redirects,
        dead_ends,
        other_views,
        not_resolved,
        max_depth_checked: args.max_depth,
        source,
        limits,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
