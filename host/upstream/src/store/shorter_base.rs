//! Where a store's API answers, if not at the address that was configured: at a part of it.

use url::Url;

use super::magento::Magento;

/// A route of every Magento, asked as anybody may: it answers 401, or the views.
const ANY_ROUTE: &str = "/rest/V1/store/storeViews";
/// No more parts of an address are tried.
const MOST_PARTS: usize = 3;

/// The longest beginning of the store's address, at the same host, at which a REST API answers.
pub(crate) async fn shorter_base(store: &Magento) -> Option<String> {
    let mut base = Url::parse(store.base_url()).ok().filter(|_| !store.is_cloud_service())?;
    for _ in 0..MOST_PARTS {
        let path = base.path().trim_end_matches('/').to_owned();
        let (shorter, _) = path.rsplit_once('/')?;
        base.set_path(shorter);
        let shown = base.as_str().trim_end_matches('/').to_owned();
        let url = Url::parse(&[&shown, ANY_ROUTE].concat()).ok()?;
        let reply = store.ask(url).await.ok()?;
        if reply.json && matches!(reply.status, 200 | 401) {
            return Some(shown);
        }
    }
    None
}
