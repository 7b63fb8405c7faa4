//! Scopes: which view of the store an argument means.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::core::{Context, Failure, Grants, Route, StoreView};

/// The store's websites.
pub const WEBSITES: Route<0> = Route::new("/V1/store/websites");
/// The store's groups of views, which Magento's administration calls stores.
pub const STORE_GROUPS: Route<0> = Route::new("/V1/store/storeGroups");
/// The store's views.
pub const STORE_VIEWS: Route<0> = Route::new("/V1/store/storeViews");
/// What [`Scope::resolve`] and [`Scope::target`] may have to read.
pub const SCOPES: Grants = Grants::reads(WEBSITES).and(STORE_GROUPS).and(STORE_VIEWS);
/// The views' settings: locale, currencies, time zone, base URLs.
pub const STORE_CONFIGS: Route<0> = Route::new("/V1/store/storeConfigs");

/// The word `global`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Global {
    Global,
}

/// Which part of the store is meant. The narrowest that is named wins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// A website's default view.
    #[schemars(length(min = 1))]
    website_code: Option<String>,
    /// A group's default view.
    #[schemars(length(min = 1))]
    store_code: Option<String>,
    /// A store view.
    #[schemars(length(min = 1))]
    store_view_code: Option<String>,
    /// Global values.
    scope: Option<Global>,
}

/// What a [`Scope`] means in this store.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadScope {
    /// The view to read in.
    pub view: StoreView,
    /// The id of the website that was named. A view in a request's path does not limit a search to
    /// its website's products: that takes a filter on `website_id`.
    pub website_id: Option<i64>,
}

impl Scope {
    /// The place for reading that this scope means. Asks the store only where it must: for a
    /// website or a store, whose default store view has to be found.
    ///
    /// # Errors
    /// When it names both global and something else, something that does not exist, or a store view
    /// or store outside the website named beside it; and what reading the store's structure meets.
    pub fn resolve(&self, context: &Context) -> Result<ReadScope, Failure> {
        let narrower =
            [&self.website_code, &self.store_code, &self.store_view_code].into_iter().flatten();
        if self.scope.is_some() {
            return match narrower.count() {
                0 => Ok(ReadScope { view: StoreView::Global, website_id: None }),
                _ => Err(Failure::argument(
                    "/scope/scope",
                    "a scope cannot be `global` and a part of the store at once",
                )
                .remedy("name one of them")),
            };
        }
        match (&self.website_code, &self.store_code, &self.store_view_code) {
            (None, None, None) => {
                Ok(ReadScope { view: StoreView::SessionDefault, website_id: None })
            }
            (None, None, Some(code)) => {
                Ok(ReadScope { view: StoreView::View(code.clone()), website_id: None })
            }
            (website, store, view) => {
                let stores = match (website, store, view) {
                    (Some(website), None, None) => Stores::read_for_website(context, website)?,
                    _ => Stores::read(context)?,
                };
                stores.place(website.as_deref(), store.as_deref(), view.as_deref())
            }
        }
    }
}

impl Scope {
    /// Website, store and store view, as far as they are named.
    pub(crate) fn parts(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        let Self { website_code, store_code, store_view_code, .. } = self;
        (website_code.as_deref(), store_code.as_deref(), store_view_code.as_deref())
    }
}

/// A website, a group or a view: what a kind has not is 0, which no part of the store has for an id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StorePart {
    id: i64,
    code: String,
    /// Of a view.
    website_id: i64,
    /// Of a view.
    store_group_id: i64,
    /// Of a website.
    default_group_id: i64,
    /// Of a group.
    default_store_id: i64,
}

/// The store's websites, groups and views, without those of the administration, whose id is 0 and
/// which no request may name.
#[derive(Debug)]
pub struct Stores {
    websites: Vec<StorePart>,
    groups: Vec<StorePart>,
    views: Vec<StorePart>,
}

impl Stores {
    /// Reads the store's structure: three requests at once.
    ///
    /// # Errors
    /// What any of the reads met.
    pub fn read(context: &Context) -> Result<Self, Failure> {
        let [websites, groups, views] = read_parts(context, [WEBSITES, STORE_GROUPS, STORE_VIEWS])?;
        Ok(Self { websites, groups, views })
    }

    /// The same, as far as it is needed for a website: its default view is found by its groups only
    /// where it has several.
    ///
    /// # Errors
    /// What any of the reads met.
    pub(super) fn read_for_website(context: &Context, code: &str) -> Result<Self, Failure> {
        let [websites, views] = read_parts(context, [WEBSITES, STORE_VIEWS])?;
        let mut stores = Self { websites, groups: Vec::new(), views };
        if stores.views_of_website(code)?.len() != 1 {
            [stores.groups] = read_parts(context, [STORE_GROUPS])?;
        }
        Ok(stores)
    }

    /// The codes and ids of all views.
    pub fn views(&self) -> impl Iterator<Item = (&str, i64)> {
        self.views.iter().map(|view| (view.code.as_str(), view.id))
    }

    /// The codes of all views: one request.
    ///
    /// # Errors
    /// What reading meets.
    pub(super) fn read_view_codes(context: &Context) -> Result<Vec<String>, Failure> {
        let [views] = read_parts(context, [STORE_VIEWS])?;
        Ok(views.into_iter().map(|view| view.code).collect())
    }

    /// The id of the website that a view belongs to: one request.
    ///
    /// # Errors
    /// When there is no such view; what reading meets.
    pub fn website_of_view(context: &Context, code: &str) -> Result<i64, Failure> {
        let [views] = read_parts(context, [STORE_VIEWS])?;
        Self { websites: Vec::new(), groups: Vec::new(), views }
            .view(code)
            .map(|view| view.website_id)
    }

    /// The codes of the views in a website.
    ///
    /// # Errors
    /// When there is no such website.
    pub fn views_of_website(&self, code: &str) -> Result<Vec<String>, Failure> {
        let website = self.website(code)?.id;
        Ok(self.codes(|view| view.website_id == website))
    }

    /// The codes of the views in a store.
    ///
    /// # Errors
    /// When there is no such store.
    pub fn views_of_group(&self, code: &str) -> Result<Vec<String>, Failure> {
        let group = self.group(code)?.id;
        Ok(self.codes(|view| view.store_group_id == group))
    }

    fn codes(&self, of: impl Fn(&StorePart) -> bool) -> Vec<String> {
        self.views.iter().filter(|view| of(view)).map(|view| view.code.clone()).collect()
    }

    fn place(
        &self,
        website: Option<&str>,
        store: Option<&str>,
        view: Option<&str>,
    ) -> Result<ReadScope, Failure> {
        let website = website.map(|code| self.website(code)).transpose()?;
        let group = store.map(|code| self.group(code)).transpose()?;
        let view = match (view, group, website) {
            (Some(code), ..) => self.view(code)?,
            (None, Some(group), _) => self.view_of_id(group.default_store_id)?,
            (None, None, Some(website)) => self.default_view(website)?,
            (None, None, None) => {
                return Ok(ReadScope { view: StoreView::SessionDefault, website_id: None });
            }
        };
        if let Some(group) = group.filter(|group| group.id != view.store_group_id) {
            return Err(outside("store view", &view.code, "store", &group.code));
        }
        if let Some(website) = website.filter(|website| website.id != view.website_id) {
            return Err(outside("store view", &view.code, "website", &website.code));
        }
        Ok(ReadScope {
            view: StoreView::View(view.code.clone()),
            website_id: website.map(|website| website.id),
        })
    }

    fn website(&self, code: &str) -> Result<&StorePart, Failure> {
        self.websites.iter().find(|website| website.code == code).ok_or_else(|| {
            self.unknown("website", "website_code", code, self.websites.iter().map(|w| &*w.code))
        })
    }

    fn group(&self, code: &str) -> Result<&StorePart, Failure> {
        self.groups.iter().find(|group| group.code == code).ok_or_else(|| {
            self.unknown("store", "store_code", code, self.groups.iter().map(|g| &*g.code))
        })
    }

    fn view(&self, code: &str) -> Result<&StorePart, Failure> {
        self.views.iter().find(|view| view.code == code).ok_or_else(|| {
            self.unknown("store view", "store_view_code", code, self.views.iter().map(|v| &*v.code))
        })
    }

    fn view_of_id(&self, id: i64) -> Result<&StorePart, Failure> {
        self.views.iter().find(|view| view.id == id).ok_or_else(|| {
            Failure::unavailable("what was named has no default store view")
                .remedy("name a `store_view_code`")
        })
    }

    fn default_view(&self, website: &StorePart) -> Result<&StorePart, Failure> {
        let mut views = self.views.iter().filter(|view| view.website_id == website.id);
        if let (Some(only), None) = (views.next(), views.next()) {
            return Ok(only);
        }
        let group = self.groups.iter().find(|group| group.id == website.default_group_id);
        self.view_of_id(group.map_or(0, |group| group.default_store_id))
    }

    fn unknown<'a>(
        &self,
        kind: &str,
        argument: &str,
        code: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Failure {
        let known: Vec<_> = known.collect();
        let remedy = if argument != "store_view_code" && self.views.iter().any(|v| v.code == code) {
            format!("`{code}` is a store view: pass it as `store_view_code`")
        } else {
            format!("one of: {}", known.join(", "))
        };
        Failure::argument(
            &["/scope/", argument].concat(),
            format!("the store has no {kind} `{code}`"),
        )
        .remedy(remedy)
    }
}

/// Lists of parts of the store, read together, without the administration's. Globally: the session's
/// own view may have been removed from the store.
fn read_parts<const N: usize>(
    context: &Context,
    routes: [Route<0>; N],
) -> Result<[Vec<StorePart>; N], Failure> {
    let reads = routes.map(|route| route.read([]).in_view(StoreView::Global));
    let mut answers = context.get_together(&reads);
    let mut all = [(); N].map(|()| Vec::new());
    for parts in &mut all {
        *parts = answers.next()?;
        parts.retain(|part: &StorePart| part.id != 0);
    }
    Ok(all)
}

fn outside(kind: &str, code: &str, of: &str, of_code: &str) -> Failure {
    Failure::argument("scope", format!("the {kind} `{code}` is not in the {of} `{of_code}`"))
        .remedy("name only the narrowest of them")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::core::{action, group};
    use crate::testing::Host;

    /// The lists of `stores.jsonl`.
    fn store() -> Host {
        Host::answering(|read| {
            Ok(match read.route.template.as_str() {
                "/V1/store/websites" => json!([
                    {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0},
                    {"id": 1, "code": "base", "name": "Main Website", "default_group_id": 1},
                    {"id": 2, "code": "b2b", "name": "B2B Website", "default_group_id": 2},
                ]),
                "/V1/store/storeGroups" => json!([
                    {"id": 0, "website_id": 0, "default_store_id": 0, "code": "default"},
                    {"id": 1, "website_id": 1, "default_store_id": 1, "code": "main_website_store"},
                    {"id": 2, "website_id": 2, "default_store_id": 3, "code": "b2b_store"},
                ]),
                "/V1/store/storeViews" => json!([
                    {"id": 1, "code": "default", "website_id": 1, "store_group_id": 1},
                    {"id": 0, "code": "admin", "website_id": 0, "store_group_id": 0},
                    {"id": 2, "code": "de", "website_id": 1, "store_group_id": 1},
                    {"id": 3, "code": "b2b_en", "website_id": 2, "store_group_id": 2},
                ]),
                other => panic!("{other} is not part of a store's structure"),
            })
        })
    }

    /// Resolve
    ///
    /// Answers where a scope reads.
    #[action(query, name = "resolve", reads(SCOPES))]
    fn resolved(scope: &Scope, context: &Context) -> Result<Value, Failure> {
        let place = scope.resolve(context)?;
        let view = match place.view {
            StoreView::SessionDefault => json!("session"),
            StoreView::Global => json!("global"),
            StoreView::View(code) => json!({ "view": code }),
        };
        Ok(json!({ "view": view, "website_id": place.website_id }))
    }

    group! {
        /// Scopes
        ///
        /// Resolves scopes.
        scopes: [resolved]
    }

    fn resolve(host: &Host, scope: &Value) -> Result<Value, Failure> {
        host.call(&scopes(), "resolve", scope)
    }

    #[test]
    fn the_narrowest_part_named_wins() {
        for (scope, view, website) in [
            (json!({}), json!("session"), None),
            (json!({"scope": "global"}), json!("global"), None),
            (json!({"store_view_code": "de"}), json!({"view": "de"}), None),
            (json!({"store_code": "b2b_store"}), json!({"view": "b2b_en"}), None),
            (json!({"website_code": "b2b"}), json!({"view": "b2b_en"}), Some(2)),
            (
                json!({"website_code": "base", "store_view_code": "de"}),
                json!({"view": "de"}),
                Some(1),
            ),
        ] {
            assert_eq!(
                resolve(&store(), &scope),
                Ok(json!({"view": view, "website_id": website})),
                "{scope}"
            );
        }
    }

    #[test]
    fn the_store_is_asked_only_where_it_must_be() {
        for scope in [json!({}), json!({"scope": "global"}), json!({"store_view_code": "de"})] {
            let host = store();
            resolve(&host, &scope).unwrap();
            assert!(host.reads().is_empty(), "{scope}");
        }
    }

    #[test]
    fn what_does_not_exist_or_contradicts_itself_is_refused() {
        for (scope, argument, says) in [
            (json!({"website_code": "nope"}), "/scope/website_code", "no website `nope`"),
            (json!({"website_code": "admin"}), "/scope/website_code", "no website `admin`"),
            (json!({"store_code": "default"}), "/scope/store_code", "no store `default`"),
            (
                json!({"website_code": "b2b", "store_view_code": "de"}),
                "/scope",
                "not in the website",
            ),
            (json!({"scope": "global", "website_code": "b2b"}), "/scope/scope", "at once"),
        ] {
            let failure = resolve(&store(), &scope).unwrap_err();
            assert_eq!(failure.argument.as_deref(), Some(argument), "{scope}");
            assert!(failure.message.contains(says), "{}", failure.message);
            assert!(failure.remedy.is_some(), "{scope}");
        }
        let confused = resolve(&store(), &json!({"store_code": "default"})).unwrap_err();
        assert_eq!(
            confused.remedy.as_deref(),
            Some("`default` is a store view: pass it as `store_view_code`")
        );
    }
}
