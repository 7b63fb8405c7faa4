//! The page by which this host proves to `souk console` that it is one of its state directory. It holds
//! nothing that is of use to anybody else.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use http::StatusCode;
use souk_model::ConnectionAddresses;

use crate::console::Console;

/// `/console/proof/TEXT`: the code over this text and this connection.
pub(crate) async fn show(
    State(console): State<Arc<Console>>,
    Path(text): Path<String>,
    ends: Option<Extension<ConnectionAddresses>>,
) -> Result<String, StatusCode> {
    let answer = ends.and_then(|Extension(ends)| console.proof.answer(&text, &ends));
    answer.ok_or(StatusCode::NOT_FOUND)
}
