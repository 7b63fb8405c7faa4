//! How a transport lists and calls actions without knowing what runs them.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::{broadcast, watch};

use crate::plan::PlanId;
use crate::{
    Action, Callers, Client, Code, CompletionRequest, ContentBlock, Document, Effect, Failure,
    Orientation, Principal, PromptInfo, PromptMessage, Resource, ResourceChange, ResourceContents,
    ResourceFamily, Suggestions, Tier, TokenRefusal,
};

/// What a tool is likely to do, for clients that ask their user first. Derived from tier and
/// effect, which are enforced; hints are only told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolHints {
    /// It changes neither the store nor the session.
    pub read_only: bool,
    /// It may destroy or overwrite something.
    pub destructive: bool,
    /// Calling it again with the same arguments changes nothing more.
    pub idempotent: bool,
    /// It talks to something outside the host.
    pub open_world: bool,
}

impl ToolHints {
    /// The hints that follow from what an action declares.
    #[must_use]
    pub fn of(action: &Action) -> Self {
        let read_only = matches!(action.effect, Effect::Query);
        Self {
            read_only,
            destructive: matches!(action.effect, Effect::Apply(_)) && action.tier > Tier::Safe,
            idempotent: read_only || matches!(action.effect, Effect::Session),
            open_world: !action.grants.is_empty(),
        }
    }
}

/// A tool as a client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// `^[a-z0-9_]{1,45}$`.
    pub name: String,
    /// For people.
    pub title: String,
    /// For models.
    pub description: String,
    /// Flat JSON Schema of the arguments, the host's own among them: what a call is checked against.
    pub input: Arc<Map<String, Value>>,
    /// What clients are shown of it: plain types, no closed objects, no words but those for callers.
    pub published_input: Arc<Map<String, Value>>,
    /// JSON Schema of the result.
    pub output: Arc<Map<String, Value>>,
    /// How much harm it can do.
    pub tier: Tier,
    /// What clients are told of it.
    pub hints: ToolHints,
    /// The page that shows its results to a person, by the URI of its [resource](Actions::resource), where
    /// a client draws such.
    pub view: Option<&'static str>,
}

/// Takes the progress of a running call to its caller. Must return at once and drop what it cannot deliver.
pub trait Progress: Send + Sync {
    /// `done` of `total`, where the total is known.
    fn report(&self, done: u64, total: Option<u64>, note: &str);
}

/// One call of a tool.
#[derive(Clone)]
pub struct ToolCall {
    /// Who asks.
    pub principal: Principal,
    /// The tool's name.
    pub tool: String,
    /// The arguments as the client sent them.
    pub arguments: Map<String, Value>,
    /// Where progress is reported, if the caller asked for it.
    pub progress: Option<Arc<dyn Progress>>,
    /// Whoever made the call, where they can be asked something.
    pub client: Option<Arc<dyn Client>>,
}

impl ToolCall {
    /// A call that reports to nobody and asks nobody.
    #[must_use]
    pub const fn new(principal: Principal, tool: String, arguments: Map<String, Value>) -> Self {
        Self { principal, tool, arguments, progress: None, client: None }
    }
}

/// One request of a prompt.
pub struct PromptRequest {
    /// Who asks.
    pub principal: Principal,
    /// The prompt's name.
    pub name: String,
    /// Its arguments as the client sent them.
    pub arguments: Map<String, Value>,
    /// Whoever asks, where they can be asked something.
    pub client: Option<Arc<dyn Client>>,
}

/// What there is beside tools and documents. What there is not, no client is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features {
    /// Prompts.
    pub prompts: bool,
    /// Suggestions for arguments of prompts and variables of resources.
    pub completions: bool,
    /// Calls tell how they go.
    pub logging: bool,
    /// Changed resources are [announced](Actions::resource_changes).
    pub resource_changes: bool,
    /// Some tools have a [page](Tool::view) that shows their results.
    pub views: bool,
}

/// What a plugin's call used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CallUsage {
    /// Processor time, of the plugin and of what the host did for it, in microseconds.
    pub cpu_us: u64,
    /// The most memory that it had, in bytes.
    pub memory_bytes: u64,
    /// Calls into the host.
    pub host_calls: u64,
    /// Requests to back ends.
    pub requests: u64,
    /// What came back from them, in bytes; none where it could tell of what is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched_bytes: Option<u64>,
}

/// The result of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolResult {
    /// What has to be read before everything else: that a part of it failed.
    pub headline: Option<String>,
    /// The result: a JSON object that conforms to the tool's output schema.
    pub result: Map<String, Value>,
    /// The documents that the call kept for its caller, in the order they were made.
    pub documents: Vec<Document>,
    /// What is shown beside the result. Of documents only those of this call.
    pub content: Vec<ContentBlock>,
    /// What the host itself has to say beside the result, for people.
    pub notes: Vec<String>,
    /// What it used, where a plugin ran.
    pub usage: Option<CallUsage>,
    /// The plan that it is about, where it has a [page](Tool::view).
    pub plan: Option<ShownPlan>,
}

/// The plan that a result is about, by the host's word and not by what the result says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPlan {
    /// Which one.
    pub id: PlanId,
    /// The result is the host's own, all of it.
    pub is_hosts_own: bool,
    /// Where a person reviews it and decides.
    pub console: Option<String>,
}

impl From<Map<String, Value>> for ToolResult {
    fn from(result: Map<String, Value>) -> Self {
        Self { result, ..Self::default() }
    }
}

/// A call that failed. What came of its writes is told all the same: in words by the failure, and
/// for machines by a result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct CallFailure {
    /// What went wrong.
    pub failure: Failure,
    /// What came of its writes, where they were carried out and that conforms to the tool's output
    /// schema.
    pub result: Option<Map<String, Value>>,
    /// What it used, where a plugin ran.
    pub usage: Option<CallUsage>,
}

impl From<Failure> for CallFailure {
    fn from(failure: Failure) -> Self {
        Self { failure, result: None, usage: None }
    }
}

/// Lists and calls actions. `souk-runtime` implements it over plugins; tests over ten lines.
#[async_trait]
pub trait Actions: Send + Sync + 'static {
    /// The tools that are listed to this principal now, in an order that stays. It may call others,
    /// too.
    fn list(&self, principal: &Principal) -> Arc<[Arc<Tool>]>;

    /// What this principal should know before its first call.
    fn orientation(&self, _principal: &Principal) -> Orientation {
        Orientation::default()
    }

    /// A loaded tool, whether or not somebody may call it. Cheap.
    fn find(&self, name: &str) -> Option<Arc<Tool>>;

    /// Whether a call of this name is answered: of a loaded tool, or of one that is held back and says
    /// so. Cheap.
    fn answers(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Waits until what was there at the start is in the lists; not for longer than whoever asks for a
    /// list waits for one. What comes later is told as a change.
    async fn ready(&self) {}

    /// Waits until a call of this name is answered, for as long as something may yet come that does, and
    /// no longer than a call takes.
    async fn await_tool(&self, _name: &str) {}

    /// Calls a tool. Dropping the future cancels the call.
    ///
    /// # Errors
    /// For people and machines: refused by a rule, bad arguments, what the store said, a plugin's
    /// broken budget, writes of which nothing was done.
    async fn call(&self, call: ToolCall) -> Result<ToolResult, CallFailure>;

    /// The documents that are kept for this principal, newest first.
    ///
    /// # Errors
    /// When they cannot be looked at.
    async fn documents(&self, _principal: &Principal) -> Result<Vec<Document>, Failure> {
        Ok(Vec::new())
    }

    /// A document that is kept for this principal, and its whole text.
    ///
    /// # Errors
    /// NOT_FOUND where the principal has no such document, whether or not somebody else has one;
    /// FORBIDDEN where the operator's rules no longer let it have what is in there.
    async fn document(
        &self,
        _principal: &Principal,
        uri: &str,
    ) -> Result<(Document, String), Failure> {
        Err(Failure::new(Code::NotFound, format!("no document has the URI `{uri}`")))
    }

    /// What there is beside tools and documents. Always the same.
    fn features(&self) -> Features {
        Features::default()
    }

    /// What this principal can read, newest first: its documents, and what else there is.
    ///
    /// # Errors
    /// When they cannot be looked at.
    async fn resources(&self, principal: &Principal) -> Result<Vec<Resource>, Failure> {
        Ok(self.documents(principal).await?.iter().map(Resource::from).collect())
    }

    /// The families of resources that this principal can read, which are not listed one by one.
    fn resource_families(&self, _principal: &Principal) -> Vec<ResourceFamily> {
        Vec::new()
    }

    /// A resource of this principal's, whole.
    ///
    /// # Errors
    /// As of a [document](Self::document).
    async fn resource(
        &self,
        principal: &Principal,
        uri: &str,
    ) -> Result<ResourceContents, Failure> {
        Ok(self.document(principal, uri).await?.into())
    }

    /// Tells of resources that change, each with whom it concerns; all, where nobody is named. `None`
    /// where nothing is told.
    fn resource_changes(&self) -> Option<broadcast::Receiver<(Option<Principal>, ResourceChange)>> {
        None
    }

    /// The prompts that this principal may use, sorted by name.
    fn prompts(&self, _principal: &Principal) -> Vec<PromptInfo> {
        Vec::new()
    }

    /// A prompt with its arguments filled in.
    ///
    /// # Errors
    /// NOT_FOUND where there is no such prompt, VALIDATION_ERROR of its arguments.
    async fn prompt(&self, request: PromptRequest) -> Result<Vec<PromptMessage>, Failure> {
        Err(Failure::new(Code::NotFound, format!("no prompt is called `{}`", request.name)))
    }

    /// Suggestions for what a person types.
    ///
    /// # Errors
    /// NOT_FOUND where there is no such prompt or resource.
    async fn complete(
        &self,
        _principal: &Principal,
        _request: CompletionRequest,
    ) -> Result<Suggestions, Failure> {
        Ok(Suggestions::default())
    }

    /// The only client of this transport has left. What it began and nobody waits for any more comes
    /// to an end soon, so that the process can.
    fn client_left(&self) {}

    /// A [session](Principal::client_session) of a client is over. What belonged to it goes with it;
    /// where it was `lost` and not ended by its client, the client may come back in another.
    fn session_ended(&self, _principal: &Principal, _lost: bool) {}

    /// The scopes that stand for something here, for whom another service vouches.
    fn scopes(&self) -> Vec<String> {
        Vec::new()
    }

    /// The scopes to come again with where only a scope is missing for this call; then nothing runs for
    /// it, and it is written down as refused.
    ///
    /// # Errors
    /// It cannot be written down.
    async fn missing_scopes(&self, _call: &ToolCall) -> Result<Option<Vec<String>>, Failure> {
        Ok(None)
    }

    /// An access token was refused: that is written down.
    fn token_refused(&self, _refusal: &TokenRefusal) {}

    /// Who may call over a network now. A transport that told somebody earlier asks again.
    fn callers(&self) -> Arc<Callers> {
        Arc::new(Callers::open())
    }

    /// Whether what is for operators alone is for this principal. Nobody, unless the operator says so.
    fn is_operator(&self, _principal: &Principal) -> bool {
        false
    }

    /// Counts up whenever [`list`](Self::list) or [`callers`](Self::callers) may answer otherwise
    /// than before.
    fn changes(&self) -> watch::Receiver<u64>;
}
