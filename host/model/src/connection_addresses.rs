//! Between which two addresses a connection is.

use std::fmt;
use std::net::SocketAddr;

/// The two ends of a connection over TCP. Whoever passes on what comes in has another connection to the
/// server than its client has to it: so what is said of both ends cannot be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionAddresses {
    client: SocketAddr,
    server: SocketAddr,
}

impl ConnectionAddresses {
    /// Of these ends. An address of IPv4 that is written as one of IPv6 is the same address.
    #[must_use]
    pub fn new(client: SocketAddr, server: SocketAddr) -> Self {
        let canonical = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        Self { client: canonical(client), server: canonical(server) }
    }

    /// The client's end.
    #[must_use]
    pub const fn client(&self) -> SocketAddr {
        self.client
    }
}

/// `127.0.0.1:40312 127.0.0.1:8808`: the client's end, then the server's.
impl fmt::Display for ConnectionAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.client, self.server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_connection_see_the_same_two_addresses() {
        let end = |text: &str| text.parse::<SocketAddr>().unwrap();
        let of_client = ConnectionAddresses::new(end("127.0.0.1:4"), end("127.0.0.1:8808"));
        let of_server =
            ConnectionAddresses::new(end("[::ffff:127.0.0.1]:4"), end("[::ffff:127.0.0.1]:8808"));
        assert_eq!(of_client, of_server);
        assert_eq!(of_client.to_string(), "127.0.0.1:4 127.0.0.1:8808");
    }
}
