//! What nearly every plugin uses: `use souk_sdk::prelude::*;`

pub use serde_json::{Map, Value, json};

pub use crate::core::{
    Action, AnyObject, AppliedResult, ApplyContext, BindingSource, ChangeBuilder, Changes, Context,
    Failure, FailureCode, Grants, Group, Intent, Lookup, Method, NoArgs, PassThrough,
    PrepareContext, PreparedResult, RawObject, Route, SessionContext, StoreView, action, args,
    group, record, result,
};
pub use crate::magento::{
    Condition, Criteria, Decimal, Direction, Entity, EntityField, EntityId, Filter, Members,
    NonNegative, Paging, Product, ProductMatch, SCOPES, Scope, SearchPage,
};
pub use crate::{schemars, serde, serde_json};
