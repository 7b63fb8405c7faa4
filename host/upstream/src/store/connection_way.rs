//! What stands between this machine and a store: a proxy, authorities of its own, a gateway that
//! wants to see headers. Of all that nothing goes to anybody but the store.

use http::{HeaderMap, HeaderName};
use reqwest::{Certificate, Proxy};
use souk_model::ExposeSecret;
use url::Url;

use crate::config::credentials::Credentials;
use crate::config::error::ConfigError;
use crate::config::store::StoreConfig;
use crate::wire::http_client::ConnectionWay;
use crate::wire::secret_header::secret_header;

/// Headers that are the host's own to write, or a connection's.
const OWN_HEADERS: [&str; 14] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "store",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// How the store is reached, and whether any of it but the store itself is encrypted.
///
/// # Errors
/// A proxy that is none, or authorities that cannot be read.
pub(super) fn connection_way(config: &StoreConfig) -> Result<(ConnectionWay, bool), ConfigError> {
    let wrong =
        |setting, why: String| ConfigError::Connection { store: config.name.clone(), setting, why };
    let (mut way, mut encrypted) = (ConnectionWay::default(), false);
    if let Some(proxy) = &config.proxy {
        // Its text may hold a password, so that no message repeats it.
        let url = Url::parse(proxy.expose_secret()).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| {
            wrong("proxy", "it must be an address like `http://proxy.example:3128`".to_owned())
        })?;
        encrypted = url.scheme() == "https";
        let proxy = Proxy::all(url.as_str());
        way.proxy = Some(proxy.map_err(|_| wrong("proxy", "it cannot be used".to_owned()))?);
    }
    if let Some(pem) = &config.ca_certificates {
        let read = Certificate::from_pem_bundle(pem).unwrap_or_default();
        if read.is_empty() {
            let why = "there is no certificate in it that can be read: it must be PEM, with \
                       `-----BEGIN CERTIFICATE-----`";
            return Err(wrong("ca_file", why.to_owned()));
        }
        way.authorities = read;
    }
    Ok((way, encrypted))
}

/// What every request to the store carries, for what stands before it.
///
/// # Errors
/// A header that HTTP cannot carry, or that is the host's own to write.
pub(super) fn gateway_headers(config: &StoreConfig) -> Result<HeaderMap, ConfigError> {
    let wrong = |why: String| {
        Err(ConfigError::Connection { store: config.name.clone(), setting: "headers", why })
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let Ok(parsed) = name.parse::<HeaderName>() else {
            return wrong(format!("`{name}` is no name of a header"));
        };
        let of_ims = matches!(config.credentials, Some(Credentials::Ims(_)))
            && ["x-api-key", "x-gw-ims-org-id"].contains(&parsed.as_str());
        if parsed.as_str() == "authorization" {
            return wrong(
                "`Authorization` carries what proves us to Magento, so that a password before the \
                 shop cannot be in it: let the gateway take another header, or trust this address"
                    .to_owned(),
            );
        }
        if of_ims || OWN_HEADERS.contains(&parsed.as_str()) {
            return wrong(format!("`{name}` is written by souk itself"));
        }
        match secret_header(value.expose_secret()) {
            Ok(value) => headers.insert(parsed, value),
            Err(_) => return wrong(format!("the value of `{name}` cannot be carried by HTTP")),
        };
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(headers: &[(&str, &str)]) -> StoreConfig {
        let mut config = StoreConfig::new("shop", "https://shop.example/".parse().unwrap());
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        config.headers = headers.collect();
        config
    }

    #[test]
    fn what_cannot_be_is_refused_without_showing_a_secret() {
        for (name, value) in [
            ("Authorization", "Basic aHVudGVyMg=="),
            ("Host", "hunter2"),
            ("store", "hunter2"),
            ("a b", "hunter2"),
            ("X-Access", "hunter2\r\nX-Evil: 1"),
        ] {
            let error = gateway_headers(&config(&[(name, value)])).unwrap_err().to_string();
            assert!(
                error.contains("headers of store `shop`") && !error.contains("hunter2"),
                "{error}"
            );
        }
        let proxied = |proxy: &str| {
            let config = StoreConfig { proxy: Some(proxy.into()), ..config(&[]) };
            connection_way(&config)
                .map(|(_, encrypted)| encrypted)
                .map_err(|error| error.to_string())
        };
        for wrong in ["hunter2", "socks5://me:hunter2@proxy:1080", "ftp://proxy"] {
            let error = proxied(wrong).unwrap_err();
            assert!(
                error.contains("proxy of store `shop`") && !error.contains("hunter2"),
                "{error}"
            );
        }
        assert_eq!(proxied("http://me:hunter2@proxy:3128"), Ok(false));
        assert_eq!(proxied("https://proxy"), Ok(true));
        let pem = Some(b"no certificate".to_vec());
        assert!(connection_way(&StoreConfig { ca_certificates: pem, ..config(&[]) }).is_err());
    }

    #[test]
    fn headers_are_carried_as_secrets() {
        let headers = gateway_headers(&config(&[("CF-Access-Client-Secret", "hunter2")])).unwrap();
        assert!(headers["cf-access-client-secret"].is_sensitive());
    }
}
