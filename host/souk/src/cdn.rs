//! The cache before a store: whose it is, and the demo's own.

use std::net::SocketAddr;

use anyhow::{Context, anyhow, bail};
use souk_demo_store::DemoCdn;
use souk_upstream::{CdnProvider, CdnSettings, StoreConfig};
use tokio::net::TcpListener;
use url::Url;

use crate::settings::resolved::{ResolvedSettings, read};
use crate::settings::source::SettingSource;
use crate::stores;

/// Gives the cache of the environment and of `[cdn]` to the store that it is before; how often it
/// may be purged at most, to all.
///
/// # Errors
/// It is not clear which store is meant.
pub(crate) fn assign(
    stores: &mut [StoreConfig],
    settings: &ResolvedSettings,
) -> anyhow::Result<()> {
    let file = of_source(settings, SettingSource::is_operators_file)?;
    let environment = of_source(settings, SettingSource::is_variable)?;
    let given = file.clone().overridden_by(environment);
    let most = purges_per_minute(settings)?;
    for store in stores.iter_mut() {
        store.cdn.purges_per_minute = match (store.cdn.purges_per_minute, most) {
            (Some(own), Some(most)) => Some(own.min(most)),
            (own, most) => own.or(most),
        };
    }
    if !given.names_a_cache() {
        return Ok(());
    }
    // The environment's own store is the first.
    let names_its_store = stores::is_in_environment(settings);
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

/// The cache that the operator wants the demo store to have, in place of the demo's own.
///
/// It has to be asked for by `SOUK_CDN` or `SOUK_CDN_URL`: Fastly's variables alone, which a
/// client's settings may hold for the real store, would have a demo purge real pages.
///
/// # Errors
/// A number that is too large.
pub(crate) fn of_demo(settings: &ResolvedSettings) -> anyhow::Result<CdnSettings> {
    let mut cdn = of_source(settings, SettingSource::is_variable)?;
    if cdn.provider.is_none() && cdn.url.is_none() {
        cdn.service_id = None;
        cdn.token = None;
    }
    cdn.purges_per_minute = purges_per_minute(settings)?;
    Ok(cdn)
}

/// What one source says of the cache. How often it may be purged is not among it: for that the
/// lowest of all sources counts.
fn of_source(
    settings: &ResolvedSettings,
    of: impl Fn(&SettingSource) -> bool,
) -> anyhow::Result<CdnSettings> {
    let mut tree = settings.tree("cdn", of);
    tree.remove("purges_per_minute");
    read(tree).map_err(|why| anyhow!("`[cdn]`: {why}"))
}

fn purges_per_minute(settings: &ResolvedSettings) -> anyhow::Result<Option<u32>> {
    let most = settings.value("cdn.purges_per_minute").and_then(|value| value.as_u64());
    most.map(u32::try_from).transpose().context("`cdn.purges_per_minute`")
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
    use crate::settings::tests::settings;

    fn store(name: &str) -> StoreConfig {
        StoreConfig::new(name, format!("https://{name}.example/").parse().unwrap())
    }

    const FASTLY: [(&str, &str); 3] =
        [("FASTLY_SERVICE_ID", "a"), ("FASTLY_API_TOKEN", "b"), ("MCP_CACHE_RATE_LIMIT", "3")];

    #[test]
    fn a_cache_is_the_only_stores() {
        let mut stores = [store("a")];
        assign(&mut stores, &settings(&[], &FASTLY, "")).unwrap();
        assert_eq!(stores[0].cdn.service_id.as_deref(), Some("a"));
        assert_eq!(stores[0].cdn.purges_per_minute, Some(3));
    }

    #[test]
    fn of_several_stores_none_gets_a_cache_by_chance() {
        let mut stores = [store("a"), store("b")];
        let fastly = "[cdn]\nservice_id = 'a'\ntoken = 'b'\npurges_per_minute = 3";
        let error = assign(&mut stores, &settings(&[], &[], fastly)).unwrap_err();
        assert!(error.to_string().contains("[stores.cdn]"), "{error}");
        let mut stores = [store("a"), store("b")];
        assign(&mut stores, &settings(&[], &[], "[cdn]\npurges_per_minute = 5")).unwrap();
        assert!(stores.iter().all(|store| store.cdn.purges_per_minute == Some(5)));
        assert!(stores.iter().all(|store| !store.cdn.names_a_cache()));
    }

    #[test]
    fn of_two_rates_the_lower_counts() {
        for (own, of_all, lower) in [(Some(2), "5", 2), (Some(9), "5", 5), (None, "5", 5)] {
            let mut stores = [store("a")];
            stores[0].cdn.purges_per_minute = own;
            assign(&mut stores, &settings(&[], &[("MCP_CACHE_RATE_LIMIT", of_all)], "")).unwrap();
            assert_eq!(stores[0].cdn.purges_per_minute, Some(lower));
        }
    }
}
