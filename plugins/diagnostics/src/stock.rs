//! From which stock a website sells, and what can be sold from it.
//!
//! With multi-source inventory each website sells from one stock, and several may share it. Without
//! it there is one legacy stock item a product, for all websites.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use souk_sdk::{
    Answers, Context, Criteria, Decimal, Failure, FailureCode, Product, Read, Route, SearchPage,
    StoreView,
};

use crate::parts::by_sku;
use crate::shop::Website;
use crate::unknown::{Unknown, noted};

pub(crate) const STOCK_OF: Route<2> = Route::new("/V1/inventory/stock-resolver/{type}/{code}");
pub(crate) const SALABLE: Route<0> = Route::new("/V1/inventory/are-products-salable");
pub(crate) const QUANTITY: Route<2> =
    Route::new("/V1/inventory/get-product-salable-quantity/{sku}/{stockId}");
pub(crate) const SOURCE_ITEMS: Route<0> = Route::new("/V1/inventory/source-items");
pub(crate) const SOURCES: Route<0> = Route::new("/V1/inventory/sources");
pub(crate) const LINKS: Route<0> = Route::new("/V1/inventory/stock-source-links");

pub(crate) const STOCK_ITEM: Route<1> = Route::new("/V1/stockItems/{productSku}");

/// Of questions that have to be asked sku by sku, no more than this many: a call has a limit of
/// requests, 500 unless the operator sets another, and past it the call is ended.
pub(crate) const MOST_QUESTIONS: usize = 400;

/// How many skus one question is asked about: 30 of the longest, encoded, stay within an address.
const SKUS_AT_ONCE: usize = 30;
/// Sources and links on one page. More are read page by page.
const PAGE: u32 = 200;

/// One stock and the websites that sell from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stock {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) websites: Vec<Website>,
}

/// How the shop keeps stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stocking {
    /// With multi-source inventory: stocks, and websites that have none.
    Sources { stocks: Vec<Stock>, without: Vec<Website> },
    /// Without it.
    Legacy,
}

#[derive(Deserialize)]
struct Resolved {
    stock_id: i64,
    #[serde(default)]
    name: String,
}

/// The reads that [`Stocking::taken`] takes.
pub(crate) fn resolving(websites: &[Website]) -> Vec<Read> {
    let read = |website: &Website| STOCK_OF.read(["website", &website.code]).at(StoreView::Global);
    websites.iter().map(read).collect()
}

impl Stocking {
    /// How the shop keeps stock for these websites, as the next answers tell it.
    pub(crate) fn taken(
        answers: &mut Answers<'_>,
        websites: &[Website],
        unknown: &mut Vec<Unknown>,
    ) -> Self {
        let (mut stocks, mut without): (Vec<Stock>, _) = (Vec::new(), Vec::new());
        let mut legacy = false;
        for website in websites {
            match answers.next::<Resolved>() {
                Ok(found) => match stocks.iter_mut().find(|stock| stock.id == found.stock_id) {
                    Some(stock) => stock.websites.push(website.clone()),
                    None => stocks.push(Stock {
                        id: found.stock_id,
                        name: found.name,
                        websites: vec![website.clone()],
                    }),
                },
                // The store has no such route: its inventory modules are off or removed.
                Err(failure) if failure.code == FailureCode::Unavailable => legacy = true,
                Err(failure) if failure.is_not_found() => without.push(website.clone()),
                Err(failure) => {
                    let what = format!("the stock of the website `{}`", website.code);
                    unknown.push(Unknown::unread(what, &failure));
                }
            }
        }
        if legacy { Self::Legacy } else { Self::Sources { stocks, without } }
    }

    /// The stock of a website, as far as is known.
    pub(crate) fn of(&self, website: &Website) -> Option<&Stock> {
        match self {
            Self::Sources { stocks, .. } => {
                stocks.iter().find(|stock| stock.websites.contains(website))
            }
            Self::Legacy => None,
        }
    }
}

/// Whether a sku can be sold from a stock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Salability {
    pub(crate) sku: String,
    pub(crate) stock_id: i64,
    pub(crate) salable: bool,
}

/// Whether a sku can be sold from a stock, where that was answered.
pub(crate) fn salable(all: &[Salability], sku: &str, stock: &Stock) -> Option<bool> {
    let found = all.iter().find(|found| found.stock_id == stock.id && found.sku == sku);
    found.map(|found| found.salable)
}

/// What the store answers about these skus in each stock; what it does not answer is noted.
pub(crate) fn salability(
    context: &Context,
    stocks: &[Stock],
    skus: &[String],
    unknown: &mut Vec<Unknown>,
) -> Vec<Salability> {
    let mut asked = Vec::new();
    let mut reads = Vec::new();
    for stock in stocks {
        for some in skus.chunks(SKUS_AT_ONCE) {
            let mut read = SALABLE.read([]).at(StoreView::Global);
            for (at, sku) in some.iter().enumerate() {
                read = read.query(&format!("skus[{at}]"), sku);
            }
            reads.push(read.query("stockId", &stock.id.to_string()));
            asked.push(stock);
        }
    }
    let mut all = Vec::new();
    for (stock, answer) in asked.into_iter().zip(context.get_all::<Vec<Salability>>(&reads)) {
        let what = format!("what can be sold from the stock `{}`", stock.name);
        all.extend(noted(answer, what, unknown).unwrap_or_default());
    }
    all
}

/// The quantity that can be sold of a sku in a stock: a bare number, and an error for composites.
pub(crate) fn quantity(sku: &str, stock: &Stock) -> Read {
    QUANTITY.read([sku, &stock.id.to_string()]).at(StoreView::Global)
}

/// What lies at a source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct SourceItem {
    pub(crate) sku: String,
    pub(crate) source_code: String,
    #[serde(default)]
    pub(crate) quantity: Decimal,
    /// 1 in stock, 0 out of stock.
    #[serde(default)]
    pub(crate) status: i64,
}

/// A place from which goods are sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Source {
    pub(crate) source_code: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) enabled: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Link {
    stock_id: i64,
    source_code: String,
}

/// Where goods are, and which stock sells from where.
#[derive(Debug, Default)]
pub(crate) struct Warehouse {
    pub(crate) items: Vec<SourceItem>,
    sources: Vec<Source>,
    links: Vec<Link>,
    /// Whether sources and links could be read.
    pub(crate) is_complete: bool,
}

impl Warehouse {
    /// What lies where of these skus.
    pub(crate) fn read(context: &Context, skus: &[String], unknown: &mut Vec<Unknown>) -> Self {
        let mut warehouse = Self::default();
        let read = warehouse.fill(context, skus);
        warehouse.is_complete = noted(read, "where the goods are", unknown).is_some();
        warehouse
    }

    fn fill(&mut self, context: &Context, skus: &[String]) -> Result<(), Failure> {
        let everything = || Page { route: SOURCES, criteria: Criteria::new() };
        let mut pages: Vec<Page> = source_items(skus)?;
        let searches = pages.len();
        pages.push(everything());
        pages.push(Page { route: LINKS, ..everything() });
        // The first page of each together: there is hardly ever a second.
        let reads: Vec<Read> = pages.iter().map(|page| page.read(1)).collect();
        let mut answers = context.get_together(&reads);
        for page in &pages[..searches] {
            self.items.extend(page.and_the_rest(context, answers.next()?)?);
        }
        self.sources = pages[searches].and_the_rest(context, answers.next()?)?;
        self.links = pages[searches + 1].and_the_rest(context, answers.next()?)?;
        Ok(())
    }

    pub(crate) fn source(&self, code: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.source_code == code)
    }

    /// Whether a stock sells from a source.
    pub(crate) fn serves(&self, stock: &Stock, source: &str) -> bool {
        self.links.iter().any(|link| link.stock_id == stock.id && link.source_code == source)
    }

    /// What of a sku lies at the sources of a stock.
    pub(crate) fn items_of<'a>(
        &'a self,
        sku: &'a str,
        stock: &'a Stock,
    ) -> impl Iterator<Item = &'a SourceItem> {
        self.items
            .iter()
            .filter(move |item| item.sku == sku && self.serves(stock, &item.source_code))
    }

    /// Whether an item counts: it is marked as in stock, and its source is enabled.
    pub(crate) fn counts(&self, item: &SourceItem) -> bool {
        item.status == 1 && self.source(&item.source_code).is_some_and(|source| source.enabled)
    }
}

/// A search, page by page.
struct Page {
    route: Route<0>,
    criteria: Criteria,
}

impl Page {
    fn read(&self, number: u32) -> Read {
        self.route.read([]).search(&self.criteria.clone().page(PAGE, number)).at(StoreView::Global)
    }

    fn and_the_rest<T: DeserializeOwned>(
        &self,
        context: &Context,
        first: SearchPage<T>,
    ) -> Result<Vec<T>, Failure> {
        let (mut all, total) = (first.items, first.total_count);
        for number in 2.. {
            if all.len() as u64 >= total {
                break;
            }
            let found: SearchPage<T> = context.get(&self.read(number))?;
            if found.items.is_empty() {
                break;
            }
            all.extend(found.items);
        }
        Ok(all)
    }
}

fn source_items(skus: &[String]) -> Result<Vec<Page>, Failure> {
    let page = |filter| Page { route: SOURCE_ITEMS, criteria: Criteria::new().filter(filter) };
    // A sku lies at any number of sources: what one list finds is read page by page.
    Ok(by_sku(skus, usize::MAX)?.into_iter().map(page).collect())
}

/// The legacy stock items of products, in the order asked; what cannot be read is noted.
pub(crate) fn legacy(
    context: &Context,
    skus: &[String],
    unknown: &mut Vec<Unknown>,
) -> Vec<Option<StockItem>> {
    if skus.len() > MOST_QUESTIONS {
        let what = format!("the stock items of {} parts", skus.len());
        unknown.push(Unknown::new(what, format!("more than {MOST_QUESTIONS} are not asked for")));
        return vec![None; skus.len()];
    }
    let reads: Vec<Read> =
        skus.iter().map(|sku| STOCK_ITEM.read([sku]).at(StoreView::Global)).collect();
    let answers = context.get_all::<StockItem>(&reads);
    skus.iter()
        .zip(answers)
        .map(|(sku, answer)| noted(answer, format!("the stock item of `{sku}`"), unknown))
        .collect()
}

/// A product's legacy stock item, of which only this is looked at.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct StockItem {
    pub(crate) qty: Option<Decimal>,
    pub(crate) is_in_stock: bool,
    /// Whether the store counts at all.
    pub(crate) manage_stock: bool,
    /// Above 0 the product can be sold although nothing is left.
    pub(crate) backorders: i64,
    /// What is never sold: the threshold below which the product counts as out of stock.
    pub(crate) min_qty: Decimal,
}

impl StockItem {
    /// The stock item in a product's answer; `None` where it has none.
    pub(crate) fn of(product: &Product) -> Option<Self> {
        let item = product.extension("stock_item")?;
        serde_json::from_value(item.clone()).ok()
    }
}

impl StockItem {
    /// Whether it can be sold, as the store without sources judges it.
    pub(crate) fn sells(&self) -> bool {
        !self.manage_stock || self.is_in_stock
    }
}
