//! The table from which both `describe` and `invoke` come.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;

use super::commit_tool::CommitTool;
use super::context::{Context, SessionContext};
use super::grant::{Changes, Grants};
use super::pass_through::ActionResult;
use super::plans::{ApplyContext, DraftTerms, PrepareContext};
use super::route::{Grant, Route};
use super::{
    ActionDetails, Bound, CompletionSource, Failure, GroupDetails, Method, Response, Tier, json,
    schema,
};
use crate::bindings::exports::souk::plugin::actions;

/// An action group: what a plugin offers.
#[derive(Debug)]
pub struct Group {
    /// `[a-z0-9]+`, unique among the groups a host loads; tools are named `GROUP_ACTION`.
    pub name: &'static str,
    /// Semantic version: `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
    /// For people, in a few words.
    pub title: &'static str,
    /// For people.
    pub description: &'static str,
    /// At least one.
    pub actions: Vec<Action>,
    /// Prompts, resources, a schema of its settings: for most groups `GroupDetails::default()`.
    pub details: GroupDetails,
}

/// What an action is called and how it is described.
#[derive(Debug, Clone, Copy)]
pub struct ActionInfo<T = &'static str> {
    /// `[a-z0-9_]+`; with the group's name and `_` at most 45 characters.
    pub name: T,
    /// For people, in a few words.
    pub title: T,
    /// For models: what it does, what it needs, what it answers, in one to four sentences.
    pub description: T,
}

/// The arguments of an action that has none.
#[super::args]
#[derive(Debug)]
pub struct NoArgs {}

/// One tool: a typed function, and what it may do.
pub struct Action {
    info: ActionInfo<Cow<'static, str>>,
    note: &'static str,
    details: ActionDetails,
    tier: Tier,
    effect: ActionEffect,
    needs_session: bool,
    grants: Vec<Grant>,
    /// The reads that lookups of its drafts may make.
    lookups: Vec<Grant>,
    // Schemas are made when the host asks for them, not for every call.
    input: Box<dyn Fn() -> String>,
    output: fn() -> String,
    run: ActionHandler,
}

/// What an action does to the world.
#[derive(Debug)]
enum ActionEffect {
    Query,
    Session,
    Prepare(CommitTool),
    Apply(Bound),
}

/// A typed handler with its types forgotten: JSON text in, JSON text out.
type ActionHandler = Box<dyn Fn(&str, DraftTerms) -> Result<Response, Failure>>;

/// The arguments of an action. Once for each type of them, however many actions share it.
#[inline(never)]
fn decoded<P: DeserializeOwned>(arguments: &str) -> Result<P, Failure> {
    json::decode(arguments).map_err(|error| Failure::argument(&error.pointer, error.reason))
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Action")
            .field("info", &self.info)
            .field("tier", &self.tier)
            .field("grants", &self.grants)
            .finish_non_exhaustive()
    }
}

impl Action {
    /// An action that only reads. Tier safe; needs a session.
    #[must_use]
    pub fn query<P, O>(
        handler: impl Fn(&P, &Context) -> Result<O, Failure> + 'static,
        info: ActionInfo<impl Into<Cow<'static, str>>>,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        O: ActionResult,
    {
        Self::typed(info, ActionEffect::Query, move |args: &P, _| handler(args, &Context::new()))
    }

    /// An action that changes the caller's session, never the store. The operator has to grant that
    /// to the plugin by name. Tier safe; needs a session.
    #[must_use]
    pub fn session<P, O>(
        handler: impl Fn(&P, &SessionContext) -> Result<O, Failure> + 'static,
        info: ActionInfo<impl Into<Cow<'static, str>>>,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        O: ActionResult,
    {
        Self::typed(info, ActionEffect::Session, move |args: &P, _| {
            handler(args, &SessionContext::new())
        })
    }

    /// An action that reads, and proposes one plan, which waits for its commit. The host makes the
    /// tool that commits it. Tier safe; needs a session.
    #[must_use]
    pub fn prepare<P, O>(
        handler: impl Fn(&P, &PrepareContext) -> Result<O, Failure> + 'static,
        info: ActionInfo<impl Into<Cow<'static, str>>>,
        commit: CommitTool,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        O: ActionResult,
    {
        Self::typed(info, ActionEffect::Prepare(commit), move |args: &P, terms| {
            handler(args, &PrepareContext::new(terms))
        })
    }

    /// An action that changes the store in the same call, up to a bound. From tier risk upwards the
    /// host asks the caller for confirmation and a reason. Tier safe; needs a session.
    #[must_use]
    pub fn apply<P, O>(
        handler: impl Fn(&P, &ApplyContext) -> Result<O, Failure> + 'static,
        info: ActionInfo<impl Into<Cow<'static, str>>>,
        bound: Bound,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        O: ActionResult,
    {
        Self::typed(info, ActionEffect::Apply(bound), move |args: &P, terms| {
            handler(args, &ApplyContext::new(terms))
        })
    }

    fn typed<P, O>(
        info: ActionInfo<impl Into<Cow<'static, str>>>,
        effect: ActionEffect,
        handler: impl Fn(&P, DraftTerms) -> Result<O, Failure> + 'static,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        O: ActionResult,
    {
        Self {
            info: ActionInfo {
                name: info.name.into(),
                title: info.title.into(),
                description: info.description.into(),
            },
            note: "",
            details: ActionDetails::default(),
            tier: Tier::Safe,
            effect,
            needs_session: true,
            grants: Vec::new(),
            lookups: Vec::new(),
            input: Box::new(schema::input::<P>),
            output: schema::output::<O>,
            run: Box::new(move |arguments, terms| {
                let args = decoded(arguments)?;
                handler(&args, terms)?.into_response()
            }),
        }
    }

    /// Sets how much harm it can do.
    #[must_use]
    pub fn tier(mut self, tier: Tier) -> Self {
        self.tier = tier;
        self
    }

    /// It may be called without a session.
    #[must_use]
    pub fn without_session(mut self) -> Self {
        self.needs_session = false;
        self
    }

    /// Ends its description with a sentence that many actions share.
    #[must_use]
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// Says where its result holds texts that strangers wrote: `/items/*/comment`, with `*` for every
    /// element of a list.
    #[must_use]
    pub fn untrusted(mut self, pointer: &str) -> Self {
        self.details.untrusted.push(pointer.to_owned());
        self
    }

    /// Adds a word by which a person would look for it, beside those of its name and texts.
    #[must_use]
    pub fn keywords(mut self, word: &str) -> Self {
        self.details.keywords.push(word.to_owned());
        self
    }

    /// Says why it should no longer be used, and what to use instead.
    #[must_use]
    pub fn deprecated(mut self, why: &str) -> Self {
        self.details.deprecated = Some(why.to_owned());
        self
    }

    /// Says where suggestions for an argument come from.
    #[must_use]
    pub fn completes(mut self, argument: &str, source: CompletionSource) -> Self {
        self.details.complete(argument, source);
        self
    }

    /// The schema of its arguments, where no type can say it.
    #[must_use]
    pub fn input(mut self, schema: impl Fn() -> Schema + 'static) -> Self {
        self.input = Box::new(move || schema::of_input(schema()));
        self
    }

    /// Declares that it may read this route, or each of these. Without it the host refuses the read.
    #[must_use]
    pub fn reads(self, routes: impl Into<Grants>) -> Self {
        self.granted(routes.into().iter())
    }

    /// Declares that it may make these changes: their lookups and their writes.
    #[must_use]
    pub fn changes<const N: usize>(mut self, changes: Changes<N>) -> Self {
        self.lookups.extend(changes.lookups());
        self.granted(changes.grants())
    }

    /// Declares that it may have the cache before the store purged:
    /// [`PURGE_URL`](crate::core::PURGE_URL) and its like.
    #[must_use]
    pub fn purges<const N: usize>(self, route: Route<N>) -> Self {
        self.granted([route.grant(Some(Method::Post))].into_iter())
    }

    fn granted(mut self, grants: impl Iterator<Item = Grant>) -> Self {
        for grant in grants {
            if !self.grants.contains(&grant) {
                self.grants.push(grant);
            }
        }
        self
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn grants(&self) -> Vec<Grant> {
        self.grants.clone()
    }

    fn terms(&self, group: &str) -> DraftTerms {
        let commit_tool = match &self.effect {
            ActionEffect::Prepare(commit) => commit.full_name(group),
            ActionEffect::Query | ActionEffect::Session | ActionEffect::Apply(_) => String::new(),
        };
        DraftTerms { commit_tool, lookups: self.lookups.clone() }
    }

    fn describe(&self, group: &str) -> actions::Action {
        let ActionInfo { name, title, description } = &self.info;
        let mut description = description.clone().into_owned();
        let effect = match &self.effect {
            ActionEffect::Query => actions::Effect::Query,
            ActionEffect::Session => actions::Effect::Session,
            ActionEffect::Apply(bound) => actions::Effect::Apply(*bound),
            ActionEffect::Prepare(commit) => {
                description.push_str(" Changes nothing yet; commit the plan with ");
                description.push_str(&commit.full_name(group));
                description.push('.');
                actions::Effect::Prepare(commit.describe(&[group, "_", name].concat(), title))
            }
        };
        if !self.note.is_empty() {
            description.push(' ');
            description.push_str(self.note);
        }
        actions::Action {
            name: name.clone().into_owned(),
            title: title.clone().into_owned(),
            description,
            tier: self.tier,
            effect,
            needs_session: self.needs_session,
            input: (self.input)(),
            output: (self.output)(),
            grants: self.grants.iter().copied().map(Grant::describe).collect(),
            details: (self.details != ActionDetails::default()).then(|| self.details.clone()),
        }
    }
}

impl Group {
    /// The declaration of the group, as the contract has it.
    #[must_use]
    pub fn describe(&self) -> actions::Group {
        actions::Group {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            actions: self.actions.iter().map(|action| action.describe(self.name)).collect(),
            details: (self.details != GroupDetails::default()).then(|| self.details.clone()),
        }
    }

    /// Runs one action, by its name without the group's, with its arguments as JSON text.
    ///
    /// # Errors
    /// What the action answers; that arguments are not what they must be, naming the place; that
    /// there is no such action.
    pub fn invoke(&self, action: &str, arguments: &str) -> Result<Response, Failure> {
        match self.action(action) {
            Some(action) => (action.run)(arguments, action.terms(self.name)),
            None => Err(Failure::internal(format!("`{}` has no action `{action}`", self.name))),
        }
    }

    pub(crate) fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.info.name == name)
    }
}
