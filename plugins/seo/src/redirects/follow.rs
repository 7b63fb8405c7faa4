//! Following named addresses through the storefront's GraphQL.

use souk_sdk::core::Read;
use souk_sdk::magento::{ResolvedUrl, UrlResolution, resolve_url};
use souk_sdk::prelude::*;

use super::chain::{
    ChainEnd, DeadEndUrl, RedirectChain, RedirectFindings, UnresolvedUrl, ViewToCheck,
};

const FIELDS: &str = "__typename type relative_url redirect_code";

/// How many addresses are args after in one call, all views together. The operator's own limit on
/// requests is higher.
const MOST_REQUESTS: usize = 450;

/// What this way of looking cannot see. Magento's resolver goes from rewrite to rewrite by itself.
const LIMITS: [&str; 2] = [
    "the storefront answers where an address leads in the end: rewrites in between are not seen, \
     so that a chain of several may show as one redirect",
    "an address that redirects to another site is answered like one that leads nowhere",
];

/// Follows each address in each view.
pub(super) fn all(
    context: &Context,
    views: &[ViewToCheck],
    urls: &[String],
    max_depth: u32,
) -> Result<RedirectFindings, Failure> {
    if let Some(at) = urls.iter().position(|url| url.trim().is_empty()) {
        return Err(Failure::argument(&format!("/urls/{at}"), "an address is empty"));
    }
    if urls.len() * views.len() > MOST_REQUESTS {
        return Err(Failure::argument(
            "urls",
            format!(
                "{} addresses in {} store views are more than {MOST_REQUESTS} questions",
                urls.len(),
                views.len()
            ),
        )
        .remedy("ask for fewer at once, or name a `store_view_code`"));
    }
    let mut findings = RedirectFindings { limits: LIMITS.to_vec(), ..RedirectFindings::default() };
    let mut open: Vec<RedirectChain> = views
        .iter()
        .flat_map(|view| urls.iter().map(|url| RedirectChain::new(&view.code, url.trim())))
        .collect();
    let mut requests = 0;
    // One round more than redirects: the last tells whether it ends there.
    for depth in 0..=max_depth {
        let room = open.len().min(MOST_REQUESTS - requests);
        for chain in open.split_off(room) {
            findings.left(chain, "the call's limit of requests is reached: ask for fewer at once");
        }
        requests += open.len();
        let reads: Vec<Read> = open.iter().map(question).collect();
        let answers = context.get_all::<UrlResolution>(&reads);
        let chains = std::mem::take(&mut open);
        for (chain, answer) in chains.into_iter().zip(answers) {
            match answer {
                Ok(answer) => {
                    open.extend(findings.step(chain, answer.target(), depth == max_depth));
                }
                Err(failure) => findings.left(chain, &failure.message),
            }
        }
        if open.is_empty() {
            break;
        }
        context.progress(u64::from(depth), Some(u64::from(max_depth)), "redirects followed");
    }
    Ok(findings)
}

fn question(chain: &RedirectChain) -> Read {
    resolve_url(chain.last(), FIELDS, StoreView::View(chain.store_view.clone()))
}

impl RedirectFindings {
    /// Takes an answer in; the chain where it goes on.
    fn step(
        &mut self,
        mut chain: RedirectChain,
        target: Option<ResolvedUrl>,
        is_last: bool,
    ) -> Option<RedirectChain> {
        let Some(target) = target else {
            self.dead(chain);
            return None;
        };
        chain.target_type = target.kind;
        let to = target.relative_url.unwrap_or_default();
        if target.redirect_code == 0 {
            self.ended(chain, ChainEnd::Page);
            return None;
        }
        if is_last {
            self.ended(chain, ChainEnd::Unfinished);
            return None;
        }
        if !chain.go(&to, target.redirect_code) {
            self.ended(chain, ChainEnd::Loop);
            return None;
        }
        Some(chain)
    }

    fn dead(&mut self, chain: RedirectChain) {
        let (store_view, url) = (chain.store_view.clone(), chain.last().to_owned());
        self.dead_ends.push(DeadEndUrl { store_view, url });
        self.ended(chain, ChainEnd::DeadEnd);
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
