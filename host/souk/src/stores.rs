//! Which stores there are: the configuration's, the environment's, or the demo store.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use souk_demo_store::DemoStore;
use souk_upstream::{Credentials, PartialCredentials, StoreConfig};
use tokio::net::TcpListener;
use url::Url;

use crate::environment::{Environment, secret, text};

/// The name of a store that the environment describes.
const FROM_ENVIRONMENT: &str = "magento";

/// The stores of the configuration, else the one of the environment (`MAGENTO_*`).
///
/// # Errors
/// Credentials in the environment that are incomplete, or an address that is none.
pub(crate) fn configured(
    environment: &Environment,
    stores: &[StoreConfig],
) -> anyhow::Result<Vec<StoreConfig>> {
    let offered = PartialCredentials {
        oauth_consumer_key: secret("MAGENTO_OAUTH_CONSUMER_KEY")?,
        oauth_consumer_secret: secret("MAGENTO_OAUTH_CONSUMER_SECRET")?,
        oauth_token: secret("MAGENTO_OAUTH_TOKEN")?,
        oauth_token_secret: secret("MAGENTO_OAUTH_TOKEN_SECRET")?,
        integration_token: secret("MAGENTO_INTEGRATION_TOKEN")?,
        username: text("MAGENTO_ADMIN_USERNAME")?,
        password: secret("MAGENTO_ADMIN_PASSWORD")?,
    };
    let credentials = offered.complete().context("the environment's `MAGENTO_*` credentials")?;
    let mut stores = stores.to_vec();
    if let Some(address) = text("MAGENTO_BASE_URL")? {
        let base_url = url("MAGENTO_BASE_URL", &address)?;
        let known = stores.iter().position(|store| store.base_url == base_url);
        let mut store = match known {
            Some(known) => stores.remove(known),
            None => StoreConfig::new(FROM_ENVIRONMENT, base_url),
        };
        if known.is_none() {
            if let Some(name) = &environment.default_environment {
                store.environment.clone_from(name);
            }
            store.signing_base_url = text("MAGENTO_SIGNING_BASE_URL")?
                .map(|address| url("MAGENTO_SIGNING_BASE_URL", &address))
                .transpose()?;
        }
        store.credentials = credentials.or(store.credentials);
        // What the environment names is what the client that set it wants by default.
        stores.insert(0, store);
    } else if credentials.is_some() {
        match stores.as_mut_slice() {
            [only] if only.credentials.is_none() => only.credentials = credentials,
            [] => bail!("there are MAGENTO_* credentials, but MAGENTO_BASE_URL is not set"),
            // Sending them to whichever store comes first could hand them to the wrong one.
            _ => bail!(
                "there are MAGENTO_* credentials, and it is not clear for which store: set \
                 MAGENTO_BASE_URL, or put them into the configuration"
            ),
        }
    }
    Ok(stores)
}

fn url(name: &str, text: &str) -> anyhow::Result<Url> {
    Url::parse(text).with_context(|| format!("`{name}` is `{text}`, which is no URL"))
}

/// Starts the embedded demo store on a free loopback port, and tells how to reach it.
///
/// # Errors
/// No port is to be had.
pub(crate) async fn demo() -> anyhow::Result<(StoreConfig, SocketAddr)> {
    let listener =
        TcpListener::bind(("127.0.0.1", 0)).await.context("no port for the demo store")?;
    let address = listener.local_addr()?;
    let store = DemoStore::sample();
    let credentials = store
        .credentials()
        .into_iter()
        .find_map(|credential| match credential {
            souk_demo_store::Credential::Oauth {
                consumer_key,
                consumer_secret,
                access_token,
                access_token_secret,
                ..
            } => Some(Credentials::Oauth {
                consumer_key: consumer_key.into(),
                consumer_secret: consumer_secret.into(),
                token: access_token.into(),
                token_secret: access_token_secret.into(),
            }),
            _ => None,
        })
        .context("the demo store has no integration")?;
    tokio::spawn(async move {
        if let Err(error) = store.serve(listener, std::future::pending()).await {
            tracing::error!("the demo store ended: {error}");
        }
    });
    let mut config = StoreConfig::new("demo", Url::parse(&format!("http://{address}/"))?);
    config.environment = "demo".into();
    config.credentials = Some(credentials);
    Ok((config, address))
}
