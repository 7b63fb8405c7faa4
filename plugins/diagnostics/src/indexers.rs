//! `diagnostics_indexer_status_report`: what the indexes are doing, where a store says.
//!
//! Magento's own web API has no route for it. A module of the store's may add one, by this contract:
//! `GET /V1/souk/indexers` answers `[{"indexer_id", "title", "status", "updated_at"}]`, `status` as
//! `bin/magento indexer:status` knows it: `valid`, `invalid` or `working`.

use souk_sdk::prelude::*;

const INDEXERS: Route<0> = Route::new("/V1/souk/indexers");

/// One index of the store's.
#[record]
#[result]
#[derive(Debug)]
struct Indexer {
    /// `catalog_product_price`, `cataloginventory_stock`, …
    indexer_id: String,
    #[serde(default)]
    title: String,
    /// `valid`, `invalid` (needs a reindex) or `working`.
    status: String,
    /// When it was last built, in UTC.
    updated_at: Option<String>,
}

#[result]
#[derive(Debug)]
pub(crate) struct IndexerStatusReportResult {
    indexers: Vec<Indexer>,
    /// How many there are.
    total: usize,
    /// How many are up to date.
    valid: usize,
    /// How many are not.
    invalid: usize,
    /// How many are being built.
    working: usize,
    /// The ids of those that need a reindex.
    needs_reindex: Vec<String>,
}

/// Indexer status
///
/// Lists which of the store's indexes need a reindex. Magento's web API has no route for that: it
/// works where a module of the store serves GET /V1/souk/indexers as [{indexer_id, title, status:
/// valid|invalid|working, updated_at}], and answers UNAVAILABLE elsewhere; then run `bin/magento
/// indexer:status` on the store's server.
#[action(
    query,
    reads(INDEXERS),
    keywords("reindex", "index", "search index", "outdated", "up to date")
)]
pub(crate) fn indexer_status_report(
    _: &NoArgs,
    context: &Context,
) -> Result<IndexerStatusReportResult, Failure> {
    let read = INDEXERS.read([]).in_view(StoreView::Global);
    let indexers: Vec<Indexer> = context.get(&read).map_err(|failure| match failure.code {
        FailureCode::Unavailable | FailureCode::NotFound => Failure::unavailable(
            "Magento has no web API for the status of its indexes, and this store has no module \
             that serves `/V1/souk/indexers`: nothing is known of them",
        )
        .remedy(
            "run `bin/magento indexer:status` on the store's server, or see System > Index \
             Management in the administration",
        ),
        _ => failure,
    })?;
    let with = |status: &str| indexers.iter().filter(|index| index.status == status).count();
    let (valid, working) = (with("valid"), with("working"));
    let needs_reindex = |index: &&Indexer| !matches!(&*index.status, "valid" | "working");
    let needs_reindex: Vec<String> =
        indexers.iter().filter(needs_reindex).map(|index| index.indexer_id.clone()).collect();
    Ok(IndexerStatusReportResult {
        total: indexers.len(),
        valid,
        invalid: needs_reindex.len(),
        working,
        needs_reindex,
        indexers,
    })
}
