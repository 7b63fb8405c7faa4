//! What all handlers of one transport share, and what clients are told there is.

use std::sync::Arc;

use rmcp::model::{ExtensionCapabilities, Implementation, ServerCapabilities, ServerConfig};
use serde_json::Map;
use souk_model::{Actions, Features};
use tokio_util::sync::CancellationToken;

use crate::TransportLimits;
use crate::request_state::StateSealer;
use crate::subscriptions::Subscriptions;
use crate::tool_list::ToolListCache;
use crate::views;

/// What all handlers of one transport share.
pub(crate) struct ServerState {
    pub(crate) actions: Arc<dyn Actions>,
    pub(crate) subscriptions: Arc<Subscriptions>,
    pub(crate) lists: ToolListCache,
    pub(crate) info: ServerConfig,
    pub(crate) features: Features,
    pub(crate) sealer: StateSealer,
    /// Ends the subscriptions when the transport is about to end, so that they hold nothing up.
    pub(crate) ending: CancellationToken,
}

impl ServerState {
    pub(crate) fn new(actions: Arc<dyn Actions>, limits: &TransportLimits) -> Arc<Self> {
        let features = actions.features();
        let implementation = Implementation::new("souk", env!("CARGO_PKG_VERSION"))
            .with_title("Souk")
            .with_description("Sandboxed actions for Magento 2 and Adobe Commerce stores");
        Arc::new(Self {
            actions,
            subscriptions: Subscriptions::new(limits.subscriptions),
            lists: ToolListCache::default(),
            info: ServerConfig::new(capabilities(features)).with_server_info(implementation),
            features,
            sealer: StateSealer::new(),
            ending: CancellationToken::new(),
        })
    }
}

/// What clients are told there is.
fn capabilities(features: Features) -> ServerCapabilities {
    let mut capabilities = ServerCapabilities::builder()
        .enable_tools()
        .enable_tool_list_changed()
        .enable_resources()
        .build();
    if let Some(resources) = capabilities.resources.as_mut().filter(|_| features.resource_changes) {
        resources.list_changed = Some(true);
        resources.subscribe = Some(true);
    }
    if features.prompts {
        let prompts = capabilities.prompts.insert(Default::default());
        prompts.list_changed = Some(true);
    }
    capabilities.completions = features.completions.then(Map::new);
    capabilities.logging = features.logging.then(Map::new);
    capabilities.extensions = features
        .views
        .then(|| ExtensionCapabilities::from([(views::EXTENSION.to_owned(), Map::new())]));
    capabilities
}
