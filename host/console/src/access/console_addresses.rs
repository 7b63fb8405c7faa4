//! The names that the console answers to: one of its own on this machine, and the operator's public one
//! where a proxy with TLS stands in front.
//!
//! Browsers send cookies to every port of a host, so a console on `127.0.0.1` or `localhost` would show
//! its cookie to whatever else is served there. It has a name of its own for that reason, and none of its
//! pages is served under another.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::HOST;
use souk_model::AddressRange;
use url::{Origin, Url};

/// The console's name on this machine.
pub const CONSOLE_HOST: &str = "souk.localhost";

/// Where a console is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleAddresses {
    /// The port that it has on this machine, at every address that its name means there.
    port: Option<u16>,
    /// `https://souk.example`: a proxy with TLS.
    public: Option<String>,
    /// Where that proxy is, if not on this machine.
    proxies: Vec<AddressRange>,
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
    /// Of a host that has this port at every [loopback address](super::address_proof::LOOPBACK), if it
    /// has one. A public address counts where it is `https` and has no path, and for what comes from
    /// this machine or these proxies: a name that a request brings says nothing about how it came. None
    /// where nobody could reach it.
    #[must_use]
    pub fn new(
        port: Option<u16>,
        public_url: Option<&str>,
        proxies: Vec<AddressRange>,
    ) -> Option<Self> {
        let public = public_url.and_then(|text| Url::parse(text).ok());
        let public = public.filter(|url| url.scheme() == "https").map(|url| url.origin());
        let public = public.filter(Origin::is_tuple).map(|origin| origin.ascii_serialization());
        (port.is_some() || public.is_some()).then_some(Self { port, public, proxies })
    }

    /// Where people are sent: the public address where there is one.
    ///
    /// ```
    /// use souk_console::ConsoleAddresses;
    /// let addresses = ConsoleAddresses::new(Some(8808), None, Vec::new()).unwrap();
    /// assert_eq!(addresses.url(), "http://souk.localhost:8808/console");
    /// let public = Some("https://souk.example/");
    /// let addresses = ConsoleAddresses::new(Some(8808), public, Vec::new()).unwrap();
    /// assert_eq!(addresses.url(), "https://souk.example/console");
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        let local = || self.port.map(|port| format!("http://{}", local_host(port)));
        format!("{}/console", self.public.clone().or_else(local).unwrap_or_default())
    }

    /// The origin that a request was sent to, where it is one of the console's. The name on this machine
    /// is for this machine alone, and the public one for what came through a proxy: whatever else comes
    /// over a network is not encrypted.
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
        let peer = peer?;
        let is_here = peer.to_canonical().is_loopback();
        if self.port.is_some_and(|port| local_host(port) == host) {
            let local = ConsoleOrigin { origin: format!("http://{host}"), is_secure: false };
            return is_here.then_some(local);
        }
        let public = self.public.as_ref()?;
        let named = host.strip_suffix(":443").unwrap_or(&host);
        let is_proxied = is_here || self.proxies.iter().any(|proxies| proxies.contains(peer));
        (is_proxied && public.strip_prefix("https://")? == named)
            .then(|| ConsoleOrigin { origin: public.clone(), is_secure: true })
    }
}

/// The console's name on this machine with the port, as a browser writes it.
pub(crate) fn local_host(port: u16) -> String {
    if port == 80 { CONSOLE_HOST.to_owned() } else { format!("{CONSOLE_HOST}:{port}") }
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

    fn addresses(public: Option<&str>, proxies: &[&str]) -> ConsoleAddresses {
        let proxies = proxies.iter().map(|one| one.parse().unwrap()).collect();
        ConsoleAddresses::new(Some(8808), public, proxies).unwrap()
    }

    #[test]
    fn only_its_own_names_are_the_consoles() {
        let addresses = addresses(Some("https://souk.example"), &["192.0.2.0/24"]);
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
        let plain = addresses(Some("http://souk.example"), &[]);
        let public = addresses(Some("https://souk.example"), &["192.0.2.7"]);
        assert_eq!(
            found(&public, "souk.example", [192, 0, 2, 8]),
            None,
            "the name alone is no TLS"
        );
        assert!(found(&public, "souk.example", [192, 0, 2, 7]).is_some());
        let addresses = plain;
        assert_eq!(found(&addresses, "souk.example", HERE), None);
        assert_eq!(found(&addresses, "souk.localhost:8808", [192, 0, 2, 1]), None);
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "souk.localhost:8808".parse().unwrap());
        assert_eq!(addresses.of_request(&headers, None), None);
        let at = |port| ConsoleAddresses::new(port, None, Vec::new());
        assert_eq!(at(Some(80)).unwrap().url(), "http://souk.localhost/console");
        assert_eq!(at(None), None);
    }
}
