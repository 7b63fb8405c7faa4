//! What is suggested to a person who types an argument.

use serde_json::json;
use souk_model::{
    Actions, Code, CompletionRequest, CompletionTarget, Failure, Principal, Suggestions,
};
use souk_state::audit::{CallOutcome, CallResources};

use super::audit_guard::AuditGuard;
use super::audit_resource;
use super::completions::{PATIENCE, Suggester, suggestions};
use super::dispatch::Dispatcher;
use super::dispatcher_deps::DispatcherDeps;
use super::tool_lists::listing;

/// What it is on the trail, as MCP calls it.
const COMPLETION: &str = "completion/complete";

impl Dispatcher {
    /// What may be meant.
    pub(super) async fn suggest(
        &self,
        principal: &Principal,
        request: CompletionRequest,
    ) -> Result<Suggestions, Failure> {
        let Some(suggester) = self.suggester(principal, &request)? else {
            return Ok(Suggestions::default());
        };
        let values = match suggester {
            Suggester::Values(values) => values,
            Suggester::Tools => self.names_of_tools(principal),
            Suggester::StoreViews => self.store_views(principal).await,
            Suggester::Asked(question) => {
                return Ok(question.ask(self, principal, &request.typed).await);
            }
        };
        Ok(suggestions(values, &request.typed))
    }

    /// Where suggestions for what a person types come from, as far as that is known.
    fn suggester(
        &self,
        principal: &Principal,
        request: &CompletionRequest,
    ) -> Result<Option<Suggester>, Failure> {
        let CompletionRequest { target, argument, typed, .. } = request;
        match target {
            CompletionTarget::Prompt(name) => {
                let loaded = self.loaded();
                let prompts = self.prompts_of(principal, &loaded);
                let found = prompts.completion(name, argument)?;
                Ok(found.and_then(|(source, group)| Suggester::of(source, group, typed)))
            }
            CompletionTarget::Resource(uri) => {
                if *uri == audit_resource::template() && self.is_operator(principal) {
                    return Ok(Some(Suggester::Values(vec![audit_resource::LATEST.to_owned()])));
                }
                let families = self.families_of(principal);
                let found = families.iter().find_map(|family| family.completion(uri, argument));
                Ok(found.and_then(|(source, group)| Suggester::of(source, group, typed)))
            }
        }
    }

    fn names_of_tools(&self, principal: &Principal) -> Vec<String> {
        let (tools, config) = (self.tools(), self.config.load());
        let listing = listing(&tools, &config, principal);
        listing.tools.iter().map(|one| one.tool.tool.name.clone()).collect()
    }

    /// The codes of the store's views, as far as they can be had before a person types on.
    async fn store_views(&self, principal: &Principal) -> Vec<String> {
        let DispatcherDeps { trail, transport, sessions, .. } = &self.deps;
        let Some(session) = sessions.get(principal) else { return Vec::new() };
        let params = json!({ "of": "store views" });
        let guard = AuditGuard::of_request(trail, *transport, principal, COMPLETION, &params);
        let asked = async {
            let _permit = self.admit_reading(principal).await?;
            session.view_codes().await
        };
        let result = tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| {
            Err(Failure::new(Code::UpstreamError, "the store did not name its views in time"))
        });
        match guard.end(CallResources::default(), CallOutcome::of(&result)) {
            Ok(()) => result.unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }
}
