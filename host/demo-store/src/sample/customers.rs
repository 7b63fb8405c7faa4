//! The sample shop's customers: private people in two languages, and shops that buy at trade prices.

use serde_json::{Value, json};

use super::data::Data;
use super::read::SampleError;
use super::references::OWN_CUSTOMER_GROUPS;
use super::rows::Customer;
use super::story::Story;
use crate::shop::ALL;

/// Writes the shop's own customer groups, and the customers.
///
/// # Errors
/// When the store refuses one.
pub(super) fn write(story: &mut Story<'_>, data: &Data) -> Result<(), SampleError> {
    let made = |id: u64| !OWN_CUSTOMER_GROUPS.contains(&id);
    for group in data.customer_groups.iter().filter(|group| made(group.id)) {
        let arguments = json!({ "group": { "code": *group.code, "tax_class_id": 3 } });
        story.request(group, ("POST", "/V1/customerGroups"), ALL, arguments)?;
    }
    for customer in &data.customers {
        let view = data.view(&customer.view);
        let arguments = json!({ "customer": {
            "email": *customer.email, "firstname": *customer.firstname, "lastname": *customer.lastname,
            "store_id": view.map(|view| view.id),
            "website_id": view.and_then(|view| data.website(&view.website)),
            "group_id": customer.group, "addresses": addresses(customer)
        }});
        story.request(customer, ("POST", "/V1/customers"), ALL, arguments)?;
    }
    Ok(())
}

fn addresses(customer: &Customer) -> Value {
    let Some(street) = &customer.street else { return json!([]) };
    json!([{
        "firstname": *customer.firstname, "lastname": *customer.lastname, "street": [**street],
        "postcode": customer.postcode.as_deref(), "city": customer.city.as_deref(),
        "country_id": customer.country.as_deref(), "telephone": customer.telephone.as_deref(),
        "default_billing": true, "default_shipping": true
    }])
}
