//! Following named addresses through the storefront, one redirect at a time.

use std::collections::HashMap;

use souk_sdk::core::Read;
use souk_sdk::magento::{UrlResolution, resolve_url};
use souk_sdk::prelude::*;

use super::chain::{
    ChainEnd, DeadEndUrl, OtherViewUrl, RedirectChain, RedirectFindings, UnresolvedUrl,
};
use super::site::{AddressOwner, Site, SiteView};
use super::storefront::{PageAnswer, PageHead, look};

/// How many addresses are asked after in one call, all views together. The operator's own limit on
/// requests is higher.
const MOST_REQUESTS: usize = 450;

/// What this way of looking cannot see.
const LIMITS: [&str; 1] = [
    "pages are asked for at the store's configured address: of a website that has another host it is \
     seen only where that address shows it",
];

/// A chain on its way, and in which of the views.
type OpenChain<'a> = (&'a SiteView, RedirectChain);

/// Follows each address in each view that it is of.
pub(super) fn all(
    context: &Context,
    site: &Site,
    urls: &[String],
    max_depth: u32,
) -> Result<RedirectFindings, Failure> {
    let mut findings = RedirectFindings { limits: LIMITS.to_vec(), ..RedirectFindings::default() };
    let mut open = starts(site, urls)?;
    let mut dead = Vec::new();
    let mut shown: HashMap<String, String> = HashMap::new();
    let mut requests = 0;
    // One round more than redirects: the last tells whether it ends there.
    for depth in 0..=max_depth {
        let room = open.len().min(MOST_REQUESTS - requests);
        for (_, chain) in open.split_off(room) {
            findings.left(chain, "the call's limit of requests is reached: ask for fewer at once");
        }
        requests += open.len();
        let reads: Vec<Read> = open.iter().map(|(view, chain)| look(view, chain.last())).collect();
        let answers = context.get_all::<PageHead>(&reads);
        let chains = std::mem::take(&mut open);
        for ((view, mut chain), answer) in chains.into_iter().zip(answers) {
            match answer.map(PageAnswer::from) {
                Ok(PageAnswer::Shows) => {
                    shown.entry(chain.last().to_owned()).or_insert_with(|| view.code.clone());
                    findings.ended(chain, ChainEnd::Page);
                }
                Ok(PageAnswer::Nothing) => dead.push(chain),
                Ok(PageAnswer::Redirects { .. }) if depth == max_depth => {
                    findings.ended(chain, ChainEnd::Unfinished);
                }
                Ok(PageAnswer::Redirects { to, code }) => {
                    shown.entry(chain.last().to_owned()).or_insert_with(|| view.code.clone());
                    match chain.redirect(site, view, &to, code) {
                        None => open.push((view, chain)),
                        Some(end) => findings.ended(chain, end),
                    }
                }
                Ok(PageAnswer::Unclear(why)) => findings.left(chain, &why),
                Err(failure) => findings.left(chain, &failure.message),
            }
        }
        if open.is_empty() {
            break;
        }
        context.progress(u64::from(depth), Some(u64::from(max_depth)), "redirects followed");
    }
    for chain in dead {
        let other = shown.get(chain.last()).filter(|view| **view != chain.store_view);
        findings.nothing_at(chain, other.cloned());
    }
    name_targets(context, site, &mut findings, MOST_REQUESTS - requests);
    Ok(findings)
}

/// Each address in each view that it is of.
///
/// # Errors
/// An address that is empty or of no view of this store, or more of them than can be asked after.
fn starts<'a>(site: &'a Site, urls: &[String]) -> Result<Vec<OpenChain<'a>>, Failure> {
    let mut open = Vec::new();
    for (at, url) in urls.iter().enumerate() {
        let wrong = |why: String| Failure::argument(&format!("/urls/{at}"), why);
        let url = url.trim();
        if url.is_empty() {
            return Err(wrong("an address is empty".to_owned()));
        }
        let before = open.len();
        let mut elsewhere = None;
        for view in &site.views {
            match site.place(view, url) {
                AddressOwner::Here(path) => open.push((view, RedirectChain::new(&view.code, path))),
                AddressOwner::OtherView(code) => elsewhere = Some(code),
                AddressOwner::Outside => {}
            }
        }
        if open.len() > before {
            continue;
        }
        return Err(match elsewhere {
            Some(code) => wrong(format!("`{url}` is an address of the store view `{code}`"))
                .remedy("name that one as `store_view_code`"),
            None => wrong(format!("`{url}` is not an address of this store"))
                .remedy(format!("give paths, or addresses at {}", site.hosts().join(", "))),
        });
    }
    if open.len() > MOST_REQUESTS {
        return Err(Failure::argument(
            "urls",
            format!(
                "{} addresses in {} store views are more than {MOST_REQUESTS} questions",
                urls.len(),
                site.views.len()
            ),
        )
        .remedy("ask for fewer at once, or name a `store_view_code`"));
    }
    Ok(open)
}

/// Asks what is shown where chains end. A page that shows is in no circle.
fn name_targets(context: &Context, site: &Site, findings: &mut RedirectFindings, room: usize) {
    let shown = |chain: &&mut RedirectChain| chain.ends == ChainEnd::Page;
    let mut chains: Vec<&mut RedirectChain> =
        findings.redirecting.iter_mut().filter(shown).take(room).collect();
    let reads: Vec<Read> = chains
        .iter()
        .map(|chain| {
            let view = site.views.iter().find(|view| view.code == chain.store_view);
            let view = view.map_or(StoreView::Global, SiteView::store_view);
            resolve_url(chain.last(), "type", view)
        })
        .collect();
    let answers = context.get_all::<UrlResolution>(&reads);
    for (chain, answer) in chains.iter_mut().zip(answers) {
        chain.target_type = answer.ok().and_then(|answer| answer.target()?.kind);
    }
}

impl RedirectChain {
    /// One redirect further; how it ends, where it does.
    pub(super) fn redirect(
        &mut self,
        site: &Site,
        view: &SiteView,
        to: &str,
        code: u16,
    ) -> Option<ChainEnd> {
        match site.place(view, to) {
            AddressOwner::Here(path) => (!self.go(path, code)).then_some(ChainEnd::Loop),
            AddressOwner::OtherView(_) => {
                self.go(to, code);
                Some(ChainEnd::OtherView)
            }
            AddressOwner::Outside => {
                self.go(to, code);
                Some(ChainEnd::Outside)
            }
        }
    }
}

impl RedirectFindings {
    /// A view has nothing where a chain ends; another one may.
    pub(super) fn nothing_at(&mut self, chain: RedirectChain, other_view: Option<String>) {
        let (store_view, url) = (chain.store_view.clone(), chain.last().to_owned());
        if let Some(shown_in) = other_view {
            self.other_views.push(OtherViewUrl { store_view, url, shown_in });
            self.ended(chain, ChainEnd::OtherView);
        } else {
            self.dead_ends.push(DeadEndUrl { store_view, url });
            self.ended(chain, ChainEnd::DeadEnd);
        }
    }

    /// Keeps what redirects; an address that is just itself, or nothing, is no redirect.
    fn ended(&mut self, chain: RedirectChain, ends: ChainEnd) {
        if chain.hops > 0 {
            self.redirecting.push(RedirectChain { ends, ..chain });
        }
    }

    fn left(&mut self, chain: RedirectChain, reason: &str) {
        let (store_view, url) = (chain.store_view.clone(), chain.last().to_owned());
        self.not_resolved.push(UnresolvedUrl { store_view, url, reason: reason.to_owned() });
        self.ended(chain, ChainEnd::Unknown);
    }
}
