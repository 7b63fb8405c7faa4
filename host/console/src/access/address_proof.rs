//! Who answers at the console's addresses on this machine.
//!
//! `souk.localhost` means `127.0.0.1` and `[::1]`, and a browser takes whichever it likes. Any user of the
//! machine may listen at one that is free, pass everything on to the other, and see the link, the
//! passphrase and the session go by. So before a link is printed whoever answers at either has to prove
//! that they can read the state directory: by a code over a text of this moment and over both ends of the
//! connection, since who passes things on has other ends than who is asked.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use souk_model::ConnectionAddresses;
use souk_state::{StateDir, StateError};
use subtle::ConstantTimeEq;

use super::console_addresses::{CONSOLE_HOST, local_host};
use super::secret_token::{SecretToken, as_text, code_of, is_well_formed};

/// Every address that the console's name means on this machine.
pub const LOOPBACK: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// How long one address is asked.
const PATIENCE: Duration = Duration::from_secs(3);
/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 8 << 10;

/// Makes and checks proofs of a state directory's hosts.
#[derive(Clone)]
pub struct AddressProof([u8; 32]);

impl std::fmt::Debug for AddressProof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressProof([secret])")
    }
}

/// What is at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum AddressHolder {
    /// A host of this state directory.
    Host,
    /// Nothing, and nothing could be: the machine has no such address.
    NoAddress,
    /// Nothing, until somebody takes it.
    Nobody,
    /// Something that proves nothing.
    Other(String),
}

impl AddressProof {
    /// Of this state directory.
    ///
    /// # Errors
    /// Its key cannot be read or made.
    pub fn of(state: &StateDir) -> Result<Self, StateError> {
        Ok(Self(code_of(&state.seal_key()?, &["console address"])))
    }

    /// What a host answers to whoever asks with this text over that connection; nothing to what is none.
    pub(crate) fn answer(&self, text: &str, ends: &ConnectionAddresses) -> Option<String> {
        is_well_formed(text).then(|| as_text(&code_of(&self.0, &[text, &ends.to_string()])))
    }

    /// Whether a host of this state directory has every address that the console's name means at this
    /// port. Asks there; takes some seconds at most.
    ///
    /// # Errors
    /// Which address it has not, for people.
    pub fn check(&self, port: u16) -> Result<(), String> {
        let mut is_served = false;
        for address in LOOPBACK.map(|ip| SocketAddr::new(ip, port)) {
            match self.holder(address) {
                AddressHolder::Host => is_served = true,
                AddressHolder::NoAddress => {}
                AddressHolder::Nobody => {
                    return Err(format!(
                        "nothing answers at {address}, which `{CONSOLE_HOST}` means too, and anybody \
                         on this machine could from now on"
                    ));
                }
                AddressHolder::Other(why) => {
                    return Err(format!(
                        "what answers at {address}, which `{CONSOLE_HOST}` means too, is no host of \
                         this state directory: {why}"
                    ));
                }
            }
        }
        if is_served { Ok(()) } else { Err(format!("nothing answers at port {port}")) }
    }

    fn holder(&self, address: SocketAddr) -> AddressHolder {
        let stream = match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => stream,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                return AddressHolder::Nobody;
            }
            Err(error) if is_no_address(&error) => return AddressHolder::NoAddress,
            Err(error) => return AddressHolder::Other(error.to_string()),
        };
        match self.is_proved(stream, address.port()) {
            Ok(true) => AddressHolder::Host,
            Ok(false) => AddressHolder::Other("its proof is wrong".to_owned()),
            Err(error) => AddressHolder::Other(error.to_string()),
        }
    }

    fn is_proved(&self, mut stream: TcpStream, port: u16) -> io::Result<bool> {
        let ends = ConnectionAddresses::new(stream.local_addr()?, stream.peer_addr()?);
        let text = SecretToken::random()?;
        let request = format!(
            "GET {PROOF_PATH}{} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            text.as_str(),
            local_host(port)
        );
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let answer = read_by(&mut stream, Instant::now() + PATIENCE)?;
        let body = answer.windows(4).position(|end| end == b"\r\n\r\n");
        let body = body.and_then(|at| answer.get(at + 4..)).unwrap_or_default();
        let expected = self.answer(text.as_str(), &ends).unwrap_or_default();
        Ok(!expected.is_empty() && expected.as_bytes().ct_eq(body).into())
    }
}

/// The page that proves it, before the text.
pub(crate) const PROOF_PATH: &str = "/console/proof/";

/// Whether a machine has no such address, as one without IPv6. Nobody can listen there either.
#[must_use]
pub fn is_no_address(error: &io::Error) -> bool {
    use ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkUnreachable};
    let kind = error.kind();
    [AddrNotAvailable, HostUnreachable, NetworkUnreachable].contains(&kind)
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// Reads until the other side has ended; not longer than that, however slowly it sends.
fn read_by(stream: &mut TcpStream, end: Instant) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut piece = [0; 1_024];
    while answer.len() < MAX_ANSWER {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece)? {
            0 => break,
            count => answer.extend_from_slice(piece.get(..count).unwrap_or_default()),
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn proof() -> (tempfile::TempDir, AddressProof) {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::open(root.path().join("state")).unwrap();
        let proof = AddressProof::of(&state).unwrap();
        (root, proof)
    }

    /// Answers one request with what `answer` makes of its text and ends.
    fn serve(answer: impl Fn(&str, ConnectionAddresses) -> String + Send + 'static) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, peer) = listener.accept().unwrap();
            let mut head = [0; 1_024];
            let count = stream.read(&mut head).unwrap();
            let head = String::from_utf8_lossy(&head[..count]).into_owned();
            let text = head.split_whitespace().nth(1).unwrap().rsplit('/').next().unwrap();
            let ends = ConnectionAddresses::new(peer, stream.local_addr().unwrap());
            let body = answer(text, ends);
            stream.write_all(format!("HTTP/1.1 200 OK\r\n\r\n{body}").as_bytes()).unwrap();
        });
        address
    }

    #[test]
    fn only_a_host_of_the_directory_proves_that_it_is_one() {
        let (_root, own) = proof();
        let (_other_root, other) = proof();
        let address = serve({
            let own = own.clone();
            move |text, ends| own.answer(text, &ends).unwrap()
        });
        assert_eq!(own.holder(address), AddressHolder::Host);
        let address = serve(move |text, ends| other.answer(text, &ends).unwrap());
        assert!(matches!(own.holder(address), AddressHolder::Other(_)));
    }

    #[test]
    fn what_is_passed_on_proves_nothing() {
        let (_root, own) = proof();
        let passed_on = own.clone();
        // The host's own answer, to whoever stands between: their connection, and their address of it.
        let host: SocketAddr = "127.0.0.1:8808".parse().unwrap();
        let between: SocketAddr = "127.0.0.1:40000".parse().unwrap();
        let address = serve(move |text, _| {
            passed_on.answer(text, &ConnectionAddresses::new(between, host)).unwrap()
        });
        assert!(matches!(own.holder(address), AddressHolder::Other(_)));
    }

    #[test]
    fn an_address_that_is_free_is_nobodys() {
        let (_root, own) = proof();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(own.holder(free), AddressHolder::Nobody);
        assert!(own.check(free.port()).unwrap_err().contains("nothing answers"));
    }
}
