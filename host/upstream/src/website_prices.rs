//! What products cost on each website of a store that keeps prices per website: a sale that is set for all
//! of them is a sale on each.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use souk_model::{Decimal, Failure};

use crate::session::Session;
use crate::store::base_urls::STORE_CONFIGS;
use crate::wire::address::{ApiTarget, StoreApi};

/// Skus in one request: an address has some thousands of characters.
const AT_ONCE: usize = 40;

#[derive(Deserialize)]
struct RawAttribute {
    scope: String,
}

#[derive(Deserialize)]
struct RawView {
    website_id: u64,
    code: String,
}

#[derive(Deserialize)]
struct RawList {
    #[serde(default)]
    items: Vec<RawProduct>,
}

#[derive(Deserialize)]
struct RawProduct {
    sku: String,
    #[serde(default)]
    price: Value,
    #[serde(default)]
    custom_attributes: Vec<RawValue>,
}

#[derive(Deserialize)]
struct RawValue {
    attribute_code: String,
    value: Value,
}

/// A product as a website sells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebsiteProduct {
    /// The code of the website's store view by which it was read.
    pub view: String,
    /// The sku, as the store spells it.
    pub sku: String,
    /// What it costs, where it has a price.
    pub price: Option<Decimal>,
    /// Its sale's price, whether or not the sale is on.
    pub sale: Option<Decimal>,
}

impl WebsiteProduct {
    fn read_at(view: &str, raw: RawProduct) -> Self {
        let mut values = raw.custom_attributes.iter();
        let sale = values.find(|value| value.attribute_code == "special_price");
        Self {
            view: view.to_owned(),
            price: Decimal::from_json(&raw.price),
            sale: sale.and_then(|sale| Decimal::from_json(&sale.value)),
            sku: raw.sku,
        }
    }
}

impl Session {
    /// These products as each website sells them; nothing where all websites have one price. `None`: the
    /// credentials may not see that.
    ///
    /// # Errors
    /// What went wrong in asking.
    pub async fn website_prices(
        &self,
        skus: &[&str],
    ) -> Result<Option<Vec<WebsiteProduct>>, Failure> {
        let price = ApiTarget {
            api: StoreApi::Rest,
            view: "all",
            path: "/V1/products/attributes/price",
            query: "fields=scope",
        };
        let attribute = self.ask::<RawAttribute>(price).await?;
        if attribute.is_some_and(|price| price.scope == "global") {
            return Ok(Some(Vec::new()));
        }
        let Some(views) = self.ask::<Vec<RawView>>(STORE_CONFIGS).await? else { return Ok(None) };
        // All views of a website have its prices.
        let views: BTreeMap<u64, String> =
            views.into_iter().rev().map(|view| (view.website_id, view.code)).collect();
        let mut prices = Vec::new();
        for view in views.values() {
            // A list of skus is written with commas, and so holds none that has one.
            let (alone, together): (Vec<&str>, Vec<&str>) =
                skus.iter().partition(|sku| sku.contains(','));
            for some in together.chunks(AT_ONCE).chain(alone.chunks(1)) {
                let Some(list) = self.prices_at(view, some).await? else { return Ok(None) };
                prices.extend(list.into_iter().map(|raw| WebsiteProduct::read_at(view, raw)));
            }
        }
        Ok(Some(prices))
    }

    async fn prices_at(
        &self,
        view: &str,
        skus: &[&str],
    ) -> Result<Option<Vec<RawProduct>>, Failure> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let condition = if skus.len() == 1 { "eq" } else { "in" };
        let at = "searchCriteria%5BfilterGroups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5B";
        let query = format!(
            "{at}field%5D=sku&{at}conditionType%5D={condition}&{at}value%5D={}&\
             searchCriteria%5BpageSize%5D={}&fields=items%5Bsku,price,custom_attributes%5D",
            encoded(&skus.join(",")),
            skus.len()
        );
        let target = ApiTarget { api: StoreApi::Rest, view, path: "/V1/products", query: &query };
        Ok(self.ask::<RawList>(target).await?.map(|list| list.items))
    }
}
