//! Searching tables of sales: which orders.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use souk_sdk::{Condition, Criteria, EntityId, Failure, Filter, LIST_BUDGET, URL_BUDGET};

use crate::amount::Amount;
use crate::clock::{Clock, Range, Zones};
use crate::state::State;

/// Equal to a value.
///
/// # Errors
/// When the field is none.
pub(crate) fn by(field: &str, value: &str) -> Result<Filter, Failure> {
    Filter::new(field, Condition::Eq, value)
}

/// An amount as a caller writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimals(pub(crate) Amount);

impl<'de> Deserialize<'de> for Decimals {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let exact = souk_sdk::Decimal::of(&value).and_then(|_| Amount::of(&value));
        exact.map(Self).ok_or_else(|| {
            serde::de::Error::custom("an amount is a decimal number such as 19.99 or \"19.99\"")
        })
    }
}

impl JsonSchema for Decimals {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": "^[0-9]{1,14}(\\.[0-9]{1,6})?$"
        })
    }
}

/// A range of amounts, its ends included.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Amounts {
    /// At least this.
    from: Option<Decimals>,
    /// At most this.
    to: Option<Decimals>,
}

/// Which orders, as far as Magento's own table of orders can tell. All that is given has to hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) order_ids: &'a [EntityId],
    pub(crate) increment_ids: &'a [String],
    pub(crate) customer_email: Option<&'a str>,
    pub(crate) customer_name: Option<&'a str>,
    pub(crate) statuses: &'a [String],
    pub(crate) states: &'a [State],
    pub(crate) created: Option<&'a Range>,
    pub(crate) updated: Option<&'a Range>,
    pub(crate) grand_total: Option<&'a Amounts>,
    pub(crate) store_view_codes: &'a [String],
    pub(crate) shipping_methods: &'a [String],
}

impl Wanted<'_> {
    /// The criteria; `clock` is the zone in which ranges are meant.
    ///
    /// # Errors
    /// When a range is none, or a list is longer than a URL.
    pub(crate) fn criteria(&self, zones: &Zones, clock: &Clock) -> Result<Criteria, Failure> {
        let mut criteria = Criteria::new();
        let lists = [
            ("increment_id", "increment_ids", trimmed(self.increment_ids)),
            ("status", "statuses", self.statuses.to_vec()),
            ("state", "states", self.states.iter().map(|s| s.as_str().to_owned()).collect()),
            ("store_id", "store_view_codes", zones.ids(self.store_view_codes)?),
            ("shipping_method", "shipping_methods", self.shipping_methods.to_vec()),
            (
                "entity_id",
                "order_ids",
                self.order_ids.iter().map(|id| id.get().to_string()).collect(),
            ),
        ];
        for (field, argument, values) in lists {
            if !values.is_empty() {
                criteria =
                    criteria.filter(Filter::any_of(field, &values).map_err(|f| f.at(argument))?);
            }
        }
        if let Some(email) = self.customer_email {
            criteria = criteria.filter(match email.contains('@') {
                true => by("customer_email", email.trim())?,
                false => Filter::contains("customer_email", email.trim())?,
            });
        }
        for word in self.customer_name.unwrap_or_default().split_whitespace() {
            criteria = criteria.any([
                Filter::contains("customer_firstname", word)?,
                Filter::contains("customer_lastname", word)?,
            ]);
        }
        for (field, range, name) in
            [("created_at", self.created, "created"), ("updated_at", self.updated, "updated")]
        {
            let Some(range) = range else { continue };
            criteria =
                clock.filters(field, range, name)?.into_iter().fold(criteria, Criteria::filter);
        }
        if let Some(Amounts { from, to }) = self.grand_total {
            for (condition, end) in [(Condition::Gteq, from), (Condition::Lteq, to)] {
                let Some(Decimals(amount)) = end else { continue };
                criteria =
                    criteria.filter(Filter::new("grand_total", condition, amount.to_string())?);
            }
        }
        if criteria.url_length() > URL_BUDGET - 1_500 {
            return Err(Failure::argument(
                "increment_ids",
                format!(
                    "the lists are longer than the store's web server takes in a URL, about \
                     {LIST_BUDGET} bytes"
                ),
            )
            .remedy("ask in parts: shorter lists"));
        }
        Ok(criteria)
    }
}

/// Magento does not trim the values of a list.
fn trimmed(values: &[String]) -> Vec<String> {
    values.iter().map(|value| value.trim().to_owned()).collect()
}
