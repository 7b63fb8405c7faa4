//! The sample's nested files: a struct a file.

use jiff::civil::{Date, DateTime};
use serde::Deserialize;
use toml::Spanned;

use super::read::{Price, Text};

/// `stores.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoresFile {
    pub(super) stocked: DateTime,
    pub(super) websites: Vec<Spanned<Website>>,
    pub(super) groups: Vec<Spanned<Group>>,
    pub(super) views: Vec<Spanned<View>>,
    pub(super) customer_groups: Vec<Spanned<CustomerGroup>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Website {
    pub(super) id: u32,
    pub(super) code: Text,
    pub(super) name: Text,
}

/// A store group, which belongs to the website with the same id.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) id: u32,
    pub(super) code: Text,
    pub(super) name: Text,
    pub(super) root_category: u64,
    pub(super) default_view: Text,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct View {
    pub(super) id: u32,
    pub(super) code: Text,
    pub(super) name: Text,
    pub(super) website: Text,
    pub(super) locale: Option<Text>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerGroup {
    pub(super) id: u64,
    pub(super) code: Text,
}

/// `credentials.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CredentialsFile {
    pub(super) credentials: Vec<Spanned<Login>>,
}

/// One way in.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Login {
    Admin {
        username: Text,
        password: Text,
    },
    Oauth {
        name: Text,
        consumer_key: Text,
        consumer_secret: Text,
        access_token: Text,
        access_token_secret: Text,
        /// Beginnings of the access control resources that it may read. Without, it may do everything.
        only_reads: Option<Vec<Text>>,
    },
    Bearer {
        name: Text,
        token: Text,
    },
    Customer {
        email: Text,
        password: Text,
    },
}

/// `warehouses.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WarehousesFile {
    pub(super) sources: Vec<Spanned<Source>>,
    pub(super) stocks: Vec<Spanned<Stock>>,
    pub(super) spread: Spanned<Spread>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) code: Text,
    pub(super) name: Text,
    pub(super) city: Text,
    pub(super) postcode: Text,
    pub(super) country: Text,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stock {
    pub(super) name: Text,
    pub(super) website: Text,
    pub(super) sources: Vec<Text>,
}

/// What is at another source than the default one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spread {
    pub(super) website: Text,
    pub(super) source: Text,
    pub(super) times: u32,
    pub(super) but_every: std::num::NonZeroU64,
}

/// `content.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContentFile {
    pub(super) pages: Vec<Spanned<Page>>,
    pub(super) blocks: Vec<Spanned<Block>>,
}

/// A CMS page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    pub(super) identifier: Text,
    pub(super) view: Option<Text>,
    pub(super) title: Text,
    pub(super) heading: Option<Text>,
    pub(super) content: Text,
    #[serde(default = "yes")]
    pub(super) active: bool,
}

/// A CMS block.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    pub(super) identifier: Text,
    pub(super) view: Option<Text>,
    pub(super) title: Text,
    pub(super) content: Text,
    #[serde(default = "yes")]
    pub(super) active: bool,
}

/// `promotions.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PromotionsFile {
    pub(super) rules: Vec<Spanned<Rule>>,
}

/// A cart price rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) name: Text,
    pub(super) websites: Vec<Text>,
    /// Ids of customer groups.
    pub(super) groups: Vec<u64>,
    pub(super) from: Date,
    pub(super) to: Option<Date>,
    #[serde(default = "yes")]
    pub(super) active: bool,
    pub(super) action: DiscountAction,
    #[serde(default)]
    pub(super) amount: u64,
    /// What the basket must come to.
    pub(super) from_subtotal: Option<u32>,
    /// Its one coupon.
    pub(super) coupon: Option<Text>,
    /// Its generated coupons.
    pub(super) coupons: Option<GeneratedCoupons>,
    #[serde(default)]
    pub(super) uses_per_coupon: u64,
    pub(super) label: Option<Text>,
}

/// How many coupons are generated, and how they look.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GeneratedCoupons {
    pub(super) prefix: Text,
    pub(super) quantity: u32,
    pub(super) length: u32,
}

/// What a rule does to the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DiscountAction {
    ByPercent,
    ByFixed,
    CartFixed,
    BuyXGetY,
}

/// `checkout.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckoutFile {
    pub(super) currencies: Vec<Spanned<Currency>>,
    pub(super) tax: Spanned<Tax>,
    pub(super) shipping: Vec<Spanned<ShippingMethod>>,
    pub(super) payment: Vec<Spanned<PaymentMethod>>,
}

/// The currency of orders from a country, and how much of it a euro is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Currency {
    pub(super) country: Text,
    pub(super) code: Text,
    pub(super) rate: Price,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tax {
    pub(super) website: Text,
    pub(super) country: Text,
    pub(super) percent: Price,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShippingMethod {
    pub(super) website: Text,
    #[serde(default)]
    pub(super) from_subtotal: Price,
    pub(super) code: Text,
    pub(super) name: Text,
    pub(super) price: Price,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentMethod {
    pub(super) code: Text,
    pub(super) name: Text,
}

const fn yes() -> bool {
    true
}
