//! The session's cookie: for this browser alone, never for scripts, never sent from another site.

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};

use super::console_addresses::ConsoleOrigin;
use super::secret_token::{SecretToken, is_well_formed};

/// Over TLS, where a browser promises that nobody but this very host has set it.
const SECURE: &str = "__Host-souk-console";
/// Without TLS, on this machine.
const PLAIN: &str = "souk-console";
/// Cookies of the name that are looked at: more than browsers keep of one host. Whoever serves something
/// else on this host can set others of the name, also such as stand before the session's own.
const MOST: usize = 256;

fn name(origin: &ConsoleOrigin) -> &'static str {
    if origin.is_secure { SECURE } else { PLAIN }
}

/// The secrets that a request's cookies of the session's name hold.
pub(crate) fn secrets(headers: &HeaderMap, origin: &ConsoleOrigin) -> Vec<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let pairs = cookies.flat_map(|header| header.split(';')).filter_map(|one| one.split_once('='));
    let own =
        pairs.filter(|(found, _)| found.trim() == name(origin)).map(|(_, value)| value.trim());
    own.filter(|value| is_well_formed(value)).take(MOST).map(str::to_owned).collect()
}

/// The header that sets it until the browser is closed.
pub(crate) fn set(origin: &ConsoleOrigin, secret: &SecretToken) -> Option<HeaderValue> {
    let (name, rest) = (name(origin), attributes(origin));
    HeaderValue::try_from(format!("{name}={}; {rest}", secret.as_str())).ok()
}

/// The header that takes it away.
pub(crate) fn unset(origin: &ConsoleOrigin) -> Option<HeaderValue> {
    let (name, rest) = (name(origin), attributes(origin));
    HeaderValue::try_from(format!("{name}=; Max-Age=0; {rest}")).ok()
}

/// `__Host-` wants the whole host's path; without it a cookie is for the console alone.
fn attributes(origin: &ConsoleOrigin) -> &'static str {
    if origin.is_secure {
        "Path=/; Secure; HttpOnly; SameSite=Strict"
    } else {
        "Path=/console; HttpOnly; SameSite=Strict"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cookie_of_the_name_is_looked_at_and_no_other() {
        let origin = ConsoleOrigin { origin: "http://souk.localhost:1".into(), is_secure: false };
        let (one, two) = ("a".repeat(43), "b".repeat(43));
        let mut headers = HeaderMap::new();
        let text = format!("x={one}; souk-console={one};souk-console = {two}; souk-console=short");
        headers.insert(COOKIE, text.parse().unwrap());
        assert_eq!(secrets(&headers, &origin), [one.clone(), two]);
        let planted = (0..200).map(|n| format!("souk-console={n:043}; ")).collect::<String>();
        headers.insert(COOKIE, format!("{planted}souk-console={one}").parse().unwrap());
        assert_eq!(secrets(&headers, &origin).last(), Some(&one), "none is pushed out");
        let secure = ConsoleOrigin { is_secure: true, ..origin };
        assert!(secrets(&headers, &secure).is_empty());
        let set = set(&secure, &SecretToken::random().unwrap()).unwrap();
        assert!(set.to_str().unwrap().starts_with("__Host-souk-console="));
    }
}
