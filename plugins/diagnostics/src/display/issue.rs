//! Problems, and what would mend them.

use souk_sdk::prelude::*;

use crate::store_views::ShopView;

/// How much an issue matters.
#[result]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// It does not show, or cannot be bought.
    Error,
    /// It shows, and something is wrong with it.
    Warning,
    /// It may be meant so.
    Info,
}

/// What would mend an issue.
#[result]
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SuggestedAction {
    /// The tool to call; null where none can do it, and `why` says what to do instead.
    tool: Option<&'static str>,
    /// Its arguments.
    #[schemars(with = "Option<Map<String, Value>>")]
    arguments: Option<Value>,
    /// Arguments that are the caller's to choose, as JSON pointers: they must be added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    to_choose: Vec<&'static str>,
    /// What it does, or what to do.
    why: String,
}

impl SuggestedAction {
    /// Something that no tool here can do.
    pub(super) fn by_hand(what: impl Into<String>) -> Self {
        Self { tool: None, arguments: None, to_choose: Vec::new(), why: what.into() }
    }

    fn call(tool: &'static str, arguments: Value, why: String) -> Self {
        Self { tool: Some(tool), arguments: Some(arguments), to_choose: Vec::new(), why }
    }

    /// Setting product fields.
    pub(super) fn product(sku: &str, updates: &Value, scope: &Value, why: &str) -> Self {
        Self::products(&[sku], updates, scope, why)
    }

    /// The same for several products.
    pub(super) fn products(skus: &[&str], updates: &Value, scope: &Value, why: &str) -> Self {
        Self::call(
            "catalog_prepare_bulk_update",
            json!({"match": {"sku_list": skus}, "updates": updates, "scope": scope}),
            format!("{why}; commit the plan with `catalog_commit_bulk_update`"),
        )
    }

    /// Setting prices.
    pub(super) fn prices(sku: &str, updates: &Value, scope: &Value, why: &str) -> Self {
        Self::call(
            "pricing_prepare_bulk_price_update",
            json!({"match": {"sku_list": [sku]}, "price_updates": updates, "scope": scope}),
            format!("{why}; commit the plan with `pricing_commit_bulk_price_update`"),
        )
    }

    /// Looking for a product under another sku.
    pub(super) fn search(sku: &str) -> Self {
        Self::call(
            "catalog_search_products",
            json!({"filters": {"sku": {"value": format!("%{sku}%"), "condition": "like"}}}),
            "the store has no product of this sku: looks for others like it".to_owned(),
        )
    }

    /// With an argument that is the caller's to choose.
    pub(super) fn choosing(mut self, pointer: &'static str) -> Self {
        self.to_choose.push(pointer);
        self
    }

    /// Whether a tool does it.
    pub(super) fn is_tool(&self) -> bool {
        self.tool.is_some()
    }
}

/// Where a value is to be written so that a view shows it.
pub(super) fn scope_of_view(view: &ShopView, as_global: bool) -> Value {
    if as_global { json!({ "scope": "global" }) } else { json!({ "store_view_code": view.code }) }
}

/// One problem.
#[result]
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DisplayIssue {
    /// Stable, for machines: STATUS_DISABLED, NOT_SALABLE, …
    code: &'static str,
    severity: Severity,
    /// The one store view that has it; absent where several or all have.
    #[serde(skip_serializing_if = "Option::is_none")]
    store_view: Option<String>,
    /// The store views that have it.
    store_views: Vec<String>,
    message: String,
    /// What would mend it; null where nothing needs to be done.
    action: Option<SuggestedAction>,
}

impl DisplayIssue {
    /// The store does not have the product at all.
    pub(super) fn no_product(sku: &str) -> Self {
        Self {
            code: "PRODUCT_NOT_FOUND",
            severity: Severity::Error,
            store_view: None,
            store_views: Vec::new(),
            message: format!("the store has no product with the sku `{sku}`"),
            action: Some(SuggestedAction::search(sku)),
        }
    }
}

/// Problems as they come in: the same one of several views is one.
#[derive(Debug, Default)]
pub(super) struct DisplayIssues(Vec<DisplayIssue>);

impl DisplayIssues {
    /// A problem of a view.
    pub(super) fn add(
        &mut self,
        view: &ShopView,
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
        action: Option<SuggestedAction>,
    ) {
        let message = message.into();
        let same = self.0.iter_mut().find(|issue| {
            (issue.code, issue.severity) == (code, severity)
                && issue.message == message
                && issue.action == action
        });
        match same {
            Some(issue) => issue.store_views.push(view.code.clone()),
            None => self.0.push(DisplayIssue {
                code,
                severity,
                store_view: None,
                store_views: vec![view.code.clone()],
                message,
                action,
            }),
        }
    }

    /// Whether a problem keeps the product from showing in a view.
    pub(super) fn hide_in(&self, view: &ShopView) -> bool {
        self.0.iter().any(|issue| {
            issue.severity == Severity::Error && issue.store_views.contains(&view.code)
        })
    }

    /// All, the worst first, and the calls of tools that would mend them, each once.
    pub(super) fn sorted(mut self) -> (Vec<DisplayIssue>, Vec<SuggestedAction>) {
        for issue in &mut self.0 {
            if let [only] = &issue.store_views[..] {
                issue.store_view = Some(only.clone());
            }
        }
        self.0.sort_by_key(|issue| issue.severity);
        let mut actions: Vec<SuggestedAction> = Vec::new();
        for action in self.0.iter().filter(|issue| issue.severity != Severity::Info) {
            if let Some(action) = action.action.as_ref().filter(|action| !actions.contains(action))
            {
                actions.push(action.clone());
            }
        }
        actions.sort_by_key(|action| !action.is_tool());
        (self.0, actions)
    }
}
