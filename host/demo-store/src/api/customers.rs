//! Customers with their addresses, and customer groups.

use serde_json::{Value, json};

use super::customer_addresses;
use super::entity::{Entity, UnknownColumn, plain};
use super::route::{HandlerResult, Route, read, write};
use crate::auth::ANONYMOUS;
use crate::call::Call;
use crate::collate;
use crate::document::{Doc, doc};
use crate::php;
use crate::refusal::Refusal;
use crate::shop::{Shop, StoreId};

const CUSTOMER: &str = "Magento_Customer::customer";
const MANAGE: &str = "Magento_Customer::manage";
const GROUP: &str = "Magento_Customer::group";

pub(super) const ROUTES: &[Route] = &[
    read("/V1/customers/search", CUSTOMER, |shop, call| {
        CUSTOMERS.list(shop, call, shop.customers.iter(), plain)
    }),
    read("/V1/customers/{customerId}", CUSTOMER, |shop, call| {
        let id = call.id("customerId");
        shop.customers.get(id).map(plain).ok_or_else(|| Refusal::no_such_entity("customerId", id))
    }),
    // Anyone may open an account.
    write("POST", "/V1/customers", ANONYMOUS, create),
    write("PUT", "/V1/customers/{customerId}", MANAGE, update),
    write("DELETE", "/V1/customers/{customerId}", "Magento_Customer::delete", delete),
    // The store does not tell strangers which addresses it knows.
    write("POST", "/V1/customers/isEmailAvailable", ANONYMOUS, |_, _| Ok(Value::Bool(true))),
    read("/V1/customers/addresses/{addressId}", CUSTOMER, customer_addresses::get),
    read("/V1/customerGroups/search", GROUP, |shop, call| {
        GROUPS.list(shop, call, shop.groups.iter(), plain)
    }),
    read("/V1/customerGroups/{id}", GROUP, |shop, call| {
        let id = call.id("id");
        shop.groups.get(id).map(plain).ok_or_else(|| Refusal::no_such_entity("id", id))
    }),
    write("POST", "/V1/customerGroups", GROUP, |shop, call| save_group(shop, call, None)),
    write("PUT", "/V1/customerGroups/{id}", GROUP, |shop, call| {
        save_group(shop, call, Some(call.id("id")))
    }),
    write("DELETE", "/V1/customerGroups/{id}", GROUP, delete_group),
    read("/V1/customerGroups/{id}/permissions", GROUP, |shop, call| {
        let id = call.id("id");
        shop.groups.get(id).ok_or_else(|| Refusal::no_such_entity("id", id))?;
        Ok(Value::Bool(id < 2))
    }),
];

const CUSTOMERS: Entity = Entity {
    columns: "entity_id=id:n email firstname lastname middlename prefix suffix group_id:n website_id:n store_id:n \
        created_at:d updated_at:d created_in dob:d taxvat gender:n default_billing:n default_shipping:n \
        billing_city=_billing_city billing_telephone=_billing_telephone billing_postcode=_billing_postcode",
    unknown: UnknownColumn::Refused,
};

const GROUPS: Entity = Entity {
    columns: "id:n customer_group_id=id:n code customer_group_code=code tax_class_id:n",
    unknown: UnknownColumn::Internal,
};

/// The group of customers who are in none.
const GENERAL: u64 = 1;
/// The longest code of a group.
const LONGEST_GROUP: usize = 32;
/// The only tax class for customers.
const CUSTOMER_TAX_CLASS: u64 = 3;

fn text(doc: &Doc, field: &str) -> String {
    doc.get(field).map(php::text_of).unwrap_or_default()
}

fn create(shop: &mut Shop, call: &Call) -> HandlerResult {
    let mut given = call.object("customer");
    given.shift_remove("id");
    if text(&given, "email").is_empty() {
        return Err(Refusal::bad("The customer email is missing. Enter and try again."));
    }
    let website = match given.get("website_id").filter(|id| php::truthy(id)) {
        Some(id) => u32::try_from(php::id_of(id)).unwrap_or(0),
        None => shop.stores.website_of(shop.stores.default_view()),
    };
    if !shop.stores.website_ids().contains(&website) {
        return Err(Refusal::missing(format!(
            "The website with id {website} that was requested wasn't found. Verify the website and try again."
        )));
    }
    let views = shop.stores.views_of(website);
    let store = match given.get("store_id").filter(|id| php::truthy(id)) {
        Some(id) => StoreId::try_from(php::id_of(id)).unwrap_or(0),
        None => views.first().copied().unwrap_or(1),
    };
    if !views.contains(&store) {
        return Err(Refusal::bad("The store view is not in the associated website."));
    }
    let created_in = shop.stores.view(store).map(|view| view["name"].clone()).unwrap_or_default();
    let mut customer = doc(json!({
        "group_id": GENERAL, "created_at": call.stamp(), "updated_at": call.stamp(), "created_in": created_in,
        "store_id": store, "website_id": website, "addresses": [], "disable_auto_group_change": 0,
        "extension_attributes": { "is_subscribed": false }
    }));
    check_password(call, &text(&given, "email"))?;
    apply(&mut customer, given);
    check(shop, &customer)?;
    let id = shop.customers.take_id();
    customer.insert("id".to_owned(), id.into());
    let addresses = call.object("customer").get("addresses").cloned();
    save(shop, customer, addresses)
}

fn update(shop: &mut Shop, call: &Call) -> HandlerResult {
    let mut given = call.object("customer");
    // The id in the body wins over the one in the path.
    let id = given
        .get("id")
        .filter(|id| php::truthy(id))
        .map_or_else(|| call.id("customerId"), php::id_of);
    given.shift_remove("id");
    let mut customer =
        shop.customers.get(id).cloned().ok_or_else(|| Refusal::no_such_entity("customerId", id))?;
    let addresses = given.shift_remove("addresses");
    apply(&mut customer, given);
    check(shop, &customer)?;
    customer.insert("updated_at".to_owned(), Value::String(call.stamp()));
    save(shop, customer, addresses)
}

/// Puts what is given over what is there.
fn apply(customer: &mut Doc, given: Doc) {
    for (field, value) in given {
        match (field.as_str(), value) {
            (_, Value::Null)
            | ("addresses" | "created_at" | "updated_at" | "custom_attributes" | "created_in", _) =>
                {}
            ("extension_attributes", Value::Object(extension)) => {
                let known = customer.entry(field).or_insert_with(|| json!({}));
                if let Some(known) = known.as_object_mut() {
                    known.extend(extension);
                }
            }
            (_, value) => {
                customer.insert(field, value);
            }
        }
    }
}

fn check(shop: &Shop, customer: &Doc) -> Result<(), Refusal> {
    let group = customer.get("group_id").map_or(0, php::id_of);
    if shop.groups.get(group).is_none() {
        return Err(Refusal::bad("The specified customer group id does not exist."));
    }
    for (field, label) in [("firstname", "First Name"), ("lastname", "Last Name")] {
        let name = text(customer, field);
        if name.trim().is_empty() {
            return Err(Refusal::bad(format!("\"{label}\" is a required value.")));
        }
        if name.contains(['<', '>', '{', '}', '%', '@']) || name.chars().count() > 255 {
            return Err(Refusal::bad(format!("{label} is not valid!")));
        }
    }
    let email = text(customer, "email");
    let valid = email
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !email.contains(' '));
    if !valid {
        return Err(Refusal::bad("\"Email\" is not a valid email address."));
    }
    let birth = text(customer, "dob");
    if !birth.is_empty()
        && birth.get(..10).is_none_or(|day| day.parse::<jiff::civil::Date>().is_err())
    {
        return Err(Refusal::bad("Invalid date"));
    }
    if let Some(gender) =
        customer.get("gender").map(php::int_of).filter(|gender| !(0..=3).contains(gender))
    {
        return Err(Refusal::bad(format!(
            "Attribute gender does not contain option with Id {gender}"
        )));
    }
    let same = |other: &Doc| {
        other.get("id") != customer.get("id")
            && other.get("website_id") == customer.get("website_id")
            && collate::fold(&text(other, "email")) == collate::fold(&email)
    };
    if shop.customers.find(same).is_some() {
        return Err(Refusal::bad(
            "A customer with the same email address already exists in an associated website.",
        ));
    }
    Ok(())
}

/// A password, if one is given, must be long and mixed enough.
fn check_password(call: &Call, email: &str) -> Result<(), Refusal> {
    let password = call.text("password");
    if password.is_empty() {
        return Ok(());
    }
    if password.chars().count() < 8 {
        return Err(Refusal::bad(
            "The password needs at least %1 characters. Create a new password and try again.",
        )
        .with(json!(["8"])));
    }
    if password.eq_ignore_ascii_case(email) {
        return Err(Refusal::bad(
            "The password can't be the same as the email address. Create a new password and try again.",
        ));
    }
    let has = |class: fn(char) -> bool| u8::from(password.chars().any(class));
    let classes = has(|c| c.is_ascii_lowercase())
        + has(|c| c.is_ascii_uppercase())
        + has(|c| c.is_ascii_digit())
        + has(|c| !c.is_alphanumeric());
    if classes < 3 {
        return Err(Refusal::bad(
            "Minimum of different classes of characters in password is %1. Classes of characters: Lower Case, Upper Case, Digits, Special Characters.",
        )
        .with(json!(["3"])));
    }
    Ok(())
}

fn save(shop: &mut Shop, mut customer: Doc, addresses: Option<Value>) -> HandlerResult {
    if let Some(Value::Array(given)) = addresses {
        customer_addresses::replace(shop, &mut customer, &given)?;
    }
    let shown = plain(&customer);
    customer_addresses::complete(&mut customer);
    shop.customers.put(customer);
    Ok(shown)
}

fn delete(shop: &mut Shop, call: &Call) -> HandlerResult {
    let id = call.id("customerId");
    shop.customers.remove(id).ok_or_else(|| Refusal::no_such_entity("customerId", id))?;
    for order in
        shop.orders.iter_mut().filter(|order| order.get("customer_id").map(php::id_of) == Some(id))
    {
        order.shift_remove("customer_id");
    }
    Ok(Value::Bool(true))
}

fn save_group(shop: &mut Shop, call: &Call, id: Option<u64>) -> HandlerResult {
    let given = call.object("group");
    let known = match id {
        Some(id) => {
            Some(shop.groups.get(id).cloned().ok_or_else(|| Refusal::no_such_entity("id", id))?)
        }
        None => None,
    };
    let code: String = text(&given, "code").chars().take(LONGEST_GROUP).collect();
    if code.is_empty() {
        return Err(Refusal::required("code"));
    }
    let tax =
        given.get("tax_class_id").filter(|id| !id.is_null()).map_or(CUSTOMER_TAX_CLASS, php::id_of);
    if tax != CUSTOMER_TAX_CLASS {
        return Err(Refusal::bad("Invalid value of \"%value\" provided for the %fieldName field.")
            .with(json!({ "fieldName": "taxClassId", "value": tax })));
    }
    let same = |other: &Doc| {
        other.get("id").map(php::id_of) != id
            && collate::fold(&text(other, "code")) == collate::fold(&code)
    };
    if shop.groups.find(same).is_some() {
        return Err(Refusal::bad("Customer Group already exists."));
    }
    let mut group = known.unwrap_or_default();
    group.extend(doc(
        json!({ "code": code, "tax_class_id": tax, "tax_class_name": "Retail Customer" }),
    ));
    if let Some(extension) =
        given.get("extension_attributes").filter(|extension| php::truthy(extension))
    {
        group.insert("extension_attributes".to_owned(), extension.clone());
    }
    let id = match id {
        Some(id) => {
            shop.groups.put(group);
            id
        }
        None => shop.groups.insert(group),
    };
    Ok(shop.groups.get(id).map_or(Value::Null, plain))
}

/// Deletes a group; its customers fall back to the general one.
fn delete_group(shop: &mut Shop, call: &Call) -> HandlerResult {
    let id = call.id("id");
    if id <= GENERAL {
        return Err(Refusal::bad("Cannot delete group."));
    }
    shop.groups.remove(id).ok_or_else(|| Refusal::no_such_entity("id", id))?;
    for customer in shop
        .customers
        .iter_mut()
        .filter(|customer| customer.get("group_id").map(php::id_of) == Some(id))
    {
        customer.insert("group_id".to_owned(), GENERAL.into());
    }
    Ok(Value::Bool(true))
}
