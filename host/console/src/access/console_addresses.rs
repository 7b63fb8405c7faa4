//! The names that the console answers to: one of its own on this machine, and the operator's public one
//! where a proxy with TLS stands in front.
//!
//! Browsers send cookies to every port of a host, so a console on `127.0.0.1` or `localhost` would show
//! its cookie to whatever else is served there. It has a name of its own for that reason, and none of its
//! pages is served under another.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::HOST;
use url::{Origin, Url};

/// The console's name on this machine.
pub const CONSOLE_HOST: &str = "souk.localhost";

/// Where a console is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleAddresses {
    /// The port that it listens on.
    port: u16,
    /// `https://souk.example`: a proxy with TLS.
    public: Option<String>,
}

/// The origin that a request was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConsoleOrigin {
    /// As a browser writes it: `http://souk.localhost:8808`.
    pub(crate) origin: String,
    /// Whether it is by TLS.
    pub(crate) is_secure: bool,
}

impl ConsoleAddresses {
    /// Of a listener on this port. A public address counts where it is `https` and has no path.
    #[must_use]
    pub fn new(port: u16, public_url: Option<&str>) -> Self {
        let public = public_url.and_then(|text| Url::parse(text).ok());
        let public = public.filter(|url| url.scheme() == "https").map(|url| url.origin());
        let public = public.filter(Origin::is_tuple).map(|origin| origin.ascii_serialization());
        Self { port, public }
    }

    /// Where people are sent: the public address where there is one.
    ///
    /// ```
    /// use souk_console::ConsoleAddresses;
    /// let addresses = ConsoleAddresses::new(8808, None);
    /// assert_eq!(addresses.url(), "http://souk.localhost:8808/console");
    /// let addresses = ConsoleAddresses::new(8808, Some("https://souk.example/"));
    /// assert_eq!(addresses.url(), "https://souk.example/console");
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/console", self.public.clone().unwrap_or_else(|| self.local().origin))
    }

    fn local(&self) -> ConsoleOrigin {
        let port = if self.port == 80 { String::new() } else { format!(":{}", self.port) };
        ConsoleOrigin { origin: format!("http://{CONSOLE_HOST}{port}"), is_secure: false }
    }

    /// The origin that a request was sent to, where it is one of the console's. The name on this machine
    /// is for this machine alone: what comes from another over a network is not encrypted.
    pub(crate) fn of_request(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Option<ConsoleOrigin> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok()?.to_ascii_lowercase(),
            _ => return None,
        };
        let local = self.local();
        if local.origin.strip_prefix("http://") == Some(&host) {
            return peer.is_some_and(|peer| peer.to_canonical().is_loopback()).then_some(local);
        }
        let public = self.public.as_ref()?;
        let named = host.strip_suffix(":443").unwrap_or(&host);
        (public.strip_prefix("https://")? == named)
            .then(|| ConsoleOrigin { origin: public.clone(), is_secure: true })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn found(addresses: &ConsoleAddresses, host: &str, peer: [u8; 4]) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        let peer = Some(IpAddr::V4(Ipv4Addr::from(peer)));
        addresses.of_request(&headers, peer).map(|found| found.origin)
    }

    const HERE: [u8; 4] = [127, 0, 0, 1];

    #[test]
    fn only_its_own_names_are_the_consoles() {
        let addresses = ConsoleAddresses::new(8808, Some("https://souk.example"));
        let own = Some("http://souk.localhost:8808".to_owned());
        assert_eq!(found(&addresses, "souk.localhost:8808", HERE), own);
        assert_eq!(found(&addresses, "SOUK.localhost:8808", HERE), own);
        let public = Some("https://souk.example".to_owned());
        assert_eq!(found(&addresses, "souk.example", [192, 0, 2, 1]), public);
        assert_eq!(found(&addresses, "souk.example:443", HERE), public);
        for host in [
            "127.0.0.1:8808",
            "localhost:8808",
            "souk.localhost",
            "souk.localhost:8809",
            "souk.localhost.evil.example:8808",
            "souk.example:8443",
            "evil.souk.example",
        ] {
            assert_eq!(found(&addresses, host, HERE), None, "{host}");
        }
    }

    #[test]
    fn without_tls_it_is_for_this_machine_alone() {
        let addresses = ConsoleAddresses::new(8808, Some("http://souk.example"));
        assert_eq!(found(&addresses, "souk.example", HERE), None);
        assert_eq!(found(&addresses, "souk.localhost:8808", [192, 0, 2, 1]), None);
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "souk.localhost:8808".parse().unwrap());
        assert_eq!(addresses.of_request(&headers, None), None);
        assert_eq!(ConsoleAddresses::new(80, None).url(), "http://souk.localhost/console");
    }
}
