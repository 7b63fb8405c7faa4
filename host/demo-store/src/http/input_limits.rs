//! Input limits, as a store has them that switches them on (Stores > Configuration > Services > Web
//! API): so many items of a kind in one request, so many on a page.

use serde_json::{Map, Value, json};

use crate::refusal::Refusal;

/// What one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputLimits {
    /// Items of one kind in a list of objects.
    pub items: usize,
    /// The largest page that may be asked for.
    pub page: u64,
    /// The page of whoever asks for none.
    pub default_page: u64,
}

impl Default for InputLimits {
    /// Magento's own.
    fn default() -> Self {
        Self { items: 20, page: 300, default_page: 20 }
    }
}

impl InputLimits {
    /// Refuses a page or a list that is too long, and gives a search without a page the default one.
    pub(super) fn apply(self, arguments: &mut Map<String, Value>) -> Result<(), Refusal> {
        for name in ["searchCriteria", "search_criteria"] {
            match arguments.get_mut(name) {
                None => {}
                Some(Value::Object(criteria)) => self.apply_to_search(criteria)?,
                // `searchCriteria=` alone.
                Some(criteria) => *criteria = json!({ "page_size": self.default_page }),
            }
        }
        arguments.iter().try_for_each(|(name, value)| self.check(name, value))
    }

    fn apply_to_search(self, criteria: &mut Map<String, Value>) -> Result<(), Refusal> {
        let given = ["pageSize", "page_size"].into_iter().find_map(|name| criteria.get(name));
        let size = match given {
            Some(Value::String(size)) => size.parse().unwrap_or(0),
            Some(size) => size.as_u64().unwrap_or(0),
            None => 0,
        };
        if size > self.page {
            return Err(Refusal::bad("Maximum SearchCriteria pageSize is %max")
                .with(json!({ "max": self.page })));
        }
        if size == 0 {
            criteria.remove("pageSize");
            criteria.insert("page_size".to_owned(), json!(self.default_page));
        }
        Ok(())
    }

    /// Refuses a list of too many objects; lists of plain values are of any length.
    fn count<'v>(
        self,
        name: &str,
        mut items: impl ExactSizeIterator<Item = &'v Value>,
    ) -> Result<(), Refusal> {
        if items.len() <= self.items || !items.any(Value::is_object) {
            return Ok(());
        }
        Err(Refusal::bad("Maximum items of type \"%type\" is %max")
            .with(json!({ "type": kind(name), "max": self.items })))
    }

    fn check(self, name: &str, value: &Value) -> Result<(), Refusal> {
        match value {
            Value::Object(members) => {
                // A query's lists are objects whose members are numbered.
                let is_numbered =
                    |name: &String| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
                if members.keys().all(is_numbered) {
                    self.count(name, members.values())?;
                }
                members.iter().try_for_each(|(name, value)| self.check(name, value))
            }
            // Custom attributes are not counted.
            Value::Array(_) if name == "custom_attributes" => Ok(()),
            Value::Array(items) => {
                self.count(name, items.iter())?;
                items.iter().try_for_each(|item| self.check("", item))
            }
            _ => Ok(()),
        }
    }
}

/// The interface that the items of a list are of, where it is known.
fn kind(list: &str) -> String {
    let known = match list {
        "sourceItems" => "InventoryApi\\Api\\Data\\SourceItemInterface",
        "prices" => "Catalog\\Api\\Data\\PriceInterface",
        "filter_groups" | "filterGroups" => "Framework\\Api\\Search\\FilterGroup",
        "filters" => "Framework\\Api\\Filter",
        "sort_orders" | "sortOrders" => "Framework\\Api\\SortOrder",
        "tracks" => "Sales\\Api\\Data\\ShipmentTrackCreationInterface",
        "store_labels" => "SalesRule\\Api\\Data\\RuleLabelInterface",
        "conditions" => "SalesRule\\Api\\Data\\ConditionInterface",
        _ => "Sales\\Api\\Data\\ItemCreationInterface",
    };
    ["\\Magento\\", known].concat()
}
