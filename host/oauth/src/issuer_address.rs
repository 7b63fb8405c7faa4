//! Where an authorization server may be: what it says decides who gets in, so nobody may change it on
//! the way.

use url::{Host, Url};

/// An address that could be anybody's on the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{address}` is neither https nor on this machine (127.0.0.1, [::1] or localhost), and whoever is \
     on the way could say who gets in"
)]
pub struct InvalidIssuer {
    address: String,
}

/// Whether an authorization server, or its keys, may be there: by https anywhere, by plain HTTP on this
/// machine alone.
///
/// ```
/// use souk_oauth::check_address;
/// let check = |text: &str| check_address(&text.parse().unwrap()).is_ok();
/// assert!(check("https://login.example.com/realms/shop") && check("http://127.0.0.1:4444/"));
/// assert!(!check("http://login.example.com/") && !check("http://127.0.0.1.example.com/"));
/// assert!(!check("ftp://127.0.0.1/") && !check("https://ann:secret@login.example.com/"));
/// ```
///
/// # Errors
/// It may not.
pub fn check_address(address: &Url) -> Result<(), InvalidIssuer> {
    let is_local = match address.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let has_login = !address.username().is_empty() || address.password().is_some();
    let is_fit = match address.scheme() {
        "https" => address.host().is_some(),
        "http" => is_local,
        _ => false,
    };
    if is_fit && !has_login {
        return Ok(());
    }
    Err(InvalidIssuer { address: souk_model::visible::sentence(address.as_str(), 120) })
}
