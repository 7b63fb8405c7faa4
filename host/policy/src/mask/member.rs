//! Which members hold personal data, by their names and by what stands around them.

use super::Kind;

/// What stands around a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// Nothing that tells of a person.
    Anything,
    /// A person: a customer, a recipient.
    Person,
    /// A postal address.
    Address,
}

/// Members that are personal wherever they stand; compared without case and separators, as all
/// names here.
const ANYWHERE: &[(Kind, &[&str])] = &[
    (Kind::Email, &["email", "emailaddress", "useremail"]),
    (
        Kind::Phone,
        &[
            "telephone",
            "telephonenumber",
            "phone",
            "phonenumber",
            "mobile",
            "mobilephone",
            "mobilenumber",
            "cellphone",
            "fax",
            "faxnumber",
        ],
    ),
    (
        Kind::Name,
        &[
            "firstname",
            "middlename",
            "lastname",
            "fullname",
            "givenname",
            "surname",
            "familyname",
            "nickname",
        ],
    ),
    (Kind::Company, &["company", "companyname"]),
    (Kind::Vat, &["vatid", "vatnumber", "taxvat", "taxid"]),
    (Kind::Birth, &["dob", "dateofbirth", "birthdate", "birthday"]),
    (Kind::Ip, &["remoteip", "xforwardedfor", "ipaddress", "clientip"]),
];

/// Members that are personal in an address, of a person, or with a person's name before theirs
/// (`billing_city`).
const OF_A_PERSON: &[(Kind, &[&str])] = &[
    (Kind::Name, &["name", "prefix", "suffix"]),
    (
        Kind::Address,
        &[
            "street",
            "street1",
            "street2",
            "street3",
            "street4",
            "streetline1",
            "streetline2",
            "streetname",
            "streetnumber",
            "housenumber",
            "address1",
            "address2",
            "addressline1",
            "addressline2",
            "line1",
            "line2",
            "postcode",
            "postalcode",
            "zip",
            "zipcode",
            "city",
            "town",
        ],
    ),
    (Kind::Ip, &["ip"]),
];

/// Whoever is called so is a person.
const PERSONS: &[&str] = &[
    "customer",
    "guest",
    "recipient",
    "sender",
    "buyer",
    "contact",
    "subscriber",
    "person",
    "reviewer",
];

/// What stands before a member's own name where an order holds an address member by member.
const BEFORE: &[&str] = &[
    "customer",
    "billing",
    "shipping",
    "recipient",
    "sender",
    "guest",
    "buyer",
    "contact",
    "subscriber",
];

/// A member's name without case and separators.
pub(super) struct Name(String);

impl Name {
    pub(super) fn new(name: &str) -> Self {
        Self(name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

fn listed(list: &[(Kind, &[&str])], plain: &str) -> Option<Kind> {
    list.iter().find(|(_, names)| names.contains(&plain)).map(|(kind, _)| *kind)
}

/// What is personal about a text or a number that is called so.
pub(super) fn kind(name: &Name, around: Around) -> Option<Kind> {
    let name = name.as_str();
    if let Some(kind) = listed(ANYWHERE, name) {
        return Some(kind);
    }
    if around != Around::Anything
        && let Some(kind) = listed(OF_A_PERSON, name)
    {
        return Some(kind);
    }
    let of_whom = BEFORE.iter().find_map(|before| name.strip_prefix(before));
    if let Some(kind) = of_whom.and_then(|own| listed(ANYWHERE, own).or(listed(OF_A_PERSON, own))) {
        return Some(kind);
    }
    // An address as one text: `shipping_address` of the list of orders.
    (name.ends_with("address") || name.ends_with("addresses")).then_some(Kind::Address)
}

/// What stands around the members of an object that is called so.
pub(super) fn around(name: &Name, outside: Around) -> Around {
    let plain = name.as_str();
    if plain.contains("address")
        && !plain.starts_with("ipaddress")
        && !plain.starts_with("emailaddress")
    {
        return Around::Address;
    }
    // What extends an object belongs to it.
    if plain == "extensionattributes" || plain == "customattributes" {
        return outside;
    }
    if is_person(name) { Around::Person } else { Around::Anything }
}

/// Whether whatever is called so is a person, or persons.
pub(super) fn is_person(name: &Name) -> bool {
    let name = name.as_str();
    PERSONS.contains(&name.strip_suffix('s').unwrap_or(name))
}

/// What the members of an object tell of the object itself.
pub(super) fn told_by(names: &[Name], outside: Around) -> Around {
    if outside != Around::Anything {
        return outside;
    }
    let (mut has_name, mut has_email, mut has_code) = (false, false, false);
    for name in names {
        match name.as_str() {
            "firstname" | "lastname" => return Around::Person,
            "name" => has_name = true,
            "email" => has_email = true,
            // Stores, websites and warehouses have a code of their own; persons do not.
            "code" | "sourcecode" => has_code = true,
            _ => {}
        }
    }
    if has_name && has_email && !has_code { Around::Person } else { Around::Anything }
}

/// What is personal about the value that a place leads to: `/addresses/0/city`,
/// `billing_address.street`, `/custom_attributes/[attribute_code=dob]/value`.
pub(super) fn kind_at(place: &str, around: Around) -> Option<Kind> {
    // What was masked tells nothing.
    if place.contains("[masked:") {
        return None;
    }
    // A label of words: `First name`.
    if let Some(kind) = kind(&Name::new(place), around) {
        return Some(kind);
    }
    let mut within = around;
    let mut steps = place
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
        .filter(|step| !step.is_empty() && !step.bytes().all(|b| b.is_ascii_digit()))
        .filter(|step| !matches!(*step, "value" | "attribute_code"))
        .peekable();
    while let Some(step) = steps.next() {
        let step = Name::new(step);
        if steps.peek().is_none() {
            return kind(&step, within);
        }
        within = self::around(&step, within);
    }
    None
}
