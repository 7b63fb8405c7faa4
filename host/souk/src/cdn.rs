//! The cache before a store: whose it is, and the demo's own.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use souk_demo_store::DemoCdn;
use souk_upstream::{CdnProvider, CdnSettings, StoreConfig};
use tokio::net::TcpListener;
use url::Url;

use crate::environment::{Environment, text};

/// Gives the cache of the environment and of `[cdn]` to the store that it is before; how often it
/// may be purged, to all.
///
/// # Errors
/// It is not clear which store is meant.
pub(crate) fn assign(
    stores: &mut [StoreConfig],
    file: &CdnSettings,
    environment: &Environment,
) -> anyhow::Result<()> {
    let given = file.clone().overridden_by(environment.cdn.clone());
    let rate = CdnSettings { purges_per_minute: given.purges_per_minute, ..CdnSettings::default() };
    for store in stores.iter_mut() {
        store.cdn = store.cdn.clone().overridden_by(rate.clone());
    }
    if !given.names_a_cache() {
        return Ok(());
    }
    // The environment's own store is the first.
    let names_its_store = text("MAGENTO_BASE_URL")?.is_some();
    match stores {
        [] => {}
        [only] => only.cdn = only.cdn.clone().overridden_by(given),
        [first, ..] if names_its_store && !file.names_a_cache() => {
            first.cdn = first.cdn.clone().overridden_by(given);
        }
        // Purging another store's pages would leave the right ones stale.
        _ => bail!(
            "there is a cache (`[cdn]`, SOUK_CDN or FASTLY_*), and it is not clear before which \
             store: set MAGENTO_BASE_URL, or put it into the configuration as `[stores.cdn]`"
        ),
    }
    Ok(())
}

/// Starts the demo's cache on a free loopback port, and tells how to purge it.
///
/// # Errors
/// No port is to be had.
pub(crate) async fn demo() -> anyhow::Result<(CdnSettings, SocketAddr)> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let address = serve(DemoCdn::new(), any).await.context("no port for the demo's cache")?;
    let settings = CdnSettings {
        provider: Some(CdnProvider::Varnish),
        url: Some(Url::parse(&format!("http://{address}/"))?),
        ..CdnSettings::default()
    };
    Ok((settings, address))
}

/// Serves a demo cache there for as long as the process runs, and tells where that is.
///
/// # Errors
/// The address is not to be had.
pub(crate) async fn serve(cdn: DemoCdn, listen: SocketAddr) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        if let Err(error) = cdn.serve(listener, std::future::pending()).await {
            tracing::error!("the demo's cache ended: {error}");
        }
    });
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(name: &str) -> StoreConfig {
        StoreConfig::new(name, format!("https://{name}.example/").parse().unwrap())
    }

    fn fastly() -> CdnSettings {
        serde_json::from_str(r#"{"service_id": "a", "token": "b", "purges_per_minute": 3}"#)
            .unwrap()
    }

    #[test]
    fn a_cache_is_the_only_stores() {
        let mut stores = [store("a")];
        let environment = Environment { cdn: fastly(), ..Environment::default() };
        assign(&mut stores, &CdnSettings::default(), &environment).unwrap();
        assert_eq!(stores[0].cdn.service_id.as_deref(), Some("a"));
        assert_eq!(stores[0].cdn.purges_per_minute, Some(3));
    }

    #[test]
    fn of_several_stores_none_gets_a_cache_by_chance() {
        let mut stores = [store("a"), store("b")];
        let error = assign(&mut stores, &fastly(), &Environment::default()).unwrap_err();
        assert!(error.to_string().contains("[stores.cdn]"), "{error}");
        let often = CdnSettings { purges_per_minute: Some(5), ..CdnSettings::default() };
        assign(&mut stores, &often, &Environment::default()).unwrap();
        assert!(stores.iter().all(|store| store.cdn.purges_per_minute == Some(5)));
        assert!(stores.iter().all(|store| !store.cdn.names_a_cache()));
    }
}
