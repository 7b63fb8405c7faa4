//! The page that shows the review of a plan, where a client draws pages beside results: by which resource
//! it is had, and where the person goes on from there who wants to decide.

use serde_json::{Map, Value};
use souk_model::plan::PlanId;
use souk_model::{ResourceBody, ResourceContents};

/// The resource of the page. It holds nothing of any plan: what it shows, the client gives it.
pub(crate) const PLAN_VIEW: &str = "ui://souk/plan";
/// What MCP Apps call such a page.
const MEDIA_TYPE: &str = "text/html;profile=mcp-app";

/// The page as a resource.
pub(super) fn contents(page: &str) -> ResourceContents {
    ResourceContents {
        uri: PLAN_VIEW.to_owned(),
        media_type: MEDIA_TYPE.to_owned(),
        body: ResourceBody::Text(page.to_owned()),
    }
}

/// The plan that a result of the host's own tools names.
pub(super) fn plan_of(result: &Map<String, Value>) -> Option<PlanId> {
    let own = result.get("plan_id");
    let shown = result.get("plan").and_then(|plan| plan.get("plan_id"));
    own.or(shown)?.as_str()?.parse().ok()
}
