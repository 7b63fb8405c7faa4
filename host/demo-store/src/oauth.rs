//! OAuth 1.0a as Magento judges it: HMAC-SHA256 only, parameters in natural order, the path
//! normalised, nonces never twice.
//!
//! This is written from recordings (`oauth.jsonl`) alone and shares nothing with Souk's signing side,
//! so that one mistake is not made twice.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use sha2::Sha256;

use crate::credentials::Credential;
use crate::php;
use crate::refusal::Refusal;

/// How far ahead of the store's clock a timestamp may be, in seconds. The past is not limited.
const TIMESTAMP_LEAD: i64 = 600;
/// The length of keys and tokens.
const KEY_LENGTH: usize = 32;

const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is signed about a request, as the store sees it.
pub(crate) struct Signed<'a> {
    /// The method.
    pub(crate) method: &'a str,
    /// `http://host[:port]`.
    pub(crate) origin: &'a str,
    /// The path exactly as sent.
    pub(crate) path: &'a str,
    /// The query exactly as sent.
    pub(crate) query: &'a str,
}

/// Nonces seen, by consumer.
#[derive(Debug, Default)]
pub(crate) struct Nonces(HashSet<(String, String)>);

/// Judges an `Authorization: OAuth …` header; the integration's place in `credentials`.
///
/// # Errors
/// Each defect has its own refusal, found in the order in which Magento looks.
pub(crate) fn judge(
    header: &str,
    request: &Signed<'_>,
    credentials: &[Credential],
    nonces: &mut Nonces,
    now: i64,
) -> Result<usize, Refusal> {
    let given = parse_header(header);
    let value = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let version = given.get("oauth_version").map_or("1.0", String::as_str);
    if version != "1.0" {
        return Err(Refusal::bad("The \"%1\" Oauth version isn't supported. Use \"1.0\"...")
            .with(json!([version])));
    }
    for name in [
        "oauth_consumer_key",
        "oauth_signature",
        "oauth_signature_method",
        "oauth_nonce",
        "oauth_timestamp",
        "oauth_token",
    ] {
        if value(name).is_empty() {
            return Err(Refusal::required(name));
        }
    }
    if value("oauth_token").len() != KEY_LENGTH {
        return Err(Refusal::bad("The token length is invalid. Check the length and try again."));
    }
    if value("oauth_signature_method") != "HMAC-SHA256" {
        return Err(Refusal::bad("Signature method %1 is not supported")
            .with(json!([value("oauth_signature_method")])));
    }
    if value("oauth_consumer_key").len() != KEY_LENGTH {
        return Err(Refusal::new(401, "Consumer key is not the correct length"));
    }
    let consumers = || credentials.iter().filter(|known| matches!(known, Credential::Oauth { .. }));
    let consumer_id = consumers()
        .position(|known| matches!(known, Credential::Oauth { consumer_key, .. } if consumer_key == value("oauth_consumer_key")))
        .map(|at| at + 1)
        .ok_or_else(|| Refusal::new(401, "A consumer having the specified key does not exist"))?;
    accept_nonce(&value, consumer_id, nonces, now)?;
    let (place, consumer_secret, token_secret) = credentials
        .iter()
        .enumerate()
        .find_map(|(place, known)| match known {
            Credential::Oauth {
                consumer_key,
                consumer_secret,
                access_token,
                access_token_secret,
                ..
            } if access_token == value("oauth_token")
                && consumer_key == value("oauth_consumer_key") =>
            {
                Some((place, consumer_secret, access_token_secret))
            }
            _ => None,
        })
        .ok_or_else(|| Refusal::new(401, "Specified token does not exist"))?;
    let expected = signature(&base_string(request, &given), consumer_secret, token_secret);
    if constant_time_equal(expected.as_bytes(), value("oauth_signature").as_bytes()) {
        Ok(place)
    } else {
        Err(Refusal::new(401, "The signature is invalid. Verify and try again."))
    }
}

fn accept_nonce<'a>(
    value: &impl Fn(&str) -> &'a str,
    consumer_id: usize,
    nonces: &mut Nonces,
    now: i64,
) -> Result<(), Refusal> {
    let timestamp = value("oauth_timestamp").parse::<i64>().unwrap_or(0);
    if timestamp <= 0 || timestamp > now + TIMESTAMP_LEAD {
        return Err(Refusal::new(401, "An error occurred validating the nonce"));
    }
    let fresh =
        nonces.0.insert((value("oauth_consumer_key").to_owned(), value("oauth_nonce").to_owned()));
    if fresh {
        Ok(())
    } else {
        Err(Refusal::new(401, "The nonce is already being used by the consumer with ID %1")
            .with(json!([consumer_id.to_string()])))
    }
}

fn parse_header(header: &str) -> BTreeMap<String, String> {
    let rest = header.trim_start().get("OAuth".len()..).unwrap_or_default();
    rest.split(',')
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name != "realm")
        .map(|(name, value)| (php::rawurldecode(name), php::rawurldecode(value.trim_matches('"'))))
        .collect()
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, &UNRESERVED).to_string()
}

/// The signature base string: method, URL, parameters, each encoded.
fn base_string(request: &Signed<'_>, given: &BTreeMap<String, String>) -> String {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for pair in request.query.split('&') {
        // Neither a parameter without a value nor one with two `=` is signed.
        let mut parts = pair.split('=');
        if let (Some(name), Some(value), None) = (parts.next(), parts.next(), parts.next()) {
            parameters.insert(encode(&php::rawurldecode(name)), encode(&php::rawurldecode(value)));
        }
    }
    for (name, value) in given.iter().filter(|(name, _)| *name != "oauth_signature") {
        parameters.insert(encode(name), encode(value));
    }
    let mut sorted: Vec<(String, String)> = parameters.into_iter().collect();
    sorted.sort_by(|(left, _), (right, _)| natural_compare(left.as_bytes(), right.as_bytes()));
    let joined: Vec<String> =
        sorted.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let url = format!("{}{}", request.origin, normalise_path(request.path));
    format!("{}&{}&{}", request.method, encode(&url), encode(&joined.join("&")))
}

/// The path as Laminas rewrites it before it is signed: escapes of what a path may hold are decoded,
/// and everything else is escaped.
fn normalise_path(path: &str) -> String {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:@&=+$,/;%".contains(&byte);
    let bytes = path.as_bytes();
    let mut normal = String::with_capacity(path.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = path.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            if may_stand(byte) {
                normal.push(char::from(byte));
            } else {
                normal.push_str(&format!("%{byte:02X}"));
            }
            at += 3;
        } else {
            let byte = bytes[at];
            if may_stand(byte) || matches!(byte, b'(' | b')') {
                normal.push(char::from(byte));
            } else {
                normal.push_str(&format!("%{byte:02X}"));
            }
            at += 1;
        }
    }
    normal
}

fn signature(base: &str, consumer_secret: &str, token_secret: &str) -> String {
    let key = format!("{}&{}", encode(consumer_secret), encode(token_secret));
    BASE64_STANDARD.encode(hmac_sha256(key.as_bytes(), base.as_bytes()))
}

/// HMAC-SHA256. Keys of any length are allowed, so it cannot fail.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }
        Err(_) => Vec::new(),
    }
}

/// Whether the two are equal, without telling by time where they differ.
pub(crate) fn constant_time_equal(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).fold(0, |differs, (left, right)| differs | (left ^ right)) == 0
}

/// PHP's `strnatcmp`: runs of digits compare as numbers, or digit by digit when one begins with 0.
fn natural_compare(left: &[u8], right: &[u8]) -> Ordering {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (mut left, mut right) = (left, right);
    loop {
        match (left.first(), right.first()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(first), Some(second)) if first.is_ascii_digit() && second.is_ascii_digit() => {
                let (left_run, left_rest) = left.split_at(digits(left));
                let (right_run, right_rest) = right.split_at(digits(right));
                let fractional = *first == b'0' || *second == b'0';
                let order = if fractional {
                    left_run.cmp(right_run)
                } else {
                    left_run.len().cmp(&right_run.len()).then_with(|| left_run.cmp(right_run))
                };
                if order != Ordering::Equal {
                    return order;
                }
                (left, right) = (left_rest, right_rest);
            }
            (Some(first), Some(second)) => {
                let order = first.cmp(second);
                if order != Ordering::Equal {
                    return order;
                }
                (left, right) = (&left[1..], &right[1..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_sort_as_numbers() {
        assert_eq!(natural_compare(b"a%5B9%5D", b"a%5B10%5D"), Ordering::Less);
        assert_eq!(natural_compare(b"a10", b"a9"), Ordering::Greater);
        assert_eq!(natural_compare(b"a", b"a1"), Ordering::Less);
    }

    #[test]
    fn paths_are_normalised_before_they_are_signed() {
        assert_eq!(normalise_path("/LAB%2Fslash%2F1"), "/LAB/slash/1");
        assert_eq!(normalise_path("/LAB%20space%201"), "/LAB%20space%201");
        assert_eq!(normalise_path("/LAB(paren)*!~"), "/LAB(paren)%2A%21~");
        assert_eq!(normalise_path("/LAB%2D001%28"), "/LAB-001%28");
    }
}
