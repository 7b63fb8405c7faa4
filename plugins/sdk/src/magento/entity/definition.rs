//! What there is to know of an entity.

use super::field::EntityField;
use crate::core::{Action, Changes, Route};

/// An entity of the store: where it is found, what it is called, what may be changed.
///
/// A constant of it gives search and get ([`reads`](Self::reads)), and create, update and delete
/// with review, undo and read-back ([`writes`](Self::writes)); what a plugin writes by hand can use
/// its parts. Entities hold one value for the whole store: reads and writes go to the global view.
#[derive(Debug, Clone, Copy)]
pub struct Entity {
    pub(super) noun: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) search: Route<0>,
    pub(super) one: Route<1>,
    pub(super) id_argument: &'static str,
    pub(super) id_member: &'static str,
    pub(super) searched_in: &'static [&'static str],
    pub(super) filters: &'static [&'static str],
    pub(super) fields: &'static [EntityField],
    pub(super) listed: &'static [&'static str],
    pub(super) sent_along: &'static [&'static str],
    pub(super) keywords: &'static [&'static str],
    /// The route, and the field by which a new one is found again.
    pub(super) create: Option<(Route<0>, &'static str)>,
    pub(super) update: Option<Route<1>>,
    pub(super) delete: Option<Route<1>>,
}

impl Entity {
    /// An entity that is called `noun` (`block`) in tools, arguments and bodies, and `label` (`CMS
    /// block`) for people; with its search, and the route of one by its id.
    #[must_use]
    pub const fn new(
        noun: &'static str,
        label: &'static str,
        search: Route<0>,
        one: Route<1>,
    ) -> Self {
        Self {
            noun,
            label,
            kind: noun,
            search,
            one,
            id_argument: "id",
            id_member: "id",
            searched_in: &[],
            filters: &[],
            fields: &[],
            listed: &[],
            sent_along: &[],
            keywords: &[],
            create: None,
            update: None,
            delete: None,
        }
    }

    /// What changes call their subject, where that is not the noun: `cms-block`.
    #[must_use]
    pub const fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// What the id, a number, is called in arguments and filters, and in what the store answers.
    #[must_use]
    pub const fn id(mut self, argument: &'static str, member: &'static str) -> Self {
        self.id_argument = argument;
        self.id_member = member;
        self
    }

    /// The fields in which the search's argument `query` looks for a text.
    #[must_use]
    pub const fn searched_in(mut self, fields: &'static [&'static str]) -> Self {
        self.searched_in = fields;
        self
    }

    /// The fields that are arguments of the search: it finds what has this value.
    #[must_use]
    pub const fn filters(mut self, fields: &'static [&'static str]) -> Self {
        self.filters = fields;
        self
    }

    /// The fields that may be set.
    #[must_use]
    pub const fn fields(mut self, fields: &'static [EntityField]) -> Self {
        self.fields = fields;
        self
    }

    /// The members that an item of the search shows where nobody names others by `fields`: what one
    /// tells them apart by, and not their contents. Without this all are shown.
    #[must_use]
    pub const fn listed_by(mut self, members: &'static [&'static str]) -> Self {
        self.listed = members;
        self
    }

    /// Members that an update has to send as they are, or the store would change them: a page's
    /// `identifier`, which Magento else makes of its title.
    #[must_use]
    pub const fn sent_along(mut self, members: &'static [&'static str]) -> Self {
        self.sent_along = members;
        self
    }

    /// Words by which people look for its tools, beside those of their names and texts.
    #[must_use]
    pub const fn keywords(mut self, words: &'static [&'static str]) -> Self {
        self.keywords = words;
        self
    }

    /// New ones are made with a POST to this route. The store gives them their id; until then a new
    /// one is known by this field, whose value no other may have.
    #[must_use]
    pub const fn creates(mut self, route: Route<0>, known_by: &'static str) -> Self {
        self.create = Some((route, known_by));
        self
    }

    /// They are changed with a PUT to this route, which leaves alone what its body leaves out.
    #[must_use]
    pub const fn updates(mut self, route: Route<1>) -> Self {
        self.update = Some(route);
        self
    }

    /// They are deleted with a DELETE of this route.
    #[must_use]
    pub const fn deletes(mut self, route: Route<1>) -> Self {
        self.delete = Some(route);
        self
    }

    /// An action of its own, with the words by which people look for it.
    pub(super) fn spoken_of(self, action: Action) -> Action {
        self.keywords.iter().fold(action, |action, word| action.keywords(word))
    }

    /// What actions that change one or many of them by their ids declare.
    #[must_use]
    pub const fn changes(&self) -> Changes<1> {
        let mut changes = Changes::of(self.kind, self.one).search(self.search);
        if let Some(route) = self.update {
            changes = changes.put(route);
        }
        changes
    }

    /// The noun.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        self.noun
    }

    /// What people call it: `CMS block`.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        self.label
    }

    /// What filters call its id.
    #[must_use]
    pub const fn id_filter(&self) -> &'static str {
        self.id_argument
    }

    /// The fields that may be set.
    #[must_use]
    pub const fn field_list(&self) -> &'static [EntityField] {
        self.fields
    }

    /// Where its members stand in a body: `/block`.
    #[must_use]
    pub fn root(&self) -> String {
        ["/", self.noun].concat()
    }

    /// The noun for several.
    pub(super) fn plural(&self) -> String {
        [self.noun, "s"].concat()
    }
}
