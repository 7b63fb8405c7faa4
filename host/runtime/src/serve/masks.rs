//! Which masks a call goes under.

use std::sync::Arc;

use souk_model::Principal;
use souk_policy::{Mask, Rules};
use souk_state::audit::AuditTrail;

use super::tool::{LoadedTool, ToolKind};

/// What masks a call's result, and what its failure. The tools over plans mask their results
/// themselves, plan by plan.
pub(super) fn of_call(
    rules: &Rules,
    principal: &Principal,
    tool: Option<&LoadedTool>,
) -> (Mask, Mask) {
    match tool.map(|tool| (&tool.kind, tool.profile())) {
        Some((ToolKind::Action { .. } | ToolKind::Commit { .. }, profile)) => {
            let mask = rules.mask_for_tool(principal, &profile);
            (mask.clone(), mask)
        }
        // What finds tools answers nothing of a store's.
        Some((ToolKind::Plans(_) | ToolKind::Finder(_), _)) | None => {
            (Mask::OFF, rules.mask_for_any_group(principal))
        }
    }
}

/// Masks on the trail what any rule masks for a principal: which plugin a line is about is not
/// always known there.
pub(super) fn set_on_trail(trail: &AuditTrail, rules: Rules) {
    trail.set_text_mask(Arc::new(move |principal, text| {
        rules.mask_for_any_group(&Principal::named(principal)).text(text)
    }));
}
