//! The recorded signatures (`oauth.jsonl`), judged as recorded.

use std::collections::HashSet;

use serde_json::Value;

use crate::credentials::{Access, Credential};
use crate::oauth::{Nonces, Signed, judge};

/// Just after the recordings: what was then an hour ahead still is.
const RECORDED: i64 = 1_795_368_600;

fn integration() -> Credential {
    Credential::Oauth {
        name: "lab-full".into(),
        consumer_key: "labckfull0123456789abcdefghijklm".into(),
        consumer_secret: "labcsfull0123456789abcdefghijklm".into(),
        access_token: "labatfull0123456789abcdefghijklm".into(),
        access_token_secret: "labasfull0123456789abcdefghijklm".into(),
        access: Access::All,
    }
}

#[test]
fn recorded_signatures_are_judged_as_recorded() {
    let credentials = [integration()];
    let mut nonces = Nonces::default();
    let mut statuses = HashSet::new();
    for line in include_str!("../tests/fixtures/oauth.jsonl").lines() {
        let recorded: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| recorded[field].as_str().unwrap();
        let request = Signed {
            method: text("method"),
            origin: "http://127.0.0.1:8082",
            path: text("path"),
            query: text("query"),
        };
        let judged = judge(text("authorization"), &request, &credentials, &mut nonces, RECORDED);
        let status = recorded["status"].as_u64().unwrap();
        statuses.insert(status);
        let about = text("tag");
        match judged {
            // What the signature let through may still not exist.
            Ok(_) => assert!(matches!(status, 200 | 404), "{about} was answered {status}"),
            Err(refusal) => {
                assert_eq!(u64::from(refusal.status), status, "{about}: {}", refusal.message());
                assert_eq!(refusal.message(), recorded["body"]["message"], "{about}");
            }
        }
    }
    assert!(statuses.len() >= 3, "the fixture has good and bad signatures");
}
