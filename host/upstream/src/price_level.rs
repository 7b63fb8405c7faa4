//! What the host itself asks of a store to judge a discount by: in which currencies its websites count,
//! how many products cost so little, and what a rule takes off.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};
use souk_model::{Decimal, Failure};

use crate::session::Session;
use crate::store::base_urls::STORE_CONFIGS;
use crate::wire::address::{ApiTarget, StoreApi};
use crate::wire::error_body::denies_resource;
use crate::wire::reply_failure::json_body;
use crate::wire::request::StoreRequest;
use crate::wire::upstream::upstream_error;

/// The base currencies of a store's websites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BaseCurrencies(BTreeMap<u64, BTreeSet<String>>);

/// The enabled products that cost at most so much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheapProducts {
    /// How many.
    pub count: u64,
    /// The sku of the cheapest, and what it costs.
    pub cheapest: Option<(String, Decimal)>,
}

#[derive(Deserialize)]
struct RawConfig {
    website_id: u64,
    base_currency_code: String,
}

#[derive(Deserialize)]
struct RawList {
    #[serde(default)]
    items: Vec<RawProduct>,
    total_count: u64,
}

#[derive(Deserialize)]
struct RawProduct {
    sku: String,
    #[serde(default)]
    price: Value,
}

impl BaseCurrencies {
    /// Those of a website; none: nothing is known of it.
    #[must_use]
    pub fn of(&self, website: u64) -> Option<&BTreeSet<String>> {
        self.0.get(&website)
    }

    /// What stores answer, by website and code.
    #[must_use]
    pub fn new<'c>(pairs: impl IntoIterator<Item = (u64, &'c str)>) -> Self {
        let mut all = Self::default();
        for (website, code) in pairs {
            all.0.entry(website).or_default().insert(code.to_owned());
        }
        all
    }
}

impl Session {
    /// In which currencies the store's websites count. Whoever may not read that learns nothing.
    ///
    /// # Errors
    /// What went wrong in asking.
    pub async fn base_currencies(&self) -> Result<BaseCurrencies, Failure> {
        let Some(configs) = self.ask::<Vec<RawConfig>>(STORE_CONFIGS).await? else {
            return Ok(BaseCurrencies::default());
        };
        let pairs = configs.iter().map(|config| (config.website_id, &*config.base_currency_code));
        Ok(BaseCurrencies::new(pairs))
    }

    /// A cart price rule as it stands; none where the credentials may not read rules.
    ///
    /// # Errors
    /// What went wrong in asking.
    pub async fn sales_rule(&self, id: u64) -> Result<Option<Map<String, Value>>, Failure> {
        let path = format!("/V1/salesRules/{id}");
        self.ask(ApiTarget { api: StoreApi::Rest, view: "all", path: &path, query: "" }).await
    }

    /// The enabled products whose price is at most this; none where the credentials may not read
    /// products.
    ///
    /// # Errors
    /// What went wrong in asking.
    pub async fn products_up_to(&self, price: Decimal) -> Result<Option<CheapProducts>, Failure> {
        let filter = |group: u8, field: &str, condition: &str, value: &str| {
            let at =
                format!("searchCriteria%5BfilterGroups%5D%5B{group}%5D%5Bfilters%5D%5B0%5D%5B");
            format!("{at}field%5D={field}&{at}conditionType%5D={condition}&{at}value%5D={value}&")
        };
        let query = [
            &*filter(0, "price", "lteq", &price.to_string()),
            // What is given away, or has its price from its parts, tells nothing.
            &filter(1, "price", "gt", "0"),
            &filter(2, "status", "eq", "1"),
            "searchCriteria%5BsortOrders%5D%5B0%5D%5Bfield%5D=price&",
            "searchCriteria%5BsortOrders%5D%5B0%5D%5Bdirection%5D=ASC&",
            "searchCriteria%5BpageSize%5D=1&fields=items%5Bsku,price%5D,total_count",
        ]
        .concat();
        let target =
            ApiTarget { api: StoreApi::Rest, view: "all", path: "/V1/products", query: &query };
        let Some(list) = self.ask::<RawList>(target).await? else { return Ok(None) };
        let cheapest = list.items.into_iter().next();
        let cheapest =
            cheapest.and_then(|product| Some((product.sku, Decimal::from_json(&product.price)?)));
        Ok(Some(CheapProducts { count: list.total_count, cheapest }))
    }

    /// An answer of the store; none where the credentials may not have it.
    pub(crate) async fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        target: ApiTarget<'_>,
    ) -> Result<Option<T>, Failure> {
        let ask = async {
            let reply = self.send(&StoreRequest::get(target)).await?;
            if denies_resource(&reply) {
                return Ok(None);
            }
            let body = json_body(reply)?;
            serde_json::from_slice(&body).map(Some).map_err(|error| {
                upstream_error(format!("the store's answer cannot be read: {error}"))
            })
        };
        self.store().in_time(ask).await
    }
}
