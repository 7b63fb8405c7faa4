//! From what the store replied to what it can do. What a reply does not say is not made up.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use souk_model::capabilities::{
    AccessReport, ApiArea, Capabilities, Edition, Finding, Inventory, Modules, Reachability,
};

use super::areas::{self, AREAS};
use super::replies::{NAME_CHARS, ProbeReplies, ProbeReply, parse_json};
use super::structure;
use crate::wire::text::sanitize;

/// No more modules are kept; a store has some hundreds.
const MOST_MODULES: usize = 5_000;

/// Modules that only Adobe Commerce has.
const OF_COMMERCE: [&str; 5] = [
    "Magento_Enterprise",
    "Magento_CustomerBalance",
    "Magento_Rma",
    "Magento_Staging",
    "Magento_TargetRule",
];

/// As Magento calls itself, in each of its editions.
const MAGENTO: &str = "Magento";
/// As Mage-OS calls itself.
const MAGE_OS: &str = "Mage-OS";

/// When and how it was asked.
pub(super) struct ProbeRun {
    pub at: Timestamp,
    pub requests: u32,
    pub took: Duration,
    pub clock_ahead_s: Finding<i64>,
}

/// Puts it together.
pub(super) fn capabilities(
    replies: &ProbeReplies,
    is_cloud_service: bool,
    run: ProbeRun,
) -> Capabilities {
    let page = version_page(&replies.version);
    let modules = modules(replies);
    let access = access(replies);
    Capabilities {
        probed_at: format!("{:.0}", run.at),
        requests: run.requests,
        took_ms: u64::try_from(run.took.as_millis()).unwrap_or(u64::MAX),
        version: match &page {
            Ok(page) if page.is_known_product() => Finding::Known(page.version.clone()),
            Ok(page) => Finding::unknown(format!("the store calls itself `{}`", page.product)),
            Err(why) => Finding::unknown(why),
        },
        edition: if is_cloud_service {
            Finding::Known(Edition::CloudService)
        } else {
            edition(&modules, &page)
        },
        inventory: inventory(&access, &modules),
        websites: structure::websites(replies),
        store_views: structure::store_views(replies),
        clock_ahead_s: run.clock_ahead_s,
        graphql: graphql(&replies.graphql),
        async_bulk: async_bulk(&access, &modules),
        access,
        modules,
    }
}

fn access(replies: &ProbeReplies) -> AccessReport {
    let area = |name, route, same_resource, reply| ApiArea {
        name,
        route,
        same_resource,
        reachability: replies.reachability(reply),
    };
    let views = "/V1/store/storeViews";
    let stores = area(areas::STORES, views, areas::STORES_SAME_RESOURCE, &replies.views);
    let modules = area(areas::MODULES, "/V1/modules", &[], &replies.modules);
    let others = AREAS
        .iter()
        .zip(&replies.areas)
        .map(|(tried, reply)| area(tried.name, tried.target.path, tried.same_resource, reply));
    AccessReport(others.chain([stores, modules]).collect())
}

fn modules(replies: &ProbeReplies) -> Finding<Modules> {
    match replies.body(&replies.modules) {
        Ok(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str).take(MOST_MODULES);
            Finding::Known(Modules {
                names: names.map(|name| sanitize(name, NAME_CHARS)).collect(),
            })
        }
        Ok(_) => Finding::unknown("the answer is not a list of modules"),
        Err(why) => Finding::unknown(why),
    }
}

/// A store's own account of itself: `Magento/2.4 (Community)`.
#[derive(Debug, PartialEq, Eq)]
struct VersionPage {
    product: String,
    version: String,
    edition: String,
}

impl VersionPage {
    /// Whether its versions and editions mean what this host takes them for.
    fn is_known_product(&self) -> bool {
        [MAGENTO, MAGE_OS].contains(&self.product.as_str())
    }
}

fn version_page(reply: &ProbeReply) -> Result<VersionPage, String> {
    let reply = reply.as_ref().map_err(Clone::clone)?;
    let hidden = "`/magento_version` is not served: its module is off, or a server hides it";
    if !reply.is_success() {
        return Err(hidden.to_owned());
    }
    let text = std::str::from_utf8(&reply.body).unwrap_or_default();
    parse_version_page(text).ok_or_else(|| hidden.to_owned())
}

fn parse_version_page(text: &str) -> Option<VersionPage> {
    let (product, rest) = text.trim().split_once('/')?;
    let named = product.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_ .".contains(&byte));
    let (version, edition) = rest.strip_suffix(')')?.split_once(" (")?;
    let numbers = version.split('.').all(|part| {
        !part.is_empty() && part.len() < 6 && part.bytes().all(|byte| byte.is_ascii_digit())
    });
    let word = edition.bytes().all(|byte| byte.is_ascii_alphanumeric()) && edition.len() < 30;
    let own = |text: &str| text.to_owned();
    (numbers && word && named && !product.is_empty() && product.len() < 30).then(|| VersionPage {
        product: own(product),
        version: own(version),
        edition: own(edition),
    })
}

/// The modules show it: Commerce is more of them. Without the list, the store's own word counts. What
/// was made of Magento by others has its modules, and its own name.
fn edition(modules: &Finding<Modules>, page: &Result<VersionPage, String>) -> Finding<Edition> {
    match (modules.as_result(), page) {
        (_, Ok(page)) if page.product == MAGE_OS => Finding::Known(Edition::MageOs),
        (_, Ok(page)) if !page.is_known_product() => {
            Finding::unknown(format!("the store calls itself `{}`", page.product))
        }
        (Ok(modules), Err(why)) if modules.names.iter().any(|name| name.starts_with("MageOS_")) => {
            Finding::unknown(format!(
                "it has modules of Mage-OS's, so that it may be that or Magento: {why}"
            ))
        }
        (Ok(modules), _) if modules.has("Magento_B2b") => Finding::Known(Edition::CommerceB2b),
        (Ok(modules), _) if OF_COMMERCE.iter().any(|name| modules.has(name)) => {
            Finding::Known(Edition::Commerce)
        }
        (Ok(modules), _) if modules.has("Magento_Store") => Finding::Known(Edition::OpenSource),
        (_, Ok(page)) => match page.edition.as_str() {
            "Community" => Finding::Known(Edition::OpenSource),
            "Enterprise" => Finding::Known(Edition::Commerce),
            "B2B" => Finding::Known(Edition::CommerceB2b),
            other => Finding::unknown(format!("the store calls itself `{other}`")),
        },
        (Ok(_), Err(why)) => Finding::unknown(why),
        (Err(list), Err(page)) => {
            Finding::unknown(format!("no list of modules ({list}), and {page}"))
        }
    }
}

/// What is served counts more than what is listed: a route that is denied is there.
fn inventory(access: &AccessReport, modules: &Finding<Modules>) -> Finding<Inventory> {
    let reaches =
        ["sources", "stocks"].map(|name| access.area(name).map(|area| &area.reachability));
    let there = |reach: &Option<&Reachability>| {
        matches!(reach, Some(Reachability::Granted(_) | Reachability::Denied(_)))
    };
    if reaches.iter().any(there) {
        return Finding::Known(Inventory::MultiSource);
    }
    if reaches.iter().all(|reach| matches!(reach, Some(Reachability::Missing))) {
        return Finding::Known(Inventory::Single);
    }
    match modules.as_result() {
        Ok(modules) if modules.has("Magento_InventoryApi") => {
            Finding::Known(Inventory::MultiSource)
        }
        Ok(_) => Finding::Known(Inventory::Single),
        Err(why) => Finding::unknown(why),
    }
}

fn graphql(reply: &ProbeReply) -> Finding<bool> {
    match reply {
        Err(why) => Finding::unknown(why),
        Ok(reply) => match (reply.status, parse_json(reply)) {
            (200, Some(body)) if body.get("data").is_some() => Finding::Known(true),
            (404, _) => Finding::Known(false),
            // Whatever else is said there in JSON, it is GraphQL's own.
            (_, Some(body)) if body.get("errors").is_some() => Finding::Known(true),
            (status, _) => Finding::unknown(format!("`/graphql` answered {status}")),
        },
    }
}

/// Queued requests are accepted by one module and reported by another.
fn async_bulk(access: &AccessReport, modules: &Finding<Modules>) -> Finding<bool> {
    if let Ok(modules) = modules.as_result() {
        let both = ["Magento_WebapiAsync", "Magento_AsynchronousOperations"];
        return Finding::Known(both.iter().all(|name| modules.has(name)));
    }
    match access.area("bulk_operations").map(|area| &area.reachability) {
        Some(Reachability::Missing) => Finding::Known(false),
        Some(Reachability::Granted(_) | Reachability::Denied(_)) => {
            Finding::unknown("their reports are served; whether they are accepted is not told")
        }
        Some(Reachability::Unknown(why)) => Finding::unknown(why),
        None => Finding::unknown("it was not asked"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn modules(names: &[&str]) -> Finding<Modules> {
        Finding::Known(Modules { names: names.iter().map(|&name| name.to_owned()).collect() })
    }

    fn account(text: &str) -> Result<VersionPage, String> {
        parse_version_page(text).ok_or_else(|| "hidden".to_owned())
    }

    #[test]
    fn a_store_tells_its_version_in_one_form_only() {
        assert_eq!(
            parse_version_page("Magento/2.4 (Community)\n"),
            Some(VersionPage {
                product: "Magento".to_owned(),
                version: "2.4".to_owned(),
                edition: "Community".to_owned()
            })
        );
        for other in ["", "<html>2.4 (Community)</html>", "Magento/2.4", "Magento/x (Community)"] {
            assert_eq!(parse_version_page(other), None, "{other}");
        }
    }

    #[test]
    fn modules_tell_the_edition_and_the_stores_own_word_does_without_them() {
        let none = || Finding::unknown("denied");
        let known = |modules: &Finding<Modules>, text| edition(modules, &account(text));
        let community = "Magento/2.4 (Community)";
        let is = |finding: Finding<Edition>| finding.known().copied();
        let open = modules(&["Magento_Store"]);
        assert_eq!(is(known(&open, "")), Some(Edition::OpenSource));
        let commerce = modules(&["Magento_Store", "Magento_Rma"]);
        assert_eq!(is(known(&commerce, community)), Some(Edition::Commerce));
        let b2b = modules(&["Magento_Store", "Magento_Rma", "Magento_B2b"]);
        assert_eq!(is(known(&b2b, "")), Some(Edition::CommerceB2b));
        assert_eq!(is(known(&none(), community)), Some(Edition::OpenSource));
        assert_eq!(is(known(&none(), "Magento/2.4 (Enterprise)")), Some(Edition::Commerce));
        assert_eq!(is(known(&none(), "Magento/2.4 (Other)")), None);
        // What others made of Magento is not taken for it, whatever its modules.
        let mage_os = "Mage-OS/1.0 (Community)";
        for modules in [&none(), &open] {
            assert_eq!(is(known(modules, mage_os)), Some(Edition::MageOs));
            assert_eq!(is(known(modules, "Fork/2.4 (Community)")), None);
        }
        let of_mage_os = modules(&["Magento_Store", "MageOS_Theme"]);
        assert_eq!(is(known(&of_mage_os, "")), None);
        assert_eq!(is(known(&of_mage_os, community)), Some(Edition::OpenSource));
        assert_eq!(is(known(&none(), "")), None);
    }

    proptest! {
        #[test]
        fn no_page_is_read_as_more_than_it_says(text in any::<String>()) {
            if let Some(page) = parse_version_page(&text) {
                let said = format!("{}/{} ({})", page.product, page.version, page.edition);
                prop_assert!(text.contains(&said));
            }
        }
    }
}
