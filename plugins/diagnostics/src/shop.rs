//! The shop's websites and views, and which of them a call is about.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use souk_sdk::{
    Answers, Failure, Read, STORE_CONFIGS, STORE_GROUPS, STORE_VIEWS, StoreView, WEBSITES,
};

use crate::unknown::{Unknown, noted};

/// A website, a group of views, a view or a view's configuration: what a kind has not is 0 or empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
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
pub(crate) struct Website {
    pub(crate) id: i64,
    pub(crate) code: String,
}

/// A store view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) website: Website,
    /// The root of what its shoppers can browse; 0 where its group has none.
    pub(crate) root_category: i64,
    /// Whether shoppers can open it at all.
    pub(crate) is_active: bool,
    /// As Magento names it, `Europe/Berlin`; empty where the store did not tell.
    pub(crate) time_zone: String,
}

impl View {
    /// A read in this view.
    pub(crate) fn at(&self) -> StoreView {
        StoreView::View(self.code.clone())
    }
}

/// The shop's views, without the administration's, in the order in which the store lists them.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) views: Vec<View>,
}

impl Shop {
    /// The reads that [`Shop::taken`] takes. At the global scope: the session's own view may have
    /// been removed from the store.
    pub(crate) fn reads() -> [Read; 4] {
        [WEBSITES, STORE_GROUPS, STORE_VIEWS, STORE_CONFIGS]
            .map(|route| route.read([]).at(StoreView::Global))
    }

    /// The shop as the next four answers tell it.
    ///
    /// # Errors
    /// When websites, groups or views cannot be read.
    pub(crate) fn taken(
        answers: &mut Answers<'_>,
        unknown: &mut Vec<Unknown>,
    ) -> Result<Self, Failure> {
        let websites: Vec<Row> = answers.next()?;
        let groups: Vec<Row> = answers.next()?;
        let views: Vec<Row> = answers.next()?;
        let configs: Vec<Row> =
            noted(answers.next(), "time zones of the store views", unknown).unwrap_or_default();
        let views = views.into_iter().filter(|view| view.id != 0).filter_map(|view| {
            let website = websites.iter().find(|website| website.id == view.website_id)?;
            let group = groups.iter().find(|group| group.id == view.store_group_id);
            let config = configs.iter().find(|config| config.id == view.id);
            Some(View {
                root_category: group.map_or(0, |group| group.root_category_id),
                website: Website { id: website.id, code: website.code.clone() },
                is_active: view.is_active,
                time_zone: config.map(|config| config.timezone.clone()).unwrap_or_default(),
                code: view.code,
                name: view.name,
            })
        });
        Ok(Self { views: views.collect() })
    }

    /// The view of this code.
    ///
    /// # Errors
    /// When the store has none.
    pub(crate) fn view(&self, code: &str) -> Result<&View, Failure> {
        self.views.iter().find(|view| view.code == code).ok_or_else(|| {
            let known: Vec<&str> = self.views.iter().map(|view| &*view.code).collect();
            Failure::argument("store_view_code", format!("the store has no store view `{code}`"))
                .remedy(format!("one of: {}", known.join(", ")))
        })
    }

    /// The website of this code.
    ///
    /// # Errors
    /// When the store has none with a view.
    pub(crate) fn website(&self, code: &str) -> Result<Website, Failure> {
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
pub(crate) fn websites_of(views: &[View]) -> Vec<Website> {
    let mut websites: Vec<Website> = Vec::new();
    for view in views {
        if !websites.contains(&view.website) {
            websites.push(view.website.clone());
        }
    }
    websites
}
