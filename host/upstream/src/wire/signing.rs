//! OAuth 1.0a with HMAC-SHA256, exactly as Magento verifies it.
//!
//! Magento departs from RFC 5849 in three ways, each held by a recorded vector (`oauth_vectors.json`):
//! parameters are sorted in natural order; a parameter counts only if it has exactly one `=`, and
//! of equal names the last counts; and the path is normalised before it is signed. The last has
//! two forms, see [`PathForm`].

use std::borrow::Cow;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::Sha256;
use souk_model::{ExposeSecret, Secret};

use super::hmac_key::keyed;
use super::strnatcmp::strnatcmp;

/// All that PHP's `rawurlencode` encodes.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How a store normalises the path that it verifies.
///
/// Both decode `%XX` of unreserved characters. Magento up to 2.4.7 decodes `:@&=+$,/;%` as well;
/// later patches stopped that. The forms differ only for parameters with such characters in them,
/// and the wrong one is answered with 401 before anything is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathForm {
    /// Reserved characters of a path are decoded too.
    Decoded,
    /// Only unreserved characters are decoded.
    AsSent,
}

impl PathForm {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Decoded => Self::AsSent,
            Self::AsSent => Self::Decoded,
        }
    }

    fn decodes(self, byte: u8) -> bool {
        is_unreserved(byte) || (self == Self::Decoded && b":@&=+$,/;%".contains(&byte))
    }

    /// Whether the two forms of this encoded path differ.
    pub(crate) fn matters(path: &str) -> bool {
        let mut from = 0;
        while let Some(at) = path[from..].find('%').map(|at| from + at) {
            if let Some(byte) = escaped(path.as_bytes(), at)
                && Self::Decoded.decodes(byte) != Self::AsSent.decodes(byte)
            {
                return true;
            }
            from = at + 1;
        }
        false
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// The byte that `%XX` at this place stands for.
fn escaped(text: &[u8], at: usize) -> Option<u8> {
    let digits = text.get(at + 1..at + 3).filter(|_| text[at] == b'%')?;
    let value = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(value(digits[0])? * 16 + value(digits[1])?).ok()
}

/// The path as the store normalises it.
pub(crate) fn normalised_path(path: &str, form: PathForm) -> Cow<'_, str> {
    if path.bytes().all(|byte| is_unreserved(byte) || byte == b'/') {
        return Cow::Borrowed(path);
    }
    let decoded = decode_some(path.as_bytes(), form);
    let mut out = String::with_capacity(decoded.len() + 8);
    for (at, &byte) in decoded.iter().enumerate() {
        let kept = match byte {
            b'%' => escaped(&decoded, at).is_some(),
            _ => is_unreserved(byte) || b")(:@&=+$,/;".contains(&byte),
        };
        if kept {
            out.push(char::from(byte));
        } else {
            out.extend(percent_encode(&[byte], RESERVED));
        }
    }
    Cow::Owned(out)
}

fn decode_some(path: &[u8], form: PathForm) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while at < path.len() {
        match escaped(path, at) {
            Some(byte) if form.decodes(byte) => out.push(byte),
            Some(_) => out.extend(path[at..at + 3].iter().map(u8::to_ascii_uppercase)),
            None => {
                out.push(path[at]);
                at += 1;
                continue;
            }
        }
        at += 3;
    }
    out
}

/// A name or value of a query, decoded and encoded again as Magento does before signing.
pub(crate) fn canonical(text: &str) -> Cow<'_, str> {
    let clean = text.bytes().enumerate().all(|(at, byte)| match byte {
        b'%' => is_canonical_escape(text.as_bytes(), at),
        _ => is_unreserved(byte),
    });
    if clean {
        return Cow::Borrowed(text);
    }
    let decoded: Vec<u8> = percent_decode_str(text).collect();
    Cow::Owned(percent_encode(&decoded, RESERVED).to_string())
}

/// Whether `%XX` here is what encoding would write.
fn is_canonical_escape(text: &[u8], at: usize) -> bool {
    escaped(text, at).is_some_and(|byte| !is_unreserved(byte))
        && !text[at + 1].is_ascii_lowercase()
        && !text[at + 2].is_ascii_lowercase()
}

/// What makes one signature unlike another.
pub(crate) struct NonceTimestamp {
    /// May not repeat.
    pub nonce: String,
    /// Seconds since 1970.
    pub timestamp: u64,
}

impl NonceTimestamp {
    /// Now, with 128 random bits.
    pub(crate) fn now() -> Result<Self, getrandom::Error> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Ok(Self { nonce: format!("{:032x}", u128::from_ne_bytes(random)), timestamp })
    }
}

/// What is signed: a method, an address and a query.
pub(crate) struct SignatureInput<'a> {
    pub method: &'a str,
    /// Scheme, host, port and whatever precedes `path`, as Magento sees them and already encoded
    /// once more: `http%3A%2F%2Fshop%2Frest`.
    pub base: &'a str,
    /// The encoded path.
    pub path: &'a str,
    /// The encoded query, without `?`.
    pub query: &'a str,
    pub form: PathForm,
}

/// Signs requests with one integration's keys.
#[derive(Clone)]
pub(crate) struct OauthSigner {
    consumer_key: String,
    token: String,
    mac: Hmac<Sha256>,
}

impl fmt::Debug for OauthSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OauthSigner([REDACTED])")
    }
}

/// The address's part of a base string: normalised and encoded once more.
pub(crate) fn encoded_base(address: &str) -> String {
    percent_encode(address.as_bytes(), RESERVED).to_string()
}

impl OauthSigner {
    pub(crate) fn new(
        consumer_key: &Secret,
        consumer_secret: &Secret,
        token: &Secret,
        token_secret: &Secret,
    ) -> Self {
        let encoded = |secret: &Secret| {
            percent_encode(secret.expose_secret().as_bytes(), RESERVED).to_string()
        };
        let key = format!("{}&{}", encoded(consumer_secret), encoded(token_secret));
        Self {
            consumer_key: encoded(consumer_key),
            token: encoded(token),
            mac: keyed::<_, Sha256>(key.as_bytes()),
        }
    }

    /// The same keys with a wrong secret: what a store answers to it is what it answers to a bad
    /// signature.
    pub(crate) fn with_wrong_secret(&self) -> Self {
        Self { mac: keyed::<_, Sha256>(b"wrong"), ..self.clone() }
    }

    /// The value of the `Authorization` header.
    pub(crate) fn authorization(
        &self,
        input: &SignatureInput<'_>,
        stamp: &NonceTimestamp,
    ) -> String {
        let base_string = self.base_string(input, stamp);
        let mut mac = self.mac.clone();
        mac.update(base_string.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        format!(
            "OAuth oauth_consumer_key=\"{}\", oauth_nonce=\"{}\", oauth_signature=\"{}\", \
             oauth_signature_method=\"HMAC-SHA256\", oauth_timestamp=\"{}\", oauth_token=\"{}\", \
             oauth_version=\"1.0\"",
            self.consumer_key,
            stamp.nonce,
            percent_encode(signature.as_bytes(), RESERVED),
            stamp.timestamp,
            self.token,
        )
    }

    fn base_string(&self, input: &SignatureInput<'_>, stamp: &NonceTimestamp) -> String {
        let timestamp = stamp.timestamp.to_string();
        let mut parameters: Vec<(Cow<'_, str>, Cow<'_, str>)> = vec![
            ("oauth_consumer_key".into(), self.consumer_key.as_str().into()),
            ("oauth_nonce".into(), stamp.nonce.as_str().into()),
            ("oauth_signature_method".into(), "HMAC-SHA256".into()),
            ("oauth_timestamp".into(), timestamp.as_str().into()),
            ("oauth_token".into(), self.token.as_str().into()),
            ("oauth_version".into(), "1.0".into()),
        ];
        let pairs = input.query.split('&').filter_map(|part| part.split_once('='));
        let pairs = pairs.filter(|(_, value)| !value.contains('='));
        parameters.extend(pairs.map(|(name, value)| (canonical(name), canonical(value))));
        parameters.sort_by(|(a, _), (b, _)| strnatcmp(a, b));
        keep_last_of_each(&mut parameters);

        let mut out = String::with_capacity(input.query.len() * 2 + 384);
        out.push_str(input.method);
        out.push('&');
        out.push_str(input.base);
        push_encoded(&mut out, &normalised_path(input.path, input.form));
        for (index, (name, value)) in parameters.iter().enumerate() {
            out.push_str(if index == 0 { "&" } else { "%26" });
            push_encoded(&mut out, name);
            out.push_str("%3D");
            push_encoded(&mut out, value);
        }
        out
    }
}

/// Appends ASCII text, encoded once more.
fn push_encoded(out: &mut String, text: &str) {
    out.extend(percent_encode(text.as_bytes(), RESERVED));
}

/// Of equal names, which sorting has brought together, keeps the last value in the first's place.
fn keep_last_of_each(sorted: &mut Vec<(Cow<'_, str>, Cow<'_, str>)>) {
    sorted.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            std::mem::swap(&mut later.1, &mut earlier.1);
        }
        same
    });
}

#[cfg(test)]
mod tests;
