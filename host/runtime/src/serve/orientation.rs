//! What a caller should know before its first call.

use souk_model::{LoginWay, Orientation};
use souk_policy::EffectKind;

use super::listing::Listing;
use super::plans_tools::PlansTool;

/// The tool that opens a session.
const LOGIN: &str = "auth_login";

/// Groups that serve all others: nobody comes for their sake.
const SERVING: [&str; 3] = ["auth", "scope", PlansTool::GROUP];

/// What whoever has this list should know; `login` is how callers come to a session that no rule keeps
/// from it. While plugins are being loaded it is not known yet what there is, and what there may be is
/// told.
pub(super) fn orientation(listing: &Listing<'_>, login: LoginWay, loading: bool) -> Orientation {
    let profiles = || listing.tools.iter().map(|one| one.tool.profile());
    let may = |name: &str| profiles().any(|tool| tool.name == name);
    let mut subjects: Vec<String> = Vec::new();
    for tool in profiles().filter(|tool| tool.effect != EffectKind::Relay) {
        if !SERVING.contains(&tool.group) && !subjects.iter().any(|known| known == tool.group) {
            subjects.push(tool.group.to_owned());
        }
    }
    Orientation {
        subjects,
        login: if loading || may(LOGIN) { login } else { LoginWay::Forbidden },
        writes: profiles().any(|tool| tool.effect.writes()),
        plans: may(PlansTool::Commit.name()),
        unlisted: loading || listing.tools.iter().any(|one| !one.attention.is_listed()),
        loading,
    }
}
