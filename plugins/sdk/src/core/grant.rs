//! What an action may ask of a back end, as constants beside the code that uses them.

use super::change::ChangeBuilder;
use super::route::{Grant, Route};
use super::{BindingSource, Intent, Lookup, Method, StoreView};

/// The most routes of one [`Grants`] or one [`Changes`].
pub const MOST_ROUTES: usize = 16;

/// Routes that are read together, where several actions need the same ones.
///
/// ```
/// use souk_sdk::core::{Grants, Route};
/// const ORDER: Route<1> = Route::new("/V1/orders/{id}");
/// const ORDERS: Route<0> = Route::new("/V1/orders");
/// const FIND_ORDER: Grants = Grants::reads(ORDER).and(ORDERS);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Grants {
    grants: [Option<Grant>; MOST_ROUTES],
}

impl Grants {
    const NONE: Self = Self { grants: [None; MOST_ROUTES] };

    /// A read of this route.
    #[must_use]
    pub const fn reads<const N: usize>(route: Route<N>) -> Self {
        Self::NONE.and(route)
    }

    /// And a read of this one.
    ///
    /// # Panics
    /// Above [`MOST_ROUTES`]; in a constant that is an error of compilation.
    #[must_use]
    pub const fn and<const N: usize>(self, route: Route<N>) -> Self {
        self.with(route.grant(None))
    }

    const fn with(mut self, grant: Grant) -> Self {
        let mut free = 0;
        while free < MOST_ROUTES && self.grants[free].is_some() {
            free += 1;
        }
        assert!(free < MOST_ROUTES, "these are too many routes for one constant");
        self.grants[free] = Some(grant);
        self
    }

    /// Narrows the grant that was added last.
    const fn with_fields(mut self, fields: &'static [&'static str]) -> Self {
        let mut free = 0;
        while free < MOST_ROUTES && self.grants[free].is_some() {
            free += 1;
        }
        assert!(free > 0, "there is no write to narrow");
        if let Some(grant) = &mut self.grants[free - 1] {
            grant.fields = Some(fields);
        }
        self
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Grant> {
        self.grants.into_iter().flatten()
    }
}

impl<const N: usize> From<Route<N>> for Grants {
    fn from(route: Route<N>) -> Self {
        Self::reads(route)
    }
}

/// Changes of one kind of subject: how the host reads a subject, and the writes that change it. An
/// action that [declares](crate::core::action) them is granted both, so that no lookup can be
/// forgotten.
///
/// ```
/// use souk_sdk::core::{Changes, Route, StoreView};
/// const BLOCK: Route<1> = Route::new("/V1/cmsBlock/{blockId}");
/// const BLOCK_WRITE: Route<1> = Route::new("/V1/cmsBlock/{id}");
/// const BLOCK_CHANGES: Changes<1> = Changes::of("cms-block", BLOCK).put(BLOCK_WRITE);
///
/// let intent = BLOCK_CHANGES.intent("rename blocks", StoreView::Global);
/// assert_eq!(intent.lookup.one.route.template, "/V1/cmsBlock/{blockId}");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Changes<const N: usize> {
    kind: &'static str,
    lookup: Route<N>,
    search: Option<Route<0>>,
    writes: Grants,
}

impl<const N: usize> Changes<N> {
    /// Changes of subjects of this kind (`cms-page`), each of which the host reads with this route.
    #[must_use]
    pub const fn of(kind: &'static str, lookup: Route<N>) -> Self {
        Self { kind, lookup, search: None, writes: Grants::NONE }
    }

    /// The host may also read many of them with one search.
    #[must_use]
    pub const fn search(mut self, route: Route<0>) -> Self {
        self.search = Some(route);
        self
    }

    /// A POST to this route may be a step of a change, or of its undo.
    #[must_use]
    pub const fn post<const M: usize>(self, route: Route<M>) -> Self {
        self.writes(Method::Post, route)
    }

    /// A PUT to this route may be a step of a change, or of its undo.
    #[must_use]
    pub const fn put<const M: usize>(self, route: Route<M>) -> Self {
        self.writes(Method::Put, route)
    }

    /// A PATCH of this route may be a step of a change, or of its undo.
    #[must_use]
    pub const fn patch<const M: usize>(self, route: Route<M>) -> Self {
        self.writes(Method::Patch, route)
    }

    /// A DELETE of this route may be a step of a change, or of its undo.
    #[must_use]
    pub const fn delete<const M: usize>(self, route: Route<M>) -> Self {
        self.writes(Method::Delete, route)
    }

    const fn writes<const M: usize>(mut self, method: Method, route: Route<M>) -> Self {
        self.writes = self.writes.with(route.grant(Some(method)));
        self
    }

    /// The write that was named last may set only these fields of its body, each with all that stands
    /// below it: `&["/block/title"]`.
    #[must_use]
    pub const fn only(mut self, fields: &'static [&'static str]) -> Self {
        self.writes = self.writes.with_fields(fields);
        self
    }

    /// Begins a change of the subject with this id.
    #[must_use]
    pub fn change(&self, id: impl Into<String>) -> ChangeBuilder {
        ChangeBuilder::of(self.kind, id)
    }

    /// The reads that the host's lookups make.
    pub(crate) fn lookups(&self) -> impl Iterator<Item = Grant> {
        [Some(self.lookup.grant(None)), self.search.map(|route| route.grant(None))]
            .into_iter()
            .flatten()
    }

    /// Everything that is granted with them.
    pub(crate) fn grants(&self) -> impl Iterator<Item = Grant> {
        self.lookups().chain(self.writes.iter())
    }
}

impl Changes<1> {
    /// What a draft of these changes is for, in one line. Subjects are looked up one by one, whole,
    /// in the view that is written.
    #[must_use]
    pub fn intent(&self, summary: impl Into<String>, view: StoreView) -> Intent {
        let lookup = self.lookup.read_by([BindingSource::Subject]).in_view(view.clone());
        Intent { summary: summary.into(), view, lookup: Lookup::one(lookup) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::core::{Failure, NoArgs, PrepareContext, PreparedResult, action, group};
    use crate::testing::Host;

    const BLOCK: Changes<1> = Changes::of("cms-block", Route::new("/V1/cmsBlock/{blockId}"))
        .put(WRITE)
        .only(&["/block/title"]);
    const PAGE: Changes<1> = Changes::of("cms-page", Route::new("/V1/cmsPage/{pageId}"));
    const WRITE: Route<1> = Route::new("/V1/cmsBlock/{id}");

    fn retitle(context: &PrepareContext, lookup: Changes<1>) -> Result<PreparedResult, Failure> {
        let mut change = BLOCK.change("7");
        let put = change.step(WRITE.step(Method::Put, [BindingSource::Subject], StoreView::Global));
        change.set(put, "title", "/block/title", "/title", json!("New"));
        let mut draft = context.draft(&lookup.intent("retitle", StoreView::Global));
        draft.add([change.done()?])?;
        draft.propose()
    }

    /// Plan a title
    ///
    /// Plans a title.
    #[action(prepare, changes(BLOCK))]
    fn prepare_declared(_: &NoArgs, context: &PrepareContext) -> Result<PreparedResult, Failure> {
        retitle(context, BLOCK)
    }

    /// Plan a title
    ///
    /// Plans a title with the lookup of something else.
    #[action(prepare, changes(BLOCK))]
    fn prepare_other(_: &NoArgs, context: &PrepareContext) -> Result<PreparedResult, Failure> {
        retitle(context, PAGE)
    }

    group! {
        /// Titles
        ///
        /// Changes titles.
        titles: [prepare_declared, prepare_other]
    }

    #[test]
    fn changes_bring_the_read_of_their_lookup_with_them() {
        let host = Host::answering(|_| Ok(json!({"title": "Old"})));
        let answer = host.call(&titles(), "prepare_declared", &json!({})).unwrap();
        assert!(answer["message"].as_str().unwrap().contains("`titles_commit_declared`"));
        let grants: Vec<usize> =
            titles().describe().actions.iter().map(|action| action.grants.len()).collect();
        assert_eq!(grants, [2, 2]);
    }

    #[test]
    fn a_lookup_that_is_not_declared_is_the_plugins_mistake() {
        let host = Host::answering(|_| Ok(json!({"title": "Old"})));
        let failure = host.call(&titles(), "prepare_other", &json!({})).unwrap_err();
        assert!(failure.message.contains("no `changes(…)`"), "{}", failure.message);
    }
}
