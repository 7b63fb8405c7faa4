//! Scopes: the store's own views, and nothing that only looks like one.

use souk_model::{Code, StoreView};

use crate::stand_in::{Got, StandIn, denied, json, login, product};

async fn shop() -> StandIn {
    StandIn::start(|got, _| login(got).unwrap_or_else(|| json(200, "{}"))).await
}

fn views_asked(got: &[Got]) -> usize {
    got.iter().filter(|got| got.target.ends_with("/storeViews")).count()
}

#[tokio::test]
async fn reads_that_name_no_view_use_the_sessions() {
    let shop = shop().await;
    let session = shop.admin(shop.config()).await;
    session.get(&product("A", StoreView::SessionDefault)).await.unwrap();
    let german = session.with_scope("de").await.unwrap();
    german.get(&product("A", StoreView::SessionDefault)).await.unwrap();
    german.get(&product("A", StoreView::View("default".into()))).await.unwrap();
    german.get(&product("A", StoreView::Global)).await.unwrap();
    assert_eq!(session.info().default_scope, None);
    assert_eq!(
        shop.targets_after_login(),
        [
            "/rest/V1/products/A?fields=sku%2Cname",
            "/rest/de/V1/products/A?fields=sku%2Cname",
            "/rest/default/V1/products/A?fields=sku%2Cname",
            "/rest/all/V1/products/A?fields=sku%2Cname",
        ]
    );
}

#[tokio::test]
async fn a_view_that_the_store_does_not_have_is_refused_before_anything_is_sent() {
    let shop = shop().await;
    let session = shop.admin(shop.config()).await;
    for code in ["nosuch", "admin", "DE"] {
        let failure = session.with_scope(code).await.unwrap_err();
        assert_eq!(failure.code, Code::ValidationError);
        assert_eq!(failure.remedy.as_deref(), Some("use one of its views: `default`, `de`"));
        let read = product("A", StoreView::View(code.into()));
        assert_eq!(session.get(&read).await.unwrap_err().code, Code::ValidationError);
    }
    for code in ["", "all", "de/V1/customers", "..", "de?x", "%2e", "1", "dé"] {
        let failure = session.with_scope(code).await.unwrap_err();
        assert_eq!(failure.code, Code::ValidationError, "{code:?}");
    }
    assert!(shop.targets_after_login().is_empty());
}

#[tokio::test]
async fn where_views_may_not_be_read_a_codes_form_is_checked() {
    let shop = StandIn::start(|got, _| match got.target.as_str() {
        "/rest/V1/store/storeViews" => denied(),
        _ => login(got).unwrap_or_else(|| json(200, "{}")),
    })
    .await;
    let session = shop.admin(shop.config()).await;
    session.with_scope("de").await.unwrap();
    let asked = views_asked(&shop.got());
    session.with_scope("anything").await.unwrap();
    assert!(session.with_scope("a/b").await.is_err());
    // It is known by now that they may not.
    assert_eq!(views_asked(&shop.got()), asked);
}
