//! The areas of the API that are tried, each by one harmless read.

use crate::wire::address::{ApiTarget, COUNT_ONLY};

/// One area: its reads need an access control resource that no other area's do, or are served by a
/// module of their own.
pub(super) struct AreaProbe {
    /// As people and models are told it.
    pub name: &'static str,
    /// What is read.
    pub target: ApiTarget<'static>,
    /// Other reads that need the same resource, parameters as `{}`.
    pub same_resource: &'static [&'static str],
}

const fn counted(
    name: &'static str,
    path: &'static str,
    same_resource: &'static [&'static str],
) -> AreaProbe {
    AreaProbe { name, target: ApiTarget::constant(path, COUNT_ONLY), same_resource }
}

/// The areas but for the store's own structure, which is read whole.
pub(super) const AREAS: [AreaProbe; 14] = [
    counted("products", "/V1/products", &["/V1/products/{}"]),
    counted(
        "categories",
        "/V1/categories/list",
        &["/V1/categories", "/V1/categories/{}", "/V1/categories/{}/products"],
    ),
    counted("cms_pages", "/V1/cmsPage/search", &["/V1/cmsPage/{}"]),
    counted("cms_blocks", "/V1/cmsBlock/search", &["/V1/cmsBlock/{}"]),
    counted("sales_rules", "/V1/salesRules/search", &["/V1/salesRules/{}"]),
    counted("coupons", "/V1/coupons/search", &["/V1/coupons/{}"]),
    counted(
        "orders",
        "/V1/orders",
        &["/V1/orders/{}", "/V1/orders/items", "/V1/orders/{}/statuses", "/V1/orders/{}/comments"],
    ),
    counted("invoices", "/V1/invoices", &["/V1/invoices/{}", "/V1/invoices/{}/comments"]),
    counted("shipments", "/V1/shipments", &["/V1/shipment/{}", "/V1/shipment/{}/comments"]),
    counted("creditmemos", "/V1/creditmemos", &["/V1/creditmemo/{}", "/V1/creditmemo/{}/comments"]),
    counted("customers", "/V1/customers/search", &["/V1/customers/{}"]),
    counted("sources", "/V1/inventory/sources", &["/V1/inventory/sources/{}"]),
    counted("stocks", "/V1/inventory/stocks", &["/V1/inventory/stocks/{}"]),
    counted("bulk_operations", "/V1/bulk", &["/V1/bulk/{}/status", "/V1/bulk/{}/detailed-status"]),
];

/// The area of websites and views.
pub(super) const STORES: &str = "stores";
/// Reads that need what the store views need.
pub(super) const STORES_SAME_RESOURCE: &[&str] =
    &["/V1/store/websites", "/V1/store/storeGroups", "/V1/store/storeConfigs"];
/// The area of the list of modules.
pub(super) const MODULES: &str = "modules";
