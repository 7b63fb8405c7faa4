//! Everything that decides whether a product shows, read in as few rounds as it can be.

use souk_sdk::core::{Answers, Read};
use souk_sdk::magento::{CATEGORIES, PRODUCT, UrlResolution, projection, resolve_url};
use souk_sdk::prelude::*;

use crate::composition::{self, Composition, ProductPart};
use crate::inventory::{self, InventoryModel, Salability, SourceInventory, StockItem};
use crate::store_views::{ShopView, ShopViews, ShopWebsite, websites_of};
use crate::unknown::{Unknown, or_unknown};

/// More views than this are not looked at in one call: each takes three requests.
const MOST_VIEWS: usize = 60;

/// What is known of a product.
pub(super) struct ProductFacts {
    /// Its global values.
    pub(super) global: Product,
    pub(super) makeup: Composition,
    pub(super) views: Vec<ViewFacts>,
    pub(super) stocking: InventoryModel,
    /// What can be sold of it, or of its parts, from which stock.
    pub(super) salability: Vec<Salability>,
    pub(super) warehouse: SourceInventory,
    /// Of its parts, in the parts' order; without multi-source inventory only.
    pub(super) part_items: Vec<Option<StockItem>>,
    /// Its categories with those above them: the paths of ids, from the root down.
    pub(super) paths: Vec<Vec<i64>>,
}

/// What one view shows.
pub(super) struct ViewFacts {
    pub(super) view: ShopView,
    pub(super) product: Option<Product>,
    /// Its address there; `Some(None)` where it has none, `None` where that is not known.
    pub(super) address: Option<Option<String>>,
    /// Its categories and those above, as the view shows them; `None` where they cannot be read.
    pub(super) categories: Option<Vec<ViewCategory>>,
    /// Its parts; empty for a product of its own.
    pub(super) parts: Option<Vec<ProductPart>>,
}

/// A category in a view.
pub(super) struct ViewCategory {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) is_active: bool,
}

impl ProductFacts {
    /// Reads; `None` where the store has no such product.
    pub(super) fn read(
        context: &Context,
        sku: &str,
        only: Option<&str>,
        unknown: &mut Vec<Unknown>,
    ) -> Result<Option<Self>, Failure> {
        let reads: Vec<Read> = [PRODUCT.read([sku]).in_view(StoreView::Global)]
            .into_iter()
            .chain(ShopViews::reads())
            .collect();
        let mut answers = context.get_together(&reads);
        let global: Result<Product, Failure> = answers.next();
        let shop = ShopViews::next(&mut answers, unknown)?;
        let views = views_to_look_at(shop, only, unknown)?;
        let global = match global {
            Ok(product) => product,
            Err(failure) if failure.is_not_found() => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let makeup = Composition::of(&global);
        let websites = websites_of(&views);
        let second = ViewReads::read(context, &global, &views, &websites, unknown)?;
        let parts = parts_by_website(context, &makeup, &views, &websites, unknown);
        let categories = in_views(context, &second.paths, &views, unknown)?;
        let mut facts = Self {
            views: views
                .into_iter()
                .zip(second.products)
                .zip(second.addresses)
                .zip(categories)
                .map(|(((view, product), address), categories)| {
                    let at = websites.iter().position(|website| *website == view.website);
                    let parts = at.and_then(|at| parts[at].clone());
                    ViewFacts { view, product, address, categories, parts }
                })
                .collect(),
            global,
            makeup,
            stocking: second.stocking,
            salability: Vec::new(),
            warehouse: SourceInventory::default(),
            part_items: Vec::new(),
            paths: second.paths,
        };
        facts.read_stock(context, unknown);
        Ok(Some(facts))
    }

    /// Skus as the store spells them: here it minds their case.
    fn read_stock(&mut self, context: &Context, unknown: &mut Vec<Unknown>) {
        let skus: Vec<String> = if self.makeup.is_own() {
            vec![self.global.sku().to_owned()]
        } else {
            self.all_parts().map(|part| part.sku.clone()).collect()
        };
        match &self.stocking {
            InventoryModel::Sources { stocks, .. } => {
                self.salability = inventory::salability(context, stocks, &skus, unknown);
                // Where the goods are explains why none can be sold; where some can, nobody asks.
                let explains = self.salability.iter().any(|found| !found.salable);
                if explains && self.makeup.is_own() {
                    self.warehouse = SourceInventory::read(context, &skus, unknown);
                }
            }
            InventoryModel::Legacy if self.makeup.is_own() => {}
            InventoryModel::Legacy => self.part_items = inventory::legacy(context, &skus, unknown),
        }
    }

    /// The parts, each once.
    pub(super) fn all_parts(&self) -> impl Iterator<Item = &ProductPart> {
        let first = self.views.iter().find_map(|view| view.parts.as_ref());
        first.into_iter().flatten()
    }

    /// A category's name, the same for all views, so that they tell of the same one alike.
    pub(super) fn category_name(&self, id: i64) -> &str {
        let all = self.views.iter().filter_map(|view| view.categories.as_ref()).flatten();
        all.into_iter().find(|category| category.id == id).map_or("", |category| &category.name)
    }

    /// Whether a sku can be sold on a website, as far as is known.
    pub(super) fn is_salable(&self, sku: &str, website: &ShopWebsite) -> Option<bool> {
        match &self.stocking {
            InventoryModel::Sources { without, .. } if without.contains(website) => Some(false),
            InventoryModel::Sources { .. } => {
                inventory::salable(&self.salability, sku, self.stocking.of(website)?)
            }
            InventoryModel::Legacy if self.makeup.is_own() => {
                StockItem::of(&self.global).map(|item| item.sells())
            }
            InventoryModel::Legacy => {
                let at = self.all_parts().position(|part| part.sku == sku)?;
                self.part_items.get(at)?.as_ref().map(StockItem::sells)
            }
        }
    }

    /// Whether a shopper can use a part on a website.
    pub(super) fn is_usable(&self, part: &ProductPart, website: &ShopWebsite) -> Option<bool> {
        if part.is_enabled && part.websites.contains(&website.id) {
            self.is_salable(&part.sku, website)
        } else {
            Some(false)
        }
    }

    /// The ids of the websites that it is assigned to.
    pub(super) fn is_on(&self, website: &ShopWebsite) -> bool {
        let ids = self.global.extension("website_ids").and_then(Value::as_array);
        ids.into_iter().flatten().any(|id| id.as_i64() == Some(website.id))
    }
}

fn views_to_look_at(
    shop: ShopViews,
    only: Option<&str>,
    unknown: &mut Vec<Unknown>,
) -> Result<Vec<ShopView>, Failure> {
    let mut views = match only {
        Some(code) => vec![shop.view(code)?.clone()],
        None => shop.views,
    };
    if views.len() > MOST_VIEWS {
        let left: Vec<String> = views.drain(MOST_VIEWS..).map(|view| view.code).collect();
        unknown.push(Unknown::new(
            format!("the store views {}", left.join(", ")),
            format!("{MOST_VIEWS} are looked at in one call: pass `store_view_code`"),
        ));
    }
    Ok(views)
}

/// What is read once the views and the product's categories are known.
struct ViewReads {
    products: Vec<Option<Product>>,
    addresses: Vec<Option<Option<String>>>,
    paths: Vec<Vec<i64>>,
    stocking: InventoryModel,
}

impl ViewReads {
    fn read(
        context: &Context,
        global: &Product,
        views: &[ShopView],
        websites: &[ShopWebsite],
        unknown: &mut Vec<Unknown>,
    ) -> Result<Self, Failure> {
        let mut reads: Vec<Read> = views
            .iter()
            .map(|view| PRODUCT.read([global.sku()]).in_view(view.store_view()))
            .collect();
        reads.extend(views.iter().map(|view| page_address(global, view)));
        let ids: Vec<String> = global.list("category_ids").into_iter().map(str::to_owned).collect();
        let searches = category_searches(&ids, &StoreView::Global)?;
        let count = searches.len();
        reads.extend(searches);
        reads.push(inventory::stocks());
        let mut answers = context.get_together(&reads);
        let products = views
            .iter()
            .map(|view| {
                or_unknown(
                    answers.next(),
                    format!("the product in the view `{}`", view.code),
                    unknown,
                )
            })
            .collect();
        let addresses = views
            .iter()
            .map(|_| {
                let answer = answers.next::<UrlResolution>();
                let answer = answer.map(|answer| answer.target()?.relative_url);
                or_unknown(answer, "whether an address leads to the product's page", unknown)
            })
            .collect();
        let rows = category_rows(&mut answers, count, "the product's categories", unknown);
        let paths = rows.into_iter().flatten().map(|row| row.path()).collect();
        let stocking = InventoryModel::of_list(context, answers.next(), websites, unknown);
        Ok(Self { products, addresses, paths, stocking })
    }
}

/// Asks where a product's page is in a view, as the storefront's GraphQL has it.
///
/// Asked for the address beneath all others, `catalog/product/view/id/2`, `route` answers the one that
/// shoppers see, and nothing where no URL rewrite has it (`graphql.jsonl`, `gql-route-canonical`).
fn page_address(product: &Product, view: &ShopView) -> Read {
    let id = product.integer("id").unwrap_or_default();
    resolve_url(&format!("catalog/product/view/id/{id}"), "relative_url", view.store_view())
}

/// A category as the store's list has it.
#[record]
struct CategoryRow {
    id: i64,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    is_active: Option<bool>,
    #[serde(default)]
    path: Option<String>,
}

impl CategoryRow {
    fn path(&self) -> Vec<i64> {
        let path = self.path.as_deref().unwrap_or_default();
        path.split('/').filter_map(|id| id.parse().ok()).collect()
    }
}

fn category_searches(ids: &[String], view: &StoreView) -> Result<Vec<Read>, Failure> {
    ids.chunks(200)
        .map(|some| {
            let criteria = Criteria::new()
                .filter(Filter::any_of("entity_id", some)?)
                .page(200, 1)
                .fields(projection(["id", "name", "is_active", "path"])?);
            Ok(CATEGORIES.read([]).search(&criteria).in_view(view.clone()))
        })
        .collect()
}

fn category_rows(
    answers: &mut Answers<'_>,
    count: usize,
    what: &str,
    unknown: &mut Vec<Unknown>,
) -> Option<Vec<CategoryRow>> {
    let mut rows = Vec::new();
    let mut all = true;
    for _ in 0..count {
        match or_unknown(answers.next::<SearchPage<CategoryRow>>(), what, unknown) {
            Some(found) => rows.extend(found.items),
            None => all = false,
        }
    }
    all.then_some(rows)
}

/// The categories on these paths, as each view shows them.
fn in_views(
    context: &Context,
    paths: &[Vec<i64>],
    views: &[ShopView],
    unknown: &mut Vec<Unknown>,
) -> Result<Vec<Option<Vec<ViewCategory>>>, Failure> {
    let mut ids: Vec<i64> = paths.iter().flatten().copied().collect();
    ids.sort_unstable();
    ids.dedup();
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let mut reads = Vec::new();
    let mut count = 0;
    for view in views {
        let searches = category_searches(&ids, &view.store_view())?;
        count = searches.len();
        reads.extend(searches);
    }
    let mut answers = context.get_together(&reads);
    let of = |view: &ShopView| {
        let what = format!("the product's categories in the view `{}`", view.code);
        let rows = category_rows(&mut answers, count, &what, unknown)?;
        let category = |row: CategoryRow| ViewCategory {
            id: row.id,
            name: row.name.unwrap_or_default(),
            is_active: row.is_active == Some(true),
        };
        Some(rows.into_iter().map(category).collect())
    };
    Ok(views.iter().map(of).collect())
}

/// A composite product's parts as the first view of each website shows them: what decides, status
/// and price, is kept per website at most.
fn parts_by_website(
    context: &Context,
    makeup: &Composition,
    views: &[ShopView],
    websites: &[ShopWebsite],
    unknown: &mut Vec<Unknown>,
) -> Vec<Option<Vec<ProductPart>>> {
    let places: Vec<StoreView> = websites
        .iter()
        .filter_map(|website| views.iter().find(|view| view.website == *website))
        .map(ShopView::store_view)
        .collect();
    let answers = composition::read_parts(context, makeup, &places);
    websites
        .iter()
        .zip(answers)
        .map(|(website, parts)| {
            let what = format!("the product's parts on the website `{}`", website.code);
            let parts = or_unknown(parts, what, unknown)?;
            let missing = composition::missing(makeup, &parts);
            if missing > 0 {
                unknown.push(Unknown::new(
                    format!("{missing} of the product's parts on the website `{}`", website.code),
                    "the store did not answer them: they may have been deleted",
                ));
            }
            Some(parts)
        })
        .collect()
}
