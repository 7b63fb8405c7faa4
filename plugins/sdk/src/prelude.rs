//! What nearly every plugin uses: `use souk_sdk::prelude::*;`

pub use serde_json::{Map, Value, json};

pub use crate::core::{
    Action, ActionInfo, AnyObject, AppliedResult, ApplyContext, BindingSource, ChangeBuilder,
    Context, Failure, FailureCode, Group, Intent, Lookup, Method, NoArgs, PassThrough,
    PrepareContext, PreparedResult, RawObject, Route, SessionContext, StoreView, Tier,
};
pub use crate::magento::{
    Condition, Criteria, Decimal, Direction, EntityId, Filter, NonNegative, Product, Scope,
    SearchPage,
};
pub use crate::{schemars, serde, serde_json};
