//! The `scope` action group: which websites, stores and store views there are, and which one reads
//! use when they name none.

use souk_sdk::core::SessionResult;
use souk_sdk::magento::{STORE_CONFIGS, STORE_GROUPS, STORE_VIEWS, WEBSITES};
use souk_sdk::prelude::*;

#[result]
struct ListWebsitesStoresResult {
    /// Each with id, code, name, default_group_id; id 0 is the administration's.
    websites: Vec<RawObject<AnyObject>>,
    /// What the administration calls stores: website_id, root_category_id, default_store_id, code.
    store_groups: Vec<RawObject<AnyObject>>,
    /// Each with id, code, website_id, store_group_id, is_active.
    store_views: Vec<RawObject<AnyObject>>,
    /// For each store view its locale, currencies, time zone, weight unit and URLs.
    store_configs: Vec<RawObject<AnyObject>>,
    /// The store view that reads use when they name none.
    default_scope: Option<String>,
}

/// List websites, stores and store views
///
/// Lists the store's websites, store groups, store views with their codes, and each view's
/// configuration (locale, currency, time zone, URLs). Use it to find the codes that a scope argument
/// takes. Also answers the session's default scope.
#[action(
    query,
    reads(WEBSITES, STORE_GROUPS, STORE_VIEWS, STORE_CONFIGS),
    keywords("languages", "currencies", "countries", "shops", "locales")
)]
fn list_websites_stores(
    _: &NoArgs,
    context: &Context,
) -> Result<ListWebsitesStoresResult, Failure> {
    // Globally: the session's own view may have been removed from the store.
    let reads = [WEBSITES, STORE_GROUPS, STORE_VIEWS, STORE_CONFIGS]
        .map(|route| route.read([]).in_view(StoreView::Global));
    let mut answers = context.get_together(&reads);
    Ok(ListWebsitesStoresResult {
        websites: answers.next()?,
        store_groups: answers.next()?,
        store_views: answers.next()?,
        store_configs: answers.next()?,
        default_scope: context.session().and_then(|session| session.default_scope),
    })
}

#[args]
struct SetDefaultArgs {
    /// The store view's code, as scope_list_websites_stores answers it.
    #[schemars(length(min = 1))]
    store_view_code: String,
}

#[result]
struct SetDefaultResult {
    message: String,
    store_view_code: String,
    #[serde(flatten)]
    session: SessionResult,
}

/// Set the default store view
///
/// Sets the store view whose values this session's reads answer when they name no scope. Refused if
/// the store has no such view. Each write names its own view.
#[action(session, keywords("switch language", "switch shop", "work in a view"))]
fn set_default(
    args: &SetDefaultArgs,
    context: &SessionContext,
) -> Result<SetDefaultResult, Failure> {
    let code = args.store_view_code.clone();
    Ok(SetDefaultResult {
        session: context.set_default_scope(&code)?.into(),
        message: format!("Default scope set to store view: {code}"),
        store_view_code: code,
    })
}

group! {
    /// Scope
    ///
    /// The store's websites, stores and store views, and which of them reads use.
    scope: [list_websites_stores, set_default]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
