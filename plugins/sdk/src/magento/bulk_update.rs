//! The same values for many products.

use serde_json::Value;

use super::product_match::read_globally;
use crate::core::{
    AppliedResult, ApplyContext, Context, Draft, Failure, PlanContext, PrepareContext,
    PreparedResult, Route, StoreView, nothing_matches,
};
use crate::magento::{
    Criteria, FieldValue, Filter, LIST_BUDGET, ProductField, ProductMatch, ProductUpdates,
    ProductWriter, Scope, SearchPage,
};

/// The search for categories.
pub const CATEGORIES: Route<0> = Route::new("/V1/categories/list");

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
    let (mut matched, mut unpriced) = (0, 0);
    let view = writer.target().view();
    let mut pages = update.matching.products(context, view, writer.attributes())?;
    let clears = update.updates.0.iter().any(|(_, wanted)| *wanted == FieldValue::Cleared);
    let only_prices = update.updates.fields().all(|field| ProductField::PRICES.contains(&field));
    let falls_back = clears && !writer.target().is_global();
    // What holds for every change stands with the first.
    let mut general = Some(writer.warnings());
    while let Some(products) = pages.next_page()? {
        let global = match falls_back {
            true => read_globally(context, &products, writer.attributes())?,
            false => Vec::new(),
        };
        for product in &products {
            matched += 1;
            let global = global.iter().find(|global| global.sku() == product.sku());
            let change = writer.change(product, global, update.updates)?;
            if let Some(mut change) = change {
                change.warnings.extend(general.take().into_iter().flatten().cloned());
                draft.add([change])?;
            } else if only_prices && !product.has_price() {
                unpriced += 1;
            }
        }
        context.progress(matched, None, "products read");
    }
    if matched == 0 {
        return Err(nothing_matches("product"));
    }
    if unpriced == matched {
        let message = "configurable, grouped and bundle products have no price of their own, and \
                       nothing else fits the match";
        return Err(Failure::argument("match", message)
            .remedy("match the simple products that they consist of"));
    }
    Ok((unpriced > 0).then(|| {
        format!(
            "{unpriced} of {matched} products are configurable, grouped or bundles: they have no \
             price of their own and are left out"
        )
    }))
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
