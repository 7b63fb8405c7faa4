//! The table from which both `describe` and `invoke` come.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::route::Granted;
use crate::bindings::exports::souk::plugin::actions;
use crate::core::{
    ActionResult, ApplyContext, Bound, CommitTool, Context, Failure, Method, PrepareContext, Route,
    SessionContext, Tier,
};
use crate::core::{json, schema};
use crate::magento::{STORE_GROUPS, STORE_VIEWS, WEBSITES};

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
}

/// What an action is called and how it is told about.
#[derive(Debug, Clone, Copy)]
pub struct ActionInfo {
    /// `[a-z0-9_]+`; with the group's name and `_` at most 45 characters.
    pub name: &'static str,
    /// For people, in a few words.
    pub title: &'static str,
    /// For models: what it does, what it needs, what it answers, in one to four sentences.
    pub description: &'static str,
}

/// The parameters of an action that has none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoArgs {}

/// One tool: a typed function, and what it may do.
pub struct Action {
    about: ActionInfo,
    tier: Tier,
    effect: actions::Effect,
    needs_session: bool,
    grants: Vec<Granted>,
    // Schemas are made when the host asks for them, not for every call.
    input: fn() -> String,
    output: fn() -> String,
    run: Run,
}

/// The arguments of an action. Once for each type of them, however many actions share it.
#[inline(never)]
fn decoded<P: DeserializeOwned>(arguments: &str) -> Result<P, Failure> {
    json::decode(arguments).map_err(|wrong| Failure::argument(&wrong.place, wrong.reason))
}

/// A typed handler with its types forgotten: JSON text in, JSON text out.
type Run = Box<dyn Fn(&str) -> Result<String, Failure>>;

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Action")
            .field("about", &self.about)
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
        about: ActionInfo,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema,
        O: ActionResult,
    {
        Self::typed(about, actions::Effect::Query, move |asked: &P| handler(asked, &Context::new()))
    }

    /// An action that changes the caller's session, never the store. The operator has to grant that
    /// to the plugin by name. Tier safe; needs a session.
    #[must_use]
    pub fn session<P, O>(
        handler: impl Fn(&P, &SessionContext) -> Result<O, Failure> + 'static,
        about: ActionInfo,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema,
        O: ActionResult,
    {
        Self::typed(about, actions::Effect::Session, move |asked: &P| {
            handler(asked, &SessionContext::new())
        })
    }

    /// An action that reads, and proposes one plan, which waits for its commit. The host makes the
    /// tool that commits it. Tier safe; needs a session.
    #[must_use]
    pub fn prepare<P, O>(
        handler: impl Fn(&P, &PrepareContext) -> Result<O, Failure> + 'static,
        about: ActionInfo,
        commit: CommitTool,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema,
        O: ActionResult,
    {
        Self::typed(about, commit.effect(), move |asked: &P| handler(asked, &PrepareContext::new()))
    }

    /// An action that changes the store in the same call, up to a bound. From tier risk upwards the
    /// host asks the caller for confirmation and a reason. Tier safe; needs a session.
    #[must_use]
    pub fn apply<P, O>(
        handler: impl Fn(&P, &ApplyContext) -> Result<O, Failure> + 'static,
        about: ActionInfo,
        bound: Bound,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema,
        O: ActionResult,
    {
        Self::typed(about, actions::Effect::Apply(bound), move |asked: &P| {
            handler(asked, &ApplyContext::new())
        })
    }

    fn typed<P, O>(
        about: ActionInfo,
        effect: actions::Effect,
        handler: impl Fn(&P) -> Result<O, Failure> + 'static,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema,
        O: ActionResult,
    {
        Self {
            about,
            tier: Tier::Safe,
            effect,
            needs_session: true,
            grants: Vec::new(),
            input: schema::input::<P>,
            output: schema::output::<O>,
            run: Box::new(move |arguments| {
                let asked = decoded(arguments)?;
                handler(&asked)?.into_json()
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

    /// Declares that it may read this route. Without it the host refuses the read.
    #[must_use]
    pub fn reads<const N: usize>(self, route: Route<N>) -> Self {
        self.granted(route.grant(None))
    }

    /// Declares that its changes may write to this route. Without it the host refuses them.
    #[must_use]
    pub fn writes<const N: usize>(self, method: Method, route: Route<N>) -> Self {
        self.granted(route.grant(Some(method)))
    }

    fn granted(mut self, grant: Granted) -> Self {
        if !self.grants.contains(&grant) {
            self.grants.push(grant);
        }
        self
    }

    /// Declares the reads that [`Scope::resolve`](crate::magento::Scope::resolve) needs.
    #[must_use]
    pub fn resolves_scopes(self) -> Self {
        self.reads(WEBSITES).reads(STORE_GROUPS).reads(STORE_VIEWS)
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn grants(&self) -> Vec<Granted> {
        self.grants.clone()
    }

    fn describe(&self) -> actions::Action {
        actions::Action {
            name: self.about.name.to_owned(),
            title: self.about.title.to_owned(),
            description: self.about.description.to_owned(),
            tier: self.tier,
            effect: self.effect.clone(),
            needs_session: self.needs_session,
            input: (self.input)(),
            output: (self.output)(),
            grants: self.grants.iter().copied().map(Granted::describe).collect(),
        }
    }
}

impl Group {
    /// What the host is told.
    #[must_use]
    pub fn describe(&self) -> actions::Group {
        actions::Group {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            title: self.title.to_owned(),
            description: self.description.to_owned(),
            actions: self.actions.iter().map(Action::describe).collect(),
        }
    }

    /// Runs one action, by its name without the group's, with its arguments as JSON text.
    ///
    /// # Errors
    /// What the action answers; that arguments are not what they must be, naming the place; that
    /// there is no such action.
    pub fn invoke(&self, action: &str, arguments: &str) -> Result<String, Failure> {
        match self.action(action) {
            Some(action) => (action.run)(arguments),
            None => Err(Failure::internal(format!("`{}` has no action `{action}`", self.name))),
        }
    }

    pub(crate) fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.about.name == name)
    }
}
