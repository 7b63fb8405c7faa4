//! Recorded error bodies (`errors.jsonl` and `stores.jsonl` among them) and hostile ones.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn reply(status: u16, body: &str) -> StoreReply {
    StoreReply {
        status,
        json: body.starts_with('{'),
        retry_after: None,
        location: None,
        date: None,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn code_and_message(status: u16, body: &str) -> (Code, String) {
    let failure = failure_of(&reply(status, body));
    assert_eq!(failure.status, Some(status));
    assert_eq!(failure.upstream.as_deref(), Some("magento"));
    (failure.code, failure.message)
}

#[test]
fn placeholders_are_filled() {
    let cases = [
        (
            r#"{"message":"The nonce is already being used by the consumer with ID %1","parameters":["1"]}"#,
            "the store said: The nonce is already being used by the consumer with ID 1",
        ),
        (
            r#"{"message":"No such entity with %fieldName = %fieldValue, %field2Name = %field2Value","parameters":{"fieldName":"sku","fieldValue":"%1","field2Name":"store","field2Value":3}}"#,
            "the store said: No such entity with sku = %1, store = 3",
        ),
        (
            r#"{"message":"20% off: invalid attribute %fieldName = %fieldValue.","parameters":["SKU","NOPE"]}"#,
            "the store said: 20% off: invalid attribute SKU = NOPE",
        ),
        (
            r#"{"message":"One or more input exceptions have occurred.","errors":[{"message":"\"%fieldName\" is required. Enter and try again.","parameters":{"fieldName":"username"}},{"message":"\"%fieldName\" is required. Enter and try again.","parameters":{"fieldName":"password"}}]}"#,
            "the store said: One or more input exceptions have occurred. \"username\" is required. Enter and try again.; \"password\" is required. Enter and try again",
        ),
        (
            r#"{"message":"50% of %1 and %2","parameters":["all"]}"#,
            "the store said: 50% of all and %2",
        ),
        (r#"{"message":"%10%1","parameters":[1,2,3,4,5,6,7,8,9,"ten"]}"#, "the store said: ten1"),
    ];
    for (body, message) in cases {
        assert_eq!(code_and_message(400, body), (Code::UpstreamError, message.to_owned()));
    }
}

#[test]
fn statuses_have_stable_codes() {
    let denied = r#"{"message":"The consumer isn't authorized to access %resources.","parameters":{"resources":"Magento_Catalog::products"}}"#;
    let gone = r#"{"message":"The product that was requested doesn't exist. Verify the product and try again."}"#;
    let route = r#"{"message":"Request does not match any route."}"#;
    for (status, body, code, message) in [
        (
            401,
            denied,
            Code::NotAuthenticated,
            "the store denies access to `Magento_Catalog::products`",
        ),
        (
            404,
            gone,
            Code::NotFound,
            "the store said: The product that was requested doesn't exist. Verify the product and try again",
        ),
        (404, route, Code::Unavailable, "the store has no such route"),
        (429, "", Code::RateLimited, "the store asks to be called less often"),
        (
            500,
            "An error has happened during application run. See exception log for details.\n",
            Code::UpstreamError,
            "the store said: An error has happened during application run. See exception log for details",
        ),
        (500, "", Code::UpstreamError, "the store refused the request"),
        (
            414,
            "<html>\r\n<head><title>414 Request-URI Too Large</title></head>\r\n<body>x</body></html>",
            Code::UpstreamError,
            "the store said: 414 Request-URI Too Large",
        ),
        (
            404,
            "<!doctype html><p>Not <b>here</b></p>",
            Code::UpstreamError,
            "the store said: Not here",
        ),
    ] {
        assert_eq!(code_and_message(status, body), (code, message.to_owned()));
    }
}

#[test]
fn hints_say_what_to_do() {
    let hint = |reply: &StoreReply| failure_of(reply).remedy.unwrap_or_default();
    let unknown_store = reply(400, r#"{"message":"Specified request cannot be processed."}"#);
    assert!(hint(&unknown_store).contains("scope_list_websites_stores"));
    let signature = reply(401, r#"{"message":"The signature is invalid. Verify and try again."}"#);
    assert!(hint(&signature).contains("signing_base_url"));
    let mut busy = reply(429, "");
    busy.retry_after = Some(std::time::Duration::from_secs(90));
    assert_eq!(hint(&busy), "try again in 90 s");
    let mut moved = reply(301, "");
    moved.location = Some("https://other.example/".into());
    assert!(failure_of(&moved).message.contains("`https://other.example/`"));
    // PHP's own error is the store's, also where it comes with 200.
    let fatal = "<b>Fatal error</b>: Allowed memory size exhausted in /srv/a.php on line 3";
    let no_json = |page: &str| json_body(reply(200, page)).unwrap_err().render();
    for said in [no_json(fatal), failure_of(&reply(500, fatal)).render()] {
        assert!(said.contains("an error of the store's own"), "{said}");
        assert!(said.contains("Allowed memory size") && !said.contains("base_url"), "{said}");
    }
    assert!(no_json("<title>Welcome</title>").contains("base_url"));
}

proptest! {
    #[test]
    fn whatever_a_store_says_is_bounded_and_printable(
        status in prop_oneof![Just(400u16), Just(401), Just(404), Just(500)],
        message in any::<String>(),
        parameter in any::<String>(),
        page in any::<bool>(),
    ) {
        let body = if page { message } else {
            serde_json::json!({"message": message, "parameters": {"resources": parameter}}).to_string()
        };
        let (_, text) = code_and_message(status, &body);
        prop_assert!(text.chars().count() <= MAX_TEXT_CHARS + 60);
        prop_assert!(!text.chars().any(char::is_control));
        prop_assert!(!text.is_empty());
    }
}
