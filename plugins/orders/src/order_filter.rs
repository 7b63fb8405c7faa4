//! Which orders a search, a sum or a plan for many is about.

use souk_sdk::magento::{LIST_BUDGET, URL_BUDGET};
use souk_sdk::prelude::*;

use crate::order_state::OrderState;
use crate::time_zones::{NamedZone, StoreTimeZones, TimeRange, ZoneNeed};

/// Conditions that Magento's own table of orders can check; all that are given have to hold.
#[args]
#[derive(Debug, Clone, Default)]
pub(crate) struct OrderFilter {
    /// Entity ids.
    #[serde(default)]
    pub(crate) order_ids: Vec<EntityId>,
    /// Numbers as customers know them: `000000012`.
    #[serde(default)]
    pub(crate) increment_ids: Vec<String>,
    /// Statuses, the store's own among them: `pending`, `processing`, `fraud`.
    #[serde(default)]
    pub(crate) statuses: Vec<String>,
    /// States.
    #[serde(default)]
    pub(crate) states: Vec<OrderState>,
    /// When they were placed.
    pub(crate) created: Option<TimeRange>,
    /// Store views they were placed in; days are theirs.
    #[serde(default)]
    pub(crate) store_view_codes: Vec<String>,
    /// The time zone in which days are meant, where it is not the store views' own: `Europe/Berlin`.
    pub(crate) time_zone: Option<String>,
}

impl OrderFilter {
    /// The time zones of the store, as far as they are asked for or needed `beside`, and the one in which
    /// days are meant where any are named: here, or in `more_days` than these. UTC, where there are
    /// only moments.
    pub(crate) fn zones(
        &self,
        context: &Context,
        more_days: bool,
        beside: ZoneNeed,
    ) -> Result<(StoreTimeZones, NamedZone), Failure> {
        let created_on_days = self.created.as_ref().is_some_and(|range| !range.is_of_moments());
        let has_days = more_days || created_on_days || self.time_zone.is_some();
        let is_by_views = has_days && self.time_zone.is_none();
        let is_asked = is_by_views || !self.store_view_codes.is_empty();
        let zones = StoreTimeZones::read(context, if is_asked { ZoneNeed::Asked } else { beside })?;
        let days = match has_days {
            true => zones.days_in(self.time_zone.as_deref(), &self.store_view_codes)?,
            // Moments are the same in every zone.
            false => NamedZone::utc(),
        };
        Ok((zones, days))
    }

    /// The criteria, with what [`zones`](Self::zones) answered.
    pub(crate) fn criteria(
        &self,
        zones: &StoreTimeZones,
        days: &NamedZone,
    ) -> Result<Criteria, Failure> {
        // Magento does not trim the values of a list.
        let numbers: Vec<_> =
            self.increment_ids.iter().map(|id| order_number(id).to_owned()).collect();
        let states: Vec<_> = self.states.iter().map(|state| state.as_str().to_owned()).collect();
        let criteria = any_of_each(
            Criteria::new(),
            [
                ("increment_id", "increment_ids", &numbers),
                ("status", "statuses", &self.statuses),
                ("state", "states", &states),
                ("store_id", "store_view_codes", &zones.ids(&self.store_view_codes)?),
                ("entity_id", "order_ids", &texts(&self.order_ids)),
            ],
        )?;
        within(criteria, "created_at", self.created.as_ref(), days, "created")
    }
}

/// Narrows a search to rows whose field is one of the values, for every list that is not empty. Each
/// is a field, the argument that gave the values, and the values.
pub(crate) fn any_of_each<const N: usize>(
    criteria: Criteria,
    lists: [(&str, &str, &Vec<String>); N],
) -> Result<Criteria, Failure> {
    lists.into_iter().filter(|(_, _, values)| !values.is_empty()).try_fold(
        criteria,
        |criteria, (field, argument, values)| {
            let filter = Filter::any_of(field, values).map_err(|failure| failure.at(argument))?;
            Ok(criteria.filter(filter))
        },
    )
}

/// Narrows a search to a range of times, where there is one.
pub(crate) fn within(
    criteria: Criteria,
    field: &str,
    range: Option<&TimeRange>,
    days: &NamedZone,
    argument: &str,
) -> Result<Criteria, Failure> {
    let Some(range) = range else { return Ok(criteria) };
    Ok(days.filters(field, range, argument)?.into_iter().fold(criteria, Criteria::filter))
}

/// Refuses criteria that are longer than a URL.
pub(crate) fn check_length(criteria: &Criteria) -> Result<(), Failure> {
    if criteria.url_length() <= URL_BUDGET - 1_500 {
        return Ok(());
    }
    let message = format!(
        "the lists are longer than the store's web server takes in a URL, about {LIST_BUDGET} bytes"
    );
    Err(Failure::argument("increment_ids", message).remedy("ask in parts: shorter lists"))
}

/// The default of an argument that counts.
pub(crate) const fn count<const N: u32>() -> u32 {
    N
}

/// An order's number as it was typed, without the sign before it.
pub(crate) fn order_number(typed: &str) -> &str {
    typed.trim().trim_start_matches('#').trim_start()
}

/// Ids as texts.
pub(crate) fn texts(ids: &[EntityId]) -> Vec<String> {
    ids.iter().map(|id| id.get().to_string()).collect()
}

/// Equal to a value.
pub(crate) fn equals(field: &str, value: &str) -> Result<Filter, Failure> {
    Filter::new(field, Condition::Eq, value)
}
