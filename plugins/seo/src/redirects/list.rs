//! Chains in the list of all rewrites, where a module of the store's gives one.

use std::collections::{HashMap, HashSet};

use souk_sdk::prelude::*;

use super::chain::{ChainEnd, RedirectChain, RedirectFindings, ViewToCheck};

pub(super) const REWRITES: Route<0> = Route::new("/V1/souk/url-rewrites");

/// Rewrites on one page.
const PAGE: u32 = 1_000;
/// Pages that are read: 100,000 rewrites.
const MOST_PAGES: u32 = 100;

/// One rewrite, as Magento's table has it.
#[record]
#[derive(Debug)]
struct UrlRewrite {
    request_path: String,
    target_path: String,
    /// 0 leads to a page inside; 301 and 302 redirect.
    #[serde(default)]
    redirect_type: u16,
    store_id: i64,
}

/// What an address of a view does.
#[derive(Debug, Clone, Copy)]
enum RewriteEffect<'a> {
    Shows,
    Redirects(&'a str, u16),
}

pub(super) fn all(
    context: &Context,
    views: &[ViewToCheck],
    max_depth: u32,
) -> Result<RedirectFindings, Failure> {
    let mut findings = RedirectFindings::default();
    let rewrites = read(context, &mut findings)?;
    for view in views {
        let of_view = rewrites.iter().filter(|rewrite| rewrite.store_id == view.id);
        findings.in_view(&view.code, of_view, max_depth);
    }
    Ok(findings)
}

fn read(context: &Context, findings: &mut RedirectFindings) -> Result<Vec<UrlRewrite>, Failure> {
    let mut all = Vec::new();
    for number in 1..=MOST_PAGES {
        let criteria = Criteria::new().page(PAGE, number);
        let read = REWRITES.read([]).search(&criteria).in_view(StoreView::Global);
        let found: SearchPage<UrlRewrite> =
            context.get(&read).map_err(|failure| match failure.code {
                FailureCode::Unavailable | FailureCode::NotFound => none_to_ask(),
                _ => failure,
            })?;
        let (count, total) = (found.items.len(), found.total_count);
        all.extend(found.items);
        // A full page has a next: the count may be that of the page.
        let is_full = count >= PAGE as usize;
        if count == 0 || !is_full && all.len() as u64 >= total {
            return Ok(all);
        }
        context.progress(all.len() as u64, Some(total), "rewrites read");
    }
    findings.limits.push("only the first 100,000 rewrites were read");
    Ok(all)
}

fn none_to_ask() -> Failure {
    Failure::unavailable(
        "Magento has no web API that lists URL rewrites, and this store has no module that serves \
         `/V1/souk/url-rewrites`: nothing is known of its redirects",
    )
    .remedy(
        "give `urls`: those addresses are followed one by one; or see Marketing > URL Rewrites in \
         the administration",
    )
}

impl RedirectFindings {
    fn in_view<'a>(
        &mut self,
        view: &str,
        rewrites: impl Iterator<Item = &'a UrlRewrite>,
        max_depth: u32,
    ) {
        let mut does: HashMap<&str, RewriteEffect<'_>> = HashMap::new();
        let mut starts: Vec<&str> = Vec::new();
        let mut targets: HashSet<&str> = HashSet::new();
        for rewrite in rewrites {
            let path = rewrite.request_path.as_str();
            does.insert(
                path,
                match rewrite.redirect_type {
                    0 => RewriteEffect::Shows,
                    code => RewriteEffect::Redirects(&rewrite.target_path, code),
                },
            );
            if rewrite.redirect_type > 0 {
                starts.push(path);
                targets.insert(&rewrite.target_path);
            }
        }
        for start in starts {
            let chain = followed(view, start, &does, max_depth);
            // What comes in the middle of a chain stands with it, and a circle once.
            let is_first = !targets.contains(start);
            let is_circle = chain.ends == ChainEnd::Loop && chain.last() == start;
            if is_first || (is_circle && chain.path.iter().all(|other| start <= other)) {
                self.redirecting.push(chain);
            } else {
                self.within += 1;
            }
        }
    }
}

fn followed(
    view: &str,
    start: &str,
    does: &HashMap<&str, RewriteEffect<'_>>,
    max_depth: u32,
) -> RedirectChain {
    let mut chain = RedirectChain::new(view, start);
    loop {
        let here = chain.last().to_owned();
        match does.get(&*here) {
            Some(RewriteEffect::Shows) => chain.ends = ChainEnd::Page,
            Some(RewriteEffect::Redirects(..)) if chain.hops == max_depth => {
                chain.ends = ChainEnd::Unfinished;
            }
            Some(RewriteEffect::Redirects(to, code)) => {
                if chain.go(to, *code) {
                    continue;
                }
                chain.ends = ChainEnd::Loop;
            }
            None => chain.ends = outside(&here),
        }
        return chain;
    }
}

/// What an address is that no rewrite has: one of Magento's own, of which a rewrite need not be.
fn outside(address: &str) -> ChainEnd {
    let inside = ["catalog/", "cms/"].iter().any(|start| address.starts_with(start));
    if inside { ChainEnd::Page } else { ChainEnd::Outside }
}
