//! The shop's websites and views, and which of them a call is about.

use souk_sdk::core::Read;
use souk_sdk::magento::{STORE_CONFIGS, STORE_GROUPS, STORE_VIEWS, WEBSITES};
use souk_sdk::prelude::*;
use souk_sdk::serde::{Deserialize, Deserializer};

use crate::unknown::{Unknown, or_unknown};

/// A website, a group of views, a view or a view's configuration: what a kind has not is 0 or empty.
#[record]
#[derive(Debug, Clone, Default)]
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

/// What the storefront tells of one of its views.
#[record]
#[derive(Debug, Clone)]
pub(crate) struct StorefrontConfig {
    website_id: i64,
    website_code: String,
    root_category_id: i64,
    #[serde(default)]
    timezone: Option<String>,
}

impl ShopView {
    /// A view whose storefront tells the rest.
    pub(crate) fn of_storefront(row: &StoreRow, config: StorefrontConfig) -> Self {
        Self {
            root_category: config.root_category_id,
            website: ShopWebsite { id: config.website_id, code: config.website_code },
            is_active: row.is_active,
            time_zone: config.timezone.unwrap_or_default(),
            code: row.code.clone(),
            name: row.name.clone(),
        }
    }
}

/// The shop's views as it lists them, without the administration's.
#[derive(Debug, Clone)]
pub(crate) struct ViewList(Vec<StoreRow>);

impl ViewList {
    /// The read that [`ViewList::of`] takes. At the global scope: the session's own view may have
    /// been removed from the store.
    pub(crate) fn all() -> Read {
        STORE_VIEWS.read([]).in_view(StoreView::Global)
    }

    /// All of them, or the one with this code.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn of(mut rows: Vec<StoreRow>, only: Option<&str>) -> Result<Self, Failure> {
        rows.retain(|view| view.id != 0);
        let Some(code) = only else { return Ok(Self(rows)) };
        if let Some(row) = rows.iter().find(|view| view.code == code) {
            return Ok(Self(vec![row.clone()]));
        }
        let known: Vec<&str> = rows.iter().map(|view| &*view.code).collect();
        let message = format!("the store has no store view `{code}`");
        Err(Failure::argument("store_view_code", message)
            .remedy(format!("one of: {}", known.join(", "))))
    }

    pub(crate) fn rows(&self) -> &[StoreRow] {
        &self.0
    }

    /// Drops those beyond so many, and gives their codes.
    pub(crate) fn keep(&mut self, most: usize) -> Vec<String> {
        let kept = most.min(self.0.len());
        self.0.drain(kept..).map(|row| row.code).collect()
    }
}

impl StoreRow {
    /// The view of this row, for reads.
    pub(crate) fn store_view(&self) -> StoreView {
        StoreView::View(self.code.clone())
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }
}

/// What makes views of their rows where the storefront does not.
#[derive(Debug)]
pub(crate) struct ShopStructure {
    websites: Vec<StoreRow>,
    groups: Vec<StoreRow>,
    configs: Vec<StoreRow>,
}

impl ShopStructure {
    pub(crate) fn read(context: &Context, unknown: &mut Vec<Unknown>) -> Result<Self, Failure> {
        let reads = [WEBSITES, STORE_GROUPS, STORE_CONFIGS]
            .map(|route| route.read([]).in_view(StoreView::Global));
        let mut answers = context.get_together(&reads);
        Ok(Self {
            websites: answers.next()?,
            groups: answers.next()?,
            configs: or_unknown(answers.next(), "time zones of the store views", unknown)
                .unwrap_or_default(),
        })
    }

    /// The view of a row; none where its website is gone.
    pub(crate) fn view(&self, row: &StoreRow) -> Option<ShopView> {
        let website = self.websites.iter().find(|website| website.id == row.website_id)?;
        let group = self.groups.iter().find(|group| group.id == row.store_group_id);
        let config = self.configs.iter().find(|config| config.id == row.id);
        Some(ShopView {
            root_category: group.map_or(0, |group| group.root_category_id),
            website: ShopWebsite { id: website.id, code: website.code.clone() },
            is_active: row.is_active,
            time_zone: config.map(|config| config.timezone.clone()).unwrap_or_default(),
            code: row.code.clone(),
            name: row.name.clone(),
        })
    }
}

/// Why there is no website of this code among these: where a view has it, it says so.
pub(crate) fn no_website(websites: &[ShopWebsite], views: &[StoreRow], code: &str) -> Failure {
    let named = |view: &StoreRow| {
        let website = websites.iter().find(|website| website.id == view.website_id)?;
        Some(format!("`{code}` is a store view of the website `{}`", website.code))
    };
    let remedy = views.iter().find(|view| view.id != 0 && view.code == code).and_then(named);
    let remedy = remedy.unwrap_or_else(|| {
        let known: Vec<&str> = websites.iter().map(|website| &*website.code).collect();
        format!("one of: {}", known.join(", "))
    });
    Failure::argument("website_code", format!("the store has no website `{code}`")).remedy(remedy)
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
