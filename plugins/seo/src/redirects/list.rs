//! Chains in the list of all rewrites, where a module of the store's gives one.

use std::collections::{HashMap, HashSet};

use souk_sdk::core::Read;
use souk_sdk::prelude::*;

use super::chain::{ChainEnd, RedirectChain, RedirectFindings};
use super::site::{Site, SiteView};
use super::storefront::{PageAnswer, PageHead, look};

pub(super) const REWRITES: Route<0> = Route::new("/V1/souk/url-rewrites");

/// Rewrites on one page: as many as a store gives whose input is limited.
const PAGE: u32 = 300;
/// Pages that are read: 100,000 rewrites.
const MOST_PAGES: u32 = 334;
/// Addresses that the storefront is asked about.
const MOST_LOOKS: usize = 100;

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
    site: &Site,
    max_depth: u32,
) -> Result<RedirectFindings, Failure> {
    let mut findings = RedirectFindings::default();
    let rewrites = read(context, &mut findings)?;
    let table = RewriteTable::of(&rewrites);
    for view in &site.views {
        findings.in_view(site, view, &table, max_depth);
    }
    look_at_unlisted(context, site, &mut findings);
    Ok(findings)
}

/// Asks the storefront what it has at addresses that no rewrite has: a page of a module's own, or
/// nothing.
fn look_at_unlisted(context: &Context, site: &Site, findings: &mut RedirectFindings) {
    let all = std::mem::take(&mut findings.redirecting);
    let mut questions: Vec<(&SiteView, String)> = Vec::new();
    for chain in all.iter().filter(|chain| chain.ends == ChainEnd::Unlisted) {
        let Some(view) = site.views.iter().find(|view| view.code == chain.store_view) else {
            continue;
        };
        let is_asked = questions.iter().any(|(of, path)| of.id == view.id && path == chain.last());
        if !is_asked && questions.len() < MOST_LOOKS {
            questions.push((view, chain.last().to_owned()));
        }
    }
    let reads: Vec<Read> = questions.iter().map(|(view, path)| look(view, path)).collect();
    let answers: Vec<PageAnswer> = context
        .get_all::<PageHead>(&reads)
        .into_iter()
        .map(|answer| {
            answer.map_or_else(|failure| PageAnswer::Unclear(failure.message), PageAnswer::from)
        })
        .collect();
    for chain in all {
        let asked = questions
            .iter()
            .position(|(view, path)| view.code == chain.store_view && path == chain.last());
        match asked.map(|at| &answers[at]).filter(|_| chain.ends == ChainEnd::Unlisted) {
            Some(PageAnswer::Shows) => {
                findings.redirecting.push(RedirectChain { ends: ChainEnd::Page, ..chain });
            }
            Some(PageAnswer::Nothing) => findings.nothing_at(chain, None),
            _ => findings.redirecting.push(chain),
        }
    }
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

/// What each view has at which address.
struct RewriteTable<'a> {
    views: HashMap<i64, HashMap<&'a str, RewriteEffect<'a>>>,
}

impl<'a> RewriteTable<'a> {
    fn of(rewrites: &'a [UrlRewrite]) -> Self {
        let mut views: HashMap<i64, HashMap<&str, RewriteEffect<'_>>> = HashMap::new();
        for rewrite in rewrites {
            let effect = match rewrite.redirect_type {
                0 => RewriteEffect::Shows,
                code => RewriteEffect::Redirects(&rewrite.target_path, code),
            };
            views.entry(rewrite.store_id).or_default().insert(&rewrite.request_path, effect);
        }
        Self { views }
    }

    fn effect(&self, view: &SiteView, path: &str) -> Option<RewriteEffect<'a>> {
        self.views.get(&view.id)?.get(path).copied()
    }

    /// The addresses of a view that redirect, in their order.
    fn redirects(&self, view: &SiteView) -> Vec<(&'a str, &'a str)> {
        let of_view = self.views.get(&view.id).into_iter().flatten();
        let mut all: Vec<(&str, &str)> = of_view
            .filter_map(|(path, effect)| match effect {
                RewriteEffect::Redirects(to, _) => Some((*path, *to)),
                RewriteEffect::Shows => None,
            })
            .collect();
        all.sort_unstable();
        all
    }

    /// Whether another view than this has something there.
    fn is_elsewhere(&self, view: &SiteView, path: &str) -> bool {
        self.views.iter().any(|(id, does)| *id != view.id && does.contains_key(path))
    }

    fn followed(&self, site: &Site, view: &SiteView, start: &str, most: u32) -> RedirectChain {
        let mut chain = RedirectChain::new(&view.code, start);
        loop {
            let end = match self.effect(view, chain.last()) {
                Some(RewriteEffect::Shows) => ChainEnd::Page,
                Some(RewriteEffect::Redirects(..)) if chain.hops == most => ChainEnd::Unfinished,
                Some(RewriteEffect::Redirects(to, code)) => {
                    match chain.redirect(site, view, to, code) {
                        None => continue,
                        Some(end) => end,
                    }
                }
                None => self.end_without_rewrite(view, chain.last()),
            };
            chain.ends = end;
            return chain;
        }
    }

    /// What an address is that no rewrite of the view has: one of Magento's own, of which a rewrite
    /// need not be, another view's, or what only the storefront can tell.
    fn end_without_rewrite(&self, view: &SiteView, path: &str) -> ChainEnd {
        if ["catalog/", "cms/"].iter().any(|start| path.starts_with(start)) {
            ChainEnd::Page
        } else if self.is_elsewhere(view, path) {
            ChainEnd::OtherView
        } else {
            ChainEnd::Unlisted
        }
    }
}

impl RedirectFindings {
    fn in_view(&mut self, site: &Site, view: &SiteView, table: &RewriteTable<'_>, most: u32) {
        let redirects = table.redirects(view);
        let targets: HashSet<&str> = redirects.iter().map(|(_, to)| *to).collect();
        for (start, _) in redirects {
            let chain = table.followed(site, view, start, most);
            // What comes in the middle of a chain stands with it, and a circle once.
            let is_first = !targets.contains(start);
            let is_circle = chain.ends == ChainEnd::Loop && chain.last() == start;
            if is_first || (is_circle && chain.path.iter().all(|other| start <= &**other)) {
                self.redirecting.push(chain);
            } else {
                self.within += 1;
            }
        }
    }
}
