//! Which members hold personal data, by their names and by what stands around them.

use super::kind::PersonalDataKind;

/// Of whom a member tells, by what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PersonContext {
    /// Nothing that tells of a person.
    Nobody,
    /// A person: a customer, a recipient.
    Person,
    /// A postal address.
    Address,
}

/// Members that are personal wherever they stand; compared without case and separators, as all
/// names here.
const ANYWHERE: &[(PersonalDataKind, &[&str])] = &[
    (PersonalDataKind::Email, &["email", "emailaddress", "useremail"]),
    (
        PersonalDataKind::Phone,
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
        PersonalDataKind::Name,
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
    (PersonalDataKind::Company, &["company", "companyname"]),
    (PersonalDataKind::Vat, &["vatid", "vatnumber", "taxvat", "taxid"]),
    (PersonalDataKind::Birth, &["dob", "dateofbirth", "birthdate", "birthday"]),
    (PersonalDataKind::Ip, &["remoteip", "xforwardedfor", "ipaddress", "clientip"]),
];

/// Members that are personal in an address, of a person, or with a person's name before theirs
/// (`billing_city`).
const OF_A_PERSON: &[(PersonalDataKind, &[&str])] = &[
    (PersonalDataKind::Name, &["name", "prefix", "suffix"]),
    (
        PersonalDataKind::Address,
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
    (PersonalDataKind::Ip, &["ip"]),
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
const NAME_PREFIXES: &[&str] = &[
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

/// Where somebody lives by and large, from a list of the store's: it stays.
const LISTED_PLACES: &[&str] = &["country", "countryid", "countrycode", "regioncode", "regionid"];

/// How a text that tells of a place is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceText {
    /// It is of a list, whoever is called like it.
    Listed,
    /// A region: of a list where it has an id, and else anybody may have written it.
    Region,
    /// A region too, or the state of an order, which is a word of the store's.
    State,
}

/// Whether a text that is called so tells by and large of a place: that stays, and what somebody wrote
/// into it does not.
pub(super) fn place_text(name: &MemberName) -> Option<PlaceText> {
    match name.as_str() {
        "region" => Some(PlaceText::Region),
        "state" => Some(PlaceText::State),
        name => LISTED_PLACES.contains(&name).then_some(PlaceText::Listed),
    }
}

/// A member's name without case and separators.
pub(super) struct MemberName(String);

impl MemberName {
    pub(super) fn new(name: &str) -> Self {
        Self(name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

fn kind_in(list: &[(PersonalDataKind, &[&str])], plain: &str) -> Option<PersonalDataKind> {
    list.iter().find(|(_, names)| names.contains(&plain)).map(|(kind, _)| *kind)
}

/// What is personal about a text or a number that is called so.
pub(super) fn kind_of(name: &MemberName, context: PersonContext) -> Option<PersonalDataKind> {
    let name = name.as_str();
    if let Some(kind) = kind_in(ANYWHERE, name) {
        return Some(kind);
    }
    if context != PersonContext::Nobody
        && let Some(kind) = kind_in(OF_A_PERSON, name)
    {
        return Some(kind);
    }
    let of_whom = NAME_PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    if let Some(kind) = of_whom.and_then(|own| kind_in(ANYWHERE, own).or(kind_in(OF_A_PERSON, own)))
    {
        return Some(kind);
    }
    // An address as one text: `shipping_address` of the list of orders.
    (name.ends_with("address") || name.ends_with("addresses")).then_some(PersonalDataKind::Address)
}

/// What stands around the members of an object that is called so.
pub(super) fn context_within(name: &MemberName, outside: PersonContext) -> PersonContext {
    let plain = name.as_str();
    if plain.contains("address")
        && !plain.starts_with("ipaddress")
        && !plain.starts_with("emailaddress")
    {
        return PersonContext::Address;
    }
    // What extends an object belongs to it.
    if plain == "extensionattributes" || plain == "customattributes" {
        return outside;
    }
    if is_person(name) { PersonContext::Person } else { PersonContext::Nobody }
}

/// Whether whatever is called so is a person, or persons.
pub(super) fn is_person(name: &MemberName) -> bool {
    let name = name.as_str();
    PERSONS.contains(&name.strip_suffix('s').unwrap_or(name))
}

/// What the members of an object tell of the object itself.
pub(super) fn context_of_members(names: &[MemberName], outside: PersonContext) -> PersonContext {
    if outside != PersonContext::Nobody {
        return outside;
    }
    let (mut has_name, mut has_email, mut has_code) = (false, false, false);
    for name in names {
        match name.as_str() {
            "firstname" | "lastname" => return PersonContext::Person,
            "name" => has_name = true,
            "email" => has_email = true,
            // Stores, websites and warehouses have a code of their own; persons do not.
            "code" | "sourcecode" => has_code = true,
            _ => {}
        }
    }
    if has_name && has_email && !has_code { PersonContext::Person } else { PersonContext::Nobody }
}

/// What is personal about the value that a path leads to: `/addresses/0/city`,
/// `billing_address.street`, `/custom_attributes/[attribute_code=dob]/value`.
pub(super) fn kind_at(path: &str, context: PersonContext) -> Option<PersonalDataKind> {
    // What was masked tells nothing.
    if path.contains("[masked:") {
        return None;
    }
    // A label of words: `First name`.
    if let Some(kind) = kind_of(&MemberName::new(path), context) {
        return Some(kind);
    }
    let mut within = context;
    let mut steps = steps(path).peekable();
    while let Some(step) = steps.next() {
        if steps.peek().is_none() {
            return kind_of(&step, within);
        }
        within = context_within(&step, within);
    }
    None
}

/// Whether a path leads to an attribute by its number in a list, which does not say which one it is:
/// `/custom_attributes/0/value`.
pub(super) fn is_attribute_by_number(path: &str) -> bool {
    let is_number = |step: &str| !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit());
    let mut steps = path.split('/').skip_while(|step| {
        !matches!(MemberName::new(step).as_str(), "customattributes" | "attributes")
    });
    steps.next().is_some() && steps.next().is_some_and(is_number)
}

/// Of whom the members of an object tell that a path leads to: `/customer`,
/// `/billing_address/extension_attributes`.
pub(super) fn context_at(path: &str, context: PersonContext) -> PersonContext {
    if path.contains("[masked:") {
        return PersonContext::Nobody;
    }
    steps(path).fold(context, |within, step| context_within(&step, within))
}

/// The names of a path.
fn steps(path: &str) -> impl Iterator<Item = MemberName> {
    path.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
        .filter(|step| !step.is_empty() && !step.bytes().all(|b| b.is_ascii_digit()))
        .filter(|step| !matches!(*step, "value" | "attribute_code"))
        .map(MemberName::new)
}
