//! What a host listens on: the address that was asked for, and every other that the console's name means
//! on this machine at the same port.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::Context;
use souk_console::{CONSOLE_HOST, LOOPBACK, is_no_address};
use tokio::net::TcpListener;

/// Where the console is served of a host on stdio: at a port that is free.
pub(crate) const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// How many ports are tried where any will do.
const TRIES: u32 = 16;

/// The listeners of a host.
pub(crate) struct HostListeners {
    /// All of them, the one that was asked for first.
    pub(crate) sockets: Vec<TcpListener>,
    /// The one that was asked for.
    pub(crate) address: SocketAddr,
    /// That the console's name means this host alone, or which address is somebody else's.
    console: Result<(), String>,
}

impl HostListeners {
    /// Listens there, and at the other addresses that the console's name means. Where one of those is
    /// taken the host is there all the same, without a console at that name. Of port 0 it becomes a port
    /// that is free at all of them.
    ///
    /// # Errors
    /// The address itself is taken, or is none of this machine's.
    pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<Self> {
        let mut bound = Self::bind_once(address).await?;
        for _ in 1..TRIES {
            if bound.console.is_ok() || address.port() != 0 {
                break;
            }
            bound = Self::bind_once(address).await?;
        }
        Ok(bound)
    }

    async fn bind_once(address: SocketAddr) -> anyhow::Result<Self> {
        let cannot = || format!("cannot listen on {address}");
        let asked = TcpListener::bind(address).await.with_context(cannot)?;
        let address = asked.local_addr().with_context(cannot)?;
        let is_both = is_dual_stack(&asked);
        let mut bound = Self { sockets: vec![asked], address, console: Ok(()) };
        for ip in LOOPBACK {
            if has(address.ip(), is_both, ip) {
                continue;
            }
            let other = SocketAddr::new(ip, address.port());
            match TcpListener::bind(other).await {
                Ok(listener) => bound.sockets.push(listener),
                // Nobody can listen there.
                Err(error) if is_no_address(&error) => {}
                Err(error) => bound.console = Err(why_not(other, &error)),
            }
        }
        Ok(bound)
    }

    /// The port at which the console's name means this host and nobody else.
    ///
    /// # Errors
    /// Which address is taken, for people.
    pub(crate) fn console_port(&self) -> Result<u16, String> {
        self.console.clone().map(|()| self.address.port())
    }
}

/// Whether a listener at `own` is also the one at this loopback address.
fn has(own: IpAddr, is_dual_stack: bool, loopback: IpAddr) -> bool {
    own == loopback
        || own.is_unspecified()
            && (own.is_ipv4() == loopback.is_ipv4() || own.is_ipv6() && is_dual_stack)
}

/// Whether a listener of IPv6 also takes what comes by IPv4.
fn is_dual_stack(listener: &TcpListener) -> bool {
    socket2::SockRef::from(listener).only_v6().is_ok_and(|only| !only)
}

fn why_not(address: SocketAddr, error: &io::Error) -> String {
    let why = match error.kind() {
        ErrorKind::AddrInUse => "another program listens there".to_owned(),
        _ => error.to_string(),
    };
    format!(
        "{address}, which `{CONSOLE_HOST}` means as well, cannot be had ({why}): whoever has it would \
         be shown what is meant for the console"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn at(text: &str) -> HostListeners {
        HostListeners::bind(text.parse().unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn whatever_is_asked_for_both_loopback_addresses_are_the_hosts() {
        for asked in ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"] {
            let bound = at(asked).await;
            let port = bound.console_port().unwrap();
            for ip in LOOPBACK {
                let taken = std::net::TcpListener::bind((ip, port)).unwrap_err();
                assert!(
                    taken.kind() == ErrorKind::AddrInUse || is_no_address(&taken),
                    "{asked} {ip}: {taken}"
                );
            }
        }
    }

    #[tokio::test]
    async fn a_loopback_address_that_is_anothers_leaves_the_host_without_a_console_there() {
        let other = TcpListener::bind("[::1]:0").await.unwrap();
        let port = other.local_addr().unwrap().port();
        let bound = at(&format!("127.0.0.1:{port}")).await;
        let why = bound.console_port().unwrap_err();
        assert!(why.contains(&format!("[::1]:{port}")), "{why}");
        assert_eq!(bound.sockets.len(), 1);
    }
}
