//! Grants, and what a request becomes within them.

use serde::Deserialize;
use serde_json::Value;
use souk_model::plan::Step;
use souk_model::{Grant, Method, Route, visible};
use souk_policy::{check_step, permit_step, request_line};

#[derive(Deserialize)]
struct Request {
    grants: Vec<Grant>,
    step: Step,
    subject: String,
    #[serde(default)]
    response: Value,
}

/// A step that an action's grants are to allow.
pub(super) fn run(bytes: &[u8]) -> bool {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(route) = text.parse::<Route>()
    {
        assert_eq!(route.as_str(), text);
        assert!(!text.contains("..") && !text.contains("//"), "{text}");
    }
    let Ok(Request { grants, step, subject, response }) = serde_json::from_slice(bytes) else {
        return false;
    };
    let line = request_line(&step, &subject);
    assert!(!line.contains('\n') && visible::is_visible(&line), "{line:?}");
    let permitted = match permit_step(&grants, &step, &subject, Some(&response)) {
        Ok(permitted) => permitted,
        Err(refusal) => {
            assert!(!refusal.message.is_empty() && visible::is_visible(&refusal.message));
            return false;
        }
    };
    assert_eq!(check_step(&grants, &step, &subject), Ok(()), "what may be sent could be proposed");
    let granted = grants.iter().any(|grant| {
        grant.upstream == step.upstream
            && grant.method == Method::Write(step.method)
            && grant.route.as_str() == step.route
    });
    assert!(granted, "nothing is sent that no grant names");
    assert_eq!((permitted.upstream(), permitted.method()), (&*step.upstream, step.method));
    // The address has the route's segments: words as they are, and one encoded segment for each name.
    let route = permitted.route();
    let sent: Vec<&str> = permitted.path().split('/').skip(1).collect();
    assert_eq!(route.segments().count(), sent.len(), "{}", permitted.path());
    for (granted, sent) in route.segments().zip(sent) {
        if granted.starts_with('{') {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~%".contains(&b);
            assert!(!sent.is_empty() && sent.bytes().all(plain), "{sent}");
            assert!(sent != "." && sent != "..", "{sent}");
        } else {
            assert_eq!(granted, sent);
        }
    }
    for pair in permitted.query().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~%".contains(&b);
        assert!(!name.is_empty() && name.bytes().chain(value.bytes()).all(plain), "{pair}");
        assert!(!name.to_ascii_lowercase().contains("oauth_"), "{pair}");
    }
    assert!(line.contains(" at "), "{line}");
    true
}
