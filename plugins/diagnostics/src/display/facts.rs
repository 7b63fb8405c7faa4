//! Everything that decides whether a product shows, read in as few requests as it can be.
//!
//! What the storefront's GraphQL tells of a view it tells in one: whose website it is, its root
//! category, the product's address, which of its categories are active, whether it can be bought.
//! Where it does not answer, or tells of something wrong, the REST API is asked as well.

use souk_sdk::core::{Answers, Read};
use souk_sdk::magento::{CATEGORIES, PRODUCT, projection};
use souk_sdk::prelude::*;

use super::storefront::{StorefrontView, page_query};
use crate::composition::{self, Composition, ProductPart};
use crate::inventory::{self, InventoryModel, Salability, SourceInventory, StockItem};
use crate::store_views::{ShopStructure, ShopView, ShopWebsite, StoreRow, ViewList, websites_of};
use crate::unknown::{Unknown, or_unknown};

/// More views than this are not looked at in one call: each takes two requests, or three.
const MOST_VIEWS: usize = 60;

/// What is known of a product.
pub(super) struct ProductFacts {
    /// Its global values.
    pub(super) global: Product,
    pub(super) makeup: Composition,
    pub(super) views: Vec<ViewFacts>,
    /// As far as it was asked for: see [`ProductFacts::read_stock`].
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
    /// Whether its storefront sells it, where it tells.
    pub(super) in_stock: Option<bool>,
    /// Its categories and those above, as the view shows them; `None` where they cannot be read.
    pub(super) categories: Option<Vec<ViewCategory>>,
    /// Its parts; empty for a product of its own.
    pub(super) parts: Option<Vec<ProductPart>>,
}

/// A category in a view.
#[derive(Debug, Clone)]
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
        let reads = [PRODUCT.read([sku]).in_view(StoreView::Global), ViewList::all()];
        let mut answers = context.get_together(&reads);
        let global: Result<Product, Failure> = answers.next();
        let mut list = ViewList::of(answers.next()?, only)?;
        let left = list.keep(MOST_VIEWS);
        if !left.is_empty() {
            unknown.push(Unknown::new(
                format!("the store views {}", left.join(", ")),
                format!("{MOST_VIEWS} are looked at in one call: pass `store_view_code`"),
            ));
        }
        let global = match global {
            Ok(product) => product,
            Err(failure) if failure.is_not_found() => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let known = GlobalCategories::read(context, &global, unknown)?;
        let makeup = Composition::of(&global);
        let mut views = read_views(context, &global, list.rows(), &known, unknown)?;
        let shops: Vec<ShopView> = views.iter().map(|seen| seen.view.clone()).collect();
        let websites = websites_of(&shops);
        let parts = parts_by_website(context, &makeup, &shops, &websites, unknown);
        for seen in &mut views {
            let at = websites.iter().position(|website| *website == seen.view.website);
            seen.parts = at.and_then(|at| parts[at].clone());
        }
        let mut facts = Self {
            global,
            makeup,
            views,
            stocking: InventoryModel::Unread,
            salability: Vec::new(),
            warehouse: SourceInventory::default(),
            part_items: Vec::new(),
            paths: known.paths,
        };
        facts.read_stock(context, unknown);
        Ok(Some(facts))
    }

    /// The stock, where no storefront tells all that matters: of parts, and of a product that one of
    /// its websites does not sell. Skus as the store spells them: here it minds their case.
    fn read_stock(&mut self, context: &Context, unknown: &mut Vec<Unknown>) {
        let sells =
            |seen: &ViewFacts| !self.is_on(&seen.view.website) || seen.in_stock == Some(true);
        if self.makeup.is_own() && self.views.iter().all(sells) {
            return;
        }
        let skus: Vec<String> = if self.makeup.is_own() {
            vec![self.global.sku().to_owned()]
        } else {
            self.all_parts().map(|part| part.sku.clone()).collect()
        };
        self.stocking =
            InventoryModel::of_list(context, context.get(&inventory::stocks()), unknown);
        match &self.stocking {
            InventoryModel::Sources(stocks) => {
                self.salability = inventory::salability(context, stocks, &skus, unknown);
                // Where the goods are explains why none can be sold; where some can, nobody asks.
                let explains = self.salability.iter().any(|found| !found.salable);
                if explains && self.makeup.is_own() {
                    self.warehouse = SourceInventory::read(context, &skus, unknown);
                }
            }
            InventoryModel::Legacy if self.makeup.is_own() => {}
            InventoryModel::Legacy => self.part_items = inventory::legacy(context, &skus, unknown),
            InventoryModel::Unread => {}
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

    /// Whether the product itself can be sold on a website, as far as is known. Where it is not
    /// assigned, it cannot.
    pub(super) fn is_sold_on(&self, website: &ShopWebsite) -> Option<bool> {
        if !self.is_on(website) {
            return Some(false);
        }
        let told = self.views.iter().filter(|seen| seen.view.website == *website);
        let told = told.filter_map(|seen| seen.in_stock).next();
        self.is_salable(self.global.sku(), website).or(told)
    }

    /// Whether a sku can be sold on a website, as far as its stock was asked for.
    pub(super) fn is_salable(&self, sku: &str, website: &ShopWebsite) -> Option<bool> {
        match &self.stocking {
            InventoryModel::Sources(_) => match self.stocking.of(&website.code) {
                Some(stock) => inventory::salable(&self.salability, sku, stock),
                None => Some(false),
            },
            InventoryModel::Legacy if self.makeup.is_own() => {
                StockItem::of(&self.global).map(|item| item.sells())
            }
            InventoryModel::Legacy => {
                let at = self.all_parts().position(|part| part.sku == sku)?;
                self.part_items.get(at)?.as_ref().map(StockItem::sells)
            }
            InventoryModel::Unread => None,
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

/// The product's categories as they are globally.
struct GlobalCategories {
    rows: Vec<CategoryRow>,
    paths: Vec<Vec<i64>>,
    /// All that stand on the paths, below the root of everything.
    ids: Vec<i64>,
}

impl GlobalCategories {
    fn read(
        context: &Context,
        global: &Product,
        unknown: &mut Vec<Unknown>,
    ) -> Result<Self, Failure> {
        let ids: Vec<String> = global.list("category_ids").into_iter().map(str::to_owned).collect();
        let rows = read_categories(context, &ids, &StoreView::Global, unknown)?;
        let rows = rows.unwrap_or_default();
        let paths: Vec<Vec<i64>> = rows.iter().map(CategoryRow::path).collect();
        let mut ids: Vec<i64> =
            paths.iter().flat_map(|path| path.iter().skip(1)).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(Self { rows, paths, ids })
    }

    fn texts(&self) -> Vec<String> {
        self.ids.iter().map(ToString::to_string).collect()
    }

    fn name(&self, id: i64) -> Option<&str> {
        self.rows.iter().find(|row| row.id == id)?.name.as_deref()
    }
}

/// What each view shows of the product itself.
fn read_views(
    context: &Context,
    global: &Product,
    rows: &[StoreRow],
    known: &GlobalCategories,
    unknown: &mut Vec<Unknown>,
) -> Result<Vec<ViewFacts>, Failure> {
    let mut reads: Vec<Read> =
        rows.iter().map(|row| PRODUCT.read([global.sku()]).in_view(row.store_view())).collect();
    reads.extend(rows.iter().map(|row| page_query(global, &known.ids, row.store_view())));
    let mut answers = context.get_together(&reads);
    let mut products = Vec::new();
    for row in rows {
        let what = format!("the product in the view `{}`", row.code());
        products.push(or_unknown(answers.next::<Product>(), what, unknown));
    }
    let fronts: Vec<Result<StorefrontView, Failure>> =
        rows.iter().map(|_| StorefrontView::of(answers.next())).collect();
    let structure = match fronts.iter().all(Result::is_ok) {
        true => None,
        false => Some(ShopStructure::read(context, unknown)?),
    };
    let mut views = Vec::new();
    for ((row, product), front) in rows.iter().zip(products).zip(fronts) {
        let (front, view) = match (front, &structure) {
            (Ok(front), _) => {
                let view = ShopView::of_storefront(row, front.config.clone());
                (Some(front), view)
            }
            (Err(failure), Some(structure)) => {
                let Some(view) = structure.view(row) else { continue };
                let what = "whether an address leads to the product's page";
                unknown.push(Unknown::new(what, failure.message));
                (None, view)
            }
            (Err(failure), None) => return Err(failure),
        };
        let active = front.as_ref().and_then(StorefrontView::active_categories);
        let categories = match active {
            Some(active) => Some(shown_categories(known, active)),
            None => categories_in(context, &known.texts(), row, unknown)?,
        };
        views.push(ViewFacts {
            view,
            product,
            address: front.as_ref().map(|front| front.address().map(str::to_owned)),
            in_stock: front.as_ref().and_then(StorefrontView::in_stock),
            categories,
            parts: None,
        });
    }
    name_the_rest(context, known, &mut views, unknown)?;
    Ok(views)
}

/// The categories on the product's paths, of which a storefront shows these.
fn shown_categories(known: &GlobalCategories, active: &[(i64, String)]) -> Vec<ViewCategory> {
    let of = |id: &i64| {
        let shown = active.iter().find(|(active, _)| active == id);
        let name = shown.map(|(_, name)| name.as_str()).or_else(|| known.name(*id));
        ViewCategory {
            id: *id,
            name: name.unwrap_or_default().to_owned(),
            is_active: shown.is_some(),
        }
    };
    known.ids.iter().map(of).collect()
}

/// Of a category that no view shows and the product is not in itself, the name is still open.
fn name_the_rest(
    context: &Context,
    known: &GlobalCategories,
    views: &mut [ViewFacts],
    unknown: &mut Vec<Unknown>,
) -> Result<(), Failure> {
    let all = || views.iter().filter_map(|view| view.categories.as_ref()).flatten();
    let is_named = |id: &&i64| all().any(|row| row.id == **id && !row.name.is_empty());
    let open: Vec<String> =
        known.ids.iter().filter(|id| !is_named(id)).map(ToString::to_string).collect();
    let rows = read_categories(context, &open, &StoreView::Global, unknown)?.unwrap_or_default();
    for category in views.iter_mut().filter_map(|view| view.categories.as_mut()).flatten() {
        let row = rows.iter().find(|row| row.id == category.id && category.name.is_empty());
        if let Some(name) = row.and_then(|row| row.name.clone()) {
            category.name = name;
        }
    }
    Ok(())
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

/// These categories as a view shows them; `None` where they cannot be read.
fn read_categories(
    context: &Context,
    ids: &[String],
    view: &StoreView,
    unknown: &mut Vec<Unknown>,
) -> Result<Option<Vec<CategoryRow>>, Failure> {
    let what = match view {
        StoreView::View(code) => format!("the product's categories in the view `{code}`"),
        StoreView::Global | StoreView::SessionDefault => "the product's categories".to_owned(),
    };
    let searches = category_searches(ids, view)?;
    let mut answers: Answers<'_> = context.get_together(&searches);
    let mut rows = Vec::new();
    let mut all = true;
    for _ in &searches {
        match or_unknown(answers.next::<SearchPage<CategoryRow>>(), what.as_str(), unknown) {
            Some(found) => rows.extend(found.items),
            None => all = false,
        }
    }
    Ok(all.then_some(rows))
}

/// The categories on the product's paths, as the REST API tells of them in a view.
fn categories_in(
    context: &Context,
    ids: &[String],
    row: &StoreRow,
    unknown: &mut Vec<Unknown>,
) -> Result<Option<Vec<ViewCategory>>, Failure> {
    let rows = read_categories(context, ids, &row.store_view(), unknown)?;
    let category = |row: CategoryRow| ViewCategory {
        id: row.id,
        name: row.name.unwrap_or_default(),
        is_active: row.is_active == Some(true),
    };
    Ok(rows.map(|rows| rows.into_iter().map(category).collect()))
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
