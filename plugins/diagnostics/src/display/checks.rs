//! The rules by which a shop shows a product, and what breaks them: all but prices and stock.

use souk_sdk::prelude::*;

use super::facts::{ProductFacts, ViewCategory, ViewFacts};
use super::issue::Severity::{Error, Info, Warning};
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
        action: impl Into<Option<SuggestedAction>>,
    ) {
        self.issues.add(&self.seen.view, severity, code, message, action.into());
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
            self.add(Error, "STORE_VIEW_DISABLED", message, mend);
        }
        if !self.facts.is_on(&view.website) {
            let website = &view.website.code;
            let mend = SuggestedAction::by_hand(format!(
                "assign it to the website `{website}` in the administration: Catalog > Products > \
                 Product in Websites"
            ));
            let message = format!("it is not assigned to the website `{website}`");
            self.add(Error, "NOT_IN_WEBSITE", message, mend);
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
            self.add(Error, "STATUS_DISABLED", message, mend);
        }
        self.visibility();
    }

    fn visibility(&mut self) {
        let (severity, code, message, why) = match self.product.integer("visibility") {
            Some(4) => return,
            Some(1) => (
                Error,
                "NOT_VISIBLE_INDIVIDUALLY",
                "its visibility is `not visible individually`: it shows only as a part of another \
                 product, which is right for a variant",
                "shows it by itself; not for a variant, which its parent shows",
            ),
            Some(2) => (
                Info,
                "NOT_IN_SEARCH",
                "its visibility is `catalog`: search does not find it",
                "shows it in search as well",
            ),
            Some(3) => (
                Info,
                "NOT_IN_CATALOG",
                "its visibility is `search`: categories do not list it",
                "shows it in the catalogue as well",
            ),
            _ => (
                Error,
                "VISIBILITY_UNKNOWN",
                "it has no visibility that Magento knows",
                "shows it in the catalogue and in search",
            ),
        };
        let scope = self.scope("visibility");
        let mend = SuggestedAction::product(self.sku(), &json!({ "visibility": 4 }), &scope, why);
        self.add(severity, code, message, mend);
    }

    /// What a page of it cannot do without.
    pub(super) fn required(&mut self) {
        let url_key = "it has no URL key: its page has no address of its own";
        for (attribute, code, message, pointer, why) in [
            ("name", "NAME_MISSING", "it has no name", "/updates/name", "gives it a name"),
            ("url_key", "URL_KEY_MISSING", url_key, "/updates/url_key", "gives it an address"),
        ] {
            if self.is_blank(attribute) {
                let scope = self.scope(attribute);
                let mend = SuggestedAction::product(self.sku(), &json!({}), &scope, why);
                self.add(Error, code, message, mend.choosing(pointer));
            }
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
            self.add(Warning, "URL_REWRITE_MISSING", message, mend);
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
            self.add(Warning, "NO_IMAGE", message, upload());
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
                self.add(Warning, code, message, upload());
                continue;
            };
            match entries.iter().find(|entry| entry["file"] == file) {
                None => {
                    let message = format!("the image of the role `{role}` is not in its gallery");
                    self.add(Warning, "IMAGE_NOT_IN_GALLERY", message, upload());
                }
                Some(entry) if entry["disabled"] == true => {
                    let message =
                        format!("the image of the role `{role}` is hidden on the product's page");
                    let mend =
                        SuggestedAction::by_hand("take `Hide from Product Page` off the image");
                    self.add(Info, "IMAGE_HIDDEN", message, mend);
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
            Some(2) => Error,
            Some(1 | 3) => Info,
            _ => Warning,
        };
        if facts.global.list("category_ids").is_empty() {
            let scope = json!({ "scope": "global" });
            let mend =
                SuggestedAction::product(self.sku(), &json!({}), &scope, "puts it into categories")
                    .choosing("/updates/category_ids");
            let message = "it is in no category: only search and links lead to it";
            self.add(severity, "NO_CATEGORY", message, mend);
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
            self.add(severity, "NO_CATEGORY_IN_ROOT", message, mend);
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
            let severity = if reachable > 0 { Info } else { severity };
            self.add(severity, code, message, mend());
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
