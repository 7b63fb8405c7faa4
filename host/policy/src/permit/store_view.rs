//! Which codes of store views a request may carry.

use souk_model::StoreView;

use crate::refusal::Refusal;
use crate::text::printable;

/// Magento's own rule for store codes: letters, digits and `_`, a letter first, in either case.
///
/// A code that the REST API itself takes for something else is none: `/rest/async/V1/…` is another
/// API than `/rest/de/V1/…`, and a request must stay on the route that was granted.
pub(super) fn check_store_view(view: &StoreView) -> Result<(), Refusal> {
    let StoreView::View(code) = view else {
        return Ok(());
    };
    let first = code.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    let rest = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if first && rest && code.len() <= MAX_STORE_CODE && !is_reserved(code) {
        return Ok(());
    }
    Err(Refusal::new(
        "store-view",
        format!("`{}` cannot be the code of a store view", printable(code)),
        "a code has letters, digits and `_`, and begins with a letter; \
         `scope_list_websites_stores` lists those of the store; global values have no code",
    ))
}

/// The length of Magento's column for store codes.
const MAX_STORE_CODE: usize = 32;

/// `all` for global values, `async` for the asynchronous API, `V1` for a version of the API.
fn is_reserved(code: &str) -> bool {
    let version = code.strip_prefix(['V', 'v']);
    version.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
        || ["all", "async"].iter().any(|word| code.eq_ignore_ascii_case(word))
}
