//! What a store, with the credentials at hand, can do: as far as it lets itself be asked.
//!
//! Nothing here is guessed. What cannot be told is [`Finding::Unknown`] with the reason.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::{Grant, Method};

/// Something found out, or why it could not be.
///
/// Serialised as the value itself, or as `{"unknown": "why"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Finding<T> {
    /// The store told it.
    Known(T),
    /// It could not be told.
    Unknown {
        /// Why: lower case, no full stop.
        unknown: String,
    },
}

impl<T> Finding<T> {
    /// Not known, for this reason.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { unknown: why.into() }
    }

    /// The value, where it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// The value, or the reason why there is none.
    ///
    /// # Errors
    /// The reason.
    pub fn as_result(&self) -> Result<&T, &str> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Unknown { unknown } => Err(unknown),
        }
    }
}

/// What Magento is sold as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// Magento Open Source: `Community` by its own account.
    OpenSource,
    /// Adobe Commerce: `Enterprise`.
    Commerce,
    /// Adobe Commerce with the B2B extension: `B2B`.
    CommerceB2b,
    /// Adobe Commerce as a Cloud Service.
    CloudService,
    /// Mage-OS, which counts its versions by itself.
    MageOs,
}

impl Edition {
    /// Its name for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenSource => "Magento Open Source",
            Self::Commerce => "Adobe Commerce",
            Self::CommerceB2b => "Adobe Commerce with B2B",
            Self::CloudService => "Adobe Commerce as a Cloud Service",
            Self::MageOs => "Mage-OS",
        }
    }
}

/// The modules that the store has enabled.
///
/// Serialised as `count`, how many each `vendors` has, and the names of the `others`, at most
/// [`Modules::MOST_OTHERS`]: those that are not Magento's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Modules {
    /// Their names, in the store's order: `Magento_InventoryApi`.
    pub names: Vec<String>,
}

impl Modules {
    /// No more names of other vendors are serialised.
    pub const MOST_OTHERS: usize = 200;

    /// Whether a module is enabled.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// How many modules each vendor has.
    #[must_use]
    pub fn vendors(&self) -> BTreeMap<&str, usize> {
        let mut vendors = BTreeMap::new();
        for name in &self.names {
            let vendor = name.split_once('_').map_or(name.as_str(), |(vendor, _)| vendor);
            *vendors.entry(vendor).or_default() += 1;
        }
        vendors
    }

    /// The modules that are not Magento's own.
    pub fn others(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|name| !name.starts_with("Magento_"))
    }
}

impl Serialize for Modules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("count", &self.names.len())?;
        map.serialize_entry("vendors", &self.vendors())?;
        let others: Vec<&str> = self.others().take(Self::MOST_OTHERS).collect();
        map.serialize_entry("others", &others)?;
        map.end()
    }
}

/// How the store keeps its stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Inventory {
    /// Multi-source inventory (MSI): sources, stocks, salable quantities.
    MultiSource,
    /// One quantity a product: `/V1/inventory/…` is not served.
    Single,
}

/// A website, the admin's left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebsiteInfo {
    /// Its number.
    pub id: u64,
    /// Its code.
    pub code: String,
    /// For people.
    pub name: String,
}

/// A store view, the admin's left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreViewInfo {
    /// Its code, as scopes name it.
    pub code: String,
    /// For people.
    pub name: String,
    /// The number of its website.
    pub website_id: u64,
    /// Whether customers can see it; `None` where the store does not say.
    pub active: Option<bool>,
    /// `de_DE`. This and what follows is `None` where the store's configuration may not be read.
    pub locale: Option<String>,
    /// `Europe/Berlin`.
    pub timezone: Option<String>,
    /// What prices are kept in: `EUR`.
    pub base_currency: Option<String>,
    /// What prices are shown in.
    pub display_currency: Option<String>,
}

/// How far the credentials reach into one area of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reachability {
    /// It may be read. How many there are, where the answer says.
    Granted(Option<u64>),
    /// The role lacks this access control resource, in the store's words.
    Denied(String),
    /// The store has no such route: the module behind it is missing or disabled.
    Missing,
    /// Neither could be told, for this reason.
    Unknown(String),
}

/// One area of the API, and whether the credentials may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiArea {
    /// Its name: `orders`.
    pub name: &'static str,
    /// The route that was read.
    pub route: &'static str,
    /// Other reads that need the same resource, parameters as `{}`.
    pub same_resource: &'static [&'static str],
    /// What came of it.
    pub reachability: Reachability,
}

/// What the credentials may read.
///
/// Serialised as `granted` (each with how many there are, or null), `denied` (each with the
/// resource that is lacking), `missing` and `unknown` (each with the reason); what is empty is left
/// out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessReport(pub Vec<ApiArea>);

impl AccessReport {
    /// An area by its name.
    #[must_use]
    pub fn area(&self, name: &str) -> Option<&ApiArea> {
        self.0.iter().find(|area| area.name == name)
    }

    /// The areas that are denied, each with the resource that is lacking.
    pub fn denied(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().filter_map(|area| match &area.reachability {
            Reachability::Denied(resource) => Some((area.name, resource.as_str())),
            _ => None,
        })
    }
}

impl Serialize for AccessReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mut granted, mut denied, mut unknown) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut missing = Vec::new();
        for area in &self.0 {
            match &area.reachability {
                Reachability::Granted(count) => drop(granted.insert(area.name, count)),
                Reachability::Denied(resource) => drop(denied.insert(area.name, resource)),
                Reachability::Missing => missing.push(area.name),
                Reachability::Unknown(why) => drop(unknown.insert(area.name, why)),
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("granted", &granted)?;
        if !denied.is_empty() {
            map.serialize_entry("denied", &denied)?;
        }
        if !missing.is_empty() {
            map.serialize_entry("missing", &missing)?;
        }
        if !unknown.is_empty() {
            map.serialize_entry("unknown", &unknown)?;
        }
        map.end()
    }
}

/// Why a store does not serve a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnavailableReason {
    /// The credentials' role lacks this access control resource.
    Lacks(String),
    /// The store has no such route: the module behind it is missing or disabled.
    NoRoute,
}

impl std::fmt::Display for UnavailableReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lacks(resource) => write!(f, "the role lacks `{resource}`"),
            Self::NoRoute => f.write_str("the store has no such route"),
        }
    }
}

/// What a store, with the credentials at hand, can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// When the store was asked: RFC 3339, in UTC.
    pub probed_at: String,
    /// How many requests that took.
    pub requests: u32,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// As far as the store tells: `2.4`. Mage-OS counts by itself, from `1.0`: what decides by a
    /// version has to look at the edition first.
    pub version: Finding<String>,
    /// What it is sold as.
    pub edition: Finding<Edition>,
    /// Its modules.
    pub modules: Finding<Modules>,
    /// How it keeps stock.
    pub inventory: Finding<Inventory>,
    /// Its websites.
    pub websites: Finding<Vec<WebsiteInfo>>,
    /// Its store views.
    pub store_views: Finding<Vec<StoreViewInfo>>,
    /// What the credentials may read.
    pub access: AccessReport,
    /// By how many seconds this machine's clock is ahead of the store's; the store tells whole
    /// seconds.
    pub clock_ahead_s: Finding<i64>,
    /// Whether GraphQL answers.
    pub graphql: Finding<bool>,
    /// Whether requests may be queued: `/async/bulk/V1/…`. Whether a consumer works them off
    /// cannot be seen from outside.
    pub async_bulk: Finding<bool>,
}

impl Capabilities {
    /// A clock that is further off than this is worth a word: signatures carry a timestamp, and
    /// Magento refuses those from the future.
    const MOST_SKEW_S: u64 = 60;

    /// Whether a clock that is so many seconds ahead, or behind, is too far off.
    #[must_use]
    pub const fn is_skewed(ahead_s: i64) -> bool {
        ahead_s.unsigned_abs() > Self::MOST_SKEW_S
    }

    /// Why the store would not serve what a grant allows, where that is known for certain: `None`
    /// is no promise.
    ///
    /// What may be written needs resources of its own, which no harmless request tells; of writes it
    /// is only known that a route is not there.
    #[must_use]
    pub fn unavailable_reason(&self, grant: &Grant) -> Option<UnavailableReason> {
        let route = grant.route.as_str();
        let single = self.inventory.known() == Some(&Inventory::Single);
        if single && route.starts_with("/V1/inventory/") {
            return Some(UnavailableReason::NoRoute);
        }
        if grant.method != Method::Get {
            return None;
        }
        let route = without_parameter_names(route);
        let about =
            |area: &&ApiArea| area.route == route || area.same_resource.contains(&route.as_str());
        match &self.access.0.iter().find(about)?.reachability {
            Reachability::Denied(resource) => Some(UnavailableReason::Lacks(resource.clone())),
            Reachability::Missing => Some(UnavailableReason::NoRoute),
            Reachability::Granted(_) | Reachability::Unknown(_) => None,
        }
    }
}

/// A route without the names of its parameters, which each plugin chooses itself.
fn without_parameter_names(route: &str) -> String {
    let segments = route.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn area(name: &'static str, route: &'static str, reachability: Reachability) -> ApiArea {
        ApiArea { name, route, same_resource: &["/V1/things/{}"], reachability }
    }

    fn capabilities() -> Capabilities {
        let names = ["Magento_Store", "Magento_Cms", "Acme_Search"].map(str::to_owned).to_vec();
        Capabilities {
            probed_at: "2026-11-22T18:00:00Z".to_owned(),
            requests: 4,
            took_ms: 12,
            version: Finding::Known("2.4".to_owned()),
            edition: Finding::Known(Edition::OpenSource),
            modules: Finding::Known(Modules { names }),
            inventory: Finding::Known(Inventory::Single),
            websites: Finding::unknown("the role lacks `Magento_Backend::store`"),
            store_views: Finding::Known(Vec::new()),
            access: AccessReport(vec![
                area("things", "/V1/things", Reachability::Denied("Acme_Thing::list".to_owned())),
                area("orders", "/V1/orders", Reachability::Granted(Some(7))),
                area("stocks", "/V1/stocks", Reachability::Missing),
            ]),
            clock_ahead_s: Finding::Known(-61),
            graphql: Finding::Known(false),
            async_bulk: Finding::unknown("it did not answer"),
        }
    }

    fn grant(method: &str, route: &str) -> Grant {
        Grant::new("magento", method.to_owned().try_into().unwrap(), route.parse().unwrap())
    }

    #[test]
    fn what_is_not_known_is_written_with_its_reason() {
        let text = serde_json::to_value(capabilities()).unwrap();
        assert_eq!(text["version"], "2.4");
        assert_eq!(text["websites"], json!({"unknown": "the role lacks `Magento_Backend::store`"}));
        assert_eq!(
            text["modules"],
            json!({"count": 3, "vendors": {"Acme": 1, "Magento": 2}, "others": ["Acme_Search"]})
        );
        assert_eq!(
            text["access"],
            json!({"granted": {"orders": 7}, "denied": {"things": "Acme_Thing::list"}, "missing": ["stocks"]})
        );
    }

    #[test]
    fn a_read_is_unserved_where_its_area_is_and_a_write_only_without_a_route() {
        let known = capabilities();
        let why = |method, route| {
            known.unavailable_reason(&grant(method, route)).map(|why| why.to_string())
        };
        assert_eq!(why("GET", "/V1/things/{id}").unwrap(), "the role lacks `Acme_Thing::list`");
        assert_eq!(why("GET", "/V1/stocks").unwrap(), "the store has no such route");
        assert_eq!(why("GET", "/V1/orders"), None);
        assert_eq!(why("PUT", "/V1/things/{id}"), None);
        assert_eq!(
            why("POST", "/V1/inventory/source-items").unwrap(),
            "the store has no such route"
        );
    }

    #[test]
    fn a_clock_is_off_beyond_a_minute_either_way() {
        assert_eq!([60, -60, 61, -61].map(Capabilities::is_skewed), [false, false, true, true]);
    }
}
