//! What composite products are made of: whether a shopper can buy them, their parts decide.

use souk_sdk::core::Read;
use souk_sdk::magento::{LIST_BUDGET, PRODUCTS, projection};
use souk_sdk::prelude::*;

/// How many parts are asked for at once, and so all on one page.
const PAGE: u32 = 200;

/// How a product comes by its price and its stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Composition {
    /// It has its own: simple, virtual, downloadable, and types that nobody here has heard of.
    Own,
    /// Variants, of which a shopper picks one. Their ids.
    Configurable(Vec<u64>),
    /// Products that are sold side by side. Their skus.
    Grouped(Vec<String>),
    /// A choice for each of some options.
    Bundle(Vec<BundleOption>),
}

/// One option of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BundleOption {
    pub(crate) title: String,
    pub(crate) required: bool,
    /// What may be chosen.
    pub(crate) skus: Vec<String>,
}

impl Composition {
    pub(crate) fn of(product: &Product) -> Self {
        match product.text("type_id") {
            Some("configurable") => Self::Configurable(
                items(product.extension("configurable_product_links"))
                    .filter_map(Value::as_u64)
                    .collect(),
            ),
            Some("grouped") => Self::Grouped(
                items(product.attribute("product_links"))
                    .filter(|link| link["link_type"] == "associated")
                    .filter_map(|link| Some(link["linked_product_sku"].as_str()?.to_owned()))
                    .collect(),
            ),
            Some("bundle") => Self::Bundle(
                items(product.extension("bundle_product_options")).map(choice).collect(),
            ),
            _ => Self::Own,
        }
    }

    /// Whether price and stock are its own.
    pub(crate) fn is_own(&self) -> bool {
        *self == Self::Own
    }

    /// Whether a shopper can buy the composite, given which of its parts can be bought; `None`
    /// where that hangs on one of which it is not known.
    pub(crate) fn sells(
        &self,
        parts: &[ProductPart],
        usable: impl Fn(&ProductPart) -> Option<bool>,
    ) -> Option<bool> {
        let any = |of: &dyn Fn(&ProductPart) -> bool| {
            any_of(parts.iter().filter(|part| of(part)).map(&usable))
        };
        let Self::Bundle(options) = self else {
            return any(&|_| true);
        };
        let mut required = options.iter().filter(|option| option.required).peekable();
        if required.peek().is_none() {
            return any(&|_| true);
        }
        // All of them can be chosen: none of them cannot.
        let cannot = required
            .map(|option| any(&|part| option.skus.contains(&part.sku)))
            .map(|can| can.map(|can| !can));
        any_of(cannot).map(|some_cannot| !some_cannot)
    }

    /// How many parts it names.
    fn count(&self) -> usize {
        match self {
            Self::Own => 0,
            Self::Configurable(ids) => ids.len(),
            Self::Grouped(skus) => skus.len(),
            Self::Bundle(options) => options.iter().map(|option| option.skus.len()).sum(),
        }
    }

    /// The searches that bring all parts, as a view shows them.
    fn searches(&self, view: &StoreView) -> Result<Vec<Read>, Failure> {
        let filters = match self {
            Self::Own => Vec::new(),
            Self::Configurable(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let lists = ids.chunks(PAGE as usize);
                lists.map(|some| Filter::any_of("entity_id", some)).collect::<Result<_, _>>()?
            }
            Self::Grouped(skus) => by_sku(skus, PAGE as usize)?,
            Self::Bundle(options) => {
                let mut skus: Vec<String> =
                    options.iter().flat_map(|option| option.skus.iter().cloned()).collect();
                skus.sort_unstable();
                skus.dedup();
                by_sku(&skus, PAGE as usize)?
            }
        };
        let fields = "id sku name status price type_id extension_attributes[website_ids]";
        filters
            .into_iter()
            .map(|filter| {
                let criteria = Criteria::new()
                    .filter(filter)
                    .page(PAGE, 1)
                    .fields(projection(fields.split(' '))?);
                Ok(PRODUCTS.read([]).search(&criteria).in_view(view.clone()))
            })
            .collect()
    }
}

/// Lists of at most so many that Magento can take as lists; a sku with a comma goes alone.
pub(crate) fn by_sku(skus: &[String], at_most: usize) -> Result<Vec<Filter>, Failure> {
    let (alone, together): (Vec<&String>, Vec<&String>) =
        skus.iter().partition(|sku| sku.contains(','));
    let mut filters = Vec::new();
    for sku in alone {
        filters.push(Filter::new("sku", Condition::Eq, sku.as_str())?);
    }
    for some in together.chunks(at_most) {
        filters.extend(Filter::split("sku", some, LIST_BUDGET)?);
    }
    Ok(filters)
}

fn choice(option: &Value) -> BundleOption {
    BundleOption {
        title: option["title"].as_str().unwrap_or_default().to_owned(),
        required: option["required"].as_bool().unwrap_or(true),
        skus: items(option.get("product_links"))
            .filter_map(|link| Some(link["sku"].as_str()?.to_owned()))
            .collect(),
    }
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

/// Whether one of these holds; `None` where none does and of one it is not known.
pub(crate) fn any_of(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut is_unknown = false;
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => is_unknown = true,
        }
    }
    if is_unknown { None } else { Some(false) }
}

/// One part, as a view shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProductPart {
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) is_enabled: bool,
    pub(crate) price: Option<Decimal>,
    pub(crate) websites: Vec<i64>,
}

/// A product's parts in each of these views, in the views' order.
///
/// A part that the store no longer has is missing from the list; see [`missing`].
pub(crate) fn read_parts(
    context: &Context,
    makeup: &Composition,
    views: &[StoreView],
) -> Vec<Result<Vec<ProductPart>, Failure>> {
    if makeup.count() == 0 {
        return views.iter().map(|_| Ok(Vec::new())).collect();
    }
    let searches: Vec<_> = views.iter().map(|view| makeup.searches(view)).collect();
    let reads: Vec<Read> =
        searches.iter().flat_map(|reads| reads.iter().flatten().cloned()).collect();
    let mut answers = context.get_all::<SearchPage<Product>>(&reads).into_iter();
    searches
        .into_iter()
        .map(|reads| {
            let mut parts = Vec::new();
            for found in answers.by_ref().take(reads?.len()) {
                parts.extend(found?.items.iter().map(ProductPart::of));
            }
            Ok(parts)
        })
        .collect()
}

/// How many parts the product names that the store does not have.
pub(crate) fn missing(makeup: &Composition, parts: &[ProductPart]) -> usize {
    match makeup {
        Composition::Bundle(options) => {
            let has = |sku: &String| parts.iter().any(|part| part.sku == *sku);
            options.iter().flat_map(|option| &option.skus).filter(|sku| !has(sku)).count()
        }
        other => other.count().saturating_sub(parts.len()),
    }
}

impl ProductPart {
    fn of(product: &Product) -> Self {
        let websites = items(product.extension("website_ids"));
        Self {
            sku: product.sku().to_owned(),
            name: product.text("name").unwrap_or_default().to_owned(),
            is_enabled: product.is_enabled(),
            price: product.decimal("price"),
            websites: websites.filter_map(Value::as_i64).collect(),
        }
    }
}
