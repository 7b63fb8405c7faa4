//! `diagnostics_product_display_check`: why a product does not show, view by view.

mod facts;
mod issue;
mod judge;
mod offer;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use souk_sdk::{
    Action, ActionInfo, CATEGORIES, Context, Decimal, Failure, GRAPHQL, PRODUCT, PRODUCTS, Product,
    STORE_CONFIGS,
};

use self::facts::{Facts, InView};
use self::issue::{Issue, Issues, Mend};
use self::judge::{Judge, is_reachable};
use self::offer::Sale;
use crate::clock::Day;
use crate::number::Number;
use crate::stock::{LINKS, SALABLE, SOURCE_ITEMS, SOURCES, STOCK_ITEM, STOCK_OF};
use crate::unknown::{Unknown, each_once};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The product's sku, in full.
    #[schemars(length(min = 1))]
    sku: String,
    /// Only this store view; all of them if left out.
    #[schemars(length(min = 1))]
    store_view_code: Option<String>,
}

/// What the check answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Report {
    /// As the store spells it, where it has the product.
    sku: String,
    /// Whether the store has the product.
    found: bool,
    /// Its global name.
    product_name: Option<String>,
    /// simple, virtual, downloadable, configurable, grouped, bundle.
    product_type: Option<String>,
    /// Its global status: 1 enabled, 2 disabled.
    status: Option<i64>,
    /// Its global visibility: 1 not alone, 2 catalogue, 3 search, 4 both.
    visibility: Option<i64>,
    /// Its global price; of a product without its own, the lowest among its enabled parts.
    price: Option<Number>,
    /// What is wrong, the worst first.
    issues: Vec<Issue>,
    /// The actions of the issues that keep it from showing or selling as it should, each once, calls
    /// of tools first.
    recommended_actions: Vec<Mend>,
    /// What each store view shows.
    views: Vec<Shown>,
    /// What could not be found out, and so is not judged.
    unknown: Vec<Unknown>,
}

/// A product in a view.
#[derive(Debug, Serialize, JsonSchema)]
struct Shown {
    store_view: String,
    store_view_name: String,
    website: String,
    /// Whether nothing was found that keeps it from showing and being bought; null where that hangs
    /// on something unknown.
    shown: Option<bool>,
    /// Whether it is assigned to the website.
    in_website: bool,
    status: Option<i64>,
    visibility: Option<i64>,
    name: Option<String>,
    url_key: Option<String>,
    /// Its page's address, as the storefront tells it; null where it has none or does not tell.
    url: Option<String>,
    price: Option<Number>,
    special_price: Option<Number>,
    /// none, running, scheduled, ended; unclear where it depends on the time zone.
    sale: &'static str,
    /// Whether it can be bought on the website; of a composite product its parts decide.
    is_salable: Option<bool>,
    categories: Vec<InCategory>,
}

/// One of its categories in a view.
#[derive(Debug, Serialize, JsonSchema)]
struct InCategory {
    id: i64,
    name: String,
    active: bool,
    /// Whether it and all above it are active and under the view's root.
    reachable: bool,
}

pub(crate) fn action() -> Action {
    Action::query(
        check,
        ActionInfo {
            name: "product_display_check",
            title: "Why does a product not show?",
            description: "Checks everything that decides whether a product shows and can be \
                bought, store view by store view: status, visibility, website, categories and \
                those above them, price and sale, stock, images, URL, name; configurable, \
                grouped and bundle products by their parts. Answers the issues, each with the \
                call of a tool that would mend it where one can, and what could not be found out.",
        },
    )
    .reads(souk_sdk::SCOPES)
    .reads(STORE_CONFIGS)
    .reads(PRODUCT)
    .reads(PRODUCTS)
    .reads(CATEGORIES)
    .reads(GRAPHQL)
    .reads(STOCK_OF)
    .reads(SALABLE)
    .reads(SOURCE_ITEMS)
    .reads(SOURCES)
    .reads(LINKS)
    .reads(STOCK_ITEM)
}

fn check(asked: &Asked, context: &Context) -> Result<Report, Failure> {
    let mut unknown = Vec::new();
    let only = asked.store_view_code.as_deref();
    let Some(facts) = Facts::read(context, &asked.sku, only, &mut unknown)? else {
        return Ok(Report::not_found(&asked.sku));
    };
    let mut issues = Issues::default();
    let today = Day::today();
    let mut views = Vec::new();
    for seen in &facts.views {
        let mut is_unsure = seen.parts.is_none() || seen.categories.is_none();
        if let Some(product) = &seen.product {
            let mut judge = Judge { facts: &facts, seen, product, issues: &mut issues };
            judge.presence();
            judge.required();
            judge.address();
            judge.categories();
            judge.price(today, &mut unknown);
            judge.images();
            let before = unknown.len();
            judge.stock(&mut unknown);
            is_unsure |= unknown.len() > before;
        }
        is_unsure |= seen.product.is_none();
        views.push(Shown::of(&facts, seen, today, is_unsure, &issues));
    }
    unknown.extend(never_told());
    let unknown = each_once(unknown);
    let (issues, recommended_actions) = issues.told();
    let global = &facts.global;
    Ok(Report {
        sku: global.sku().to_owned(),
        found: true,
        product_name: global.text("name").map(str::to_owned),
        product_type: global.text("type_id").map(str::to_owned),
        status: global.integer("status"),
        visibility: global.integer("visibility"),
        price: price(&facts, global, None).map(Number::from),
        issues,
        recommended_actions,
        views,
        unknown,
    })
}

/// What no store tells over its web API, and what may hide a product all the same.
fn never_told() -> [Unknown; 2] {
    [
        Unknown::new(
            "whether the store's indexes and caches are up to date",
            "Magento's web API does not tell: where everything else is right and the product still \
             does not show, see `diagnostics_indexer_status_report` and flush the cache",
        ),
        Unknown::new(
            "what extensions, catalogue permissions and the theme do",
            "Magento's web API does not tell; nor whether the store lists products that are out of \
             stock (Stores > Configuration > Catalog > Inventory)",
        ),
    ]
}

/// The product's own price, or the lowest of its enabled parts'.
fn price(facts: &Facts, product: &Product, seen: Option<&InView>) -> Option<Decimal> {
    if facts.makeup.has_price() {
        return product.decimal("price");
    }
    let lowest = |parts: &mut dyn Iterator<Item = &crate::parts::Part>| {
        parts.filter(|part| part.is_enabled).filter_map(|part| part.price).min()
    };
    match seen {
        Some(seen) => lowest(&mut seen.parts.iter().flatten()),
        None => lowest(&mut facts.all_parts()),
    }
}

impl Report {
    fn not_found(sku: &str) -> Self {
        Self {
            sku: sku.to_owned(),
            found: false,
            product_name: None,
            product_type: None,
            status: None,
            visibility: None,
            price: None,
            issues: vec![Issue::no_product(sku)],
            recommended_actions: vec![Mend::search(sku)],
            views: Vec::new(),
            unknown: Vec::new(),
        }
    }
}

impl Shown {
    fn of(facts: &Facts, seen: &InView, today: Day, is_unsure: bool, issues: &Issues) -> Self {
        let view = &seen.view;
        let product = seen.product.as_ref();
        let shown = match (issues.hide_in(view), is_unsure) {
            (true, _) => Some(false),
            (false, true) => None,
            (false, false) => Some(true),
        };
        let is_salable = if facts.makeup.is_own() {
            facts.is_salable(facts.global.sku(), &view.website)
        } else {
            let usable = |part: &crate::parts::Part| facts.is_usable(part, &view.website);
            seen.parts.as_ref().and_then(|parts| facts.makeup.sells(parts, usable))
        };
        Self {
            store_view: view.code.clone(),
            store_view_name: view.name.clone(),
            website: view.website.code.clone(),
            shown,
            in_website: facts.is_on(&view.website),
            status: product.and_then(|product| product.integer("status")),
            visibility: product.and_then(|product| product.integer("visibility")),
            name: product.and_then(|product| product.text("name")).map(str::to_owned),
            url_key: product.and_then(|product| product.text("url_key")).map(str::to_owned),
            url: seen.address.clone().flatten(),
            price: product.and_then(|product| price(facts, product, Some(seen))).map(Number::from),
            special_price: product
                .and_then(|product| product.decimal("special_price"))
                .map(Number::from),
            sale: product.map_or(Sale::None, |product| Sale::of(product, view, today)).as_str(),
            is_salable,
            categories: InCategory::all(facts, seen),
        }
    }
}

impl InCategory {
    fn all(facts: &Facts, seen: &InView) -> Vec<Self> {
        let Some(categories) = &seen.categories else { return Vec::new() };
        let of = |path: &Vec<i64>| {
            let category = categories.iter().find(|category| path.last() == Some(&category.id))?;
            Some(Self {
                id: category.id,
                name: category.name.clone(),
                active: category.is_active,
                reachable: is_reachable(path, seen.view.root_category, categories),
            })
        };
        facts.paths.iter().filter_map(of).collect()
    }
}
