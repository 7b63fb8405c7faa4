//! Where writes go, and which values Magento keeps there.

use crate::core::{Context, Failure, Method, PlanContext, Route, StoreView};
use crate::magento::{Scope, Stores};

/// A product attribute, with the level at which this store keeps its values.
pub const ATTRIBUTE: Route<1> = Route::new("/V1/products/attributes/{attributeCode}");

/// At which level Magento keeps the values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeLevel {
    /// One value for the whole store.
    Global,
    /// A value per website: a write at one store view changes all views of its website
    /// (`store_scope_side_effects.jsonl`, `put-de-status2`).
    PerWebsite,
    /// A value per store view.
    PerView,
}

/// Where a write goes. Made by [`Scope::target`].
#[derive(Debug, Clone, PartialEq)]
pub struct WriteScope {
    view: StoreView,
    level: WriteLevel,
}

#[derive(Debug, Clone, PartialEq)]
enum WriteLevel {
    Global,
    /// The code of the website, and of every view in it.
    Website(String, Vec<String>),
    /// The view's code.
    View(String),
}

impl Scope {
    /// Where a write goes that names this scope. Never the session's own view: a write says where.
    ///
    /// A website is written through its default store view, which reaches values that are kept per
    /// website; [`WriteScope::admits`] tells which are. A store, as Magento calls a group of views, keeps
    /// no values at all: it stands for its view if it has just one.
    ///
    /// # Errors
    /// When nothing is named, something that does not exist, or a store with several views.
    pub fn target<Kind>(&self, context: &PlanContext<Kind>) -> Result<WriteScope, Failure> {
        let place = self.resolve(context)?;
        let (website, store, view) = self.parts();
        let level = match (&place.view, website, store, view) {
            (StoreView::SessionDefault, ..) => {
                return Err(Failure::argument("scope", "a write has to say where it goes").remedy(
                    "name a `store_view_code` or a `website_code`, or `\"scope\": \"global\"`",
                ));
            }
            (StoreView::Global, ..) => WriteLevel::Global,
            (StoreView::View(code), _, _, Some(_)) => WriteLevel::View(code.clone()),
            (StoreView::View(code), website, store, None) => {
                if let Some(store) = store {
                    one_view(store, &Stores::read(context)?.views_of_group(store)?)?;
                    WriteLevel::View(code.clone())
                } else {
                    let website = website.unwrap_or_default();
                    let stores = Stores::read_for_website(context, website)?;
                    WriteLevel::Website(website.to_owned(), stores.views_of_website(website)?)
                }
            }
        };
        Ok(WriteScope { view: place.view, level })
    }
}

fn one_view(store: &str, views: &[String]) -> Result<(), Failure> {
    if views.len() == 1 {
        return Ok(());
    }
    let message = format!("Magento keeps no values for the store `{store}` as a whole");
    Err(Failure::argument("/scope/store_code", message)
        .remedy(format!("name one of its views as `store_view_code`: {}", views.join(", "))))
}

impl WriteScope {
    /// The view that requests go to.
    #[must_use]
    pub fn view(&self) -> &StoreView {
        &self.view
    }

    /// Whether it is the values that apply wherever nothing else is set.
    #[must_use]
    pub fn is_global(&self) -> bool {
        self.level == WriteLevel::Global
    }

    /// Whether a store view, by its code, belongs to it.
    #[must_use]
    pub fn covers(&self, view: &str) -> bool {
        match &self.level {
            WriteLevel::Global => true,
            WriteLevel::Website(_, views) => views.iter().any(|code| code == view),
            WriteLevel::View(code) => code == view,
        }
    }

    /// Whether a field that is kept at this level can be written here. The answer may be a warning
    /// about what else changes with it.
    ///
    /// # Errors
    /// When the write would change more than was named: a global field at a store view, or a field
    /// that is kept per view at a website with several.
    pub fn admits(&self, field: &str, keeps: ScopeLevel) -> Result<Option<String>, Failure> {
        let refused = |message: String, remedy: String| {
            Err(Failure::argument("scope", message).remedy(remedy))
        };
        match (&self.level, keeps) {
            (WriteLevel::Global, _) | (WriteLevel::View(_), ScopeLevel::PerView) => Ok(None),
            (WriteLevel::View(code), ScopeLevel::PerWebsite) => Ok(Some(format!(
                "`{field}` is kept per website: it changes in every store view of the website of \
                 `{code}`"
            ))),
            (WriteLevel::Website(code, views), ScopeLevel::PerWebsite) => Ok(Some(format!(
                "`{field}` changes in every store view of the website `{code}`: {}",
                views.join(", ")
            ))),
            (WriteLevel::Website(_, views), ScopeLevel::PerView) if views.len() == 1 => Ok(None),
            (WriteLevel::Website(code, views), ScopeLevel::PerView) => refused(
                format!(
                    "Magento keeps `{field}` per store view: the website `{code}` has no value of \
                     its own, and its views may differ"
                ),
                format!("change its views one by one: {}", views.join(", ")),
            ),
            (WriteLevel::View(_) | WriteLevel::Website(..), ScopeLevel::Global) => refused(
                format!(
                    "this store keeps `{field}` globally: a write at a part of the store would \
                     change it everywhere"
                ),
                "pass `\"scope\": {\"scope\": \"global\"}` if that is what you want".to_owned(),
            ),
        }
    }

    /// The id of the website that it is in, or is; `None` for the global scope.
    ///
    /// # Errors
    /// When there is no such view; what reading meets.
    pub(super) fn website_id(&self, context: &Context) -> Result<Option<i64>, Failure> {
        match &self.view {
            StoreView::View(code) => Stores::website_of_view(context, code).map(Some),
            StoreView::Global | StoreView::SessionDefault => Ok(None),
        }
    }

    /// The place in words, for summaries.
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.level {
            WriteLevel::Global => "globally".to_owned(),
            WriteLevel::Website(code, _) => format!("in website {code}"),
            WriteLevel::View(code) => format!("in store view {code}"),
        }
    }
}

/// How attributes are written. `PUT`: `POST` of a product that exists writes as well, but creates
/// one that does not.
pub(crate) const WRITE: Method = Method::Put;
