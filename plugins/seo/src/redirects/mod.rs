//! `seo_report_redirect_chains`: where old addresses lead, and over how many others.
//!
//! Magento's own web API lists no URL rewrites. What there is instead:
//!
//! - Its storefront's GraphQL tells where one address leads (`route`, see `graphql.jsonl`). Addresses
//!   that are named are followed with it, address by address.
//! - A module of the store's may list all of them, by this contract: `GET /V1/souk/url-rewrites`
//!   takes search criteria and answers `{"items": [{"request_path", "target_path",
//!   "redirect_type", "store_id"}], "total_count"}`, as a repository of Magento's does.

mod follow;
mod listed;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use souk_sdk::{Action, ActionInfo, Context, Failure, GRAPHQL, STORE_VIEWS, StoreView};

/// How deep chains are followed unless told otherwise.
const DEPTH: u32 = 5;
/// How deep they may be.
const DEEPEST: u32 = 10;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// How many redirects in a row are followed.
    #[serde(default = "depth")]
    #[schemars(range(min = 1, max = DEEPEST))]
    max_depth: u32,
    /// The addresses to follow: paths as `old-name.html`, or whole URLs, of which the path counts.
    /// Without them the store has to list its rewrites, which takes a module of its own.
    #[schemars(length(min = 1, max = 100))]
    urls: Option<Vec<String>>,
    /// Only in this store view; in every active one if left out.
    #[schemars(length(min = 1))]
    store_view_code: Option<String>,
}

const fn depth() -> u32 {
    DEPTH
}

/// Where a row of redirects ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// At something that the store shows.
    Page,
    /// At nothing: shoppers get a 404.
    DeadEnd,
    /// At an address that it came through before.
    Loop,
    /// It goes on beyond `max_depth`.
    Unfinished,
    /// At something that is no rewrite: another site, or a page that the list does not tell of.
    Outside,
    /// The store did not answer where it goes on: see `not_resolved`.
    Unknown,
}

/// A row of redirects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Chain {
    /// A view's code, or its id where the list has only that.
    store_view: String,
    /// The addresses, from the one asked to the last.
    path: Vec<String>,
    /// The redirects between them: 301 for good, 302 for now.
    codes: Vec<u16>,
    /// How many redirects.
    hops: u32,
    ends: Outcome,
    /// PRODUCT, CATEGORY or CMS_PAGE, where the store tells.
    target_type: Option<String>,
}

impl Chain {
    pub(crate) fn new(store_view: &str, start: &str) -> Self {
        Self {
            store_view: store_view.to_owned(),
            path: vec![start.to_owned()],
            codes: Vec::new(),
            hops: 0,
            ends: Outcome::Unknown,
            target_type: None,
        }
    }

    /// The address where it is now.
    pub(crate) fn last(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// One redirect further. False where it has been there before.
    pub(crate) fn go(&mut self, to: &str, code: u16) -> bool {
        let is_new = !self.path.iter().any(|known| known == to);
        self.path.push(to.to_owned());
        self.codes.push(code);
        self.hops += 1;
        is_new
    }
}

/// An address of which it is not known where it leads.
#[derive(Debug, Serialize)]
pub(crate) struct NotResolved {
    store_view: String,
    url: String,
    reason: String,
}

/// An address that leads nowhere.
#[derive(Debug, Serialize)]
pub(crate) struct DeadEnd {
    store_view: String,
    url: String,
}

/// What following found, in whichever way.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Everything that redirects, once or more.
    pub(crate) redirecting: Vec<Chain>,
    /// How many redirects more there are in the middle of those.
    pub(crate) within: usize,
    pub(crate) dead_ends: Vec<DeadEnd>,
    pub(crate) not_resolved: Vec<NotResolved>,
    pub(crate) limits: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Report {
    total_redirects: usize,
    chains_found: usize,
    chains: Vec<Chain>,
    temporary_redirects: usize,
    redirects: Vec<Chain>,
    dead_ends: Vec<DeadEnd>,
    not_resolved: Vec<NotResolved>,
    max_depth_checked: u32,
    source: &'static str,
    limits: Vec<&'static str>,
}

impl JsonSchema for Report {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Report".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Written out: what `derive` makes of it costs kilobytes in every plugin.
        schemars::json_schema!({
            "type": "object",
            "properties": {
                "total_redirects": {
                    "type": "integer",
                    "description": "How many addresses redirect, counted in each store view."
                },
                "chains_found": {
                    "type": "integer",
                    "description": "How many of them take more than one redirect, or end in a loop."
                },
                "chains": {
                    "type": "array",
                    "description": "Those: store_view, path, codes, hops, ends (page, dead_end, loop, unfinished, outside, unknown), target_type."
                },
                "temporary_redirects": {
                    "type": "integer",
                    "description": "How many have a 302 on their way."
                },
                "redirects": {
                    "type": "array",
                    "description": "All that redirect once, in the same form; the first 500."
                },
                "dead_ends": {
                    "type": "array",
                    "description": "store_view and url of addresses that lead to nothing the store shows."
                },
                "not_resolved": {
                    "type": "array",
                    "description": "store_view, url and reason of addresses of which it could not be found out."
                },
                "max_depth_checked": { "type": "integer" },
                "source": {
                    "type": "string",
                    "description": "graphql where addresses were followed one by one, rewrites where the store listed them."
                },
                "limits": {
                    "type": "array",
                    "description": "What this way of looking cannot see."
                }
            }
        })
    }
}

/// Single redirects in the answer.
const LISTED: usize = 500;

pub(crate) fn action() -> Action {
    Action::query(
        report,
        ActionInfo {
            name: "report_redirect_chains",
            title: "Redirect chains",
            description: "Reports addresses that redirect: chains, loops, dead ends and temporary \
                redirects, store view by store view. Give `urls` to follow those (up to 100) \
                through the storefront's GraphQL. Magento's web API cannot list all rewrites: \
                without `urls` it works where a module of the store serves GET \
                /V1/souk/url-rewrites as {items: [{request_path, target_path, redirect_type, \
                store_id}], total_count}, and answers UNAVAILABLE elsewhere.",
        },
    )
    .reads(STORE_VIEWS)
    .reads(GRAPHQL)
    .reads(listed::REWRITES)
}

/// A store view.
#[derive(Debug, Deserialize)]
pub(crate) struct View {
    pub(crate) id: i64,
    pub(crate) code: String,
    #[serde(default)]
    is_active: serde_json::Value,
}

fn report(asked: &Asked, context: &Context) -> Result<Report, Failure> {
    if !(1..=DEEPEST).contains(&asked.max_depth) {
        return Err(Failure::argument("max_depth", format!("it must be from 1 to {DEEPEST}")));
    }
    let views = views(asked.store_view_code.as_deref(), context)?;
    let (source, findings) = match &asked.urls {
        Some(urls) => ("graphql", follow::all(context, &views, urls, asked.max_depth)?),
        None => ("rewrites", listed::all(context, &views, asked.max_depth)?),
    };
    let Findings { redirecting, within, dead_ends, not_resolved, limits } = findings;
    let total_redirects = redirecting.len() + within;
    let temporary = redirecting.iter().filter(|chain| chain.codes.contains(&302)).count();
    let (chains, mut redirects): (Vec<_>, Vec<_>) =
        redirecting.into_iter().partition(|chain| chain.hops > 1 || chain.ends == Outcome::Loop);
    redirects.truncate(LISTED);
    Ok(Report {
        total_redirects,
        chains_found: chains.len(),
        chains,
        temporary_redirects: temporary,
        redirects,
        dead_ends,
        not_resolved,
        max_depth_checked: asked.max_depth,
        source,
        limits,
    })
}

/// The views to look at: those that shoppers can open, or the one named.
fn views(only: Option<&str>, context: &Context) -> Result<Vec<View>, Failure> {
    let all: Vec<View> = context.get(&STORE_VIEWS.read([]).at(StoreView::Global))?;
    let mut views: Vec<View> = all.into_iter().filter(|view| view.id != 0).collect();
    match only {
        Some(code) if views.iter().any(|view| view.code == code) => {
            views.retain(|view| view.code == code);
        }
        Some(code) => {
            let known: Vec<&str> = views.iter().map(|view| &*view.code).collect();
            let message = format!("the store has no store view `{code}`");
            return Err(Failure::argument("store_view_code", message)
                .remedy(format!("one of: {}", known.join(", "))));
        }
        None => views.retain(|view| view.is_active != 0 && view.is_active != false),
    }
    Ok(views)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
