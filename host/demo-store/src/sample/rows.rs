//! The rows of the sample's tables: a struct a file, a field a column.

use jiff::civil::{Date, DateTime};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::read::{Price, Row, Text};

/// `attributes.csv`: the product attributes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attribute {
    pub(super) id: u64,
    pub(super) code: Text,
    pub(super) label: Text,
    pub(super) input: Text,
    pub(super) backend: Backend,
    pub(super) scope: Scope,
    /// Whether the shop added it to those of Magento.
    pub(super) own: bool,
    pub(super) options: Options,
}

impl Row for Attribute {
    const HEADER: &'static str = "id,code,label,input,backend,scope,own,options";
}

/// Where the values of an attribute are kept.
#[derive(Debug, Clone, Copy, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Backend {
    Static,
    Varchar,
    Text,
    Int,
    Decimal,
    Datetime,
}

/// How far a value of an attribute reaches.
#[derive(Debug, Clone, Copy, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Scope {
    Global,
    Website,
    Store,
}

/// `categories.csv`, each after its parent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    pub(super) id: u64,
    /// The name of the category above; none for the one at the top.
    pub(super) parent: Option<Text>,
    pub(super) name: Text,
    pub(super) german: Text,
    pub(super) in_menu: bool,
    pub(super) active: bool,
}

impl Row for Category {
    const HEADER: &'static str = "id,parent,name,german,in_menu,active";
}

/// `goods.csv`: what is sold as it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Good {
    pub(super) sku: Text,
    #[serde(rename = "type")]
    pub(super) kind: ProductType,
    pub(super) category: Text,
    pub(super) name: Text,
    pub(super) german: Text,
    pub(super) price: Price,
    pub(super) grams: u32,
    pub(super) material: Option<Text>,
    pub(super) brand: Text,
    /// How many there are at the default source.
    pub(super) quantity: u32,
    /// Codes of the websites it is sold on.
    pub(super) websites: Words,
    /// One sentence, without its full stop.
    pub(super) about: Text,
}

impl Row for Good {
    const HEADER: &'static str =
        "sku,type,category,name,german,price,grams,material,brand,quantity,websites,about";
}

/// The types of products in `goods.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ProductType {
    Simple,
    Virtual,
    Grouped,
}

/// `garments.csv`: what is sold in sizes and colours. Each pair of them is a product of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Garment {
    pub(super) sku: Text,
    pub(super) category: Text,
    pub(super) name: Text,
    pub(super) german: Text,
    pub(super) price: Price,
    pub(super) grams: u32,
    pub(super) material: Option<Text>,
    pub(super) brand: Text,
    /// Labels of options of `size`.
    pub(super) sizes: Words,
    /// Labels of options of `color`.
    pub(super) colours: Words,
    pub(super) about: Text,
}

impl Row for Garment {
    const HEADER: &'static str =
        "sku,category,name,german,price,grams,material,brand,sizes,colours,about";
}

impl Garment {
    /// The SKUs of its variants, colour by colour.
    pub(super) fn variants(&self) -> Vec<String> {
        let colours = self.colours.0.iter();
        colours
            .flat_map(|colour| self.sizes.0.iter().map(|size| self.variant(colour, size)))
            .collect()
    }

    /// The SKU of one variant.
    pub(super) fn variant(&self, colour: &str, size: &str) -> String {
        format!("{}-{}-{size}", self.sku, colour.to_uppercase())
    }
}

/// `sales.csv`: special prices.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sale {
    pub(super) sku: Text,
    pub(super) price: Price,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
    /// Whether it is shown in the category `Sale`.
    pub(super) in_sale_category: bool,
}

impl Row for Sale {
    const HEADER: &'static str = "sku,price,from,to,in_sale_category";
}

/// `links.csv`: products that lead to others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    pub(super) sku: Text,
    #[serde(rename = "type")]
    pub(super) kind: LinkType,
    pub(super) linked_sku: Text,
    pub(super) position: u32,
    /// How many of it a grouped product has.
    pub(super) quantity: Option<u32>,
}

impl Row for Link {
    const HEADER: &'static str = "sku,type,linked_sku,position,quantity";
}

/// How two products belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LinkType {
    /// It is a part of the grouped product.
    Associated,
    Related,
}

/// `faults.csv`: what is wrong with the shop's products, on purpose.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProductFault {
    pub(super) sku: Text,
    pub(super) fault: Fault,
}

impl Row for ProductFault {
    const HEADER: &'static str = "sku,fault";
}

/// One way in which a product is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fault {
    /// Sold out, though shown.
    SoldOut,
    /// Switched off and forgotten.
    Disabled,
    NoPicture,
    NoCategory,
    /// Its price is 0.
    Free,
    NoMeta,
    NoDescription,
    /// The German view has the English name; the trade's has an empty description.
    Untranslated,
}

/// `customers.csv`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Customer {
    pub(super) firstname: Text,
    pub(super) lastname: Text,
    pub(super) email: Text,
    /// The code of the store view in which the account was made.
    pub(super) view: Text,
    /// The id of the customer group.
    pub(super) group: u64,
    /// Without a street there is no address at all.
    pub(super) street: Option<Text>,
    pub(super) postcode: Option<Text>,
    pub(super) city: Option<Text>,
    pub(super) country: Option<Text>,
    pub(super) telephone: Option<Text>,
}

impl Row for Customer {
    const HEADER: &'static str =
        "firstname,lastname,email,view,group,street,postcode,city,country,telephone";
}

/// `guests.csv`: who ordered without an account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guest {
    pub(super) email: Text,
    pub(super) firstname: Text,
    pub(super) lastname: Text,
    pub(super) street: Text,
    pub(super) postcode: Text,
    pub(super) city: Text,
    pub(super) country: Text,
    pub(super) telephone: Text,
}

impl Row for Guest {
    const HEADER: &'static str = "email,firstname,lastname,street,postcode,city,country,telephone";
}

/// `orders.csv`: what was ordered.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    /// Its number among the orders, counted from 1.
    pub(super) order: u64,
    pub(super) placed: DateTime,
    pub(super) email: Text,
    /// The code of the store view.
    pub(super) view: Text,
    pub(super) basket: Quantities,
    /// A code, or the beginning of generated ones: then the next that nobody used.
    pub(super) coupon: Option<Text>,
    /// The code of the payment method.
    pub(super) payment: Text,
}

impl Row for Order {
    const HEADER: &'static str = "order,placed,email,view,basket,coupon,payment";
}

/// `order_events.csv`: what became of the orders. The events of all of them happen in the order of
/// their time, those of one order twenty-one minutes apart if they are on the same day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderEvent {
    pub(super) order: u64,
    /// Days after the order was placed.
    pub(super) days: i64,
    pub(super) event: Event,
    /// Some of the order's goods; all that is left if there are none.
    pub(super) goods: Quantities,
    pub(super) comment: Option<Text>,
}

impl Row for OrderEvent {
    const HEADER: &'static str = "order,days,event,goods,comment";
}

/// What may happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Event {
    Invoice,
    Ship,
    /// The goods come back.
    Refund,
    /// The customer keeps the goods.
    RefundWithoutReturn,
    Cancel,
    Hold,
    Unhold,
    /// The order is marked as fraud, with a comment.
    Fraud,
    Comment,
    /// The invoice is out and the money is not in.
    NotPaid,
    /// The payment is being looked at.
    PaymentReview,
    /// The customer is still at the payment provider.
    PendingPayment,
}

impl Event {
    /// Whether somebody says something.
    pub(super) const fn needs_comment(self) -> bool {
        matches!(self, Self::Comment | Self::Fraud)
    }

    /// Whether it may be about some of the goods.
    pub(super) const fn takes_goods(self) -> bool {
        matches!(self, Self::Invoice | Self::Ship | Self::Refund | Self::RefundWithoutReturn)
    }
}

/// Words separated by blanks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        for (at, word) in words.iter().enumerate() {
            if word.is_empty() || words[..at].contains(word) {
                return Err(D::Error::custom(format!("`{word}` is there twice, or empty")));
            }
        }
        Ok(Self(words))
    }
}

/// `SKU*quantity` separated by blanks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Quantities(pub(super) Vec<(String, u32)>);

impl<'de> Deserialize<'de> for Quantities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut parts: Vec<(String, u32)> = Vec::new();
        for part in text.split(' ').filter(|_| !text.is_empty()) {
            let pair = part.split_once('*').and_then(|(sku, quantity)| {
                Some((sku, quantity.parse::<u32>().ok().filter(|quantity| *quantity > 0)?))
            });
            match pair {
                Some((sku, _)) if parts.iter().any(|(known, _)| known == sku) => {
                    return Err(D::Error::custom(format!("`{sku}` is there twice")));
                }
                Some((sku, quantity)) if !sku.is_empty() => parts.push((sku.to_owned(), quantity)),
                _ => return Err(D::Error::custom(format!("`{part}` is not `SKU*quantity`"))),
            }
        }
        Ok(Self(parts))
    }
}

/// `value=label` separated by `; `.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Options(pub(super) Vec<(u64, String)>);

impl Options {
    /// The value of the option with this label.
    pub(super) fn value(&self, label: &str) -> Option<u64> {
        self.0.iter().find(|(_, known)| known == label).map(|(value, _)| *value)
    }
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut options: Vec<(u64, String)> = Vec::new();
        for part in text.split("; ").filter(|_| !text.is_empty()) {
            let pair = part
                .split_once('=')
                .and_then(|(value, label)| Some((value.parse::<u64>().ok()?, label)))
                .filter(|(_, label)| !label.is_empty() && !label.contains('='));
            let Some((value, label)) = pair else {
                return Err(D::Error::custom(format!("`{part}` is not `value=label`")));
            };
            if options.iter().any(|(known, name)| *known == value || name == label) {
                return Err(D::Error::custom(format!("`{part}` is there twice")));
            }
            options.push((value, label.to_owned()));
        }
        Ok(Self(options))
    }
}
