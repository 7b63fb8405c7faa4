//! What a body holds: its members by name, and what kind of value each is.

use std::collections::BTreeMap;

use souk_model::Decimal;

use super::names::plain;

/// Which price a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PriceKind {
    /// The product's own.
    Base,
    /// What a product costs while it is on sale, in place of its own.
    Special,
    /// What it costs for a customer group, from a quantity on.
    Group,
    /// What it costs the merchant.
    Cost,
    /// What an option adds.
    Option,
}

/// What kind of value a member of a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Names the subject or something else: an id, a code, a sku.
    Identifier,
    /// Words, a date, a choice that is none of the others.
    Text,
    /// Yes or no.
    Flag,
    /// What decides whether it is seen, sold or in force.
    Status,
    /// A number that is none of the others.
    Number,
    /// A price.
    Price(PriceKind),
    /// A quantity.
    Quantity,
    /// Per cent that are taken off.
    Percent,
    /// Per cent that are left of the price: the rest is taken off.
    PercentLeft,
    /// An amount of money that is taken off.
    Discount,
    /// Other money: of a refund, of shipping.
    Money,
    /// What it is another member decides, and that one does not stand in the body or says something
    /// unknown: a discount of a rule of an unknown action. To be read in the store, or taken for the
    /// worst.
    Undecided,
    /// A list or an object with nothing in it, where one is expected: it may take something away.
    Empty,
    /// No entry says what it is.
    Unknown,
}

impl FieldKind {
    /// Whether it is a number that guards look at, so that one which cannot be read is refused.
    #[must_use]
    pub const fn is_guarded_number(self) -> bool {
        matches!(
            self,
            Self::Price(_)
                | Self::Quantity
                | Self::Percent
                | Self::PercentLeft
                | Self::Discount
                | Self::Money
                | Self::Undecided
        )
    }

    /// What people call it, where a reviewer should know of it: what a guard looks at, and what decides
    /// whether something is seen, sold or in force.
    #[must_use]
    pub const fn review_word(self) -> Option<&'static str> {
        Some(match self {
            Self::Price(PriceKind::Base) => "price",
            Self::Price(PriceKind::Special) => "special price",
            Self::Price(PriceKind::Group) => "group price",
            Self::Price(PriceKind::Cost) => "cost",
            Self::Price(PriceKind::Option) => "price of an option",
            Self::Quantity => "quantity",
            Self::Percent | Self::PercentLeft | Self::Discount | Self::Undecided => "discount",
            Self::Money => "money",
            Self::Status => "status",
            Self::Unknown => "not known to the host",
            Self::Identifier | Self::Text | Self::Flag | Self::Number | Self::Empty => return None,
        })
    }

    /// The kind of this word of the catalogue.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "identifier" => Self::Identifier,
            "text" => Self::Text,
            "flag" => Self::Flag,
            "status" => Self::Status,
            "number" => Self::Number,
            "price" => Self::Price(PriceKind::Base),
            "special-price" => Self::Price(PriceKind::Special),
            "group-price" => Self::Price(PriceKind::Group),
            "cost" => Self::Price(PriceKind::Cost),
            "option-price" => Self::Price(PriceKind::Option),
            "quantity" => Self::Quantity,
            "percent" => Self::Percent,
            "percent-left" => Self::PercentLeft,
            "discount" => Self::Discount,
            "money" => Self::Money,
            "undecided" => Self::Undecided,
            _ => return None,
        })
    }

    /// What a number of this kind may be, where its entry says nothing else.
    const fn limit(self) -> NumberLimit {
        match self {
            Self::Price(_) | Self::Quantity | Self::Discount | Self::Money => {
                NumberLimit { least: Some(Decimal::ZERO), most: None }
            }
            Self::Percent | Self::PercentLeft => {
                NumberLimit { least: Some(Decimal::ZERO), most: Some(Decimal::ONE_HUNDRED) }
            }
            _ => NumberLimit { least: None, most: None },
        }
    }
}

/// What a number may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NumberLimit {
    /// Not below it.
    pub least: Option<Decimal>,
    /// Not above it.
    pub most: Option<Decimal>,
}

/// What decides the kind of a member: another member of the same object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KindChoice {
    /// The other member's name.
    pub(super) by: String,
    /// What it says, in lower case, and what this member then is.
    pub(super) kinds: BTreeMap<String, FieldKind>,
}

/// One value: its kind and limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ValueSpec {
    pub(super) kind: FieldKind,
    pub(super) choice: Option<KindChoice>,
    limit: Option<NumberLimit>,
}

impl ValueSpec {
    pub(super) const fn of(kind: FieldKind) -> Self {
        Self { kind, choice: None, limit: None }
    }

    pub(super) const fn new(
        kind: FieldKind,
        choice: Option<KindChoice>,
        limit: Option<NumberLimit>,
    ) -> Self {
        Self { kind, choice, limit }
    }

    pub(super) fn limit(&self, kind: FieldKind) -> NumberLimit {
        self.limit.unwrap_or_else(|| kind.limit())
    }
}

/// A shape, by its place in the catalogue's list.
pub(super) type ShapeIndex = usize;

/// What a member of a body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MemberSpec {
    /// One value.
    Value(ValueSpec),
    /// A list of values of one kind.
    Values(ValueSpec),
    /// An object.
    Object(ShapeIndex),
    /// A list of objects.
    Rows(ShapeIndex),
    /// A list of attributes, `{attribute_code, value}`, whose members the shape names.
    Attributes(ShapeIndex),
}

/// The members of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shape {
    members: BTreeMap<String, MemberSpec>,
}

impl Shape {
    /// Adds a member.
    ///
    /// # Errors
    /// It is there already, perhaps in another spelling.
    pub(super) fn add(&mut self, name: &str, spec: MemberSpec) -> Result<(), String> {
        match self.members.insert(plain(name), spec) {
            None => Ok(()),
            Some(_) => Err(format!("`{name}` stands in it twice")),
        }
    }

    /// The member of this name, however it is spelled.
    pub(super) fn member(&self, name: &str) -> Option<&MemberSpec> {
        self.members.get(&plain(name))
    }
}
