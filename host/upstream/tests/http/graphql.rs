//! Queries of the storefront: outside `/rest`, in a view named by a header, and by nobody.

use souk_model::{Binding, Grant, Method, Read, StoreView};
use souk_policy::{PermittedRead, permit};

use crate::stand_in::{StandIn, json, login};

/// A permitted query.
fn route(url: &str, view: StoreView) -> PermittedRead {
    let grant = Grant::new("magento", Method::Get, "/graphql".parse().unwrap());
    let query = vec![
        Binding::text("query", "query($u:String!){route(url:$u){relative_url}}"),
        Binding::text("variables", format!(r#"{{"u":"{url}"}}"#)),
    ];
    let read =
        Read { upstream: "magento".into(), route: "/graphql".into(), path: vec![], query, view };
    permit(&[grant], &read).unwrap()
}

async fn shop(answer: &'static str) -> StandIn {
    StandIn::start(move |got, _| login(got).unwrap_or_else(|| json(200, answer))).await
}

#[tokio::test]
async fn a_query_is_sent_without_credentials_and_outside_rest() {
    let shop = shop(r#"{"data":{"route":null}}"#).await;
    let session = shop.admin(shop.config()).await;
    let answer = session.get(&route("a&b.html", StoreView::SessionDefault)).await.unwrap();
    assert_eq!(answer, r#"{"data":{"route":null}}"#);
    let got = shop.got().pop().unwrap();
    assert_eq!((got.method.as_str(), got.authorization.as_str()), ("GET", ""));
    assert_eq!(
        got.target,
        "/graphql?query=query%28%24u%3AString%21%29%7Broute%28url%3A%24u%29%7Brelative_url%7D%7D\
         &variables=%7B%22u%22%3A%22a%26b.html%22%7D"
    );
    assert_eq!(got.accept, "application/json");
}

#[tokio::test]
async fn the_view_is_a_header_and_must_exist() {
    let shop = shop(r#"{"data":{}}"#).await;
    let session = shop.admin(shop.config()).await;
    let german = session.with_scope("de").await.unwrap();
    let default = || StoreView::SessionDefault;
    session.get(&route("a", default())).await.unwrap();
    german.get(&route("a", default())).await.unwrap();
    german.get(&route("a", StoreView::View("default".into()))).await.unwrap();
    german.get(&route("a", StoreView::Global)).await.unwrap();
    let before = shop.got().len();
    assert!(session.get(&route("a", StoreView::View("nosuch".into()))).await.is_err());
    assert_eq!(shop.got().len(), before);
    let asked = shop.got().into_iter().filter(|got| got.target.starts_with("/graphql"));
    let views: Vec<_> = asked.map(|got| got.store).collect();
    assert_eq!(views, ["", "de", "default", ""]);
}

#[tokio::test]
async fn errors_that_come_with_200_are_errors() {
    let shop =
        shop(r#"{"errors":[{"message":"Cannot query field \"x\" on type \"Query\"."}]}"#).await;
    let session = shop.admin(shop.config()).await;
    let failure = session.get(&route("a", StoreView::SessionDefault)).await.unwrap_err();
    assert_eq!(
        failure.render(),
        "MAGENTO_API_ERROR: the store said: Cannot query field \"x\" on type \"Query\" (HTTP 200)"
    );
}
