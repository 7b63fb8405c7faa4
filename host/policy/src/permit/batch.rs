//! Reads of many subjects at once.

use souk_model::plan::Batch;
use souk_model::{Binding, Grant};

use super::binding_values::BindingValues;
use super::read::PermittedRead;
use super::route_request::RouteRequest;
use crate::refusal::Refusal;
use crate::text::printable;

/// As [`permit`](crate::permit()), for a read of several subjects: their ids go into the query
/// parameter that the batch names, joined with commas.
///
/// The caller chooses how many ids fit: back ends bound the length of an address.
///
/// ```
/// use souk_model::plan::Batch;
/// use souk_model::{Binding, Grant, Method, Read, StoreView};
/// use souk_policy::permit_batch;
///
/// let route = "/V1/products";
/// let grant =
///     Grant::new("magento", Method::Get, route.parse().unwrap());
/// let batch = Batch {
///     read: Read {
///         upstream: "magento".into(),
///         route: route.into(),
///         path: vec![],
///         query: vec![Binding::text("condition", "in")],
///         view: StoreView::Global,
///     },
///     ids: "value".into(),
///     items: "/items".parse().unwrap(),
///     id: "/sku".parse().unwrap(),
/// };
/// let permitted = permit_batch(&[grant.clone()], &batch, &["MUG/1", "MUG 2"]).unwrap();
/// assert_eq!(permitted.query(), "condition=in&value=MUG%2F1%2CMUG%202");
/// assert_eq!(permit_batch(&[grant], &batch, &["A,B"]).unwrap_err().rule, "batch");
/// ```
///
/// # Errors
/// As [`permit`](crate::permit()); `batch` for no ids, an empty one, or one with a comma, which must
/// be read alone.
pub fn permit_batch(
    grants: &[Grant],
    batch: &Batch,
    ids: &[&str],
) -> Result<PermittedRead, Refusal> {
    if ids.is_empty() {
        return Err(Refusal::new(
            "batch",
            "a read of several subjects names none",
            "an empty list would mean everything or nothing, and which is the store's choice",
        ));
    }
    if let Some(id) = ids.iter().find(|id| !fits_in_list(id)) {
        return Err(Refusal::new(
            "batch",
            format!("`{}` cannot stand in a list of ids", printable(id)),
            "ids in a list are separated by commas: read this one alone",
        ));
    }
    let mut query = batch.read.query.clone();
    query.push(Binding::text(&batch.ids, ids.join(",")));
    let request = RouteRequest { query: &query, ..RouteRequest::from(&batch.read) };
    request.bind(grants, BindingValues::TEXTS).map(PermittedRead)
}

/// Whether an id is told from its neighbours in a list.
fn fits_in_list(id: &str) -> bool {
    !id.is_empty() && !id.contains(',')
}
