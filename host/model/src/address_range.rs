//! IP addresses that a setting names: one, or a network of them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Deserialize;

/// One address, or a network: `10.0.0.7`, `10.0.0.0/24`, `2001:db8::/64`.
///
/// ```
/// use souk_model::AddressRange;
/// let range: AddressRange = "10.0.0.0/24".parse().unwrap();
/// assert!(range.contains("10.0.0.9".parse().unwrap()));
/// assert!(!range.contains("10.0.1.9".parse().unwrap()));
/// for wrong in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/x", "proxy.example"] {
///     assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AddressRange {
    address: IpAddr,
    /// Leading bits that are the same in all of them.
    bits: u32,
}

/// A text that names no addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no IP address, nor a network like `10.0.0.0/24`")]
pub struct InvalidAddressRange(String);

impl AddressRange {
    /// Whether an address is one of these. One of IPv4 that is written as IPv6 is the same address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let differs = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                u128::from(own.to_bits() ^ other.to_bits()) << 96
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => own.to_bits() ^ other.to_bits(),
            _ => return false,
        };
        differs.leading_zeros() >= self.bits
    }
}

impl FromStr for AddressRange {
    type Err = InvalidAddressRange;

    fn from_str(text: &str) -> Result<Self, InvalidAddressRange> {
        let wrong = || InvalidAddressRange(text.chars().take(200).collect());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().map_err(|_| wrong())?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        Ok(Self { address, bits })
    }
}

impl TryFrom<String> for AddressRange {
    type Error = InvalidAddressRange;

    fn try_from(text: String) -> Result<Self, InvalidAddressRange> {
        text.parse()
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_its_own_addresses_and_no_others() {
        let has = |range: &str, address: &str| {
            range.parse::<AddressRange>().unwrap().contains(address.parse().unwrap())
        };
        assert!(has("10.0.0.7", "10.0.0.7") && !has("10.0.0.7", "10.0.0.8"));
        assert!(has("10.0.0.7", "::ffff:10.0.0.7") && !has("0.0.0.0/0", "::1"));
        assert!(has("0.0.0.0/0", "192.0.2.1") && has("::/0", "2001:db8::1"));
        assert!(has("2001:db8::/64", "2001:db8::9") && !has("2001:db8::/64", "2001:db8:0:1::9"));
    }
}
