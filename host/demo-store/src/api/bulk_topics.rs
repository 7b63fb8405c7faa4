//! What Magento calls its services in message queues, by route.

/// A service behind a route.
pub(super) struct Service {
    method: &'static str,
    template: &'static str,
    /// The interface and its method, as they are in a topic.
    topic: &'static str,
    /// The class that answers, as results name it.
    class: &'static str,
}

const fn service(
    method: &'static str,
    template: &'static str,
    topic: &'static str,
    class: &'static str,
) -> Service {
    Service { method, template, topic, class }
}

const SERVICES: [Service; 15] = [
    service("POST", "/V1/products", "catalog.api.productrepositoryinterface.save", PRODUCT_SAVE),
    service(
        "PUT",
        "/V1/products/{sku}",
        "catalog.api.productrepositoryinterface.save",
        PRODUCT_SAVE,
    ),
    service(
        "DELETE",
        "/V1/products/{sku}",
        "catalog.api.productrepositoryinterface.deletebyid",
        "Magento\\Catalog\\Model\\ProductRepository\\Interceptor::deleteById",
    ),
    service(
        "POST",
        "/V1/products/base-prices",
        "catalog.api.basepricestorageinterface.update",
        "Magento\\Catalog\\Model\\Product\\Price\\BasePriceStorage::update",
    ),
    service(
        "POST",
        "/V1/products/special-price",
        "catalog.api.specialpricestorageinterface.update",
        "Magento\\Catalog\\Model\\Product\\Price\\SpecialPriceStorage::update",
    ),
    service(
        "PUT",
        "/V1/categories/{id}",
        "catalog.api.categoryrepositoryinterface.save",
        "Magento\\Catalog\\Model\\CategoryRepository\\Interceptor::save",
    ),
    service(
        "POST",
        "/V1/categories",
        "catalog.api.categoryrepositoryinterface.save",
        "Magento\\Catalog\\Model\\CategoryRepository\\Interceptor::save",
    ),
    service(
        "POST",
        "/V1/inventory/source-items",
        "inventoryapi.api.sourceitemssaveinterface.execute",
        "Magento\\Inventory\\Model\\SourceItem\\Command\\SourceItemsSave\\Interceptor::execute",
    ),
    service(
        "POST",
        "/V1/coupons/generate",
        "salesrule.api.couponmanagementinterface.generate",
        "Magento\\SalesRule\\Model\\Service\\CouponManagementService::generate",
    ),
    service(
        "PUT",
        "/V1/salesRules/{ruleId}",
        "salesrule.api.rulerepositoryinterface.save",
        "Magento\\SalesRule\\Model\\RuleRepository::save",
    ),
    service("PUT", "/V1/cmsBlock/{id}", "cms.api.blockrepositoryinterface.save", BLOCK_SAVE),
    service("POST", "/V1/cmsBlock", "cms.api.blockrepositoryinterface.save", BLOCK_SAVE),
    service("PUT", "/V1/cmsPage/{id}", "cms.api.pagerepositoryinterface.save", PAGE_SAVE),
    service("POST", "/V1/cmsPage", "cms.api.pagerepositoryinterface.save", PAGE_SAVE),
    service(
        "POST",
        "/V1/orders/{id}/comments",
        "sales.api.ordermanagementinterface.addcomment",
        "Magento\\Sales\\Model\\Service\\OrderService::addComment",
    ),
];

const PRODUCT_SAVE: &str = "Magento\\Catalog\\Model\\ProductRepository\\Interceptor::save";
const BLOCK_SAVE: &str = "Magento\\Cms\\Model\\BlockRepository::save";
const PAGE_SAVE: &str = "Magento\\Cms\\Model\\PageRepository\\Interceptor::save";

fn find(method: &str, template: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|known| known.method == method && known.template == template)
}

/// The topic of a route's queue. Routes that are not listed get one made from their path.
pub(super) fn topic(method: &str, template: &str) -> String {
    let service = match find(method, template) {
        Some(known) => known.topic.to_owned(),
        None => template
            .trim_start_matches("/V1/")
            .replace(['{', '}'], "")
            .replace('/', ".")
            .to_ascii_lowercase(),
    };
    format!("async.magento.{service}.{}", method.to_ascii_lowercase())
}

/// What a result says of success.
pub(super) fn success(method: &str, template: &str) -> String {
    let class = find(method, template)
        .map_or("Magento\\Framework\\Webapi\\Service::execute", |known| known.class);
    format!("Service execution success {class}")
}
