//! Searches that would tell, one answer at a time, what is masked.
//!
//! Who may not see an e-mail address must not find it out by asking for those that begin with `a`, or
//! by having customers sorted by it. So under a mask a personal field may be compared with a whole
//! value that the asker knows already, and nothing else may be done with it. What cannot be
//! understood is refused: Magento takes names of parameters in several spellings.

use souk_model::{Binding, BindingSource, Read};

use super::kind::PersonalDataKind;
use super::members::{self, MemberName, PersonContext};
use crate::refusal::Refusal;
use crate::text::printable;

/// Conditions that compare with a whole value, or only ask whether there is one; without case and
/// separators, as Magento takes them.
const WHOLE: &[&str] = &["eq", "neq", "in", "nin", "null", "notnull"];

/// The most values that one list may name: a list is as many questions as it has values.
const LIST: usize = 50;

/// Kinds with so few values that all can be tried, one after another.
const FEW_VALUES: &[PersonalDataKind] = &[PersonalDataKind::Birth];

/// Parts of routes behind which rows are persons, or tell of them.
const OF_PERSONS: &[&str] = &[
    "customer",
    "order",
    "invoice",
    "shipment",
    "shipping",
    "creditmemo",
    "refund",
    "transaction",
    "cart",
    "quote",
    "guest",
    "address",
    "compan",
    "newsletter",
    "subscri",
    "review",
    "rma",
    "return",
    "wishlist",
    "negotiable",
    "requisition",
    "giftregistry",
    "contact",
];

/// Fields in which something personal stands that results call otherwise, or that are prose about
/// persons; without case and separators.
const SEARCHED: &[&str] = &[
    "billingfull",
    "shippingfull",
    "billingname",
    "shippingname",
    "customername",
    "customernote",
    "comment",
    "comments",
    "note",
    "detail",
    "details",
    "message",
    "text",
    "giftmessage",
    "shippingaddress",
    "billingaddress",
    "recipient",
    "sender",
    "additionalinformation",
];

/// What may be done with a name of a parameter: `fields` chooses what is answered, and that is masked.
const PROJECTION: &str = "fields";

/// One parameter, with its name as PHP takes it apart.
struct Parameter<'r> {
    /// What stands before the last part: the filter that it belongs to.
    of: String,
    last: String,
    value: &'r str,
}

/// Refuses a read that compares a personal field with less than a whole value, or sorts by one.
pub(super) fn check(read: &Read) -> Result<(), Refusal> {
    let context = context_of(&read.route);
    let parameters: Vec<_> = read.query.iter().filter_map(parameter).collect();
    let all = || parameters.iter();
    for parameter in all().filter(|one| one.last != PROJECTION || !one.of.is_empty()) {
        // The name of a parameter may be that of the field: `filters[email][like]=a%`.
        let names = parameter.of.split('/').chain([parameter.last.as_str()]);
        if let Some(named) = names.into_iter().find(|name| kind_of(name, context).is_some()) {
            return Err(refusal(named, "it stands in the name of a parameter"));
        }
        let Some(kind) = kind_of(parameter.value, context) else { continue };
        if parameter.last != "field" {
            // A value that happens to be the name of a field is compared with, not by.
            if parameter.last == "value" {
                continue;
            }
            return Err(refusal(parameter.value, "this is not a filter"));
        }
        let mut conditions =
            all().filter(|one| one.of == parameter.of && one.last == "conditiontype");
        let condition = conditions.next().map_or("eq", |one| one.value);
        let sorts = parameter.of.contains("sort");
        if sorts || conditions.next().is_some() {
            return Err(refusal(parameter.value, "results are not sorted by it"));
        }
        if FEW_VALUES.contains(&kind) {
            return Err(refusal(parameter.value, "it has so few values that all could be tried"));
        }
        if !WHOLE.contains(&plain(condition).as_str()) {
            let why = format!("`{}` compares with a part of it", printable(condition));
            return Err(refusal(parameter.value, &why));
        }
        for one in all().filter(|one| one.of == parameter.of && one.last == "value") {
            check_value(parameter.value, one.value)?;
        }
    }
    Ok(())
}

fn check_value(field: &str, value: &str) -> Result<(), Refusal> {
    if value.contains("[masked:") {
        return Err(refusal(field, "the value given is itself a mask, and would find nothing"));
    }
    if value.split(',').count() > LIST {
        return Err(refusal(field, &format!("a list may name {LIST} values")));
    }
    Ok(())
}

fn refusal(field: &str, why: &str) -> Refusal {
    Refusal::new(
        "mask-pii",
        format!(
            "personal data is masked here, so `{}` can only be matched whole: {why}",
            printable(field)
        ),
        "give the whole value, as `eq` or `in`, or search by something else; \
         the operator's `policy.mask_pii` asks for the mask",
    )
}

/// Without case and separators.
fn plain(text: &str) -> String {
    MemberName::new(text).as_str().to_owned()
}

fn parameter(binding: &Binding) -> Option<Parameter<'_>> {
    let BindingSource::Text(value) = &binding.value else { return None };
    let mut parts: Vec<String> =
        binding.name.split(['[', ']']).map(plain).filter(|part| !part.is_empty()).collect();
    // `[value][0]`: a list given item by item.
    while parts.len() > 1
        && parts.last().is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()))
    {
        parts.pop();
    }
    let last = parts.pop().unwrap_or_default();
    Some(Parameter { of: parts.join("/"), last, value })
}

/// Whom the rows behind a route tell of.
fn context_of(route: &str) -> PersonContext {
    let route = route.to_ascii_lowercase().replace(['-', '_'], "");
    let of_persons = OF_PERSONS.iter().any(|part| route.contains(part));
    if of_persons { PersonContext::Person } else { PersonContext::Nobody }
}

/// What is personal about a field that is searched by: `customer_email`, `billing_address.city`,
/// `main_table.customer_email`.
fn kind_of(field: &str, context: PersonContext) -> Option<PersonalDataKind> {
    if field.is_empty() || field.len() > 200 {
        return None;
    }
    let name = field.rsplit(['.', '/', '`']).find(|part| !part.is_empty()).unwrap_or(field);
    let name = MemberName::new(name);
    if let Some(kind) = members::kind_of(&name, context) {
        return Some(kind);
    }
    let searched = context != PersonContext::Nobody && SEARCHED.contains(&name.as_str());
    searched.then_some(PersonalDataKind::Name).or_else(|| members::kind_at(field, context))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use souk_model::StoreView;

    use super::*;

    fn read(route: &str, query: &[(&str, &str)]) -> Read {
        Read {
            upstream: "magento".into(),
            route: route.into(),
            path: Vec::new(),
            query: query.iter().map(|(name, value)| Binding::text(*name, *value)).collect(),
            view: StoreView::Global,
        }
    }

    fn filter<'q>(field: &'q str, condition: &'q str, value: &'q str) -> [(&'q str, &'q str); 3] {
        [
            ("searchCriteria[filter_groups][0][filters][0][field]", field),
            ("searchCriteria[filter_groups][0][filters][0][condition_type]", condition),
            ("searchCriteria[filter_groups][0][filters][0][value]", value),
        ]
    }

    const ORDERS: &str = "/V1/orders";
    const CUSTOMERS: &str = "/V1/customers/search";

    #[test]
    fn a_personal_field_is_matched_whole_or_not_at_all() {
        for field in [
            "customer_email",
            "email",
            "customer_firstname",
            "lastname",
            "telephone",
            "billing_telephone",
            "postcode",
            "billing_address.city",
            "main_table.customer_email",
            "`customer_email`",
            "CUSTOMER_EMAIL",
            "name",
            "billing_full",
            "taxvat",
            "remote_ip",
        ] {
            for (route, whole) in [(ORDERS, "eq"), (CUSTOMERS, "in"), (CUSTOMERS, "Not-Null")] {
                assert_eq!(check(&read(route, &filter(field, whole, "x"))), Ok(()), "{field}");
            }
            for part in [
                "like", "nlike", "gt", "lt", "gteq", "lteq", "from", "to", "moreq", "finset",
                "regexp", "LIKE", "", "eqnull",
            ] {
                let refused = check(&read(ORDERS, &filter(field, part, "a%"))).unwrap_err();
                assert_eq!(refused.rule, "mask-pii", "{field} {part}");
                assert!(!refused.message.contains("a%"), "{}", refused.message);
            }
        }
        assert!(check(&read(CUSTOMERS, &filter("dob", "eq", "1980-02-29"))).is_err());
        // Without a condition it is `eq`.
        assert_eq!(check(&read(CUSTOMERS, &[filter("email", "", "x")[0]])), Ok(()));
    }

    #[test]
    fn every_spelling_that_magento_takes_is_seen() {
        for [field, condition] in [
            [
                "searchCriteria[filterGroups][0][filters][0][field]",
                "searchCriteria[filterGroups][0][filters][0][conditionType]",
            ],
            [
                "search_criteria[filter_groups][0][filters][0][field]",
                "search_criteria[filter_groups][0][filters][0][condition_type]",
            ],
            [
                "search.criteria[filter_groups][a][filters][b][Field]",
                "search.criteria[filter_groups][a][filters][b][Condition_Type]",
            ],
            [
                "criteria[filter_groups][0][filters][0][field]",
                "criteria[filter_groups][0][filters][0][condition_type]",
            ],
        ] {
            assert!(check(&read(ORDERS, &[(field, "email"), (condition, "like")])).is_err());
            assert_eq!(check(&read(ORDERS, &[(field, "email"), (condition, "eq")])), Ok(()));
        }
        for query in [
            &[("searchCriteria[sortOrders][0][field]", "email")][..],
            &[("searchCriteria[sort_orders][0][field]", "customer_lastname")],
            &[("sort", "email")],
            &[("email", "a%")],
            &[("filter[email][like]", "a%")],
            &[
                ("searchCriteria[filter_groups][0][filters][0][field][0]", "email"),
                ("searchCriteria[filter_groups][0][filters][0][condition_type][0]", "like"),
            ],
            // Given twice in two spellings: which of them counts is the store's choice.
            &[
                ("searchCriteria[filter_groups][0][filters][0][field]", "email"),
                ("searchCriteria[filter_groups][0][filters][0][condition_type]", "eq"),
                ("searchCriteria[filter_groups][0][filters][0][conditionType]", "like"),
            ],
        ] {
            assert!(check(&read(ORDERS, query)).is_err(), "{query:?}");
        }
    }

    #[test]
    fn what_tells_of_nobody_is_searched_and_sorted_as_ever() {
        for query in [
            &filter("name", "like", "%tent%")[..],
            &filter("sku", "like", "TEN%"),
            &[("searchCriteria[sortOrders][0][field]", "name")],
            &[("searchCriteria", "")],
            &[("fields", "items[email,firstname],total_count")],
        ] {
            assert_eq!(check(&read("/V1/products", query)), Ok(()), "{query:?}");
        }
        for query in [
            &filter("status", "like", "pend%")[..],
            &filter("grand_total", "gt", "100"),
            &filter("created_at", "from", "2026-01-01"),
            &filter("increment_id", "eq", "email"),
            &[("searchCriteria[sortOrders][0][field]", "created_at")],
            &[("fields", "items[customer_email]")],
        ] {
            assert_eq!(check(&read(ORDERS, query)), Ok(()), "{query:?}");
        }
    }

    #[test]
    fn a_mask_is_no_value_and_a_list_is_no_dictionary() {
        assert!(check(&read(ORDERS, &filter("email", "eq", "[masked:email]"))).is_err());
        let long = vec!["a@b.de"; LIST + 1].join(",");
        assert!(check(&read(ORDERS, &filter("email", "in", &long))).is_err());
        assert!(check(&read(ORDERS, &filter("sku", "in", &long))).is_ok());
    }

    proptest! {
        /// Wherever and however the name of a personal field stands, only a whole comparison passes.
        #[test]
        fn no_spelling_of_a_part_passes(
            root in "[a-zA-Z_.]{0,12}",
            group in "[a-z0-9]{0,3}",
            condition in "(n?like|gte?q?|lte?q?|from|to|regexp|[a-z]{1,6})",
        ) {
            let whole = WHOLE.contains(&condition.as_str());
            let name = |last: &str| format!("{root}[filter_groups][{group}][filters][0][{last}]");
            let (field, kind) = (name("field"), name("condition_type"));
            let query = [(field.as_str(), "email"), (kind.as_str(), condition.as_str())];
            prop_assert_eq!(check(&read(CUSTOMERS, &query)).is_ok(), whole);
        }
    }
}
