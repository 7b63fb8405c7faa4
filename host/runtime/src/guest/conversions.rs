//! Between the contract's types and the model's.

use souk_model::{
    AuthMethod, Binding, BindingSource, Code, Failure, Grant, Read, SessionInfo, StoreView, Tier,
    WriteMethod,
};

use super::bindings::souk::plugin::{session as wit_session, types as wit};
use crate::text::printable;

impl From<Failure> for wit::Failure {
    fn from(failure: Failure) -> Self {
        let code = match failure.code {
            Code::ValidationError => wit::FailureCode::ValidationError,
            Code::NotAuthenticated => wit::FailureCode::NotAuthenticated,
            Code::Forbidden => wit::FailureCode::Forbidden,
            Code::NotFound => wit::FailureCode::NotFound,
            Code::UpstreamError => wit::FailureCode::UpstreamError,
            Code::PlanNotFound => wit::FailureCode::PlanNotFound,
            Code::PlanExpired => wit::FailureCode::PlanExpired,
            Code::ConfirmationRequired => wit::FailureCode::ConfirmationRequired,
            Code::BulkCapExceeded => wit::FailureCode::BulkCapExceeded,
            Code::RateLimited => wit::FailureCode::RateLimited,
            Code::ApprovalRequired => wit::FailureCode::ApprovalRequired,
            Code::IdempotencyConflict => wit::FailureCode::IdempotencyConflict,
            Code::Conflict => wit::FailureCode::Conflict,
            Code::Drifted => wit::FailureCode::Drifted,
            Code::Stopped => wit::FailureCode::Stopped,
            Code::HeldBack => wit::FailureCode::HeldBack,
            Code::Unavailable => wit::FailureCode::Unavailable,
            // The contract has no cases for these: it is older, or no import has to do with them.
            Code::Rejected => wit::FailureCode::Other("rejected".to_owned()),
            Code::WritesStopped => wit::FailureCode::Other("writes-stopped".to_owned()),
            Code::PluginParked => wit::FailureCode::Other("plugin-parked".to_owned()),
            Code::ActionNotFound => wit::FailureCode::Other("action-not-found".to_owned()),
            Code::InternalError => wit::FailureCode::InternalError,
        };
        Self {
            code,
            message: failure.message,
            remedy: failure.remedy,
            argument: failure.argument,
            upstream: failure.upstream,
            status: failure.status,
        }
    }
}

/// Texts of a plugin's failure are shown to people and models: longer ones are cut.
const MESSAGE_CHARS: usize = 4_000;

impl From<wit::Failure> for Failure {
    fn from(failure: wit::Failure) -> Self {
        let code = match failure.code {
            wit::FailureCode::ValidationError => Code::ValidationError,
            wit::FailureCode::NotAuthenticated => Code::NotAuthenticated,
            wit::FailureCode::Forbidden => Code::Forbidden,
            wit::FailureCode::NotFound => Code::NotFound,
            wit::FailureCode::UpstreamError => Code::UpstreamError,
            wit::FailureCode::PlanNotFound => Code::PlanNotFound,
            wit::FailureCode::PlanExpired => Code::PlanExpired,
            wit::FailureCode::ConfirmationRequired => Code::ConfirmationRequired,
            wit::FailureCode::BulkCapExceeded => Code::BulkCapExceeded,
            wit::FailureCode::RateLimited => Code::RateLimited,
            wit::FailureCode::ApprovalRequired => Code::ApprovalRequired,
            wit::FailureCode::IdempotencyConflict => Code::IdempotencyConflict,
            wit::FailureCode::Conflict => Code::Conflict,
            wit::FailureCode::Drifted => Code::Drifted,
            wit::FailureCode::Stopped => Code::Stopped,
            wit::FailureCode::HeldBack => Code::HeldBack,
            wit::FailureCode::Unavailable => Code::Unavailable,
            wit::FailureCode::InternalError | wit::FailureCode::Other(_) => Code::InternalError,
        };
        let mut model = Self::new(code, printable(&failure.message, MESSAGE_CHARS));
        model.remedy = failure.remedy.map(|text| printable(&text, MESSAGE_CHARS));
        // A pointer begins with a slash; people are told `sku` or `scope/website_code`.
        model.argument = failure
            .argument
            .map(|pointer| printable(pointer.strip_prefix('/').unwrap_or(&pointer), 200));
        // Only a plain name may become part of a code.
        model.upstream = failure.upstream.filter(|name| {
            name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        model.status = failure.status;
        model
    }
}

/// The back end that a route is of: the store, where the plugin names none.
pub(crate) fn upstream(named: Option<String>) -> String {
    named.unwrap_or_else(|| Grant::STORE.to_owned())
}

impl From<wit::Read> for Read {
    fn from(read: wit::Read) -> Self {
        Self {
            upstream: upstream(read.route.upstream),
            route: read.route.template,
            path: read.path.into_iter().map(Binding::from).collect(),
            query: read.query.into_iter().map(Binding::from).collect(),
            view: read.view.into(),
        }
    }
}

impl From<wit::Binding> for Binding {
    fn from(binding: wit::Binding) -> Self {
        let value = match binding.value {
            wit::BindingSource::Text(text) => BindingSource::Text(text),
            wit::BindingSource::Subject => BindingSource::Subject,
            wit::BindingSource::FromResponse(pointer) => BindingSource::FromResponse(pointer),
        };
        Self { name: binding.name, value }
    }
}

impl From<wit::StoreView> for StoreView {
    fn from(view: wit::StoreView) -> Self {
        match view {
            wit::StoreView::SessionDefault => Self::SessionDefault,
            wit::StoreView::Global => Self::Global,
            wit::StoreView::View(code) => Self::View(code),
        }
    }
}

impl From<SessionInfo> for wit_session::Info {
    fn from(info: SessionInfo) -> Self {
        let method = match info.method {
            AuthMethod::Oauth => wit_session::AuthMethod::Oauth,
            AuthMethod::IntegrationToken => wit_session::AuthMethod::IntegrationToken,
            AuthMethod::AdminToken => wit_session::AuthMethod::AdminToken,
            AuthMethod::Ims => wit_session::AuthMethod::Ims,
        };
        Self {
            store: info.store,
            environment: info.environment,
            base_url: info.base_url,
            username: info.username,
            method,
            default_scope: info.default_scope,
        }
    }
}

impl From<wit::RiskTier> for Tier {
    fn from(tier: wit::RiskTier) -> Self {
        match tier {
            wit::RiskTier::Safe => Self::Safe,
            wit::RiskTier::Risk => Self::Risk,
            wit::RiskTier::Critical => Self::Critical,
        }
    }
}

impl From<wit::WriteMethod> for WriteMethod {
    fn from(method: wit::WriteMethod) -> Self {
        match method {
            wit::WriteMethod::Post => Self::Post,
            wit::WriteMethod::Put => Self::Put,
            wit::WriteMethod::Patch => Self::Patch,
            wit::WriteMethod::Delete => Self::Delete,
        }
    }
}
