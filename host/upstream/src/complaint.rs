//! What a store says when it refuses, made into one failure.
//!
//! Magento's errors are `message` with placeholders, `parameters` for them, and perhaps `errors` of
//! the same shape. Some are plain text or HTML. Whatever they say is data from outside: bounded,
//! and without control characters.

use serde::Deserialize;
use serde_json::Value;
use souk_model::{AuthMethod, Code, Failure, Method};

use crate::UPSTREAM;
use crate::exchange::Reply;

/// The longest text of a store that a failure repeats, in characters.
const MAX_TEXT: usize = 600;
/// The longest text of a page that is not JSON.
const MAX_PAGE_TEXT: usize = 200;
/// No more than this many of `errors` are repeated.
const MAX_ERRORS: usize = 20;

/// One error body.
#[derive(Debug, Deserialize)]
pub(crate) struct Complaint {
    message: String,
    #[serde(default)]
    parameters: Value,
    #[serde(default)]
    errors: Vec<Complaint>,
}

impl Complaint {
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The resources of which the store says that we may not use them. It says so alike to callers
    /// whom it does not know and to those whose role is too small.
    pub(crate) fn denied_resources(&self) -> Option<&str> {
        self.parameters.get("resources")?.as_str()
    }

    /// Whether no route has the path and method, which is not to say that a subject is missing.
    pub(crate) fn is_no_route(&self) -> bool {
        self.message.starts_with("Request does not match any route")
    }

    fn text(&self) -> String {
        let mut text = interpolate(&self.message, &self.parameters);
        for (index, error) in self.errors.iter().take(MAX_ERRORS).enumerate() {
            text.push_str(if index == 0 { " " } else { "; " });
            text.push_str(&interpolate(&error.message, &error.parameters));
        }
        text
    }
}

/// A message of Magento's with its parameters in it: fills `%1` from a list and `%name` from an
/// object, of several names the longest. Magento's row errors give a list for names (`products_put.jsonl`:
/// `Invalid attribute %fieldName = %fieldValue.` with `["SKU", "NOPE"]`): those are filled in order.
/// Filled-in text is not looked at again.
#[must_use]
pub fn interpolate(message: &str, parameters: &Value) -> String {
    let values: Vec<(String, String)> = match parameters {
        Value::Array(list) => {
            list.iter().enumerate().map(|(n, value)| ((n + 1).to_string(), plain(value))).collect()
        }
        Value::Object(named) => named.iter().map(|(n, value)| (n.clone(), plain(value))).collect(),
        _ => Vec::new(),
    };
    let mut in_order = parameters.as_array().into_iter().flatten();
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let fitting = values.iter().filter(|(name, _)| after.starts_with(name.as_str()));
        match fitting.max_by_key(|(name, _)| name.len()).filter(|(name, _)| !name.is_empty()) {
            Some((name, value)) => {
                out.push_str(value);
                rest = &after[name.len()..];
            }
            None => {
                let name = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
                match (name > 0).then(|| in_order.next()).flatten() {
                    Some(value) => {
                        out.push_str(&plain(value));
                        rest = &after[name..];
                    }
                    None => {
                        out.push('%');
                        rest = after;
                    }
                }
            }
        }
    }
    out.push_str(rest);
    out
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Characters that show nothing and change how what follows is read.
const fn turns_text(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Text from outside on one line: bounded, white space collapsed, nothing a terminal would obey.
pub(crate) fn tame(text: &str, max: usize) -> String {
    let clean: String = text
        .chars()
        .take(max * 4)
        .filter(|c| !turns_text(*c))
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .collect();
    let mut out = String::new();
    for word in clean.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if let Some((at, _)) = out.char_indices().nth(max) {
        out.truncate(at);
        out.push('…');
    }
    out
}

/// What is readable of a body that is not JSON: the title of a page, else its text without tags.
fn readable(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]);
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + 7).and_then(|from| {
        let to = lower[from..].find("</title>")? + from;
        Some(&text[from..to])
    });
    if let Some(title) = title {
        return tame(title, MAX_PAGE_TEXT);
    }
    let mut inside = false;
    let bare: String = text
        .chars()
        .filter(|c| {
            inside = (inside || *c == '<') && *c != '>';
            !inside && *c != '>'
        })
        .collect();
    tame(&bare, MAX_PAGE_TEXT)
}

/// What the store says, for the end of a message.
fn words(answer: &Reply, complaint: Option<&Complaint>) -> String {
    let text = match complaint {
        Some(complaint) => tame(&complaint.text(), MAX_TEXT),
        None => readable(&answer.body),
    };
    text.trim_end_matches('.').to_owned()
}

/// The failure that an answer other than 2xx is.
pub(crate) fn failure(answer: &Reply) -> Failure {
    let complaint = Complaint::parse(&answer.body);
    let complaint = complaint.as_ref();
    let words = words(answer, complaint);
    let (code, message, remedy) = match answer.status {
        300..=399 => redirected(answer),
        401 => unauthenticated(complaint, &words),
        404 => not_found(complaint, &words),
        429 => (Code::RateLimited, "the store asks to be called less often".into(), later(answer)),
        status => (
            Code::UpstreamError,
            said(&words, "the store refused the request"),
            hint(status, &words, answer),
        ),
    };
    let failure = Failure::new(code, message).from_upstream(UPSTREAM, Some(answer.status));
    match remedy {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
}

/// The failure that a permitted request met. More can be said of it than of a request of the host's
/// own: what it asked for, and that whoever asked is logged in.
pub(crate) fn of_request(answer: &Reply, asked: &Asked<'_>, known: Option<AuthMethod>) -> Failure {
    let complaint = Complaint::parse(&answer.body);
    let complaint = complaint.as_ref();
    let told = match (answer.status, complaint.and_then(Complaint::denied_resources), known) {
        (401, Some(resources), Some(method)) => lacking(resources, method),
        (404, ..) if complaint.is_some_and(Complaint::is_no_route) => no_route(asked),
        _ => return failure(answer),
    };
    let (code, message, remedy) = told;
    let failure = Failure::new(code, message).from_upstream(UPSTREAM, Some(answer.status));
    let failure = if code == Code::Forbidden { failure.rule(STORE_ACL) } else { failure };
    match remedy {
        Some(remedy) => failure.remedy(remedy),
        None => failure,
    }
}

/// What a permitted request asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub method: Method,
    /// As granted: `/V1/products/{sku}`.
    pub route: &'a str,
    /// As sent: `/V1/products/LAB%2F1`.
    pub path: &'a str,
}

/// The rule by which the store refuses what a role does not allow.
const STORE_ACL: &str = "store-acl";

fn lacking(resources: &str, method: AuthMethod) -> Told {
    let resources = tame(resources, MAX_TEXT);
    let (who, grant_it) = match method {
        AuthMethod::AdminToken => (
            "this admin user's role",
            "in Magento's admin, System > Permissions > User Roles: add it to the role's resources",
        ),
        AuthMethod::Oauth | AuthMethod::IntegrationToken => (
            "this integration",
            "in Magento's admin, System > Extensions > Integrations: add it to the integration's \
             API resources",
        ),
    };
    (
        Code::Forbidden,
        format!("the store does not allow it: {who} lacks the resource `{resources}`"),
        Some(format!("{grant_it}; `souk doctor` shows what else is lacking")),
    )
}

fn no_route(asked: &Asked<'_>) -> Told {
    let Asked { method, route, path } = *asked;
    let encoded_slash = path.contains("%2F") || path.contains("%5C");
    let message = if encoded_slash {
        format!(
            "the store found no route for `{method} {route}`: either its module is missing or \
             disabled, or a server before it does not pass on the `/` in an id as it was sent"
        )
    } else {
        format!("this store has no route `{method} {route}`: its module is missing or disabled")
    };
    (Code::Unavailable, message, Some("`souk doctor` shows what this store can do".into()))
}

type Told = (Code, String, Option<String>);

fn said(words: &str, otherwise: &str) -> String {
    if words.is_empty() { otherwise.to_owned() } else { format!("the store said: {words}") }
}

fn redirected(answer: &Reply) -> Told {
    let to = answer.location.as_deref().map_or("elsewhere".into(), |to| format!("to `{to}`"));
    (
        Code::UpstreamError,
        format!("the store redirects {to}, and credentials are not sent on"),
        Some("set the store's `base_url` to the address where it answers itself".into()),
    )
}

fn unauthenticated(complaint: Option<&Complaint>, words: &str) -> Told {
    if let Some(resources) = complaint.and_then(Complaint::denied_resources) {
        return (
            Code::NotAuthenticated,
            format!("the store denies access to `{}`", tame(resources, MAX_TEXT)),
            Some(
                "log in again with `auth_login`; if that does not help, the user's or \
                 integration's role in Magento lacks this resource"
                    .into(),
            ),
        );
    }
    let remedy = if words.contains("signature is invalid") {
        "check the consumer secret and the token secret; if a proxy before the store changes its \
         address, set `signing_base_url` to the one Magento sees"
    } else if words.contains("nonce") {
        "check this machine's clock: Magento refuses signatures from the future"
    } else {
        "check the credentials and log in again with `auth_login`"
    };
    (Code::NotAuthenticated, said(words, "the store refuses the credentials"), Some(remedy.into()))
}

fn not_found(complaint: Option<&Complaint>, words: &str) -> Told {
    match complaint {
        Some(complaint) if complaint.is_no_route() => (
            Code::Unavailable,
            "the store has no such route".into(),
            Some("its edition or version does not offer it, or a module is missing".into()),
        ),
        Some(_) => (Code::NotFound, said(words, "the store does not have it"), None),
        None => (
            Code::UpstreamError,
            said(words, "the store answered with a page that is not Magento's"),
            Some("check the store's `base_url`: no REST API answers there".into()),
        ),
    }
}

fn later(answer: &Reply) -> Option<String> {
    Some(match answer.retry_after {
        Some(wait) => format!("try again in {} s", wait.as_secs().max(1)),
        None => "try again in a minute".into(),
    })
}

fn hint(status: u16, words: &str, answer: &Reply) -> Option<String> {
    match status {
        400 if words == "Specified request cannot be processed" => Some(
            "the store view may not exist; `scope_list_websites_stores` lists those that do".into(),
        ),
        403 => Some("a firewall before the store may refuse souk's address".into()),
        414 => Some("the address is too long: split long lists over several requests".into()),
        503 => later(answer),
        500 if words.contains("Report ID") => {
            Some("the report id is in `var/log/exception.log` of the store".into())
        }
        500..=599 => Some("the store's log says more: `var/log/exception.log`".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
