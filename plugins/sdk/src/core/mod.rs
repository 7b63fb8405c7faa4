//! What every plugin needs, whatever it talks to: groups and actions, contexts, routes, schemas,
//! plans and changes, documents.
//!
//! Nothing here knows a store of any kind: that is [`magento`](crate::magento)'s.

mod change;
mod context;
mod documents;
mod failure;
mod group;
pub(crate) mod host;
pub(crate) mod json;
mod plans;
pub(crate) mod pointer;
mod purge;
mod result;
pub(crate) mod route;
pub(crate) mod schema;
mod sealed;

pub use change::{ChangeBuilder, MOST_STEPS, StepIndex};
pub use context::{Answers, Context, SessionContext};
pub use documents::{Document, DocumentWriter};
pub use group::{Action, ActionInfo, Group, NoArgs};
pub use plans::{
    AppliedResult, Apply, ApplyContext, CommitTool, Draft, ItemError, PlanContext, Prepare,
    PrepareContext, PreparedResult, nothing_matches,
};
pub use pointer::element;
pub use purge::{PURGE_CATEGORY, PURGE_PRODUCT, PURGE_URL};
pub use result::{ActionResult, AnyObject, PassThrough, RawObject};
pub use route::Route;
pub use sealed::Sealed;

pub use crate::bindings::exports::souk::plugin::actions::Bound;
pub use crate::bindings::souk::plugin::cache::{Purged, Target as PurgeTarget};
pub use crate::bindings::souk::plugin::plans::{
    Batch, BodyBinding, BodyPointer, BodySource, Change, Edit, Expectation, FailureResponse,
    Intent, Item as PlanItem, ItemState, Lookup, Outcome, Plan, PlanState, Retry, Step, Subject,
    Undo,
};
pub use crate::bindings::souk::plugin::session::{AuthMethod, Info as SessionInfo};
pub use crate::bindings::souk::plugin::types::{
    Binding, BindingSource, Failure, FailureCode, Read, RiskTier as Tier, StoreView,
    WriteMethod as Method,
};
