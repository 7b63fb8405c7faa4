//! Which names this server answers to, and which web pages may talk to it.
//!
//! A page on any site can make a browser send requests to a server on the same machine, and by
//! letting its own name resolve to that machine (DNS rebinding) also read the answers. So the
//! `Host` a request was sent to has to be one of ours, and an `Origin`, which browsers always
//! send and other clients do not, one that may talk to us. rmcp can check both; here the rules are
//! parsed once, refuse what is ambiguous and say what would allow a request.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::header::{HOST, HeaderValue, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Uri};
use serde::Deserialize;

/// What port a rule allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PortRule {
    Any,
    Only(u16),
}

impl PortRule {
    fn allows(self, port: Option<u16>) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => port == Some(only),
        }
    }
}

/// A text that is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {wanted}")]
pub struct InvalidHostRule {
    given: String,
    wanted: &'static str,
}

/// A name that clients may reach this server by.
///
/// | form | allows |
/// |---|---|
/// | `shop.example` | that name or address, on any port |
/// | `shop.example:8808` | that port only; the port a proxy leaves out counts as 80 or 443 |
/// | `[2001:db8::1]`, `[2001:db8::1]:8808` | the same for IPv6 |
///
/// ```
/// use souk_mcp::AllowedHost;
/// assert!("shop.example:8808".parse::<AllowedHost>().is_ok());
/// for wrong in ["", "*", "*.example", "http://shop.example", "shop.example/mcp", "a@b", "a:x"] {
///     assert!(wrong.parse::<AllowedHost>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AllowedHost {
    host: String,
    port: PortRule,
}

impl AllowedHost {
    fn any_port(host: &str) -> Self {
        Self { host: host.to_owned(), port: PortRule::Any }
    }

    /// The host of an address that clients are told: a proxy there passes that name on, with its port or
    /// without. None where the text is no address.
    pub(crate) fn of_url(url: &str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let named = HostPort::parse(rest.split('/').next()?)?;
        Some(Self::any_port(&named.host))
    }

    /// An address that this server is bound to.
    pub(crate) fn address(address: IpAddr) -> Self {
        Self::any_port(&match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        })
    }

    fn allows(&self, named: &HostPort) -> bool {
        self.host == named.host && self.port.allows(named.port)
    }
}

impl FromStr for AllowedHost {
    type Err = InvalidHostRule;

    fn from_str(text: &str) -> Result<Self, InvalidHostRule> {
        let wrong = || InvalidHostRule {
            given: text.chars().take(200).collect(),
            wanted: "a host name or address, with or without a port",
        };
        let named = HostPort::parse(text).ok_or_else(wrong)?;
        Ok(Self { host: named.host, port: named.port.map_or(PortRule::Any, PortRule::Only) })
    }
}

impl TryFrom<String> for AllowedHost {
    type Error = InvalidHostRule;

    fn try_from(text: String) -> Result<Self, InvalidHostRule> {
        text.parse()
    }
}

/// Web pages that may talk to this server.
///
/// | form | allows |
/// |---|---|
/// | `https://app.example` | pages of that site, on the scheme's own port |
/// | `https://app.example:8443` | on that port |
/// | `http://localhost:*` | on any port |
///
/// ```
/// use souk_mcp::AllowedOrigin;
/// assert!("https://app.example".parse::<AllowedOrigin>().is_ok());
/// for wrong in ["", "*", "null", "app.example", "ftp://a", "https://a/", "https://*.a"] {
///     assert!(wrong.parse::<AllowedOrigin>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AllowedOrigin {
    scheme: Scheme,
    host: String,
    port: PortRule,
}

impl AllowedOrigin {
    fn allows(&self, origin: &RequestOrigin) -> bool {
        self.scheme == origin.scheme
            && self.host == origin.at.host
            && self.port.allows(origin.at.port)
    }
}

impl FromStr for AllowedOrigin {
    type Err = InvalidHostRule;

    fn from_str(text: &str) -> Result<Self, InvalidHostRule> {
        let (origin, any) = match text.strip_suffix(":*") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let wrong = || InvalidHostRule {
            given: text.chars().take(200).collect(),
            wanted: "an origin such as `https://app.example`, `https://app.example:8443` or \
                     `http://localhost:*`",
        };
        let (RequestOrigin { scheme, at }, has_port) =
            RequestOrigin::parse(origin).ok_or_else(wrong)?;
        let port = match (any, has_port, at.port) {
            (true, true, _) => return Err(wrong()),
            (true, false, _) | (false, _, None) => PortRule::Any,
            (false, _, Some(port)) => PortRule::Only(port),
        };
        Ok(Self { scheme, host: at.host, port })
    }
}

impl TryFrom<String> for AllowedOrigin {
    type Error = InvalidHostRule;

    fn try_from(text: String) -> Result<Self, InvalidHostRule> {
        text.parse()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// A host and a port as a request or a rule names them. The host is in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HostPort {
    host: String,
    port: Option<u16>,
}

impl HostPort {
    fn parse(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        let host = authority.host().to_ascii_lowercase();
        let port = authority.port_u16();
        // What the parser lets through beyond host and port: user names, a colon without a port.
        let rest = authority.as_str().len() - authority.host().len();
        let written = authority.port().map_or(0, |port| port.as_str().len() + 1);
        let bracketed = host.starts_with('[');
        let named = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        (rest == written && !host.is_empty() && (named || bracketed)).then_some(Self { host, port })
    }
}

struct RequestOrigin {
    scheme: Scheme,
    at: HostPort,
}

impl RequestOrigin {
    /// The origin, with the scheme's own port where none is written, and whether one was.
    fn parse(text: &str) -> Option<(Self, bool)> {
        let (scheme, rest) = text.split_once("://")?;
        let (scheme, default) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Scheme::Http, 80),
            "https" => (Scheme::Https, 443),
            _ => return None,
        };
        let HostPort { host, port } = HostPort::parse(rest)?;
        let at = HostPort { host, port: Some(port.unwrap_or(default)) };
        Some((Self { scheme, at }, port.is_some()))
    }
}

/// Why a request was refused for the names in its headers. Its text goes to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostError {
    NoHost,
    Host(String),
    Origin(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("the request has no usable `Host` header"),
            Self::Host(host) => write!(
                f,
                "this server does not answer to the host `{host}`\n\nhint: the operator can add \
                 it to `allowed_hosts`"
            ),
            Self::Origin(origin) => write!(
                f,
                "web pages of `{origin}` may not talk to this server\n\nhint: the operator can add \
                 it to `allowed_origins`"
            ),
        }
    }
}

/// The name of its own that pages for people have on this machine. Browsers take every name below
/// `localhost` for this machine, and what they keep for it (cookies, above all) is not mixed with that
/// of whatever else is served on `localhost` or `127.0.0.1`.
const SOUK_LOCALHOST: &str = "souk.localhost";

/// The names and origins that are let in.
#[derive(Debug, Clone)]
pub(crate) struct HostGuard {
    hosts: Vec<AllowedHost>,
    /// This machine's own.
    own_origins: Vec<AllowedOrigin>,
    /// The operator's, whose pages may also read the answers.
    origins: Vec<AllowedOrigin>,
}

impl HostGuard {
    /// The operator's rules on top of this machine itself, which is always let in.
    pub(crate) fn new(hosts: &[AllowedHost], origins: &[AllowedOrigin]) -> Self {
        const OWN: [&str; 4] = ["localhost", SOUK_LOCALHOST, "127.0.0.1", "[::1]"];
        let own_origins = OWN.iter().flat_map(|host| {
            [Scheme::Http, Scheme::Https].map(|scheme| AllowedOrigin {
                scheme,
                host: (*host).to_owned(),
                port: PortRule::Any,
            })
        });
        Self {
            hosts: OWN.iter().map(|own| AllowedHost::any_port(own)).chain(hosts.to_vec()).collect(),
            own_origins: own_origins.collect(),
            origins: origins.to_vec(),
        }
    }

    /// The origin of a page that the operator named. Browsers are told that it may read the answers;
    /// of this machine's own pages, which anything that runs here may have put up, they are not.
    pub(crate) fn shared_with(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let given = headers.get(ORIGIN)?;
        let (origin, _) = RequestOrigin::parse(given.to_str().ok()?)?;
        self.origins.iter().any(|allowed| allowed.allows(&origin)).then(|| given.clone())
    }

    /// Whether a request was sent to one of this server's names, and by no page that is not let in.
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), HostError> {
        self.check_host(uri, headers)?;
        self.check_origin(headers)
    }

    /// Whether a request was sent to one of this server's names.
    pub(crate) fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), HostError> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().map_err(|_| HostError::NoHost)?,
            // HTTP/2 has it in the address instead.
            (None, _) => uri.authority().ok_or(HostError::NoHost)?.as_str(),
            (Some(_), Some(_)) => return Err(HostError::NoHost),
        };
        let named = HostPort::parse(host).ok_or(HostError::NoHost)?;
        if !self.hosts.iter().any(|allowed| allowed.allows(&named)) {
            return Err(HostError::Host(host.chars().take(200).collect()));
        }
        Ok(())
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), HostError> {
        for origin in headers.get_all(ORIGIN) {
            let known =
                origin.to_str().ok().and_then(RequestOrigin::parse).is_some_and(|(origin, _)| {
                    self.own_origins
                        .iter()
                        .chain(&self.origins)
                        .any(|allowed| allowed.allows(&origin))
                });
            if !known {
                let origin = String::from_utf8_lossy(origin.as_bytes());
                return Err(HostError::Origin(origin.chars().take(200).collect()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn guard(hosts: &[&str], origins: &[&str]) -> HostGuard {
        let hosts: Vec<_> = hosts.iter().map(|host| host.parse().unwrap()).collect();
        let origins: Vec<_> = origins.iter().map(|origin| origin.parse().unwrap()).collect();
        HostGuard::new(&hosts, &origins)
    }

    fn check(guard: &HostGuard, host: &str, origin: Option<&str>) -> Result<(), HostError> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        guard.check(&Uri::from_static("/mcp"), &headers)
    }

    #[test]
    fn this_machine_is_let_in_under_its_own_names_only() {
        let guard = guard(&[], &[]);
        for host in ["localhost", "localhost:8808", "127.0.0.1:1", "[::1]:8808", "LOCALHOST"] {
            assert_eq!(check(&guard, host, None), Ok(()), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.2", "0.0.0.0", "[::2]"] {
            assert!(matches!(check(&guard, host, None), Err(HostError::Host(_))), "{host}");
        }
        for host in ["localhost@evil.example", "localhost:", "localhost:99999", "a b", ""] {
            assert_eq!(check(&guard, host, None), Err(HostError::NoHost), "{host}");
        }
    }

    #[test]
    fn pages_are_let_in_by_scheme_host_and_port() {
        let guard = guard(&[], &["https://app.example", "http://dev.example:*"]);
        for origin in [
            "http://localhost:6274",
            "https://127.0.0.1",
            "https://app.example",
            "https://app.example:443",
            "http://dev.example:3000",
        ] {
            assert_eq!(check(&guard, "localhost", Some(origin)), Ok(()), "{origin}");
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://app.example",
            "https://app.example:8443",
            "https://app.example.evil.example",
            "file://",
            "http://localhost@evil.example",
        ] {
            let refused = check(&guard, "localhost", Some(origin));
            assert!(matches!(refused, Err(HostError::Origin(_))), "{origin}");
        }
    }

    #[test]
    fn two_hosts_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(HOST, "localhost".parse().unwrap());
        headers.append(HOST, "evil.example".parse().unwrap());
        let checked = guard(&[], &[]).check(&Uri::from_static("/mcp"), &headers);
        assert_eq!(checked, Err(HostError::NoHost));
    }

    proptest! {
        #[test]
        fn no_other_name_gets_in(host in "[a-z0-9.:@\\[\\]-]{1,30}") {
            let own = ["localhost", "souk.localhost", "127.0.0.1", "[::1]"];
            let let_in = check(&guard(&[], &[]), &host, None).is_ok();
            let is_own = own.iter().any(|own| {
                host == *own || host.strip_prefix(own).is_some_and(|rest| {
                    rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
                })
            });
            prop_assert_eq!(let_in, is_own, "{}", host);
        }

        #[test]
        fn a_rule_allows_itself_and_more_rules_never_take_away(
            host in "[a-z][a-z0-9-]{0,10}\\.example", port in 1u16.., other in "[a-z]{1,9}"
        ) {
            let rule = format!("{host}:{port}");
            let narrow = guard(&[&rule], &[]);
            let wide = guard(&[&other, &rule], &[]);
            prop_assert!(check(&narrow, &rule, None).is_ok());
            prop_assert!(check(&wide, &rule, None).is_ok());
            let elsewhere = format!("{host}:{}", port.wrapping_add(1).max(1));
            prop_assert!(check(&narrow, &elsewhere, None).is_err());
        }
    }
}
