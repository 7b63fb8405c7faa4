//! Whether the sample's rows fit together: nothing is there twice, and what a row names is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::data::Data;
use super::documents::Login;
use super::read::{Line, SampleError};
use super::rows::{LinkType, ProductType};

/// Ids of customer groups that every Magento has: 0 to 3.
pub(super) const OWN_CUSTOMER_GROUPS: std::ops::Range<u64> = 0..4;

/// Checks all of the data.
///
/// # Errors
/// The first row that is there twice, or names what is not there.
pub(super) fn check(data: &Data) -> Result<(), SampleError> {
    nothing_twice(data)?;
    frame(data)?;
    categories(data)?;
    let skus = products(data)?;
    warehouses(data)?;
    promotions(data)?;
    customers(data)?;
    orders(data, &skus)
}

/// Refuses the second of two rows with the same key.
fn unique<T, K: Ord + Display>(
    rows: &[Line<T>],
    what: &str,
    key: impl Fn(&T) -> K,
) -> Result<(), SampleError> {
    let mut known = BTreeSet::new();
    for row in rows {
        let key = key(row);
        let message = format!("{what} `{key}` is there twice");
        if !known.insert(key) {
            return Err(row.error(message));
        }
    }
    Ok(())
}

/// Refuses a row that names something that is not there.
fn known<T>(row: &Line<T>, is_known: bool, what: &str, name: &str) -> Result<(), SampleError> {
    if is_known { Ok(()) } else { Err(row.error(format!("there is no {what} `{name}`"))) }
}

fn nothing_twice(data: &Data) -> Result<(), SampleError> {
    unique(&data.websites, "id", |website| website.id)?;
    unique(&data.websites, "website", |website| website.code.to_string())?;
    unique(&data.store_groups, "id", |group| group.id)?;
    unique(&data.store_groups, "store group", |group| group.code.to_string())?;
    unique(&data.views, "id", |view| view.id)?;
    unique(&data.views, "store view", |view| view.code.to_string())?;
    unique(&data.customer_groups, "id", |group| group.id)?;
    unique(&data.customer_groups, "customer group", |group| group.code.to_string())?;
    unique(&data.modules, "module", ToString::to_string)?;
    unique(&data.attributes, "id", |attribute| attribute.id)?;
    unique(&data.attributes, "attribute", |attribute| attribute.code.to_string())?;
    unique(&data.categories, "id", |category| category.id)?;
    unique(&data.categories, "category", |category| category.name.to_string())?;
    unique(&data.goods, "product", |good| good.sku.to_string())?;
    unique(&data.garments, "product", |garment| garment.sku.to_string())?;
    unique(&data.sales, "sale of", |sale| sale.sku.to_string())?;
    unique(&data.links, "link", |link| format!("{} {}", link.sku, link.linked_sku))?;
    unique(&data.faults, "fault", |fault| format!("{} {:?}", fault.sku, fault.fault))?;
    unique(&data.sources, "source", |source| source.code.to_string())?;
    unique(&data.stocks, "stock", |stock| stock.name.to_string())?;
    unique(&data.stocks, "stock of", |stock| stock.website.to_string())?;
    unique(&data.pages, "page", |page| format!("{} {:?}", page.identifier, page.view))?;
    unique(&data.blocks, "block", |block| format!("{} {:?}", block.identifier, block.view))?;
    unique(&data.rules, "rule", |rule| rule.name.to_string())?;
    unique(&data.currencies, "country", |currency| currency.country.to_string())?;
    unique(&data.payments, "payment method", |method| method.code.to_string())?;
    unique(&data.customers, "customer", |customer| customer.email.to_string())?;
    unique(&data.guests, "guest", |guest| guest.email.to_string())?;
    let codes: BTreeMap<&str, &str> = BTreeMap::new();
    data.rules.iter().filter(|rule| rule.coupon.is_some()).try_fold(codes, |mut codes, rule| {
        let code = rule.coupon.as_deref().unwrap_or_default();
        match codes.insert(code, &rule.name) {
            Some(other) => Err(rule.error(format!("`{other}` has the coupon `{code}` too"))),
            None => Ok(codes),
        }
    })?;
    Ok(())
}

fn frame(data: &Data) -> Result<(), SampleError> {
    for group in &data.store_groups {
        known(
            group,
            data.websites.iter().any(|website| website.id == group.id),
            "website with the id",
            &group.id.to_string(),
        )?;
        known(group, data.view(&group.default_view).is_some(), "store view", &group.default_view)?;
        let root = group.root_category;
        let is_known = root == 0 || data.categories.iter().any(|category| category.id == root);
        known(group, is_known, "category with the id", &root.to_string())?;
    }
    for view in &data.views {
        known(view, data.website(&view.website).is_some(), "website", &view.website)?;
    }
    for login in &data.logins {
        if let Login::Customer { email, .. } = &**login {
            let is_known = data.customers.iter().any(|customer| customer.email == *email);
            known(login, is_known, "customer", email)?;
        }
    }
    let views = data.pages.iter().map(|page| page.view.as_deref().map(|view| page.error(view)));
    let blocks =
        data.blocks.iter().map(|block| block.view.as_deref().map(|view| block.error(view)));
    for named in views.chain(blocks).flatten() {
        if data.view(&named.message).is_none() {
            let message = format!("there is no store view `{}`", named.message);
            return Err(SampleError { message, ..named });
        }
    }
    Ok(())
}

/// A category comes after its parent.
fn categories(data: &Data) -> Result<(), SampleError> {
    let mut above: BTreeSet<&str> = BTreeSet::new();
    for category in &data.categories {
        if let Some(parent) = &category.parent {
            known(category, above.contains(&**parent), "category before it", parent)?;
        }
        above.insert(&category.name);
    }
    Ok(())
}

/// What every product names, whatever its table.
fn product<T>(
    data: &Data,
    row: &Line<T>,
    category: &str,
    material: Option<&str>,
    brand: &str,
) -> Result<(), SampleError> {
    let is_known = data.categories.iter().any(|known| *known.name == *category);
    known(row, is_known, "category", category)?;
    known(row, data.option("brand", brand).is_some(), "brand", brand)?;
    match material {
        Some(material) => {
            known(row, data.option("material", material).is_some(), "material", material)
        }
        None => Ok(()),
    }
}

/// Checks the products and what belongs to them; the SKUs that can be bought.
fn products(data: &Data) -> Result<BTreeSet<String>, SampleError> {
    let mut skus: BTreeSet<String> = BTreeSet::new();
    for good in &data.goods {
        product(data, good, &good.category, good.material.as_deref(), &good.brand)?;
        for website in &good.websites.0 {
            known(good, data.website(website).is_some(), "website", website)?;
        }
        skus.insert(good.sku.to_string());
    }
    for garment in &data.garments {
        product(data, garment, &garment.category, garment.material.as_deref(), &garment.brand)?;
        for (attribute, labels) in [("size", &garment.sizes), ("color", &garment.colours)] {
            for label in &labels.0 {
                known(garment, data.option(attribute, label).is_some(), attribute, label)?;
            }
        }
        for sku in std::iter::once(garment.sku.to_string()).chain(garment.variants()) {
            if !skus.insert(sku.clone()) {
                return Err(garment.error(format!("product `{sku}` is there twice")));
            }
        }
    }
    for sale in &data.sales {
        let is_simple =
            data.goods.iter().any(|good| good.sku == sale.sku && good.kind == ProductType::Simple);
        known(sale, is_simple, "simple product", &sale.sku)?;
        if sale.from.zip(sale.to).is_some_and(|(from, to)| from > to) {
            return Err(sale.error("it ends before it begins"));
        }
    }
    for link in &data.links {
        for sku in [&link.sku, &link.linked_sku] {
            known(link, skus.contains(&**sku), "product", sku)?;
        }
        if (link.kind == LinkType::Associated) != link.quantity.is_some() {
            return Err(link.error("a quantity is for an associated product, and only for one"));
        }
    }
    for fault in &data.faults {
        known(fault, skus.contains(&*fault.sku), "product", &fault.sku)?;
    }
    let composite = data.goods.iter().filter(|good| good.kind == ProductType::Grouped);
    for sku in composite.map(|good| &good.sku).chain(data.garments.iter().map(|row| &row.sku)) {
        skus.remove(&**sku);
    }
    Ok(skus)
}

fn warehouses(data: &Data) -> Result<(), SampleError> {
    let is_source = |code: &str| data.sources.iter().any(|source| *source.code == *code);
    for stock in &data.stocks {
        known(stock, data.website(&stock.website).is_some(), "website", &stock.website)?;
        for source in &stock.sources {
            known(stock, is_source(source), "source", source)?;
        }
    }
    let spread = &data.spread;
    known(spread, data.website(&spread.website).is_some(), "website", &spread.website)?;
    known(spread, is_source(&spread.source), "source", &spread.source)
}

fn promotions(data: &Data) -> Result<(), SampleError> {
    for rule in &data.rules {
        for website in &rule.websites {
            known(rule, data.website(website).is_some(), "website", website)?;
        }
        for id in &rule.groups {
            let is_known = data.customer_groups.iter().any(|group| group.id == *id);
            known(rule, is_known, "customer group with the id", &id.to_string())?;
        }
        if rule.coupon.is_some() && rule.coupons.is_some() {
            return Err(rule.error("it has one coupon or generated ones, not both"));
        }
    }
    let websites = std::iter::once((data.tax.error(""), &data.tax.website));
    let shipping = data.shipping.iter().map(|method| (method.error(""), &method.website));
    for (place, website) in websites.chain(shipping) {
        if data.website(website).is_none() {
            return Err(SampleError {
                message: format!("there is no website `{website}`"),
                ..place
            });
        }
    }
    Ok(())
}

fn customers(data: &Data) -> Result<(), SampleError> {
    for customer in &data.customers {
        known(customer, data.view(&customer.view).is_some(), "store view", &customer.view)?;
        let is_known = data.customer_groups.iter().any(|group| group.id == customer.group);
        known(customer, is_known, "customer group with the id", &customer.group.to_string())?;
        let address = [&customer.postcode, &customer.city, &customer.country, &customer.telephone];
        if address.iter().any(|part| part.is_some() != customer.street.is_some()) {
            return Err(customer.error("an address has all its parts, or there is none"));
        }
    }
    for guest in &data.guests {
        if data.customers.iter().any(|customer| customer.email == guest.email) {
            return Err(guest.error(format!("`{}` is a customer", guest.email)));
        }
    }
    Ok(())
}

fn orders(data: &Data, skus: &BTreeSet<String>) -> Result<(), SampleError> {
    for (order, number) in data.orders.iter().zip(1..) {
        if order.order != number {
            return Err(order.error(format!("order {number} comes next, not {}", order.order)));
        }
        known(order, data.view(&order.view).is_some(), "store view", &order.view)?;
        let buys = data.customers.iter().map(|customer| &customer.email);
        let is_known = buys
            .chain(data.guests.iter().map(|guest| &guest.email))
            .any(|email| *email == order.email);
        known(order, is_known, "customer or guest", &order.email)?;
        if order.basket.0.is_empty() {
            return Err(order.error("the basket is empty"));
        }
        for (sku, _) in &order.basket.0 {
            known(order, skus.contains(sku), "product that can be bought", sku)?;
        }
        if let Some(coupon) = &order.coupon {
            let is_known = data.rules.iter().any(|rule| {
                let generated = rule.coupons.as_ref().map(|coupons| &coupons.prefix);
                rule.coupon.as_ref().or(generated) == Some(coupon)
            });
            known(order, is_known, "coupon", coupon)?;
        }
        let is_known = data.payments.iter().any(|method| method.code == order.payment);
        known(order, is_known, "payment method", &order.payment)?;
    }
    for event in &data.events {
        let order = data.orders.iter().find(|order| order.order == event.order);
        let Some(order) = order else {
            return Err(event.error(format!("there is no order {}", event.order)));
        };
        for (sku, quantity) in &event.goods.0 {
            let ordered = order.basket.0.iter().find(|(known, _)| known == sku);
            if ordered.is_none_or(|(_, ordered)| ordered < quantity) {
                return Err(event.error(format!("the order has not so many of `{sku}`")));
            }
        }
        if event.days < 0 {
            return Err(event.error("it happens before the order was placed"));
        }
        if event.event.needs_comment() != event.comment.is_some() {
            return Err(event.error("a comment is for `comment` and `fraud`, and only for them"));
        }
        if !event.event.takes_goods() && !event.goods.0.is_empty() {
            return Err(event.error("goods are invoiced, shipped or refunded, and nothing else"));
        }
    }
    Ok(())
}
