//! What every plugin needs, whatever it talks to: groups and actions, contexts, routes, schemas,
//! plans and changes, documents.
//!
//! Nothing here knows a store of any kind: that is [`magento`](crate::magento)'s.

mod change;
mod commit_tool;
mod context;
mod details;
mod documents;
mod failure;
mod grant;
mod group;
pub(crate) mod host;
pub(crate) mod json;
mod lookup;
mod pass_through;
mod plan_results;
mod plans;
pub(crate) mod pointer;
mod purge;
pub(crate) mod route;
pub(crate) mod schema;
mod sealed;
mod session;

pub use change::{ChangeBuilder, MOST_STEPS, StepIndex};
pub use commit_tool::CommitTool;
pub use context::{Answers, Context, SessionContext};
pub use documents::{DocumentReference, DocumentWriter};
pub use grant::{Changes, Grants, MOST_ROUTES};
pub use group::{Action, ActionInfo, Group, NoArgs};
pub use pass_through::{ActionResult, AnyObject, PassThrough, RawObject, WithContent};
pub use plan_results::{AppliedResult, ItemError, PreparedResult, counted, nothing_matches};
pub use plans::{Apply, ApplyContext, Draft, PlanContext, Prepare, PrepareContext};
pub use pointer::element;
pub use purge::{PURGE_CATEGORY, PURGE_PRODUCT, PURGE_URL};
pub use route::Route;
pub use schema::nothing_required;
pub use sealed::Sealed;
pub use session::SessionResult;

pub use crate::inline_schema;
pub use souk_sdk_macros::{action, args, group, record, result};

pub use crate::bindings::exports::souk::plugin::actions::{
    ActionDetails, Bound, Completion, CompletionQuery, CompletionSource, ContentBlock,
    DocumentBlock, Extension, GroupDetails, Image, Prompt, PromptArgument, ResourceTemplate,
    Response,
};
pub use crate::bindings::souk::plugin::cache::{PurgeResult, PurgeTarget};
pub use crate::bindings::souk::plugin::plans::{
    Batch, BodyBinding, BodyPointer, BodySource, Change, Edit, Expectation, FailureResponse,
    Intent, Item as PlanItem, ItemState, Lookup, Outcome, Plan, PlanState, Retry, Step, StoreSet,
    Subject, Undo,
};
pub use crate::bindings::souk::plugin::session::{AuthMethod, Info as SessionInfo};
pub use crate::bindings::souk::plugin::types::{
    Binding, BindingSource, Failure, FailureCode, Read, RiskTier as Tier, StoreView,
    WriteMethod as Method,
};
