//! From which stock a website sells, and what can be sold from it.
//!
//! With multi-source inventory each website sells from one stock, and several may share it. Without
//! it there is one legacy stock item a product, for all websites.

use souk_sdk::core::Read;
use souk_sdk::prelude::*;
use souk_sdk::serde::de::DeserializeOwned;

use crate::composition::by_sku;
use crate::unknown::{Unknown, or_unknown};

const STOCKS: Route<0> = Route::new("/V1/inventory/stocks");
const SALABLE: Route<0> = Route::new("/V1/inventory/are-products-salable");
pub(crate) const QUANTITY: Route<2> =
    Route::new("/V1/inventory/get-product-salable-quantity/{sku}/{stockId}");
const SOURCE_ITEMS: Route<0> = Route::new("/V1/inventory/source-items");
const SOURCES: Route<0> = Route::new("/V1/inventory/sources");
const LINKS: Route<0> = Route::new("/V1/inventory/stock-source-links");

const STOCK_ITEM: Route<1> = Route::new("/V1/stockItems/{productSku}");

/// What is read of a product's stock, but for quantities.
pub(crate) const INVENTORY: Grants =
    Grants::reads(STOCKS).and(SALABLE).and(SOURCE_ITEMS).and(SOURCES).and(LINKS).and(STOCK_ITEM);

/// Of questions that have to be asked sku by sku, no more than this many: a call has a limit of
/// requests, 500 unless the operator sets another, and past it the call is ended.
pub(crate) const MOST_QUESTIONS: usize = 400;

/// How many skus one question is asked about: 30 of the longest, encoded, stay within an address.
const SKUS_AT_ONCE: usize = 30;
/// Sources and links on one page. More are read page by page.
const PAGE: u32 = 200;

/// One stock and the websites that sell from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InventoryStock {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// Their codes.
    pub(crate) websites: Vec<String>,
}

/// How the shop keeps stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InventoryModel {
    /// With multi-source inventory: the stocks that websites sell from.
    Sources(Vec<InventoryStock>),
    /// Without it.
    Legacy,
    /// It could not be found out.
    Unread,
}

/// A stock as the store's list has it.
#[record]
#[derive(Debug)]
pub(crate) struct StockRow {
    stock_id: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    extension_attributes: StockExtension,
}

#[record]
#[derive(Debug, Default)]
#[serde(default)]
struct StockExtension {
    sales_channels: Vec<SalesChannel>,
}

#[record]
#[derive(Debug)]
struct SalesChannel {
    r#type: String,
    code: String,
}

/// The first page of the store's stocks: which websites sell from which.
pub(crate) fn stocks() -> Read {
    all_stocks().read(1)
}

fn everything(route: Route<0>) -> PagedSearch {
    PagedSearch { route, criteria: Criteria::new() }
}

fn all_stocks() -> PagedSearch {
    everything(STOCKS)
}

impl InventoryModel {
    /// How the shop keeps stock, from the answer to [`stocks`].
    pub(crate) fn of_list(
        context: &Context,
        answer: Result<SearchPage<StockRow>, Failure>,
        unknown: &mut Vec<Unknown>,
    ) -> Self {
        let rows = answer.and_then(|first| all_stocks().and_the_rest(context, first));
        let rows: Vec<StockRow> = match rows {
            Ok(rows) => rows,
            // The store has no such route: its inventory modules are off or removed.
            Err(failure) if failure.code == FailureCode::Unavailable => return Self::Legacy,
            Err(failure) => {
                unknown.push(Unknown::new("the stocks of the websites", failure.message));
                return Self::Unread;
            }
        };
        let stocks = rows.into_iter().map(|row| InventoryStock {
            id: row.stock_id,
            name: row.name,
            websites: row.extension_attributes.websites(),
        });
        Self::Sources(stocks.filter(|stock| !stock.websites.is_empty()).collect())
    }

    /// The stock that a website sells from, as far as is known.
    pub(crate) fn of(&self, website: &str) -> Option<&InventoryStock> {
        match self {
            Self::Sources(stocks) => stocks.iter().find(|stock| stock.sells_to(website)),
            Self::Legacy | Self::Unread => None,
        }
    }

    /// Whether nothing can be sold on a website, since it has no stock.
    pub(crate) fn lacks(&self, website: &str) -> bool {
        matches!(self, Self::Sources(_)) && self.of(website).is_none()
    }
}

impl InventoryStock {
    pub(crate) fn sells_to(&self, website: &str) -> bool {
        self.websites.iter().any(|code| code == website)
    }
}

impl StockExtension {
    fn websites(self) -> Vec<String> {
        let websites =
            self.sales_channels.into_iter().filter(|channel| channel.r#type == "website");
        websites.map(|channel| channel.code).collect()
    }
}

/// Whether a sku can be sold from a stock.
#[record]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Salability {
    pub(crate) sku: String,
    pub(crate) stock_id: i64,
    pub(crate) salable: bool,
}

/// Whether a sku can be sold from a stock, where that was answered.
pub(crate) fn salable(all: &[Salability], sku: &str, stock: &InventoryStock) -> Option<bool> {
    let found = all.iter().find(|found| found.stock_id == stock.id && found.sku == sku);
    found.map(|found| found.salable)
}

/// What the store answers about these skus in each stock; what it does not answer is noted.
pub(crate) fn salability(
    context: &Context,
    stocks: &[InventoryStock],
    skus: &[String],
    unknown: &mut Vec<Unknown>,
) -> Vec<Salability> {
    let mut args = Vec::new();
    let mut reads = Vec::new();
    for stock in stocks {
        for some in skus.chunks(SKUS_AT_ONCE) {
            let mut read = SALABLE.read([]).in_view(StoreView::Global);
            for (at, sku) in some.iter().enumerate() {
                read = read.query(&format!("skus[{at}]"), sku);
            }
            reads.push(read.query("stockId", &stock.id.to_string()));
            args.push(stock);
        }
    }
    let mut all = Vec::new();
    for (stock, answer) in args.into_iter().zip(context.get_all::<Vec<Salability>>(&reads)) {
        let what = format!("what can be sold from the stock `{}`", stock.name);
        all.extend(or_unknown(answer, what, unknown).unwrap_or_default());
    }
    all
}

/// The quantity that can be sold of a sku in a stock: a bare number, and an error for composites.
pub(crate) fn quantity(sku: &str, stock: &InventoryStock) -> Read {
    QUANTITY.read([sku, &stock.id.to_string()]).in_view(StoreView::Global)
}

/// What lies at a source.
#[record]
#[derive(Debug, Clone, PartialEq)]
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
#[record]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InventorySource {
    pub(crate) source_code: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) enabled: bool,
}

#[record]
#[derive(Debug, Clone, PartialEq, Eq)]
struct StockSourceLink {
    stock_id: i64,
    source_code: String,
}

/// Where goods are, and which stock sells from where.
#[derive(Debug, Default)]
pub(crate) struct SourceInventory {
    pub(crate) items: Vec<SourceItem>,
    sources: Vec<InventorySource>,
    links: Vec<StockSourceLink>,
    /// Whether sources and links could be read.
    pub(crate) is_complete: bool,
}

impl SourceInventory {
    /// The same without telling which source is enabled, and which stock sells from it.
    pub(crate) fn read_items(
        context: &Context,
        skus: &[String],
        unknown: &mut Vec<Unknown>,
    ) -> Option<Vec<SourceItem>> {
        let read = || -> Result<Vec<SourceItem>, Failure> {
            let mut items = Vec::new();
            for page in source_items(skus)? {
                let first = context.get(&page.read(1))?;
                items.extend(page.and_the_rest::<SourceItem>(context, first)?);
            }
            Ok(items)
        };
        or_unknown(read(), "where the goods are", unknown)
    }

    /// What lies where of these skus.
    pub(crate) fn read(context: &Context, skus: &[String], unknown: &mut Vec<Unknown>) -> Self {
        let mut warehouse = Self::default();
        let read = warehouse.fill(context, skus);
        warehouse.is_complete = or_unknown(read, "where the goods are", unknown).is_some();
        warehouse
    }

    fn fill(&mut self, context: &Context, skus: &[String]) -> Result<(), Failure> {
        let mut pages: Vec<PagedSearch> = source_items(skus)?;
        let searches = pages.len();
        pages.push(everything(SOURCES));
        pages.push(everything(LINKS));
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

    pub(crate) fn source(&self, code: &str) -> Option<&InventorySource> {
        self.sources.iter().find(|source| source.source_code == code)
    }

    /// Whether a stock sells from a source.
    pub(crate) fn serves(&self, stock: &InventoryStock, source: &str) -> bool {
        self.links.iter().any(|link| link.stock_id == stock.id && link.source_code == source)
    }

    /// What of a sku lies at the sources of a stock.
    pub(crate) fn items_of<'a>(
        &'a self,
        sku: &'a str,
        stock: &'a InventoryStock,
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
struct PagedSearch {
    route: Route<0>,
    criteria: Criteria,
}

impl PagedSearch {
    fn read(&self, number: u32) -> Read {
        self.route
            .read([])
            .search(&self.criteria.clone().page(PAGE, number))
            .in_view(StoreView::Global)
    }

    fn and_the_rest<T: DeserializeOwned>(
        &self,
        context: &Context,
        first: SearchPage<T>,
    ) -> Result<Vec<T>, Failure> {
        let (mut all, total) = (first.items, first.total_count);
        let mut last = 0;
        for number in 2.. {
            // A full page has a next: the count may be that of the page.
            let is_full = all.len() - last >= PAGE as usize;
            if !is_full && all.len() as u64 >= total {
                break;
            }
            last = all.len();
            let found: SearchPage<T> = context.get(&self.read(number))?;
            if found.items.is_empty() {
                break;
            }
            all.extend(found.items);
        }
        Ok(all)
    }
}

fn source_items(skus: &[String]) -> Result<Vec<PagedSearch>, Failure> {
    let page =
        |filter| PagedSearch { route: SOURCE_ITEMS, criteria: Criteria::new().filter(filter) };
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
        skus.iter().map(|sku| STOCK_ITEM.read([sku]).in_view(StoreView::Global)).collect();
    let answers = context.get_all::<StockItem>(&reads);
    skus.iter()
        .zip(answers)
        .map(|(sku, answer)| or_unknown(answer, format!("the stock item of `{sku}`"), unknown))
        .collect()
}

/// A product's legacy stock item, of which only this is looked at.
#[record]
#[derive(Debug, Clone, Default, PartialEq)]
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

    /// Whether it can be sold where so many can be; `None` where the quantity does not tell.
    pub(crate) fn sells_of(&self, quantity: Option<Decimal>) -> Option<bool> {
        let is_counted = self.manage_stock && self.backorders == 0;
        quantity.filter(|_| is_counted).map(Decimal::is_positive)
    }

    /// Whether it can be sold, as the store without sources judges it.
    pub(crate) fn sells(&self) -> bool {
        !self.manage_stock || self.is_in_stock
    }
}
