//! `oci://REGISTRY/REPOSITORY[:TAG|@DIGEST]`: where a plugin lies.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use oci_client::Reference;

/// Begins every reference.
const SCHEME: &str = "oci://";
/// Stands for a registry that is an address of IPv6, of which the library's own grammar knows nothing.
const STAND_IN: &str = "registry.invalid";

/// Where a plugin lies in a registry: a repository, and a tag or a digest in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OciReference(Reference);

/// Why a text is no reference. For people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address of a plugin in a registry: {why}")]
pub struct InvalidReference {
    text: String,
    why: String,
}

impl OciReference {
    /// The registry's host, with its port if one is named.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.0.registry()
    }

    /// The tag, unless a digest is named. Where neither was, it is `latest`.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.0.tag()
    }

    /// The digest of the manifest, if one is named: `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.0.digest()
    }

    /// The same repository at this digest of a manifest.
    #[must_use]
    pub fn at_digest(&self, digest: &str) -> Self {
        Self(self.0.clone_with_digest(digest.to_owned()))
    }

    /// Whether both lie in the same repository of the same registry.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        self.0.registry() == other.0.registry() && self.0.repository() == other.0.repository()
    }

    /// Whether its registry is this machine's own: then it is asked by plain HTTP, and no other is.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let host = match self.registry().strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.registry().split(':').next().unwrap_or_default(),
        };
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// As the library takes it.
    pub(crate) const fn inner(&self) -> &Reference {
        &self.0
    }

    /// The registry as the library asks it: Docker's own has another name there.
    pub(crate) fn asked_registry(&self) -> &str {
        self.0.resolve_registry()
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.0)
    }
}

impl FromStr for OciReference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|why| InvalidReference {
            // What stands before an `@` may be a password.
            text: text
                .rsplit_once('@')
                .filter(|_| has_user(text))
                .map_or_else(|| text.to_owned(), |(_, rest)| format!("{SCHEME}…@{rest}")),
            why,
        })
    }
}

/// Whether somebody wrote a name, or a name and a password, before the registry.
fn has_user(text: &str) -> bool {
    let rest = text.strip_prefix(SCHEME).unwrap_or(text);
    rest.split('/').next().is_some_and(|registry| registry.contains('@'))
}

fn parse(text: &str) -> Result<OciReference, String> {
    let rest = text.strip_prefix(SCHEME).ok_or_else(|| {
        format!("it begins with `{SCHEME}`, as in `{SCHEME}ghcr.io/you/greet:1.0.0`")
    })?;
    if has_user(text) {
        return Err("credentials do not belong into it; `docker login` keeps them".to_owned());
    }
    let (registry, path) = rest
        .split_once('/')
        .filter(|(registry, _)| registry.contains(['.', ':']) || *registry == "localhost")
        .ok_or("it names its registry first, as in `oci://ghcr.io/you/greet`")?;
    let inner = if registry.starts_with('[') {
        check_ipv6(registry)?;
        at_registry(registry, &parsed(&format!("{STAND_IN}/{path}"))?)
    } else {
        parsed(rest)?
    };
    match (inner.tag(), inner.digest()) {
        (Some(_), Some(_)) => Err("it has a tag or a digest, and not both".to_owned()),
        (None, Some(digest)) if !is_sha256(digest) => {
            Err("its digest is `sha256:` and 64 lower-case hex digits".to_owned())
        }
        _ => Ok(OciReference(inner)),
    }
}

fn parsed(text: &str) -> Result<Reference, String> {
    text.parse().map_err(|error: oci_client::ParseError| error.to_string())
}

/// `[ADDRESS]` or `[ADDRESS]:PORT`.
fn check_ipv6(registry: &str) -> Result<(), String> {
    let wrong = || "its registry is no address of IPv6, as `[::1]:5000` is".to_owned();
    let (address, after) =
        registry.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(wrong)?;
    let port = after.strip_prefix(':').map(str::parse::<u16>);
    let is_port = after.is_empty() || matches!(port, Some(Ok(_)));
    if address.parse::<Ipv6Addr>().is_err() || !is_port {
        return Err(wrong());
    }
    Ok(())
}

fn at_registry(registry: &str, path: &Reference) -> Reference {
    let (registry, repository) = (registry.to_owned(), path.repository().to_owned());
    match (path.tag(), path.digest()) {
        (tag, Some(digest)) => match tag {
            Some(tag) => {
                Reference::with_tag_and_digest(registry, repository, tag.into(), digest.into())
            }
            None => Reference::with_digest(registry, repository, digest.into()),
        },
        (tag, None) => Reference::with_tag(registry, repository, tag.unwrap_or("latest").into()),
    }
}

/// Whether a text is a digest of the one kind that is taken: what is compared with it is the SHA-256 of
/// bytes, in lower-case hex.
pub(crate) fn is_sha256(digest: &str) -> bool {
    digest.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> OciReference {
        text.parse().unwrap()
    }

    #[test]
    fn a_reference_reads_as_it_is_written_and_without_a_tag_it_is_latest() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for text in [
            "oci://ghcr.io/you/greet:1.0.0".to_owned(),
            "oci://127.0.0.1:5000/greet:latest".to_owned(),
            "oci://[::1]:5000/a/b-c:1".to_owned(),
            format!("oci://[::1]/greet@{digest}"),
            format!("oci://registry.example:8443/greet@{digest}"),
        ] {
            assert_eq!(read(&text).to_string(), text);
        }
        assert_eq!(read("oci://ghcr.io/you/greet").to_string(), "oci://ghcr.io/you/greet:latest");
        let tagged = read("oci://ghcr.io/you/greet:1.0.0");
        let pinned = tagged.at_digest(&digest);
        assert_eq!(pinned.to_string(), format!("oci://ghcr.io/you/greet@{digest}"));
        assert!(pinned.is_beside(&tagged) && !pinned.is_beside(&read("oci://ghcr.io/you/other")));
    }

    #[test]
    fn only_this_machines_own_registry_is_asked_by_plain_http() {
        for local in
            ["localhost:5000", "LOCALHOST:5000", "127.0.0.1:5000", "127.8.9.1:1", "[::1]:5000"]
        {
            assert!(read(&format!("oci://{local}/greet")).is_local(), "{local}");
        }
        for other in [
            "ghcr.io",
            "10.0.0.1:5000",
            "0.0.0.0:5000",
            "127.0.0.1.example:5000",
            "localhost.example:80",
            "127.1:5000",
            "[::2]:5000",
            "[::ffff:7f00:1]:5000",
        ] {
            assert!(!read(&format!("oci://{other}/greet")).is_local(), "{other}");
        }
    }

    #[test]
    fn what_is_no_reference_is_refused_with_the_reason() {
        let upper = format!("oci://ghcr.io/greet@sha256:{}", "A".repeat(64));
        let both = format!("oci://ghcr.io/greet:1@sha256:{}", "a".repeat(64));
        for (text, why) in [
            ("ghcr.io/you/greet", "it begins with `oci://`"),
            ("https://ghcr.io/you/greet", "it begins with `oci://`"),
            ("oci://greet", "it names its registry first"),
            ("oci://you/greet", "it names its registry first"),
            ("oci://me:hunter2@ghcr.io/greet", "`docker login` keeps them"),
            ("oci://ghcr.io/Greet", "invalid reference format"),
            ("oci://ghcr.io/../greet", "invalid reference format"),
            ("oci://ghcr.io/greet?x=1", "invalid reference format"),
            ("oci://ghcr.io/greet@sha256:abc", "invalid reference format"),
            ("oci://[::1/greet", "no address of IPv6"),
            ("oci://[::1]x/greet", "no address of IPv6"),
            (&upper, "64 lower-case hex digits"),
            (&both, "a tag or a digest, and not both"),
        ] {
            let error = text.parse::<OciReference>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
