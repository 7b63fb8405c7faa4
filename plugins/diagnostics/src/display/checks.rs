//! The rules by which a shop shows a product, and what breaks them: all but prices and stock.

use souk_sdk::prelude::*;

use super::facts::{ProductFacts, ViewCategory, ViewFacts};
use super::issue::{DisplayIssues, Severity, SuggestedAction, scope_of_view};
use crate::store_views::ShopView;

/// One product in one view, and where its problems go.
pub(super) struct DisplayCheck<'a> {
    pub(super) facts: &'a ProductFacts,
    pub(super) seen: &'a ViewFacts,
    pub(super) product: &'a Product,
    pub(super) issues: &'a mut DisplayIssues,
}

impl<'a> DisplayCheck<'a> {
    pub(super) fn view(&self) -> &'a ShopView {
        &self.seen.view
    }

    pub(super) fn sku(&self) -> &'a str {
        self.facts.global.sku()
    }

    pub(super) fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
        action: Option<SuggestedAction>,
    ) {
        self.issues.add(&self.seen.view, severity, code, message, action);
    }

    pub(super) fn error(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        action: Option<SuggestedAction>,
    ) {
        self.add(Severity::Error, code, message, action);
    }

    pub(super) fn warning(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        action: Option<SuggestedAction>,
    ) {
        self.add(Severity::Warning, code, message, action);
    }

    pub(super) fn info(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        action: Option<SuggestedAction>,
    ) {
        self.add(Severity::Info, code, message, action);
    }

    /// Where a value has to be written: globally where the view shows the global one.
    pub(super) fn scope(&self, attribute: &str) -> Value {
        let as_global = self.product.attribute(attribute) == self.facts.global.attribute(attribute);
        scope_of_view(self.view(), as_global)
    }

    /// The website that the view belongs to, as a scope.
    pub(super) fn website(&self) -> Value {
        json!({ "website_code": self.view().website.code })
    }

    /// Whether a product shows at all: the view, the website, status and visibility.
    pub(super) fn presence(&mut self) {
        let view = self.view();
        if !view.is_active {
            let mend = SuggestedAction::by_hand(
                "enable the store view under Stores > All Stores, if shoppers shall see it",
            );
            let message =
                format!("the store view `{}` is disabled: shoppers see nothing in it", view.code);
            self.error("STORE_VIEW_DISABLED", message, Some(mend));
        }
        if !self.facts.is_on(&view.website) {
            let website = &view.website.code;
            let mend = SuggestedAction::by_hand(format!(
                "assign it to the website `{website}` in the administration: Catalog > Products > \
                 Product in Websites"
            ));
            let message = format!("it is not assigned to the website `{website}`");
            self.error("NOT_IN_WEBSITE", message, Some(mend));
        }
        if !self.product.is_enabled() {
            let scope = self.website();
            let mend = SuggestedAction::product(
                self.sku(),
                &json!({ "status": 1 }),
                &scope,
                "enables it there",
            );
            let message = format!("it is disabled on the website `{}`", view.website.code);
            self.error("STATUS_DISABLED", message, Some(mend));
        }
        self.visibility();
    }

    fn visibility(&mut self) {
        let scope = self.scope("visibility");
        let mend = |why| {
            Some(SuggestedAction::product(self.sku(), &json!({ "visibility": 4 }), &scope, why))
        };
        match self.product.integer("visibility") {
            Some(4) => {}
            Some(1) => {
                let action = mend("shows it by itself; not for a variant, which its parent shows");
                self.error(
                    "NOT_VISIBLE_INDIVIDUALLY",
                    "its visibility is `not visible individually`: it shows only as a part of \
                     another product, which is right for a variant",
                    action,
                );
            }
            Some(2) => {
                let action = mend("shows it in search as well");
                let message = "its visibility is `catalog`: search does not find it";
                self.info("NOT_IN_SEARCH", message, action);
            }
            Some(3) => {
                let action = mend("shows it in the catalogue as well");
                let message = "its visibility is `search`: categories do not list it";
                self.info("NOT_IN_CATALOG", message, action);
            }
            _ => {
                let action = mend("shows it in the catalogue and in search");
                let message = "it has no visibility that Magento knows";
                self.error("VISIBILITY_UNKNOWN", message, action);
            }
        }
    }

    /// What a page of it cannot do without.
    pub(super) fn required(&mut self) {
        if self.is_blank("name") {
            let scope = self.scope("name");
            let mend = SuggestedAction::product(self.sku(), &json!({}), &scope, "gives it a name")
                .choosing("/updates/name");
            self.error("NAME_MISSING", "it has no name", Some(mend));
        }
        if self.is_blank("url_key") {
            let scope = self.scope("url_key");
            let mend =
                SuggestedAction::product(self.sku(), &json!({}), &scope, "gives it an address")
                    .choosing("/updates/url_key");
            let message = "it has no URL key: its page has no address of its own";
            self.error("URL_KEY_MISSING", message, Some(mend));
        }
    }

    /// Whether an address leads to its page. What does not stand alone, or is not on the website,
    /// has none, and is told of by that.
    pub(super) fn address(&mut self) {
        let has_page = self.product.integer("visibility") != Some(1)
            && self.facts.is_on(&self.view().website)
            && !self.is_blank("url_key");
        if has_page && self.seen.address == Some(None) {
            let mend = SuggestedAction::by_hand(
                "save the product anew with another URL key, and again with this one: Magento \
                 writes its URL rewrites when the key changes",
            );
            let message = "no URL rewrite leads to its page: links to it are missing or ugly";
            self.warning("URL_REWRITE_MISSING", message, Some(mend));
        }
    }

    fn is_blank(&self, attribute: &str) -> bool {
        self.product.text(attribute).is_none_or(|text| text.trim().is_empty())
    }

    /// Its pictures: a file for each role, and each file in the gallery.
    pub(super) fn images(&mut self) {
        let upload = || {
            SuggestedAction::by_hand(
                "upload an image or give one the role in the administration: Catalog > Products > \
                 Images And Videos",
            )
        };
        let entries = self.product.attribute("media_gallery_entries").and_then(Value::as_array);
        let entries: Vec<&Value> = entries.into_iter().flatten().collect();
        if entries.is_empty() {
            let message = "it has no image: the placeholder shows";
            self.warning("NO_IMAGE", message, Some(upload()));
            return;
        }
        for (role, code) in [
            ("image", "BASE_IMAGE_MISSING"),
            ("small_image", "SMALL_IMAGE_MISSING"),
            ("thumbnail", "THUMBNAIL_MISSING"),
        ] {
            let file = self.product.text(role).filter(|file| !matches!(*file, "" | "no_selection"));
            let Some(file) = file else {
                let message = format!("no image has the role `{role}`: the placeholder shows");
                self.warning(code, message, Some(upload()));
                continue;
            };
            match entries.iter().find(|entry| entry["file"] == file) {
                None => {
                    let message = format!("the image of the role `{role}` is not in its gallery");
                    self.warning("IMAGE_NOT_IN_GALLERY", message, Some(upload()));
                }
                Some(entry) if entry["disabled"] == true => {
                    let message =
                        format!("the image of the role `{role}` is hidden on the product's page");
                    let mend =
                        SuggestedAction::by_hand("take `Hide from Product Page` off the image");
                    self.info("IMAGE_HIDDEN", message, Some(mend));
                }
                Some(_) => {}
            }
        }
    }

    /// Where shoppers come by it: the categories of this view's root, and those above them.
    pub(super) fn categories(&mut self) {
        let facts = self.facts;
        let severity = match self.product.integer("visibility") {
            // Search does not find it: without a category nobody comes by it.
            Some(2) => Severity::Error,
            Some(1 | 3) => Severity::Info,
            _ => Severity::Warning,
        };
        if facts.global.list("category_ids").is_empty() {
            let scope = json!({ "scope": "global" });
            let mend =
                SuggestedAction::product(self.sku(), &json!({}), &scope, "puts it into categories")
                    .choosing("/updates/category_ids");
            let message = "it is in no category: only search and links lead to it";
            self.add(severity, "NO_CATEGORY", message, Some(mend));
            return;
        }
        let Some(categories) = self.seen.categories.as_ref() else { return };
        let root = self.view().root_category;
        let inside: Vec<&Vec<i64>> =
            facts.paths.iter().filter(|path| path.contains(&root)).collect();
        if inside.is_empty() && !facts.paths.is_empty() {
            let scope = json!({ "scope": "global" });
            let mend = SuggestedAction::product(
                self.sku(),
                &json!({}),
                &scope,
                "puts it into other categories",
            )
            .choosing("/updates/category_ids");
            let message = "none of its categories is under this view's root category";
            self.add(severity, "NO_CATEGORY_IN_ROOT", message, Some(mend));
            return;
        }
        let mut reachable = 0;
        let mut closed: Vec<(&'static str, String)> = Vec::new();
        for path in inside {
            match obstacle(path, root, categories) {
                None => reachable += 1,
                Some(id) => {
                    let (code, message) = closed_by(id, path, facts.category_name(id));
                    if !closed.iter().any(|(_, told)| *told == message) {
                        closed.push((code, message));
                    }
                }
            }
        }
        let mend = || SuggestedAction::by_hand("enable the category under Catalog > Categories");
        for (code, message) in closed {
            let severity = if reachable > 0 { Severity::Info } else { severity };
            self.add(severity, code, message, Some(mend()));
        }
    }
}

/// The first category, from the root down, that keeps shoppers from the last of a path.
fn obstacle(path: &[i64], root: i64, categories: &[ViewCategory]) -> Option<i64> {
    let closed =
        |id: &i64| categories.iter().any(|category| category.id == *id && !category.is_active);
    path.iter().copied().skip_while(|id| *id != root).skip(1).find(closed)
}

/// A disabled category on a path, told.
fn closed_by(id: i64, path: &[i64], name: &str) -> (&'static str, String) {
    if path.last() == Some(&id) {
        ("CATEGORY_INACTIVE", format!("its category `{name}` ({id}) is disabled"))
    } else {
        ("PARENT_CATEGORY_INACTIVE", format!("`{name}` ({id}), above its category, is disabled"))
    }
}

/// Whether shoppers can come to the last category of a path from the root.
pub(super) fn is_reachable(path: &[i64], root: i64, categories: &[ViewCategory]) -> bool {
    path.contains(&root) && obstacle(path, root, categories).is_none()
}
