//! A store: is it there, does it let us in, what can it do.

use std::time::Duration;

use souk_model::capabilities::{Finding, Inventory, Reachability, UnavailableReason};
use souk_model::{AuthMethod, Capabilities, Failure};
use souk_upstream::{
    CapabilityReport, CdnProvider, CdnSettings, ConnectionReport, Magento, Session,
};

use super::report::Section;

/// More store views than this are counted and not named.
const NAMED_VIEWS: usize = 12;

/// What was found at one store, and what is needed to judge the plugins by it.
pub(super) struct StoreReport {
    pub(super) sections: Vec<Section>,
    pub(super) capabilities: Option<std::sync::Arc<CapabilityReport>>,
}

impl StoreReport {
    /// Tells which cache before the store can be purged. Nothing is asked of it: it knows no
    /// question that changes nothing.
    pub(super) fn add_cache(&mut self, cache: Option<&str>) {
        let Some(section) = self.sections.first_mut() else { return };
        match cache {
            Some(cache) => section.fine("cache", format!("{cache} is configured; not asked")),
            None => section.note("cache", "none is configured, so that none can be purged"),
        }
    }
}

/// The cache that is configured before a store, in words.
pub(super) fn cache(settings: &CdnSettings) -> Option<String> {
    if !settings.names_a_cache() {
        return None;
    }
    let provider = settings.provider.map_or("a cache", CdnProvider::as_str);
    let place = settings.url.as_ref().map(|url| format!(" at {url}")).unwrap_or_default();
    Some(format!("{provider}{place}"))
}

/// Looks at one store.
pub(super) async fn check(store: &Magento) -> StoreReport {
    let title = format!("store {}: {} ({})", store.name(), store.base_url(), store.environment());
    let mut section = Section::new(title);
    let reached = match store.check_connection().await {
        Ok(reached) => reached,
        // A login would say the same, after more attempts.
        Err(failure) => {
            section.refused("reachable", &failure);
            return StoreReport { sections: vec![section], capabilities: None };
        }
    };
    add_connection(&mut section, &reached);
    let capabilities = match log_in(store).await {
        Ok(session) => {
            section.fine("login", login_words(&session));
            if store.signs_without_port() {
                section.note(
                    "signatures",
                    "the store verifies them over its address without the port, so they are made \
                     so; setting `signing_base_url` to that address saves two requests a login",
                );
            }
            session
                .fresh_capabilities()
                .await
                .map_err(|failure| section.refused("probe", &failure))
                .ok()
        }
        Err(failure) => {
            section.refused("login", &failure);
            None
        }
    };
    // The probe's clock is the better one: it is that of the quickest of many answers.
    let clock = capabilities
        .as_ref()
        .map_or(&reached.clock_ahead_s, |capabilities| &capabilities.clock_ahead_s);
    add_clock(&mut section, clock);
    let mut sections = vec![section];
    if let Some(capabilities) = &capabilities {
        add_capabilities(&mut sections[0], capabilities);
        sections.push(access(store, capabilities));
    }
    StoreReport { sections, capabilities }
}

async fn log_in(store: &Magento) -> Result<Session, Failure> {
    let credentials = store.credentials().cloned().ok_or_else(|| {
        Failure::new(souk_model::Code::NotAuthenticated, "no credentials are configured for it")
            .remedy(
                "set MAGENTO_OAUTH_*, MAGENTO_INTEGRATION_TOKEN, MAGENTO_IMS_*, or \
                 MAGENTO_ADMIN_USERNAME and MAGENTO_ADMIN_PASSWORD, or `credentials` of the store in \
                 souk.toml",
            )
    })?;
    Session::login(store, credentials).await
}

fn login_words(session: &Session) -> String {
    let info = session.info();
    let method = match info.method {
        AuthMethod::Oauth => "OAuth 1.0a",
        AuthMethod::IntegrationToken => "integration token",
        AuthMethod::AdminToken => "admin token",
        AuthMethod::Ims => "IMS client credentials",
    };
    format!("{method}, as `{}`", info.username)
}

fn add_connection(section: &mut Section, reached: &ConnectionReport) {
    section.fine("reachable", format!("in {}", milliseconds(reached.took)));
    match (reached.encrypted, reached.loopback) {
        (true, _) => section.fine("TLS", "encrypted, the certificate is trusted"),
        (false, true) => section.note("TLS", "none; the store is on this machine"),
        (false, false) => section.warn(
            "TLS",
            "none: credentials and customers' data cross the network readable",
            "use the store's `https://` address",
        ),
    }
}

fn milliseconds(took: Duration) -> String {
    format!("{:.0} ms", took.as_secs_f64() * 1_000.0)
}

fn add_clock(section: &mut Section, clock: &Finding<i64>) {
    let ahead = match clock.as_result() {
        Ok(ahead) => *ahead,
        Err(why) => return section.note("clock", format!("not known: {why}")),
    };
    let by = match ahead {
        0 => return section.fine("clock", "agrees with the store's"),
        1.. => format!("{ahead} s ahead of the store's"),
        _ => format!("{} s behind the store's", ahead.unsigned_abs()),
    };
    if !Capabilities::is_skewed(ahead) {
        return section.fine("clock", by);
    }
    section.warn(
        "clock",
        format!("this machine's is {by}: Magento refuses OAuth signatures from the future"),
        "let both machines' clocks follow a time server (NTP)",
    );
}

fn add_capabilities(section: &mut Section, capabilities: &CapabilityReport) {
    let modules = match capabilities.modules.as_result() {
        Ok(modules) => {
            let others = modules.others().count();
            format!("{} modules, {others} of them not Magento's own", modules.names.len())
        }
        Err(why) => format!("modules not known: {why}"),
    };
    let version =
        capabilities.version.known().map(|version| format!(" {version}")).unwrap_or_default();
    match capabilities.edition.as_result() {
        Ok(edition) => section.fine("version", format!("{}{version}, {modules}", edition.as_str())),
        Err(why) => section.note("version", format!("edition not known: {why}; {modules}")),
    }
    if let Err(why) = capabilities.version.as_result() {
        section.note("number", format!("not known: {why}"));
    }
    match capabilities.inventory.as_result() {
        Ok(Inventory::MultiSource) => section.fine("inventory", "multi-source (MSI)"),
        Ok(Inventory::Single) => {
            section.note("inventory", "single stock: the store has no multi-source inventory");
        }
        Err(why) => section.note("inventory", format!("not known: {why}")),
    }
    add_views(section, capabilities);
    let (graphql, queued) = (capabilities.graphql.as_result(), capabilities.async_bulk.as_result());
    for (about, found) in [("GraphQL", graphql), ("async bulk", queued)] {
        match found {
            Ok(true) => section.fine(about, "served"),
            Ok(false) => section.note(about, "not served"),
            Err(why) => section.note(about, format!("not known: {why}")),
        }
    }
}

fn add_views(section: &mut Section, capabilities: &CapabilityReport) {
    let views = match capabilities.store_views.as_result() {
        Ok(views) => views,
        Err(why) => return section.note("views", format!("not known: {why}")),
    };
    let websites = match capabilities.websites.known().map(Vec::len) {
        Some(1) => " on one website".to_owned(),
        Some(count) => format!(" on {count} websites"),
        None => String::new(),
    };
    let named = views.iter().take(NAMED_VIEWS).map(|view| {
        let details = [&view.locale, &view.display_currency, &view.timezone];
        let details: Vec<&str> = details.into_iter().flatten().map(String::as_str).collect();
        let details =
            if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
        format!("\n{}{details}", view.code)
    });
    let named: String = named.collect();
    let more = views.len().saturating_sub(NAMED_VIEWS);
    let more = if more == 0 { String::new() } else { format!("\nand {more} more") };
    section.fine("views", format!("{}{websites}{named}{more}", views.len()));
}

/// What the credentials may read.
fn access(store: &Magento, capabilities: &CapabilityReport) -> Section {
    let mut section = Section::new(format!("what the credentials may read at {}", store.name()));
    for area in &capabilities.access.0 {
        let about = area.name.replace('_', " ");
        match &area.reachability {
            Reachability::Granted(Some(count)) => section.fine(&about, count.to_string()),
            Reachability::Granted(None) => section.fine(&about, "yes"),
            Reachability::Denied(resource) => {
                section.lacking(&about, UnavailableReason::Lacks(resource.clone()).to_string());
            }
            Reachability::Missing => section.note(&about, UnavailableReason::NoRoute.to_string()),
            Reachability::Unknown(why) => section.note(&about, format!("not known: {why}")),
        }
    }
    if capabilities.access.denied().next().is_some() {
        section.note(
            "to grant",
            "in Magento's admin: System > Extensions > Integrations, or System > Permissions > User Roles",
        );
    }
    section
}
