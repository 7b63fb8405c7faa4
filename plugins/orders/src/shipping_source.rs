//! Which inventory source a shipment leaves from.
//!
//! Magento takes `default` for a shipment that names no source, unless the website's stock has exactly one:
//! whether or not it sells from `default`. So a source is always named: the first of the stock, by its
//! priority, that has all of the goods, or the one that the caller names, if it is one of the stock's.

use std::collections::{BTreeMap, BTreeSet};

use souk_sdk::magento::{LIST_BUDGET, STORE_VIEWS, Scan, WEBSITES};
use souk_sdk::prelude::*;

use crate::item_quantity::ItemQuantity;
use crate::json_object::{JsonObject, object};
use crate::order::{Order, OrderItem};
use crate::order_filter::equals;

/// All stocks, with the websites that sell from each.
const STOCKS: Route<0> = Route::new("/V1/inventory/stocks");
/// The sources of a stock, the first to be used first.
const SOURCES_OF: Route<1> =
    Route::new("/V1/inventory/get-sources-assigned-to-stock-ordered-by-priority/{stockId}");
/// What is where.
const SOURCE_ITEMS: Route<0> = Route::new("/V1/inventory/source-items");

/// What a shipment's source is chosen by.
pub(crate) const SHIPPING_SOURCES: Grants =
    Grants::reads(STOCKS).and(STORE_VIEWS).and(WEBSITES).and(SOURCES_OF).and(SOURCE_ITEMS);

/// A SKU and how many leave.
type Goods<'a> = (&'a str, Decimal);

/// A source of a stock.
#[derive(Debug, Clone)]
struct StockSource {
    code: String,
    is_enabled: bool,
}

/// The source that was chosen, and what is to be said of it.
#[derive(Debug, Default)]
pub(crate) struct ChosenSource {
    /// None where the store has no sources at all.
    pub(crate) code: Option<String>,
    pub(crate) warning: Option<String>,
}

/// Stocks, sources and quantities as far as they were read in a call, less what its shipments take.
#[derive(Debug, Default)]
pub(crate) struct SourceBook {
    /// By store view: the sources of its website's stock; none where the store has no such thing.
    sources: BTreeMap<u64, Option<Vec<StockSource>>>,
    /// By SKU and source.
    quantities: BTreeMap<String, BTreeMap<String, Decimal>>,
}

impl SourceBook {
    /// Chooses the source that these goods of an order leave from, and counts them as taken.
    ///
    /// # Errors
    /// When the named source is none of the stock's, or is disabled; when none is named and no source has
    /// all of the goods; and what reading meets.
    pub(crate) fn choose(
        &mut self,
        context: &Context,
        order: &Order,
        lines: &[ItemQuantity<'_>],
        named: Option<&str>,
    ) -> Result<ChosenSource, Failure> {
        let Some(sources) = self.sources_of(context, order.document.id("store_id"))? else {
            return match named {
                None => Ok(ChosenSource::default()),
                Some(_) => {
                    Err(Failure::argument("source_code", "the store has no inventory sources")
                        .remedy("leave `source_code` out"))
                }
            };
        };
        let goods = goods(order, lines);
        self.read_quantities(context, goods.iter().map(|(sku, _)| *sku))?;
        let chosen = match named {
            Some(code) => self.named(&sources, &goods, code),
            None => self.first(&sources, &goods),
        }?;
        for (sku, quantity) in &goods {
            let of_sku = self.quantities.get_mut(*sku);
            let left = of_sku.and_then(|of_sku| of_sku.get_mut(chosen.code.as_deref()?));
            if let Some(left) = left {
                *left = *left - *quantity;
            }
        }
        Ok(chosen)
    }

    fn named(
        &self,
        sources: &[StockSource],
        goods: &[Goods<'_>],
        code: &str,
    ) -> Result<ChosenSource, Failure> {
        let known = || {
            let usable = sources.iter().filter(|source| source.is_enabled);
            let codes: Vec<&str> = usable.map(|source| source.code.as_str()).collect();
            format!("one of: {}", codes.join(", "))
        };
        let refused =
            |message: String| Err(Failure::argument("source_code", message).remedy(known()));
        match sources.iter().find(|source| source.code == code) {
            None => refused(format!("`{code}` is no source that the order's website sells from")),
            Some(source) if !source.is_enabled => {
                refused(format!("the source `{code}` is disabled"))
            }
            Some(_) => {
                let short: Vec<String> = self
                    .missing(code, goods)
                    .map(|(sku, has)| format!("{has} of `{sku}`"))
                    .collect();
                let warning = (!short.is_empty()).then(|| {
                    format!(
                        "the source `{code}` has only {}: the store refuses the shipment, unless it keeps \
                         no stock of that or takes backorders",
                        short.join(", ")
                    )
                });
                Ok(ChosenSource { code: Some(code.to_owned()), warning })
            }
        }
    }

    fn first(&self, sources: &[StockSource], goods: &[Goods<'_>]) -> Result<ChosenSource, Failure> {
        let usable = || sources.iter().filter(|source| source.is_enabled);
        if let Some(source) =
            usable().find(|source| self.missing(&source.code, goods).next().is_none())
        {
            return Ok(ChosenSource { code: Some(source.code.clone()), warning: None });
        }
        let Some(only) = usable().next() else {
            return Err(Failure::unavailable("the order's website sells from no enabled source")
                .remedy("assign an enabled source to the website's stock"));
        };
        if usable().count() == 1 {
            // There is nothing to choose: whether it is enough, the store knows best.
            return self.named(sources, goods, &only.code);
        }
        let has: Vec<String> = usable()
            .map(|source| {
                let missing: Vec<String> = self
                    .missing(&source.code, goods)
                    .map(|(sku, has)| format!("{has} of `{sku}`"))
                    .collect();
                format!("`{}` has {}", source.code, missing.join(", "))
            })
            .collect();
        Err(Failure::argument(
            "source_code",
            format!("no source of the order's website has all of the goods: {}", has.join("; ")),
        )
        .remedy("ship in parts with `items`, or name the `source_code` to try it all the same"))
    }

    /// What a source has too little of, and how much it has.
    fn missing<'a>(
        &'a self,
        source: &'a str,
        goods: &'a [Goods<'a>],
    ) -> impl Iterator<Item = (&'a str, Decimal)> + 'a {
        goods.iter().filter_map(move |(sku, quantity)| {
            let has = self.quantities.get(*sku).and_then(|of_sku| of_sku.get(source));
            let has = has.copied().unwrap_or_default();
            (has < *quantity).then_some((*sku, has))
        })
    }

    fn sources_of(
        &mut self,
        context: &Context,
        store: u64,
    ) -> Result<Option<Vec<StockSource>>, Failure> {
        if let Some(known) = self.sources.get(&store) {
            return Ok(known.clone());
        }
        let sources = read_sources(context, store)?;
        self.sources.insert(store, sources.clone());
        Ok(sources)
    }

    /// Reads what is where of all that is left to ship of some orders, so that it need not be asked
    /// order by order. What cannot be read is asked for again with its order, which then says so.
    pub(crate) fn read_ahead(&mut self, context: &Context, orders: &[&Order]) {
        let store = |order: &Order| order.document.id("store_id");
        let mut stores: BTreeSet<u64> = orders.iter().map(|order| store(order)).collect();
        stores.retain(|store| matches!(self.sources_of(context, *store), Ok(Some(_))));
        let mut skus: Vec<&str> = Vec::new();
        for order in orders.iter().filter(|order| stores.contains(&store(order))) {
            let leaves = |item: &&OrderItem| {
                item.to_ship().is_positive() || item.role.is_in_bundle && item.is_part()
            };
            let goods = order.items().iter().filter(|item| !item.is_virtual).filter(leaves);
            skus.extend(goods.map(OrderItem::sku));
        }
        let _ = self.read_quantities(context, skus);
    }

    fn read_quantities<'a>(
        &mut self,
        context: &Context,
        skus: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Failure> {
        let unread = |sku: &&str| !self.quantities.contains_key(*sku);
        let skus: BTreeSet<&str> = skus.into_iter().filter(unread).collect();
        if skus.is_empty() {
            return Ok(());
        }
        let (single, listed): (Vec<&str>, Vec<&str>) =
            skus.iter().partition(|sku| sku.contains(','));
        // A list cannot express a sku with a comma; single ones can.
        let mut filters =
            single.iter().map(|sku| equals("sku", sku)).collect::<Result<Vec<_>, _>>()?;
        if !listed.is_empty() {
            filters.extend(Filter::split("sku", &listed, LIST_BUDGET / 2)?);
        }
        let mut found: BTreeMap<String, BTreeMap<String, Decimal>> =
            skus.into_iter().map(|sku| (sku.to_owned(), BTreeMap::new())).collect();
        for filter in filters {
            let rows =
                Scan::new(context, SOURCE_ITEMS, Criteria::new().filter(filter), "source_item_id");
            for row in rows.all()?.into_iter().map(object) {
                // An empty source is out of stock, whatever its quantity says.
                let has =
                    if row.id("status") == 1 { row.amount("quantity")? } else { Decimal::ZERO };
                if let Some(of_sku) = found.get_mut(row.text("sku")) {
                    of_sku.insert(row.text("source_code").to_owned(), has);
                }
            }
        }
        self.quantities.append(&mut found);
        Ok(())
    }
}

/// The sources of the stock that a store view's website sells from, by priority.
fn read_sources(context: &Context, store: u64) -> Result<Option<Vec<StockSource>>, Failure> {
    let stocks = match Scan::new(context, STOCKS, Criteria::new(), "stock_id").all() {
        Ok(stocks) => stocks.into_iter().map(object),
        // Its inventory modules are off or removed.
        Err(failure) if failure.code == FailureCode::Unavailable => return Ok(None),
        Err(failure) => return Err(failure),
    };
    // From those that no website sells from, no order is shipped.
    let stocks: Vec<JsonObject> =
        stocks.filter(|stock| websites_of(stock).next().is_some()).collect();
    let stock = match &stocks[..] {
        // Whatever the order's website is, it sells from this one.
        [only] => only,
        several => {
            let website = website_of(context, store)?;
            let sells = |stock: &&JsonObject| websites_of(stock).any(|code| code == website);
            several.iter().find(sells).ok_or_else(|| {
                Failure::unavailable(format!("the website `{website}` sells from no stock"))
                    .remedy("assign a stock to the website, under Stores > Stocks")
            })?
        }
    };
    let read = SOURCES_OF.read([&stock.id("stock_id").to_string()]).in_view(StoreView::Global);
    let sources: Vec<JsonObject> = context.get(&read)?;
    let sources = sources.iter().map(|source| StockSource {
        code: source.text("source_code").to_owned(),
        is_enabled: source.get("enabled").is_none_or(|enabled| enabled != false),
    });
    Ok(Some(sources.collect()))
}

/// The codes of the websites that sell from a stock.
fn websites_of(stock: &JsonObject) -> impl Iterator<Item = &str> {
    let channels = stock.get("extension_attributes").and_then(|more| more.get("sales_channels"));
    let channels = channels.and_then(Value::as_array).into_iter().flatten();
    channels
        .filter(|channel| channel["type"] == "website")
        .filter_map(|channel| channel["code"].as_str())
}

/// The code of the website that a store view is of. An order names neither.
fn website_of(context: &Context, store: u64) -> Result<String, Failure> {
    let reads = [STORE_VIEWS, WEBSITES].map(|route| route.read([]).in_view(StoreView::Global));
    let mut answers = context.get_together(&reads);
    let (views, websites): (Vec<JsonObject>, Vec<JsonObject>) = (answers.next()?, answers.next()?);
    let view = views.iter().find(|view| view.id("id") == store).ok_or_else(|| {
        Failure::unavailable("the store view that the order was placed in is gone")
            .remedy("ship it in the store's administration")
    })?;
    let website = websites.iter().find(|website| website.id("id") == view.id("website_id"));
    Ok(website.map(|website| website.text("code").to_owned()).unwrap_or_default())
}

/// The goods of these lines: of a bundle that ships whole those of its parts.
fn goods<'order>(order: &'order Order, lines: &[ItemQuantity<'order>]) -> Vec<Goods<'order>> {
    let mut goods: Vec<Goods<'order>> = Vec::new();
    let mut add = |sku: &'order str, quantity: Decimal| match goods
        .iter_mut()
        .find(|(known, _)| *known == sku)
    {
        Some((_, sum)) => *sum += quantity,
        None => goods.push((sku, quantity)),
    };
    for ItemQuantity { item, quantity } in lines {
        if item.role.is_in_bundle && item.role.has_parts {
            for part in order.parts(item).filter(|part| !part.is_virtual) {
                add(part.sku(), quantity.times(part.role.per_whole));
            }
        } else {
            add(item.sku(), *quantity);
        }
    }
    goods
}
