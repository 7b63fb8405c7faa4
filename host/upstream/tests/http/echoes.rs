//! A store that sends back what it was sent.

use axum::response::Response;
use serde_json::json as value;
use souk_model::{Failure, StoreView, WriteMethod};
use souk_upstream::{Credentials, Magento, Session};

use crate::stand_in::{Got, StandIn, admin, json, oauth, product, secret, write};

/// Everything that the request held, in the spellings of logs, traces and forms.
fn echo(got: &Got) -> String {
    let authorization = &got.authorization;
    let split: String = authorization.chars().flat_map(|c| [c, '\n']).collect();
    let percent: String =
        authorization.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().join("");
    let hex: String = authorization.bytes().map(|byte| format!("{byte:02X}")).collect();
    value!({
        "message": format!("denied: {authorization} {}", got.body),
        "parameters": {"resources": authorization},
        "trace": [split, percent, hex, authorization.to_ascii_uppercase(), got.body],
    })
    .to_string()
}

/// What of the credentials is in a text, however it is written.
fn leaked(text: &str) -> Option<&'static str> {
    let letters = |text: &str| -> String {
        text.replace("\\n", "").chars().filter(char::is_ascii_alphanumeric).collect()
    };
    let plain = letters(text).to_ascii_lowercase();
    [
        "correct horse",
        "admin-token-4711",
        "integration-token",
        "abcdefghijklmnopqrstuvwxyz012345",
        "token0123456789abcdefghijklmnopq",
        "consumer-secret",
    ]
    .into_iter()
    .find(|credential| {
        let wanted = letters(credential).to_ascii_lowercase();
        let hex: String = credential.bytes().map(|byte| format!("{byte:02x}")).collect();
        plain.contains(&wanted) || plain.contains(&hex)
    })
}

async fn log_in(
    credentials: Credentials,
    answers: impl Fn(&Got, usize) -> Response + Send + Sync + 'static,
) -> Result<Session, Failure> {
    let shop = StandIn::start(answers).await;
    Session::login(&Magento::new(shop.config()).unwrap(), credentials).await
}

#[tokio::test]
async fn no_credential_comes_back_in_bodies_or_errors() {
    for credentials in
        [admin(), oauth(), Credentials::IntegrationToken(secret("integration-token"))]
    {
        let method = credentials.method();
        let session = log_in(credentials, |got, before| match got.target.as_str() {
            "/rest/V1/integration/admin/token" => json(200, "\"admin-token-4711\""),
            // The second time a login asks it as nobody, or with a wrong signature.
            target if target.contains("storeViews") && before == 0 => {
                json(200, crate::stand_in::VIEWS)
            }
            target if target.contains("storeViews") => json(401, "{}"),
            target if target.contains("READ") => json(200, &echo(got)),
            target if target.contains("LOST") => json(500, &echo(got)),
            _ => json(400, &echo(got)),
        })
        .await
        .unwrap();
        let body = session.get(&product("READ", StoreView::SessionDefault)).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(leaked(&body), None, "{method:?}: {body}");
        assert!(body.contains("[redacted]"), "{method:?}: {body}");
        serde_json::from_str::<serde_json::Value>(&body).unwrap();
        for sku in ["REFUSED", "LOST"] {
            let failure = session.get(&product(sku, StoreView::SessionDefault)).await.unwrap_err();
            assert_eq!(leaked(&format!("{failure:?}")), None, "{method:?}: {failure:?}");
            let request = write(WriteMethod::Put, sku, StoreView::Global);
            let body = value!({"product": {"name": "a"}});
            let failure = session.writer().send(&request, Some(&body)).await.unwrap_err();
            assert_eq!(leaked(&format!("{failure:?}")), None, "{method:?}: {failure:?}");
        }
    }
}

#[tokio::test]
async fn a_password_does_not_come_back_in_a_failed_login() {
    let quote = |got: &Got| value!({"message": format!("denied: {}", got.body)}).to_string();
    let failure = log_in(admin(), move |got, _| json(401, &quote(got))).await.unwrap_err();
    assert!(failure.message.contains("[redacted]"), "{failure:?}");
    assert_eq!(leaked(&format!("{failure:?}")), None, "{failure:?}");
}
