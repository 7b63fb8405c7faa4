//! Arguments that many tools share.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::core::Failure;
use crate::magento::Criteria;

/// Which page of a search. Flatten it into the arguments of a search:
///
/// ```
/// use souk_sdk::core::args;
/// use souk_sdk::magento::{Criteria, Paging};
///
/// #[args]
/// struct SearchArgs {
///     #[serde(flatten)]
///     paging: Paging,
/// }
///
/// # fn criteria(args: &SearchArgs) -> Criteria {
/// args.paging.of(Criteria::new())
/// # }
/// ```
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
pub struct Paging {
    #[serde(default = "twenty")]
    #[schemars(range(min = 1, max = 200))]
    page_size: u32,
    /// From 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    current_page: u32,
}

const fn twenty() -> u32 {
    20
}

const fn one() -> u32 {
    1
}

impl Paging {
    /// The criteria with this page of theirs.
    #[must_use]
    pub fn of(&self, criteria: Criteria) -> Criteria {
        criteria.page(self.page_size, self.current_page)
    }

    /// The numbers of the items on this page, counted from 0: for lists that are made here.
    #[must_use]
    pub fn items(&self) -> std::ops::Range<u64> {
        let size = u64::from(self.page_size);
        let from = u64::from(self.current_page.saturating_sub(1)) * size;
        from..from + size
    }
}

/// Takes the one that is given of several arguments, of which exactly one has to be:
///
/// ```
/// use souk_sdk::magento::one_of;
/// enum OrderId { Entity(u64), Increment(String) }
/// # fn order(order_id: Option<u64>, increment_id: Option<String>) -> Result<OrderId, souk_sdk::core::Failure> {
/// let order = one_of([
///     ("order_id", order_id.map(OrderId::Entity)),
///     ("increment_id", increment_id.map(OrderId::Increment)),
/// ])?;
/// # Ok(order) }
/// ```
///
/// # Errors
/// VALIDATION_ERROR where none or several are given, naming them.
pub fn one_of<T>(
    arguments: impl IntoIterator<Item = (&'static str, Option<T>)>,
) -> Result<T, Failure> {
    let mut names = Vec::new();
    let mut given = Vec::new();
    for (name, value) in arguments {
        names.push(name);
        given.extend(value.map(|value| (name, value)));
    }
    let names = names.join("` or `");
    let second = given.get(1).map(|(name, _)| *name);
    match (given.into_iter().next(), second) {
        (Some((_, value)), None) => Ok(value),
        (None, _) => Err(Failure::argument("", format!("give `{names}`"))),
        (Some(_), Some(name)) => {
            Err(Failure::argument(name, format!("give only one of `{names}`")))
        }
    }
}
