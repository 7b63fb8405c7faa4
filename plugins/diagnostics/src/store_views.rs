//! The shop's websites and views, and which of them a call is about.

use souk_sdk::core::{Answers, Read};
use souk_sdk::magento::{STORE_CONFIGS, STORE_GROUPS, STORE_VIEWS, WEBSITES};
use souk_sdk::prelude::*;
use souk_sdk::serde::{Deserialize, Deserializer};

use crate::unknown::{Unknown, or_unknown};

/// A website, a group of views, a view or a view's configuration: what a kind has not is 0 or empty.
#[record]
#[derive(Debug, Default)]
#[serde(default)]
pub(crate) struct StoreRow {
    id: i64,
    code: String,
    name: String,
    website_id: i64,
    store_group_id: i64,
    root_category_id: i64,
    #[serde(deserialize_with = "truth")]
    is_active: bool,
    timezone: String,
}

/// Magento writes the flag as a number.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(value.as_bool().unwrap_or_else(|| value.as_i64() == Some(1) || value == "1"))
}

/// A website.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShopWebsite {
    pub(crate) id: i64,
    pub(crate) code: String,
}

impl ShopWebsite {
    /// The read that [`ShopWebsite::listed`] takes.
    pub(crate) fn all() -> Read {
        WEBSITES.read([]).in_view(StoreView::Global)
    }

    /// The websites, without the administration's.
    pub(crate) fn listed(rows: Vec<StoreRow>) -> Vec<Self> {
        let rows = rows.into_iter().filter(|row| row.id != 0);
        rows.map(|row| Self { id: row.id, code: row.code }).collect()
    }
}

/// A store view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShopView {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) website: ShopWebsite,
    /// The root of what its shoppers can browse; 0 where its group has none.
    pub(crate) root_category: i64,
    /// Whether shoppers can open it at all.
    pub(crate) is_active: bool,
    /// As Magento names it, `Europe/Berlin`; empty where the store did not answer it.
    pub(crate) time_zone: String,
}

impl ShopView {
    /// A read in this view.
    pub(crate) fn store_view(&self) -> StoreView {
        StoreView::View(self.code.clone())
    }
}

/// The shop's views, without the administration's, in the order in which the store lists them.
#[derive(Debug)]
pub(crate) struct ShopViews {
    pub(crate) views: Vec<ShopView>,
}

impl ShopViews {
    /// The reads that [`ShopViews::next`] takes. At the global scope: the session's own view may have
    /// been removed from the store.
    pub(crate) fn reads() -> [Read; 4] {
        [WEBSITES, STORE_GROUPS, STORE_VIEWS, STORE_CONFIGS]
            .map(|route| route.read([]).in_view(StoreView::Global))
    }

    /// The shop, from the next four answers.
    pub(crate) fn next(
        answers: &mut Answers<'_>,
        unknown: &mut Vec<Unknown>,
    ) -> Result<Self, Failure> {
        let websites: Vec<StoreRow> = answers.next()?;
        let groups: Vec<StoreRow> = answers.next()?;
        let views: Vec<StoreRow> = answers.next()?;
        let configs: Vec<StoreRow> =
            or_unknown(answers.next(), "time zones of the store views", unknown)
                .unwrap_or_default();
        let views = views.into_iter().filter(|view| view.id != 0).filter_map(|view| {
            let website = websites.iter().find(|website| website.id == view.website_id)?;
            let group = groups.iter().find(|group| group.id == view.store_group_id);
            let config = configs.iter().find(|config| config.id == view.id);
            Some(ShopView {
                root_category: group.map_or(0, |group| group.root_category_id),
                website: ShopWebsite { id: website.id, code: website.code.clone() },
                is_active: view.is_active,
                time_zone: config.map(|config| config.timezone.clone()).unwrap_or_default(),
                code: view.code,
                name: view.name,
            })
        });
        Ok(Self { views: views.collect() })
    }

    /// The view of this code.
    pub(crate) fn view(&self, code: &str) -> Result<&ShopView, Failure> {
        self.views.iter().find(|view| view.code == code).ok_or_else(|| {
            let known: Vec<&str> = self.views.iter().map(|view| &*view.code).collect();
            Failure::argument("store_view_code", format!("the store has no store view `{code}`"))
                .remedy(format!("one of: {}", known.join(", ")))
        })
    }

    /// The website of this code.
    pub(crate) fn website(&self, code: &str) -> Result<ShopWebsite, Failure> {
        let websites = websites_of(&self.views);
        let known: Vec<&str> = websites.iter().map(|website| &*website.code).collect();
        let remedy = match self.views.iter().find(|view| view.code == code) {
            Some(view) => {
                format!("`{code}` is a store view of the website `{}`", view.website.code)
            }
            None => format!("one of: {}", known.join(", ")),
        };
        websites.iter().find(|website| website.code == code).cloned().ok_or_else(|| {
            Failure::argument("website_code", format!("the store has no website `{code}`"))
                .remedy(remedy)
        })
    }
}

/// The websites of views, each once, in the views' order.
pub(crate) fn websites_of(views: &[ShopView]) -> Vec<ShopWebsite> {
    let mut websites: Vec<ShopWebsite> = Vec::new();
    for view in views {
        if !websites.contains(&view.website) {
            websites.push(view.website.clone());
        }
    }
    websites
}
