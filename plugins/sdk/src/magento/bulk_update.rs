//! The same values for many products.

use serde_json::Value;

use super::url_key_owners::{CATEGORIES, SharedUrlKey};
use crate::core::{
    AppliedResult, ApplyContext, Context, Draft, Failure, PlanContext, PrepareContext,
    PreparedResult, StoreView, nothing_matches,
};
use crate::magento::{
    Criteria, FieldValue, Filter, LIST_BUDGET, Product, ProductField, ProductMatch, ProductUpdates,
    ProductWriter, Scope, SearchPage,
};

/// How many skus a message names.
const SKUS_NAMED: usize = 20;

/// The same values for every product that fits a match, at one place of the store.
///
/// ```
/// # use souk_sdk::core::{Failure, PrepareContext, PreparedResult};
/// # use souk_sdk::magento::{ProductBulkUpdate, ProductMatch, ProductUpdates, Scope};
/// # fn prepare(update: (ProductMatch, Scope, ProductUpdates), context: &PrepareContext) -> Result<PreparedResult, Failure> {
/// # let (matching, scope, updates) = update;
/// ProductBulkUpdate { matching: &matching, scope: &scope, updates: &updates }
///     .prepare(context)
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ProductBulkUpdate<'a> {
    /// Which products.
    pub matching: &'a ProductMatch,
    /// Where to write.
    pub scope: &'a Scope,
    /// What to write.
    pub updates: &'a ProductUpdates,
}

impl ProductBulkUpdate<'_> {
    /// Proposes the plan.
    ///
    /// # Errors
    /// That nothing fits, or nothing can be changed there; what reading meets; what the host
    /// refuses.
    pub fn prepare(&self, context: &PrepareContext) -> Result<PreparedResult, Failure> {
        let (mut draft, warnings) = self.draft(context)?;
        for warning in warnings {
            draft.warn(warning);
        }
        draft.propose()
    }

    /// Has the changes carried out at once.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn apply(&self, context: &ApplyContext) -> Result<AppliedResult, Failure> {
        let (draft, _) = self.draft(context)?;
        Ok(AppliedResult::new(draft.apply()?))
    }

    /// A draft with all changes, and what to warn of.
    fn draft<Kind>(
        &self,
        context: &PlanContext<Kind>,
    ) -> Result<(Draft<Kind>, Vec<String>), Failure> {
        let target = self.scope.target(context)?;
        let writer = ProductWriter::new(context, &target, self.updates.fields())?;
        categories_must_exist(context, self.updates)?;
        let fields: Vec<_> = self.updates.fields().map(ProductField::code).collect();
        let intent = writer.intent(&["set ", &fields.join(", "), " of products"].concat())?;
        let mut draft = context.draft(&intent);
        let left_out = fill(&writer, context, self, &mut draft)?;
        let warnings = writer.warnings().iter().cloned().chain(left_out).collect();
        Ok((draft, warnings))
    }
}

/// Adds a change of every product that fits, a page at a time, and answers what to warn of.
fn fill<Kind>(
    writer: &ProductWriter,
    context: &PlanContext<Kind>,
    update: &ProductBulkUpdate,
    draft: &mut Draft<Kind>,
) -> Result<Option<String>, Failure> {
    let mut matched = 0;
    let mut pages = writer.products(context, update.matching)?;
    let mut url_key = SharedUrlKey::read(context, writer.target().view(), update.updates)?;
    let mut ignored = IgnoredFields::default();
    let mut refused = RefusedProducts::default();
    // What holds for every change stands with the first.
    let mut general = Some(writer.warnings());
    while let Some(products) = pages.next_page()? {
        for product in &products {
            matched += 1;
            if ignored.takes(product.here(), update.updates) {
                continue;
            }
            url_key.give(product.here())?;
            let change = match writer.change(product, update.updates) {
                Ok(change) => change,
                Err(failure) => {
                    refused.add(product.here().sku(), failure);
                    continue;
                }
            };
            if let Some(mut change) = change.filter(|_| refused.is_empty()) {
                change.warnings.extend(general.take().into_iter().flatten().cloned());
                draft.add([change])?;
            }
        }
        context.progress(matched, None, "products read");
    }
    if matched == 0 {
        return Err(nothing_matches("product"));
    }
    refused.check()?;
    ignored.check(matched)
}

/// Products for which nothing can be planned, of which each is named.
#[derive(Default)]
struct RefusedProducts {
    skus: Vec<String>,
    first: Option<Failure>,
}

impl RefusedProducts {
    fn add(&mut self, sku: &str, failure: Failure) {
        self.skus.push(sku.to_owned());
        self.first.get_or_insert(failure);
    }

    fn is_empty(&self) -> bool {
        self.skus.is_empty()
    }

    fn check(self) -> Result<(), Failure> {
        let Some(mut failure) = self.first else { return Ok(()) };
        if self.skus.len() > 1 {
            failure.message = format!(
                "{}; it is the same with {} of the products: {}",
                failure.message,
                self.skus.len(),
                named(&self.skus)
            );
        }
        Err(failure)
    }
}

/// Fields that Magento would ignore or take for something else, with 200, because of what some products are.
#[derive(Default)]
struct IgnoredFields {
    /// Without such a price of their own, by an update of nothing but prices.
    unpriced: Vec<String>,
    /// Where a field would not be what was meant: which, and why.
    others: Vec<String>,
    first: Option<(ProductField, &'static str)>,
}

impl IgnoredFields {
    /// Whether a product is left out.
    fn takes(&mut self, product: &Product, updates: &ProductUpdates) -> bool {
        let ignored: Vec<(ProductField, &str)> = updates
            .fields()
            .filter_map(|field| Some((field, field.ignored_by(product)?)))
            .collect();
        let Some(first) = ignored.first() else { return false };
        let sku = product.sku().to_owned();
        let only_prices = updates.fields().all(|field| ProductField::PRICES.contains(&field));
        if only_prices && ignored.len() == updates.fields().count() {
            self.unpriced.push(sku);
        } else {
            self.others.push(sku);
            self.first.get_or_insert(*first);
        }
        true
    }

    /// What to warn of.
    fn check(&self, matched: u64) -> Result<Option<String>, Failure> {
        if let Some((field, why)) = self.first {
            let message = format!(
                "Magento would take `{}` for {}, and ignore it or mean something else: it {why}",
                field.code(),
                named(&self.others),
            );
            return Err(Failure::argument("match", message).remedy(format!(
                "leave these products out of the match, by `sku_list` or a filter on `type_id`, or \
                 leave out `{}`",
                field.code()
            )));
        }
        if self.unpriced.is_empty() {
            return Ok(None);
        }
        if self.unpriced.len() as u64 == matched {
            let message = format!(
                "configurable and grouped products and bundles without a fixed price have no price of \
                 their own, a bundle's special price is a percentage, and nothing else fits the match: {}",
                named(&self.unpriced)
            );
            return Err(Failure::argument("match", message)
                .remedy("match the simple products that they consist of"));
        }
        Ok(Some(format!(
            "{} of {matched} products are configurable, grouped or bundles: they have no such price of \
             their own (a bundle's special price is a percentage) and are left out: {}",
            self.unpriced.len(),
            named(&self.unpriced)
        )))
    }
}

/// The first of some skus, and how many more there are.
fn named(skus: &[String]) -> String {
    let shown = skus.iter().take(SKUS_NAMED).map(String::as_str).collect::<Vec<_>>();
    let more = match skus.len().saturating_sub(SKUS_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("`{}`{more}", shown.join("`, `"))
}

/// Refuses categories that do not exist: Magento drops them silently (`create-badcat`).
fn categories_must_exist(context: &Context, updates: &ProductUpdates) -> Result<(), Failure> {
    let Some(FieldValue::Value(Value::Array(ids))) = updates.wanted(ProductField::CategoryIds)
    else {
        return Ok(());
    };
    let mut missing: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for filter in Filter::split("entity_id", &missing.clone(), LIST_BUDGET / 10)? {
        let criteria =
            Criteria::new().filter(filter).page(300, 1).fields(crate::magento::projection(["id"])?);
        let read = CATEGORIES.read([]).search(&criteria).in_view(StoreView::Global);
        let found: SearchPage<Value> = context.get(&read)?;
        missing.retain(|id| !found.items.iter().any(|item| item["id"].as_u64() == id.parse().ok()));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("the store has no category {}", missing.join(", "));
    Err(Failure::argument("/updates/category_ids", message))
}
