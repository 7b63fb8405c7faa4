//! The areas of the API that are tried, each by one harmless read.

use crate::address::Target;

/// Asks for the number of things only.
const COUNT: &str = "searchCriteria%5BpageSize%5D=1&fields=total_count";

/// One area: its reads need an access control resource that no other area's do, or are served by a
/// module of their own.
pub(super) struct Area {
    /// As people and models are told it.
    pub name: &'static str,
    /// What is read.
    pub target: Target<'static>,
    /// Other reads that need the same resource, parameters as `{}`.
    pub alike: &'static [&'static str],
}

const fn list(name: &'static str, path: &'static str, alike: &'static [&'static str]) -> Area {
    Area { name, target: Target::own(path, COUNT), alike }
}

/// The areas but for the store's own structure, which is read whole.
pub(super) const AREAS: [Area; 14] = [
    list("products", "/V1/products", &["/V1/products/{}"]),
    list(
        "categories",
        "/V1/categories/list",
        &["/V1/categories", "/V1/categories/{}", "/V1/categories/{}/products"],
    ),
    list("cms_pages", "/V1/cmsPage/search", &["/V1/cmsPage/{}"]),
    list("cms_blocks", "/V1/cmsBlock/search", &["/V1/cmsBlock/{}"]),
    list("sales_rules", "/V1/salesRules/search", &["/V1/salesRules/{}"]),
    list("coupons", "/V1/coupons/search", &["/V1/coupons/{}"]),
    list(
        "orders",
        "/V1/orders",
        &["/V1/orders/{}", "/V1/orders/items", "/V1/orders/{}/statuses", "/V1/orders/{}/comments"],
    ),
    list("invoices", "/V1/invoices", &["/V1/invoices/{}", "/V1/invoices/{}/comments"]),
    list("shipments", "/V1/shipments", &["/V1/shipment/{}", "/V1/shipment/{}/comments"]),
    list("creditmemos", "/V1/creditmemos", &["/V1/creditmemo/{}", "/V1/creditmemo/{}/comments"]),
    list("customers", "/V1/customers/search", &["/V1/customers/{}"]),
    list("sources", "/V1/inventory/sources", &["/V1/inventory/sources/{}"]),
    list("stocks", "/V1/inventory/stocks", &["/V1/inventory/stocks/{}"]),
    list("bulk_operations", "/V1/bulk", &["/V1/bulk/{}/status", "/V1/bulk/{}/detailed-status"]),
];

/// The area of websites and views.
pub(super) const STORES: &str = "stores";
/// Reads that need what the store views need.
pub(super) const STORES_ALIKE: &[&str] =
    &["/V1/store/websites", "/V1/store/storeGroups", "/V1/store/storeConfigs"];
/// The area of the list of modules.
pub(super) const MODULES: &str = "modules";
