//! What clients read beside calls: documents, pages of the trail, the page of a plan's review, and what
//! tools answer to a URI. Each is admitted and has a line on the trail, as calls are.

use serde_json::json;
use souk_model::{Actions, Document, Failure, Principal, ResourceBody, ResourceContents};
use souk_policy::Rules;
use souk_state::audit::{CallOutcome, CallResources};

use super::admission::CallPermit;
use super::audit_guard::AuditGuard;
use super::audit_resource::{self, AuditPage};
use super::dispatch::Dispatcher;
use super::dispatcher_deps::DispatcherDeps;
use super::documents::DocumentReader;
use super::plan_view::{self, PLAN_VIEW};
use super::resource_families::{self, FamilyOfTool};

/// What it is on the trail, as MCP calls it.
const READING: &str = "resources/read";

impl Dispatcher {
    /// The families of resources that a principal may read.
    pub(super) fn families_of(&self, principal: &Principal) -> Vec<FamilyOfTool> {
        FamilyOfTool::all(&self.loaded(), self.may_call(principal))
    }

    pub(super) fn documents_under<'d>(&'d self, rules: &'d Rules) -> DocumentReader<'d> {
        DocumentReader { exports: &self.deps.exports, rules, sessions: &self.deps.sessions }
    }

    /// As [`admit`](Self::admit), for documents.
    pub(super) async fn admit_reading(&self, principal: &Principal) -> Result<CallPermit, Failure> {
        let config = self.config.load_full();
        self.rates.call(principal, &config.rates_of(principal))?;
        config.rules.check_caller(principal)?;
        self.admission.admit(principal, None).await
    }

    /// A document, and what it says.
    pub(super) async fn read_document(
        &self,
        principal: &Principal,
        uri: &str,
    ) -> Result<(Document, String), Failure> {
        let DispatcherDeps { trail, transport, .. } = &self.deps;
        let params = json!({ "uri": uri });
        let guard = AuditGuard::of_request(trail, *transport, principal, READING, &params);
        let admitted = self.admit_reading(principal).await;
        let config = self.config.load_full();
        let rules = &config.rules;
        let result = match &admitted {
            Ok(_) => self.documents_under(rules).read(principal, uri).await,
            Err(failure) => Err(failure.clone()),
        };
        let result = result.map_err(|failure| rules.mask_for_any_group(principal).failure(failure));
        guard.end(CallResources::default(), CallOutcome::of(&result))?;
        result
    }

    /// Whatever a URI stands for.
    pub(super) async fn read_resource(
        &self,
        principal: &Principal,
        uri: &str,
    ) -> Result<ResourceContents, Failure> {
        if let Some(page) = AuditPage::of_uri(uri) {
            let text = self.audit_page(principal, uri, page).await?;
            return Ok(ResourceContents {
                uri: uri.to_owned(),
                media_type: audit_resource::MEDIA_TYPE.to_owned(),
                body: ResourceBody::Text(text),
            });
        }
        if uri == PLAN_VIEW {
            let _permit = self.admit_reading(principal).await?;
            return Ok(plan_view::contents(&self.deps.plan_view));
        }
        let families = self.families_of(principal);
        match families.iter().find_map(|family| family.call(principal, uri)) {
            // What answers it is a call as any other.
            Some(call) => resource_families::contents(uri, self.call(call).await),
            None => Ok(self.document(principal, uri).await?.into()),
        }
    }

    /// A page of the trail, for those who may read it.
    async fn audit_page(
        &self,
        principal: &Principal,
        uri: &str,
        page: Result<AuditPage, Failure>,
    ) -> Result<String, Failure> {
        let DispatcherDeps { trail, transport, .. } = &self.deps;
        let params = json!({ "uri": uri });
        let guard = AuditGuard::of_request(trail, *transport, principal, READING, &params);
        let read = async {
            let _permit = self.admit_reading(principal).await?;
            let config = self.config.load_full();
            config.rules.check_operator(principal)?;
            let mask = config.rules.mask_for_any_group(principal);
            page?.read(trail.path().to_owned(), mask, config.result_bytes).await
        };
        let result = read.await;
        guard.end(CallResources::default(), CallOutcome::of(&result))?;
        result
    }
}
