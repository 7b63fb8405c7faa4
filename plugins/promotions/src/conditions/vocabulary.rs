//! The words of conditions: Magento's classes, operators and attributes, and ours for them.

/// The namespace of all classes of conditions.
const NAMESPACE: &str = "Magento\\SalesRule\\Model\\Rule\\Condition\\";

/// A class of conditions that Magento has. It drops any other silently, so that the rule applies
/// more widely than was asked (`promotions_write.jsonl`, `cond-bad-type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConditionClass {
    /// All or any of its parts, about the cart.
    Combine,
    /// An attribute of the cart and its addresses.
    Address,
    /// A product is in the cart, or is not.
    Found,
    /// How many, or for how much, of certain products is in the cart.
    Subselect,
    /// An attribute of a product in the cart.
    Product,
    /// All or any of its parts, about one product.
    ProductCombine,
}

/// Each class and the last part of its name.
const CLASSES: [(ConditionClass, &str); 6] = [
    (ConditionClass::Combine, "Combine"),
    (ConditionClass::Address, "Address"),
    (ConditionClass::Found, "Product\\Found"),
    (ConditionClass::Subselect, "Product\\Subselect"),
    (ConditionClass::Product, "Product"),
    (ConditionClass::ProductCombine, "Product\\Combine"),
];

impl ConditionClass {
    pub(crate) fn name(self) -> String {
        let last = CLASSES.iter().find(|(class, _)| *class == self).map_or("", |(_, last)| last);
        [NAMESPACE, last].concat()
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.strip_prefix('\\').unwrap_or(name);
        CLASSES.iter().map(|(class, _)| *class).find(|class| class.name() == name)
    }

    /// Whether it holds other conditions.
    pub(crate) const fn holds_others(self) -> bool {
        !matches!(self, Self::Address | Self::Product)
    }
}

/// How a value is compared: our word, the symbol that Magento keeps.
const OPERATORS: [(&str, &str); 10] = [
    ("eq", "=="),
    ("neq", "!="),
    ("gteq", ">="),
    ("lteq", "<="),
    ("gt", ">"),
    ("lt", "<"),
    ("in", "()"),
    ("nin", "!()"),
    ("contains", "{}"),
    ("ncontains", "!{}"),
];

/// The symbol for a word or a symbol. An unknown one is kept by Magento and never holds
/// (`promotions_write.jsonl`, `cond-bad-op`).
pub(crate) fn operator(word: &str) -> Option<&'static str> {
    let word = if word == "=" { "==" } else { word };
    OPERATORS
        .into_iter()
        .find(|(name, symbol)| *name == word || *symbol == word)
        .map(|(_, symbol)| symbol)
}

/// Every operator, for refusals.
pub(crate) fn operators() -> String {
    let both = |(name, symbol)| format!("{name} ({symbol})");
    OPERATORS.map(both).join(", ")
}

/// Whether an operator compares with a list.
pub(crate) fn takes_a_list(symbol: &str) -> bool {
    matches!(symbol, "()" | "!()")
}

/// An attribute with a name of its own here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute {
    /// Our word.
    pub(crate) word: &'static str,
    /// Magento's code.
    pub(crate) code: &'static str,
    /// Whether its values are numbers.
    pub(crate) numeric: bool,
}

const fn attribute(word: &'static str, code: &'static str, numeric: bool) -> Attribute {
    Attribute { word, code, numeric }
}

/// What the cart and its addresses have. Magento has no others.
pub(crate) const CART: [Attribute; 11] = [
    attribute("subtotal", "base_subtotal", true),
    attribute("subtotal_with_discount", "base_subtotal_with_discount", true),
    attribute("subtotal_incl_tax", "base_subtotal_total_incl_tax", true),
    attribute("quantity", "total_qty", true),
    attribute("weight", "weight", true),
    attribute("country", "country_id", false),
    attribute("region", "region", false),
    attribute("region_id", "region_id", true),
    attribute("postcode", "postcode", false),
    attribute("payment_method", "payment_method", false),
    attribute("shipping_method", "shipping_method", false),
];

/// What a product in the cart has beside its own attributes.
pub(crate) const ITEM: [Attribute; 5] = [
    attribute("category", "category_ids", false),
    attribute("attribute_set", "attribute_set_id", true),
    attribute("price_in_cart", "quote_item_price", true),
    attribute("quantity_in_cart", "quote_item_qty", true),
    attribute("row_total_in_cart", "quote_item_row_total", true),
];

/// The attribute of that list that goes by our word or Magento's code.
pub(crate) fn known(list: &[Attribute], word: &str) -> Option<Attribute> {
    list.iter().find(|attribute| attribute.word == word || attribute.code == word).copied()
}
