//! Following named addresses through the storefront's GraphQL.

use souk_sdk::{Context, Failure, Read, ResolvedUrl, StoreView, UrlResolution, resolve_url};

use super::{Chain, DeadEnd, Findings, NotResolved, Outcome, View};

const FIELDS: &str = "__typename type relative_url redirect_code";

/// How many addresses are asked after in one call, all views together. The operator's own limit on
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
    views: &[View],
    urls: &[String],
    max_depth: u32,
) -> Result<Findings, Failure> {
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
    let mut findings = Findings { limits: LIMITS.to_vec(), ..Findings::default() };
    let mut open: Vec<Chain> = views
        .iter()
        .flat_map(|view| urls.iter().map(|url| Chain::new(&view.code, url.trim())))
        .collect();
    let mut asked = 0;
    // One round more than redirects: the last tells whether it ends there.
    for depth in 0..=max_depth {
        let room = open.len().min(MOST_REQUESTS - asked);
        for chain in open.split_off(room) {
            findings.left(chain, "the call's limit of requests is reached: ask for fewer at once");
        }
        asked += open.len();
        let reads: Vec<Read> = open.iter().map(question).collect();
        let answers = context.get_all::<UrlResolution>(&reads);
        let chains = std::mem::take(&mut open);
        for (chain, answer) in chains.into_iter().zip(answers) {
            match answer {
                Ok(answer) => {
                    open.extend(findings.step(chain, answer.to(), depth == max_depth));
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

fn question(chain: &Chain) -> Read {
    resolve_url(chain.last(), FIELDS, StoreView::View(chain.store_view.clone()))
}

impl Findings {
    /// Takes an answer in; the chain where it goes on.
    fn step(&mut self, mut chain: Chain, led: Option<ResolvedUrl>, is_last: bool) -> Option<Chain> {
        let Some(led) = led else {
            self.dead(chain);
            return None;
        };
        chain.target_type = led.kind;
        let to = led.relative_url.unwrap_or_default();
        if led.redirect_code == 0 {
            self.ended(chain, Outcome::Page);
            return None;
        }
        if is_last {
            self.ended(chain, Outcome::Unfinished);
            return None;
        }
        if !chain.go(&to, led.redirect_code) {
            self.ended(chain, Outcome::Loop);
            return None;
        }
        Some(chain)
    }

    fn dead(&mut self, chain: Chain) {
        let (store_view, url) = (chain.store_view.clone(), chain.last().to_owned());
        self.dead_ends.push(DeadEnd { store_view, url });
        self.ended(chain, Outcome::DeadEnd);
    }

    /// Keeps what redirects; an address that is just itself, or nothing, is no redirect.
    fn ended(&mut self, chain: Chain, ends: Outcome) {
        if chain.hops > 0 {
            self.redirecting.push(Chain { ends, ..chain });
        }
    }

    fn left(&mut self, chain: Chain, reason: &str) {
        let (store_view, url) = (chain.store_view.clone(), chain.last().to_owned());
        self.not_resolved.push(NotResolved { store_view, url, reason: reason.to_owned() });
        self.ended(chain, Outcome::Unknown);
    }
}
