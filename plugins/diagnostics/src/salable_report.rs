//! `diagnostics_inventory_salable_report`: what of a product can be sold, from where, and what holds
//! the rest back.

use souk_sdk::core::Read;
use souk_sdk::magento::{PRODUCT, PRODUCTS, STORE_VIEWS, WEBSITES};
use souk_sdk::prelude::*;

use crate::composition::{self, Composition, ProductPart};
use crate::inventory::{
    self, INVENTORY, InventoryModel, InventoryStock, MOST_QUESTIONS, QUANTITY, Salability,
    SourceInventory, StockItem, salable,
};
use crate::store_views::{self, ShopWebsite, StoreRow, ViewList};
use crate::unknown::{Unknown, or_unknown};

#[args]
pub(crate) struct InventorySalableReportArgs {
    /// The product's sku, in full.
    #[schemars(length(min = 1))]
    sku: String,
    /// Only the stock that this website sells from; all websites if left out.
    #[schemars(length(min = 1))]
    website_code: Option<String>,
    /// Whether to explain the numbers, too: what lies at which source, what open orders hold back,
    /// how many of each part can be sold, which websites have no stock.
    #[serde(default)]
    details: bool,
}

#[result]
#[derive(Debug, Default)]
pub(crate) struct InventorySalableReportResult {
    sku: String,
    /// simple, virtual, downloadable, configurable, grouped, bundle.
    product_type: String,
    /// `sources` where the store has multi-source inventory, else `legacy`.
    inventory: &'static str,
    /// The product's legacy stock item, as the store answers it. With sources it mirrors the default
    /// one only.
    stock_item: Option<RawObject<AnyObject>>,
    /// What can be sold from the first of `stocks`; absent where the store cannot tell, as of
    /// composite products: see `parts`.
    salable_quantity: Option<Decimal>,
    /// Whether it can be sold from any of `stocks`; of a composite product its parts decide.
    is_salable: Option<bool>,
    /// What lies at each source: with `details`, or of a product of its own in one stock; null where
    /// it was not asked for.
    source_items: Option<Vec<SourceItemResult>>,
    /// The stocks that the websites sell from, each with what can be sold from it.
    stocks: Vec<StockResult>,
    /// What a composite product is made of.
    parts: Vec<PartResult>,
    /// Websites that no stock is assigned to: nothing can be sold there. With `details`, or where it
    /// is the website that was asked about.
    websites_without_stock: Vec<String>,
    /// What the store did not answer.
    unknown: Vec<Unknown>,
}

#[result]
#[derive(Debug)]
struct SourceItemResult {
    /// The product's, or one of its parts'.
    sku: String,
    source_code: String,
    /// The source's name. With `details`.
    source_name: Option<String>,
    /// Whether the source is enabled; goods at others are not sold. With `details`.
    enabled: Option<bool>,
    quantity: Decimal,
    /// 1 in stock, 0 out of stock.
    status: i64,
    /// The stocks that sell from it. With `details`.
    stock_ids: Option<Vec<i64>>,
}

#[result]
#[derive(Debug)]
struct StockResult {
    stock_id: i64,
    name: String,
    /// The websites that sell from it.
    websites: Vec<String>,
    /// Whether the product can be sold; of a composite product its parts decide.
    is_salable: Option<bool>,
    salable_quantity: Option<Decimal>,
    /// What lies at its enabled sources and is marked as in stock. With `details`.
    quantity_at_sources: Option<Decimal>,
    /// What open orders hold back: quantity at sources, less the threshold below which the product
    /// counts as out of stock, less the salable quantity. Where the stock index is behind, its delay
    /// shows here too.
    reserved: Option<Decimal>,
    /// Why it is as it is, where the numbers do not say it.
    reasons: Vec<String>,
}

#[result]
#[derive(Debug)]
struct PartResult {
    sku: String,
    name: String,
    enabled: bool,
    /// Whether it can be sold, and how many, from each of `stocks`.
    stocks: Vec<PartStockResult>,
}

#[result]
#[derive(Debug)]
struct PartStockResult {
    /// Absent without multi-source inventory.
    stock_id: Option<i64>,
    is_salable: Option<bool>,
    salable_quantity: Option<Decimal>,
}

/// What can be sold of a product
///
/// Shows how many of a product can be sold on each website: the stock it sells from and the salable
/// quantity; with `details` what lies at which source, whether that source is enabled, and what open
/// orders hold back. Configurable, grouped and bundle products are judged by their parts. Without
/// multi-source inventory it is the product's stock item.
#[action(
    query,
    reads(WEBSITES, STORE_VIEWS, PRODUCT, PRODUCTS, INVENTORY, QUANTITY),
    keywords("stock", "inventory", "available", "availability", "quantity", "warehouse", "left")
)]
pub(crate) fn inventory_salable_report(
    args: &InventorySalableReportArgs,
    context: &Context,
) -> Result<InventorySalableReportResult, Failure> {
    let mut unknown = Vec::new();
    let reads: [Read; 2] =
        [PRODUCT.read([&args.sku]).in_view(StoreView::Global), inventory::stocks()];
    let mut answers = context.get_together(&reads);
    let product: Product = answers.next().map_err(|failure| no_product(&args.sku, failure))?;
    let stocks = answers.next();
    let mut stocking = InventoryModel::of_list(context, stocks, &mut unknown);
    let only = args.website_code.as_deref();
    // Which websites there are is only of interest where one has no stock.
    let is_open = only.is_some_and(|code| stocking.of(code).is_none());
    let websites = if args.details || is_open { websites(context, only)? } else { Vec::new() };
    if let (InventoryModel::Sources(stocks), Some(code)) = (&mut stocking, only) {
        stocks.retain(|stock| stock.sells_to(code));
    }
    // The store compares skus by their case here: as it spells it, not as the caller did.
    let sku = product.sku().to_owned();
    let makeup = Composition::of(&product);
    let parts = composition::read_parts(context, &makeup, &[StoreView::Global]).pop();
    let parts = parts.map_or(Ok(Vec::new()), |parts| parts);
    let parts = or_unknown(parts, "the product's parts", &mut unknown).unwrap_or_default();
    let missing = composition::missing(&makeup, &parts);
    if missing > 0 {
        unknown.push(Unknown::new(
            format!("{missing} of the product's parts"),
            "the store did not answer them: they may have been deleted",
        ));
    }
    let details = args.details;
    let product_report =
        SalableReport { context, product: &product, makeup, parts, websites, details };
    let mut report = match &stocking {
        InventoryModel::Legacy => product_report.by_item(&mut unknown),
        InventoryModel::Sources(stocks) => product_report.by_stocks(stocks, &mut unknown),
        InventoryModel::Unread => product_report.blank("sources"),
    };
    let without = product_report.websites.iter().filter(|site| stocking.lacks(&site.code));
    report.websites_without_stock = without.map(|website| website.code.clone()).collect();
    report.sku = sku;
    report.unknown = unknown;
    Ok(report)
}

/// The websites that the report is about.
fn websites(context: &Context, only: Option<&str>) -> Result<Vec<ShopWebsite>, Failure> {
    let mut websites = ShopWebsite::listed(context.get(&ShopWebsite::all())?);
    if let Some(code) = only {
        if !websites.iter().any(|website| website.code == code) {
            // The codes of views are taken for websites'.
            let views: Vec<StoreRow> = context.get(&ViewList::all())?;
            return Err(store_views::no_website(&websites, &views, code));
        }
        websites.retain(|website| website.code == code);
    }
    Ok(websites)
}

/// A product that the store does not have.
fn no_product(sku: &str, failure: Failure) -> Failure {
    if !failure.is_not_found() {
        return failure;
    }
    Failure::not_found(format!("the store has no product with the sku `{sku}`"))
        .at("sku")
        .remedy("find it with `catalog_search_products`")
}

/// What was read of the product itself.
struct SalableReport<'a> {
    context: &'a Context,
    product: &'a Product,
    makeup: Composition,
    parts: Vec<ProductPart>,
    /// Where they were asked for.
    websites: Vec<ShopWebsite>,
    /// Whether the numbers are explained.
    details: bool,
}

impl SalableReport<'_> {
    fn blank(&self, inventory: &'static str) -> InventorySalableReportResult {
        let item = self.product.extension("stock_item").filter(|item| item.is_object());
        InventorySalableReportResult {
            product_type: self.product.text("type_id").unwrap_or_default().to_owned(),
            inventory,
            stock_item: item.and_then(|item| serde_json::from_value(item.clone()).ok()),
            ..InventorySalableReportResult::default()
        }
    }

    /// Without sources: one item for all websites.
    fn by_item(&self, unknown: &mut Vec<Unknown>) -> InventorySalableReportResult {
        let mut report = self.blank("legacy");
        if self.makeup.is_own() {
            match StockItem::of(self.product) {
                Some(item) => {
                    report.is_salable = Some(item.sells());
                    report.salable_quantity = item.qty;
                }
                None => unknown.push(Unknown::new(
                    "the product's stock item",
                    "the store answered the product without one",
                )),
            }
            return report;
        }
        let skus: Vec<String> = self.parts.iter().map(|part| part.sku.clone()).collect();
        let items = inventory::legacy(self.context, &skus, unknown);
        for (part, item) in self.parts.iter().zip(&items) {
            let salable = item.as_ref().map(StockItem::sells);
            let quantity = item.as_ref().and_then(|item| item.qty);
            report.parts.push(PartResult::of(
                part,
                vec![PartStockResult {
                    stock_id: None,
                    is_salable: salable,
                    salable_quantity: quantity,
                }],
            ));
        }
        report.is_salable = self.makeup.sells(&self.parts, |part| {
            let at = self.parts.iter().position(|other| other == part)?;
            usable(part, items.get(at)?.as_ref().map(StockItem::sells))
        });
        report
    }

    /// With sources: stock by stock.
    fn by_stocks(
        &self,
        stocks: &[InventoryStock],
        unknown: &mut Vec<Unknown>,
    ) -> InventorySalableReportResult {
        let mut report = self.blank("sources");
        let own = vec![self.product.sku().to_owned()];
        let parts: Vec<String> = self.parts.iter().map(|part| part.sku.clone()).collect();
        let skus = if self.makeup.is_own() { own } else { parts };
        let quantities = if self.makeup.is_own() || self.details {
            self.quantities(stocks, &skus, unknown)
        } else {
            stocks.iter().map(|_| Vec::new()).collect()
        };
        let salability = self.salability(stocks, &skus, &quantities, unknown);
        let warehouse = if self.details {
            SourceInventory::read(self.context, &skus, unknown)
        } else {
            SourceInventory::default()
        };
        for (stock, quantities) in stocks.iter().zip(&quantities) {
            report.stocks.push(self.stock_row(stock, &salability, quantities, &warehouse));
        }
        for (at, part) in self.parts.iter().enumerate() {
            let from = stocks.iter().zip(&quantities).map(|(stock, quantities)| PartStockResult {
                stock_id: Some(stock.id),
                is_salable: salable(&salability, &part.sku, stock),
                salable_quantity: quantities.get(at).copied().flatten(),
            });
            report.parts.push(PartResult::of(part, from.collect()));
        }
        report.source_items = if self.details {
            let items = warehouse.items.iter();
            Some(items.map(|item| at_source(item, stocks, &warehouse)).collect())
        } else if self.makeup.is_own() && stocks.len() == 1 {
            let items = SourceInventory::read_items(self.context, &skus, unknown);
            items.map(|items| items.iter().map(SourceItemResult::alone).collect())
        } else {
            None
        };
        report.salable_quantity = report.stocks.first().and_then(|stock| stock.salable_quantity);
        report.is_salable = composition::any_of(report.stocks.iter().map(|stock| stock.is_salable));
        report
    }

    /// Whether each sku can be sold, by stock. Of a product of its own its quantities say it, where
    /// the store counts them and sells none below zero.
    fn salability(
        &self,
        stocks: &[InventoryStock],
        skus: &[String],
        quantities: &[Vec<Option<Decimal>>],
        unknown: &mut Vec<Unknown>,
    ) -> Vec<Salability> {
        if !self.makeup.is_own() {
            return inventory::salability(self.context, stocks, skus, unknown);
        }
        let item = StockItem::of(self.product).unwrap_or_default();
        let (mut told, mut open) = (Vec::new(), Vec::new());
        for (stock, quantities) in stocks.iter().zip(quantities) {
            match item.sells_of(quantities.first().copied().flatten()) {
                Some(salable) => {
                    let sku = self.product.sku().to_owned();
                    told.push(Salability { sku, stock_id: stock.id, salable });
                }
                None => open.push(stock.clone()),
            }
        }
        told.extend(inventory::salability(self.context, &open, skus, unknown));
        told
    }

    /// How many of each sku can be sold, by stock.
    fn quantities(
        &self,
        stocks: &[InventoryStock],
        skus: &[String],
        unknown: &mut Vec<Unknown>,
    ) -> Vec<Vec<Option<Decimal>>> {
        if stocks.len() * skus.len() > MOST_QUESTIONS {
            unknown.push(Unknown::new(
                "how many of each part can be sold",
                format!(
                    "{} parts in {} stocks are more than {MOST_QUESTIONS} questions: pass a \
                     `website_code`, or ask for the parts themselves",
                    skus.len(),
                    stocks.len()
                ),
            ));
            return stocks.iter().map(|_| vec![None; skus.len()]).collect();
        }
        let reads: Vec<Read> = stocks
            .iter()
            .flat_map(|stock| skus.iter().map(|sku| inventory::quantity(sku, stock)))
            .collect();
        let mut answers = self.context.get_all::<Decimal>(&reads).into_iter();
        stocks
            .iter()
            .map(|stock| {
                let of = |(sku, answer): (&String, Result<Decimal, Failure>)| {
                    let what = format!("how many of `{sku}` can be sold from `{}`", stock.name);
                    or_unknown(answer, what, unknown)
                };
                skus.iter().zip(answers.by_ref()).map(of).collect()
            })
            .collect()
    }

    fn stock_row(
        &self,
        stock: &InventoryStock,
        salability: &[Salability],
        quantities: &[Option<Decimal>],
        warehouse: &SourceInventory,
    ) -> StockResult {
        let sku = self.product.sku();
        let mut from = StockResult {
            stock_id: stock.id,
            name: stock.name.clone(),
            websites: stock.websites.clone(),
            is_salable: salable(salability, sku, stock),
            salable_quantity: None,
            quantity_at_sources: None,
            reserved: None,
            reasons: Vec::new(),
        };
        if !self.makeup.is_own() {
            from.is_salable = self
                .makeup
                .sells(&self.parts, |part| usable(part, salable(salability, &part.sku, stock)));
            from.reasons.push(
                "a composite product has no quantity: its parts decide, see `parts`".to_owned(),
            );
            return from;
        }
        let sells = quantities.first().copied().flatten();
        from.salable_quantity = sells;
        let item = StockItem::of(self.product).unwrap_or_default();
        if warehouse.is_complete {
            let counted = warehouse.items_of(sku, stock).filter(|item| warehouse.counts(item));
            let sum: Decimal = counted.map(|item| item.quantity).sum();
            from.quantity_at_sources = Some(sum);
            if item.manage_stock {
                from.reserved = sells.map(|sells| sum - item.min_qty - sells);
            }
        }
        from.reasons = self.reasons(stock, &item, &from, warehouse);
        from
    }

    fn reasons(
        &self,
        stock: &InventoryStock,
        item: &StockItem,
        from: &StockResult,
        warehouse: &SourceInventory,
    ) -> Vec<String> {
        let sku = self.product.sku();
        let mut reasons = Vec::new();
        if !item.manage_stock {
            reasons.push("the store does not count this product's stock".to_owned());
        }
        if item.backorders > 0 {
            reasons.push("backorders are allowed: it sells below zero".to_owned());
        }
        if item.min_qty > Decimal::ZERO {
            reasons.push(format!("the last {} are never sold: `min_qty`", item.min_qty));
        }
        if warehouse.is_complete && warehouse.items_of(sku, stock).next().is_none() {
            reasons.push("it is assigned to no source that this stock sells from".to_owned());
        }
        for item in warehouse.items_of(sku, stock).filter(|item| !warehouse.counts(item)) {
            let why =
                if item.status == 1 { "is disabled" } else { "has it marked as out of stock" };
            reasons.push(format!("the source `{}` {why}", item.source_code));
        }
        let assigned = self.product.extension("website_ids").and_then(|ids| ids.as_array());
        for website in self.websites.iter().filter(|website| stock.sells_to(&website.code)) {
            let on = |ids: &Vec<Value>| ids.iter().any(|id| *id == website.id);
            if assigned.is_some_and(|ids| !on(ids)) {
                reasons
                    .push(format!("the product is not assigned to the website `{}`", website.code));
            }
        }
        if from.is_salable == Some(false) && !self.details {
            reasons.push("`details: true` tells what holds it back".to_owned());
        }
        if from.is_salable == Some(true) && !self.product.is_enabled() {
            reasons.push("the product is disabled: the stock does not know that".to_owned());
        }
        reasons
    }
}

/// Whether a part can be bought: a disabled one cannot, whatever its stock.
fn usable(part: &ProductPart, salable: Option<bool>) -> Option<bool> {
    if part.is_enabled { salable } else { Some(false) }
}

fn at_source(
    item: &inventory::SourceItem,
    stocks: &[InventoryStock],
    warehouse: &SourceInventory,
) -> SourceItemResult {
    let source = warehouse.source(&item.source_code);
    let serves = stocks.iter().filter(|stock| warehouse.serves(stock, &item.source_code));
    SourceItemResult {
        source_name: source.map(|source| source.name.clone()),
        enabled: source.map(|source| source.enabled),
        stock_ids: Some(serves.map(|stock| stock.id).collect()),
        ..SourceItemResult::alone(item)
    }
}

impl SourceItemResult {
    /// What lies there, whatever the source is.
    fn alone(item: &inventory::SourceItem) -> Self {
        let inventory::SourceItem { sku, source_code, quantity, status } = item.clone();
        Self {
            sku,
            source_code,
            quantity,
            status,
            source_name: None,
            enabled: None,
            stock_ids: None,
        }
    }
}

impl PartResult {
    fn of(part: &ProductPart, stocks: Vec<PartStockResult>) -> Self {
        let ProductPart { sku, name, is_enabled, .. } = part;
        Self { sku: sku.clone(), name: name.clone(), enabled: *is_enabled, stocks }
    }
}
