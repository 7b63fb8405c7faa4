//! Which stores there are: the configuration's, the environment's, or the demo store.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use serde_json::Value;
use souk_demo_store::DemoStore;
use souk_model::Secret;
use souk_upstream::{Credentials, PartialCredentials, StoreConfig};
use tokio::net::TcpListener;
use url::Url;

use crate::settings::resolved::{ResolvedSettings, read};
use crate::settings::source::SettingSource;

/// The name of a store that the environment describes.
const FROM_ENVIRONMENT: &str = "magento";

/// The stores of the file, with the one of the environment (`MAGENTO_*`) before them.
///
/// # Errors
/// Credentials in the environment that are incomplete, or a store that is none.
pub(crate) fn configured(settings: &ResolvedSettings) -> anyhow::Result<Vec<StoreConfig>> {
    let mut stores = in_file(settings)?;
    let credentials = offered(settings)?;
    let variable = |key: &str| variable(settings, key);
    if let Some(address) = variable("stores[].base_url") {
        let base_url = url(&address)?;
        let known = stores.iter().position(|store| store.is_at(&base_url));
        let mut store = match known {
            Some(known) => stores.remove(known),
            None => StoreConfig::new(FROM_ENVIRONMENT, base_url),
        };
        if known.is_none() {
            if let Some(name) = variable("stores[].environment") {
                store.environment = name;
            }
            store.signing_base_url =
                variable("stores[].signing_base_url").map(|address| url(&address)).transpose()?;
            store.four_byte = is_on(settings, "stores[].four_byte");
            store.proxy = variable("stores[].proxy").map(Secret::from);
            store.ca_certificates = variable("stores[].ca_file")
                .map(|file| certificates(Path::new(&file)))
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

/// Whether the environment describes a store.
pub(crate) fn is_in_environment(settings: &ResolvedSettings) -> bool {
    variable(settings, "stores[].base_url").is_some()
}

fn in_file(settings: &ResolvedSettings) -> anyhow::Result<Vec<StoreConfig>> {
    let store = |key: &String| {
        let mut tree = settings.tree(key, SettingSource::is_operators_file);
        let ca_file = tree.remove("ca_file");
        let mut store: StoreConfig =
            read(tree).map_err(|why| anyhow!("`{key}` in the configuration: {why}"))?;
        if let Some(file) = ca_file.as_ref().and_then(Value::as_str) {
            store.ca_certificates = Some(certificates(Path::new(file))?);
        }
        Ok(store)
    };
    settings.indexed("stores").iter().map(store).collect()
}

/// The authorities in a file.
fn certificates(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| {
        format!("`stores.ca_file`: cannot read the authorities in `{}`", file.display())
    })
}

fn offered(settings: &ResolvedSettings) -> anyhow::Result<Option<Credentials>> {
    let text = |last: &str| variable(settings, &format!("stores[].credentials.{last}"));
    let secret = |last: &str| text(last).map(Secret::from);
    let offered = PartialCredentials {
        oauth_consumer_key: secret("oauth.consumer_key"),
        oauth_consumer_secret: secret("oauth.consumer_secret"),
        oauth_token: secret("oauth.token"),
        oauth_token_secret: secret("oauth.token_secret"),
        integration_token: secret("integration_token"),
        username: text("admin.username"),
        password: secret("admin.password"),
        otp_secret: secret("admin.otp_secret"),
        ims_client_id: text("ims.client_id"),
        ims_client_secret: secret("ims.client_secret"),
        ims_org_id: text("ims.org_id"),
        ims_scopes: text("ims.scopes"),
        ims_url: text("ims.url").map(|address| url(&address)).transpose()?,
    };
    offered.complete().context("the environment's `MAGENTO_*` credentials")
}

/// What a variable says of the environment's store.
fn variable(settings: &ResolvedSettings, key: &str) -> Option<String> {
    let given = settings.given(key).find(|given| given.source.is_variable())?;
    given.value.as_str().map(str::to_owned)
}

/// Whether a variable switches something on for the environment's store.
fn is_on(settings: &ResolvedSettings, key: &str) -> bool {
    let given = settings.given(key).find(|given| given.source.is_variable());
    given.is_some_and(|given| given.value == true)
}

fn url(text: &str) -> anyhow::Result<Url> {
    Url::parse(text).with_context(|| format!("`{text}` is no URL"))
}

/// A free loopback port; for a store that is kept the one that it had before, since plans are bound to
/// a store's address.
async fn demo_listener(data: Option<&Path>) -> anyhow::Result<TcpListener> {
    let file = data.map(|directory| directory.join("port"));
    let before = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
    let before = before.and_then(|text| text.trim().parse::<u16>().ok());
    let listener = TcpListener::bind(("127.0.0.1", before.unwrap_or(0))).await.with_context(
        || match before {
            Some(port) => format!("port {port}, at which the demo store was before, is taken"),
            None => "no port for the demo store".to_owned(),
        },
    )?;
    if let (Some(file), None) = (file, before) {
        std::fs::write(&file, listener.local_addr()?.port().to_string())
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    Ok(listener)
}

/// Starts the embedded demo store on a free loopback port, and tells how to reach it: a fresh one, or
/// the one that is kept in `data`.
///
/// # Errors
/// No port is to be had, or the directory cannot be used.
pub(crate) async fn demo(data: Option<&Path>) -> anyhow::Result<(StoreConfig, SocketAddr)> {
    let store = DemoStore::sample();
    let store = match data {
        None => store,
        Some(directory) => store
            .with_data(directory)
            .with_context(|| format!("cannot keep the demo store in `{}`", directory.display()))?,
    };
    let listener = demo_listener(data).await?;
    let address = listener.local_addr()?;
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
